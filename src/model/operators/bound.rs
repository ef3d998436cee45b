//! How many elements an operator may give, before it runs: a small file must not fill the memory.

use super::arguments::Arguments;
use super::error::{OperatorError, Result};

/// More elements than any value of a classifier holds.
const RESULT_LIMIT: f64 = (1u64 << 28) as f64;

impl Arguments<'_> {
    /// Refuses what would give too many elements.
    pub fn check_bound(&self) -> Result<()> {
        match self.result_bound() {
            elements if elements > RESULT_LIMIT => Err(OperatorError::TooLarge { elements }),
            _ => Ok(()),
        }
    }

    /// The most elements that the result can have. Operators that are not named here give as many as their
    /// inputs broadcast to, or fewer.
    fn result_bound(&self) -> f64 {
        let shapes = self.shapes();
        let count = |shape: &Vec<i64>| shape.iter().map(|size| *size as f64).product::<f64>();
        let all: f64 = shapes.iter().map(count).sum();
        let product = |name| {
            let sizes = self.peek(name).unwrap_or_default();
            sizes
                .iter()
                .map(|size| (*size).max(1) as f64)
                .product::<f64>()
        };
        let first = shapes.first().map_or(1.0, count);
        let base = self.operator().split('.').nth(1).unwrap_or_default();
        match base {
            "cat" | "concat" | "concatenate" | "stack" | "hstack" | "vstack" | "dstack" => all,
            "repeat" => first * product("repeats"),
            "tile" => first * product("dims"),
            "repeat_interleave" => first * product("repeats"),
            "expand" | "broadcast_to" | "full" | "zeros" | "ones" | "empty" | "new_full"
            | "new_zeros" | "new_ones" | "new_empty" => product("size"),
            "eye" => product("n") * product("m"),
            "linspace" => product("steps"),
            "arange" | "range" => {
                let number = |name| {
                    let peeked = self.peek(name).unwrap_or_default();
                    peeked.first().map(|number| *number as f64)
                };
                let length = number("end").unwrap_or(0.0) - number("start").unwrap_or(0.0);
                (length / number("step").unwrap_or(1.0)).abs()
            }
            "pad" | "constant_pad_nd" | "reflection_pad1d" | "reflection_pad2d"
            | "reflection_pad3d" | "replication_pad1d" | "replication_pad2d"
            | "replication_pad3d" => {
                let pads = self
                    .peek("pad")
                    .or(self.peek("padding"))
                    .unwrap_or_default();
                let shape = shapes.first().map(Vec::as_slice).unwrap_or_default();
                let axes = shape.iter().rev().enumerate().map(|(axis, size)| {
                    let pads = pads.chunks(2).nth(axis).unwrap_or_default();
                    *size as f64 + pads.iter().map(|pad| *pad as f64).sum::<f64>()
                });
                axes.product()
            }
            "matmul" | "mm" | "bmm" | "linear" => matrices(&shapes),
            "addmm" | "baddbmm" => matrices(shapes.get(1..).unwrap_or_default()),
            "outer" | "cdist" | "inner" => shapes.iter().map(count).product(),
            "gather" if self.operator().starts_with("aten") => shapes.get(1).map_or(1.0, count),
            "index_select" | "gather" | "index" | "_unsafe_index" | "embedding" | "gather_nd" => {
                let index: f64 = shapes.iter().skip(1).map(count).fold(1.0, f64::max);
                let leading = shapes.first().and_then(|shape| shape.iter().min());
                first * index / leading.map_or(1.0, |size| (*size).max(1) as f64)
            }
            "diag_embed" | "block_diag" => first * first,
            "meshgrid" => shapes.iter().map(count).product(),
            "im2col" | "unfold" => first * product("kernel_size") * product("size"),
            _ => broadcast(&shapes),
        }
    }
}

/// A product of matrices, the second of which may be transposed.
fn matrices(shapes: &[Vec<i64>]) -> f64 {
    let outer: Vec<Vec<i64>> = shapes
        .iter()
        .map(|s| s.iter().rev().skip(2).rev().copied().collect())
        .collect();
    let last = |shape: Option<&Vec<i64>>| {
        let sizes = shape
            .into_iter()
            .flat_map(|shape| shape.iter().rev().take(2));
        sizes.max().copied().unwrap_or(1).max(1) as f64
    };
    broadcast(&outer) * last(shapes.first()) * last(shapes.get(1))
}

/// Each axis from the back at its longest.
fn broadcast(shapes: &[Vec<i64>]) -> f64 {
    let axes = shapes.iter().map(Vec::len).max().unwrap_or(0);
    let longest = |axis: usize| {
        let sizes = shapes
            .iter()
            .filter_map(|shape| shape.iter().rev().nth(axis));
        sizes.max().copied().unwrap_or(1) as f64
    };
    (0..axes).map(longest).product()
}
