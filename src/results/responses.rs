//! What the filters of a layer give for many photos.

use serde::{Deserialize, Serialize};

use super::LayerRef;

/// Of a range of a data set, in its order. All filters of the layer are here, so that asking for others costs no pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Responses {
    pub layer: LayerRef,
    /// Height and width of a filter's map.
    pub cells: [usize; 2],
    /// What a cell sees, along height and width of the photo.
    pub seen: [Seen; 2],
    /// Of each photo why it could not be read, [`FILE`](super::FILE) for its name; `None` of the others.
    pub unreadable: Vec<Option<String>>,
    pub filters: Vec<FilterResponses>,
}

/// The receptive field of a cell along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// Cell c sees the `size` pixels from `start + jump · c` on; they may lie outside the photo.
    Pixels {
        size: i64,
        start: i64,
        jump: i64,
    },
    All,
    /// Not worked out.
    Unknown,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FilterResponses {
    /// Mean output over the cells, of each photo that could be read.
    pub means: Vec<f32>,
    /// The largest output of each of the photos in which it is largest, at most [`MOST_PEAKS`], one a photo, the
    /// largest first, of equals in the order of the photos.
    pub peaks: Vec<Peak>,
    /// Cells by their output: number of a [`bin`] and how many lie in it, in the order of the numbers.
    pub spread: Vec<(u16, u64)>,
}

/// The place of a photo where a filter gives most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Place of the photo in the range.
    pub photo: usize,
    pub value: f32,
    /// The first cell with this value, row by row.
    pub row: usize,
    pub column: usize,
}

/// Photos kept of each filter.
pub const MOST_PEAKS: usize = 20;

/// Bits of a float32 that a bin drops: sign, exponent and four bits of the fraction are left, so that a bin is at most
/// 1/16 of its values wide.
const DROPPED_BITS: u32 = 19;
/// Numbers of bins are below this.
pub const BINS: usize = 1 << (32 - DROPPED_BITS);
const FRACTIONS: u16 = 1 << (23 - DROPPED_BITS);
const SIGN: u16 = 1 << (31 - DROPPED_BITS);

/// The number of the bin of a finite value. Bin 0 is that of zero, of either sign, and of what is smaller than every
/// normal float32.
pub fn bin(value: f32) -> u16 {
    let number = (value.to_bits() >> DROPPED_BITS) as u16;
    match number & !SIGN < FRACTIONS {
        true => 0,
        false => number,
    }
}

/// The least and the greatest value of a bin.
pub fn ends(bin: u16) -> (f64, f64) {
    if bin == 0 {
        return (0.0, 0.0);
    }
    let value = |number: u16| f64::from(f32::from_bits(u32::from(number) << DROPPED_BITS));
    let size = bin & !SIGN;
    // Above the last bin lies infinity.
    let (inner, outer) = (value(size), value(size + 1).min(f64::from(f32::MAX)));
    match bin & SIGN == 0 {
        true => (inner, outer),
        false => (-outer, -inner),
    }
}

/// All ranges of a data set as one; `None` without any. Photos are numbered on.
pub fn joined<'a>(ranges: impl IntoIterator<Item = &'a Responses>) -> Option<Responses> {
    let mut ranges = ranges.into_iter();
    let mut all = ranges.next()?.clone();
    for range in ranges {
        let before = all.unreadable.len();
        all.unreadable.extend(range.unreadable.iter().cloned());
        for (filter, more) in all.filters.iter_mut().zip(&range.filters) {
            filter.means.extend(&more.means);
            let peaks = more.peaks.iter().map(|peak| Peak {
                photo: peak.photo + before,
                ..*peak
            });
            filter.peaks.extend(peaks);
            strongest(&mut filter.peaks);
            let mut counts: std::collections::BTreeMap<u16, u64> =
                filter.spread.iter().copied().collect();
            for (bin, count) in &more.spread {
                *counts.entry(*bin).or_insert(0) += count;
            }
            filter.spread = counts.into_iter().collect();
        }
    }
    Some(all)
}

/// Keeps the largest, the largest first.
pub fn strongest(peaks: &mut Vec<Peak>) {
    peaks.sort_by(|a, b| b.value.total_cmp(&a.value)); // stable
    peaks.truncate(MOST_PEAKS);
}

impl FilterResponses {
    /// The largest output on any photo; `None` without photos.
    pub fn largest(&self) -> Option<f32> {
        self.peaks.first().map(|peak| peak.value)
    }

    /// Whether nothing was ever above zero.
    pub fn is_dead(&self) -> bool {
        self.largest().is_some_and(|largest| largest <= 0.0)
    }

    /// Cells of all photos.
    pub fn cells(&self) -> u64 {
        self.spread.iter().map(|(_, count)| count).sum()
    }

    /// Of all cells those that are zero, 0..1; 0 of none.
    pub fn zero_share(&self) -> f64 {
        let zero = self.spread.first().filter(|(bin, _)| *bin == 0);
        zero.map_or(0, |(_, count)| *count) as f64 / self.cells().max(1) as f64
    }

    /// Over all cells of all photos; 0 of none.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.means.iter().copied().map(f64::from).sum();
        sum / self.means.len().max(1) as f64
    }

    /// Cells that are not zero in `columns` equally wide columns, with their ends. What lies in a bin over a border
    /// is shared between both sides. Nothing where all cells are zero.
    pub fn columns(&self, columns: usize) -> Option<(Vec<f64>, Vec<f64>)> {
        let filled = || self.spread.iter().filter(|(bin, _)| *bin != 0);
        let low = filled().map(|(bin, _)| ends(*bin).0).reduce(f64::min)?;
        let high = filled().map(|(bin, _)| ends(*bin).1).reduce(f64::max)?;
        let low = low.min(0.0);
        let high = high.max(0.0);
        let width = (high - low) / columns as f64;
        let edges = (0..=columns).map(|edge| low + width * edge as f64);
        let mut counts = vec![0.0; columns];
        for (bin, count) in filled() {
            let (from, to) = ends(*bin);
            let place = |value: f64| ((value - low) / width).clamp(0.0, columns as f64);
            let (first, last) = (place(from), place(to));
            let last_column = (last.ceil() as usize).clamp(1, columns) - 1;
            for (column, sum) in counts.iter_mut().enumerate() {
                if column < first.floor() as usize || column > last_column {
                    continue;
                }
                let overlap = last.min(column as f64 + 1.0) - first.max(column as f64);
                *sum += *count as f64 * (overlap / (last - first)).clamp(0.0, 1.0);
            }
        }
        Some((edges.collect(), counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_between_the_ends_of_its_bin() {
        for value in [
            1.0,
            1.03,
            -1.0,
            0.7,
            -3.25e-20,
            5e7,
            f32::MAX,
            f32::MIN_POSITIVE,
        ] {
            let (low, high) = ends(bin(value));
            let value = f64::from(value);
            assert!(low <= value && value <= high, "{value}: {low} {high}");
            assert!((high - low).abs() <= value.abs() / 15.0, "{value}");
        }
        assert_eq!([0.0, -0.0, 1e-40].map(bin), [0; 3]);
        assert_eq!(ends(0), (0.0, 0.0));
        assert!(usize::from(bin(f32::MIN)) < BINS);
    }

    fn filter(values: &[f32]) -> FilterResponses {
        let mut counts = std::collections::BTreeMap::new();
        for value in values {
            *counts.entry(bin(*value)).or_insert(0) += 1;
        }
        let peak = |(photo, value): (usize, &f32)| Peak {
            photo,
            value: *value,
            row: 0,
            column: 0,
        };
        let mut peaks: Vec<Peak> = values.iter().enumerate().map(peak).collect();
        strongest(&mut peaks);
        FilterResponses {
            means: values.to_vec(),
            peaks,
            spread: counts.into_iter().collect(),
        }
    }

    #[test]
    fn columns_hold_all_cells_that_are_not_zero() {
        let found = filter(&[0.0, 0.0, 0.5, 1.0, 4.0, -1.0]);
        let (edges, counts) = found.columns(5).unwrap();
        assert_eq!((edges.len(), counts.len()), (6, 5));
        assert!(
            (counts.iter().sum::<f64>() - 4.0).abs() < 1e-9,
            "{counts:?}"
        );
        assert!(
            (counts[0] - 1.0).abs() < 0.1 && counts[3] == 0.0,
            "{counts:?}"
        );
        assert!((found.zero_share() - 2.0 / 6.0).abs() < 1e-12);
        assert_eq!(filter(&[0.0; 3]).columns(5), None);
        assert!(filter(&[0.0; 3]).is_dead() && !found.is_dead() && filter(&[-1.0]).is_dead());
    }

    #[test]
    fn ranges_join_as_if_they_were_one() {
        let range = |values: &[f32]| Responses {
            layer: LayerRef {
                path: "conv".to_owned(),
                number: 0,
            },
            cells: [1, 1],
            seen: [Seen::All; 2],
            unreadable: vec![None; values.len()],
            filters: vec![filter(values)],
        };
        let values: Vec<f32> = (0..50_u8).map(|i| f32::from(i * 5 % 11)).collect();
        let whole = range(&values);
        let parts = [
            range(&values[..20]),
            range(&values[20..21]),
            range(&values[21..]),
        ];
        assert_eq!(joined(&parts), Some(whole));
        assert_eq!(joined(&[]), None);
    }
}
