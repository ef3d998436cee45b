//! Photos that were counted in the cells of a confusion matrix.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::rows::Classified;
use crate::present::Data;
use crate::present::exhibit::CellPhoto;
use crate::words::{Argument, Message};

/// A thumbnail is 0.7 kB in the page.
const MOST_CELL_PHOTOS: usize = 60;

/// The groups that a matrix shows.
pub(super) struct Cells<'a> {
    pub rows: &'a [usize],
    pub columns: &'a [usize],
    /// Whether a column of all other groups stands behind the last.
    pub has_rest: bool,
}

impl Cells<'_> {
    /// Row and column.
    fn place(&self, one: &Classified) -> Option<(usize, usize)> {
        let row = self.rows.iter().position(|group| *group == one.truth)?;
        let column = self
            .columns
            .iter()
            .position(|group| *group == one.predicted);
        let rest = self.has_rest.then_some(self.columns.len());
        Some((row, column.or(rest)?))
    }
}

/// Up to `count` photos of each cell, the surest first. Where all would be too many, the first of each cell goes before the second
/// of any, and mistakes before right answers, the most frequent first.
pub(super) fn photos(
    cells: &Cells,
    data: &Data,
    classified: &[Classified],
    count: usize,
) -> Vec<CellPhoto> {
    let mut by_cell: BTreeMap<(usize, usize), Vec<&Classified>> = BTreeMap::new();
    for one in classified {
        if let Some(place) = cells.place(one) {
            by_cell.entry(place).or_default().push(one);
        }
    }
    for of_cell in by_cell.values_mut() {
        of_cell.sort_by(|a, b| b.probability.total_cmp(&a.probability)); // stable
    }
    let mut order: Vec<_> = by_cell.iter().collect();
    order.sort_by_key(|((row, column), of_cell)| {
        let is_right = cells.columns.get(*column) == cells.rows.get(*row);
        (is_right, Reverse(of_cell.len()))
    }); // stable
    let in_turns = (0..count).flat_map(|rank| {
        let ranked = order.iter();
        ranked.filter_map(move |(place, of_cell)| Some((**place, *of_cell.get(rank)?)))
    });
    let chosen: Vec<((usize, usize), &Classified)> = in_turns.take(MOST_CELL_PHOTOS).collect();
    // Files may be large: all cores decode.
    let opened = chosen.into_par_iter().filter_map(|((row, column), one)| {
        Some(CellPhoto {
            row,
            column,
            label: Message::new("outcomes.cell_photo")
                .with("file", file_name(data, one.photo))
                .with("probability", Argument::Percent(one.probability, 0)),
            picture: (data.open)(one.photo)?,
        })
    });
    let mut photos: Vec<CellPhoto> = opened.collect();
    photos.sort_by_key(|photo| (photo.row, photo.column)); // stable
    photos
}

/// Without its folders: the label, which names the cell, is often the last of them.
fn file_name(data: &Data, photo: usize) -> String {
    let path = data.paths.get(photo).map_or("", String::as_str);
    let file = path.rsplit(['/', '\\']).next();
    file.unwrap_or_default().to_owned()
}
