//! What is known of one value: which of its dimensions run over the photo, and what a place in it sees.

use serde::{Deserialize, Serialize};

/// Along one axis of the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// Place p sees the `size` pixels from `start + jump · p` on.
    Pixels { size: i64, start: i64, jump: i64 },
    /// The whole photo.
    All,
    /// Not worked out: after resizing, or where windows are cut out of the map.
    Unknown,
}

/// A dimension of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dim {
    /// `None` where it is not known.
    pub size: Option<i64>,
    /// Whether it runs over the photo's height and its width; over both where they were flattened.
    pub axes: [bool; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub dims: Vec<Dim>,
    pub extents: [Extent; 2],
}

const NONE: [bool; 2] = [false; 2];
const BOTH: [bool; 2] = [true; 2];

impl Extent {
    /// After a window of `kernel` places.
    pub fn window(self, kernel: i64, stride: i64, padding: i64, dilation: i64) -> Self {
        match self {
            Extent::Pixels { size, start, jump } => {
                let reach = kernel
                    .saturating_sub(1)
                    .saturating_mul(dilation)
                    .saturating_mul(jump);
                Extent::Pixels {
                    size: size.saturating_add(reach),
                    start: start.saturating_sub(padding.saturating_mul(jump)),
                    jump: jump.saturating_mul(stride),
                }
            }
            other => other,
        }
    }

    /// What either sees.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Extent::All, _) | (_, Extent::All) => Extent::All,
            (
                Extent::Pixels { size, start, jump },
                Extent::Pixels {
                    size: other_size,
                    start: other_start,
                    jump: other_jump,
                },
            ) if jump == other_jump => {
                let first = start.min(other_start);
                let end = start
                    .saturating_add(size)
                    .max(other_start.saturating_add(other_size));
                Extent::Pixels {
                    size: end.saturating_sub(first),
                    start: first,
                    jump,
                }
            }
            _ => Extent::Unknown,
        }
    }

    /// The whole photo stays the whole photo; of pixels nothing is known any more.
    pub fn lost(self) -> Self {
        match self {
            Extent::All => Extent::All,
            Extent::Pixels { .. } | Extent::Unknown => Extent::Unknown,
        }
    }
}

impl Field {
    /// \[1, C, H, W\], of which each pixel sees itself.
    pub fn of_input([channels, height, width]: [i64; 3]) -> Self {
        let dim = |size: i64, axes| Dim {
            size: Some(size),
            axes,
        };
        let pixel = Extent::Pixels {
            size: 1,
            start: 0,
            jump: 1,
        };
        Self {
            dims: vec![
                dim(1, NONE),
                dim(channels, NONE),
                dim(height, [true, false]),
                dim(width, [false, true]),
            ],
            extents: [pixel; 2],
        }
    }

    /// What is safe to say of any function of `inputs`.
    pub fn unknown(inputs: &[&Field], shape: Option<&[i64]>) -> Self {
        let extents = inputs.iter().map(|field| field.extents);
        let extents = extents.reduce(|a, b| [a[0].join(b[0]), a[1].join(b[1])]);
        let dim = |size: &i64| Dim {
            size: Some(*size),
            axes: BOTH,
        };
        Self {
            dims: shape.unwrap_or_default().iter().map(dim).collect(),
            extents: extents.map_or([Extent::Unknown; 2], |both| both.map(Extent::lost)),
        }
    }

    /// With the sizes that the network gave; `None` where they do not fit.
    pub fn sized(mut self, shape: &[i64]) -> Option<Self> {
        if self.dims.len() != shape.len() {
            return None;
        }
        for (dim, size) in self.dims.iter_mut().zip(shape) {
            dim.size = Some(*size);
        }
        Some(self)
    }

    /// Channels stand first (N, C, H, W) or last (N, H, W, C).
    pub fn filters(&self) -> Option<i64> {
        let [_, first, _, last] = self.dims.as_slice() else {
            return None;
        };
        let channels = [first, last].into_iter().find(|dim| dim.axes == NONE);
        channels.unwrap_or(first).size
    }

    /// The index of a dimension, counted from the end where it is negative.
    pub fn index(&self, dim: i64) -> Option<usize> {
        let rank = self.dims.len() as i64;
        let index = if dim < 0 { dim + rank } else { dim };
        (0..rank).contains(&index).then_some(index as usize)
    }

    fn change(&mut self, dim: usize, change: impl Fn(Extent) -> Extent) {
        for axis in 0..2 {
            if self.dims[dim].axes[axis] {
                self.extents[axis] = change(self.extents[axis]);
            }
        }
    }

    /// Every place of the dimension reaches every place.
    pub fn mix(&mut self, dim: usize) {
        if self.dims[dim].size != Some(1) {
            self.change(dim, |_| Extent::All);
        }
    }

    /// A window moves over the dimension; several axes in one are no map to move over.
    pub fn window(&mut self, dim: usize, kernel: i64, stride: i64, padding: i64, dilation: i64) {
        if self.dims[dim].axes == BOTH && (kernel, stride) != (1, 1) {
            self.lose(dim);
        } else {
            self.change(dim, |extent| {
                extent.window(kernel, stride, padding, dilation)
            });
        }
    }

    /// Where its places lie is not known any more.
    pub fn lose(&mut self, dim: usize) {
        self.change(dim, Extent::lost);
    }

    /// Both, broadcast to one shape: dimensions are aligned at the end.
    pub fn join(self, other: &Field) -> Self {
        let (mut long, short) = if self.dims.len() >= other.dims.len() {
            (self, other.clone())
        } else {
            (other.clone(), self)
        };
        for (dim, with) in long.dims.iter_mut().rev().zip(short.dims.iter().rev()) {
            dim.axes = [dim.axes[0] || with.axes[0], dim.axes[1] || with.axes[1]];
            dim.size = dim.size.max(with.size);
        }
        for (extent, with) in long.extents.iter_mut().zip(short.extents) {
            *extent = extent.join(with);
        }
        long
    }

    /// As `view` gives it: which new dimension holds which old one follows from the sizes alone.
    pub fn viewed(&self, shape: &[i64]) -> Option<Self> {
        let mut viewed = Self {
            dims: Vec::with_capacity(shape.len()),
            extents: self.extents,
        };
        viewed.dims.extend(shape.iter().map(|size| Dim {
            size: Some(*size),
            axes: NONE,
        }));
        let old: Option<Vec<(i64, usize)>> = (self.dims.iter().enumerate())
            .map(|(index, dim)| Some((dim.size?, index)))
            .collect();
        let more_than_one = |sizes: Vec<(i64, usize)>| {
            let kept = sizes.into_iter().filter(|(size, _)| *size != 1);
            kept.collect::<Vec<_>>()
        };
        let old = more_than_one(old?);
        let new = more_than_one(shape.iter().enumerate().map(|(i, s)| (*s, i)).collect());
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < new.len() {
            let (first, from) = (i, j);
            let (mut left, mut right) = (old[i].0, new[j].0);
            (i, j) = (i + 1, j + 1);
            while left != right {
                let (list, at, product) = if left < right {
                    (&old, &mut i, &mut left)
                } else {
                    (&new, &mut j, &mut right)
                };
                *product = product.checked_mul(list.get(*at)?.0)?;
                *at += 1;
            }
            let axes = old[first..i].iter().fold(NONE, |axes, (_, index)| {
                let with = self.dims[*index].axes;
                [axes[0] || with[0], axes[1] || with[1]]
            });
            for (_, index) in &new[from..j] {
                viewed.dims[*index].axes = axes;
            }
            if j - from > 1 {
                viewed.lose(new[from].1); // the axis was cut into pieces
            }
        }
        (i == old.len() && j == new.len()).then_some(viewed)
    }
}
