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

    /// Refuses what would give too many elements because an argument says so: a size, a stride, a padding.
    pub fn check_said_bound(&self) -> Result<()> {
        match self.said_bound(&self.shapes()) {
            Some(elements) if elements > RESULT_LIMIT => Err(OperatorError::TooLarge { elements }),
            _ => Ok(()),
        }
    }

    fn base(&self) -> &str {
        self.operator().split('.').nth(1).unwrap_or_default()
    }

    /// The most elements that the result can have. Operators that are not named here give as many as their
    /// inputs broadcast to, or fewer.
    fn result_bound(&self) -> f64 {
        let shapes = self.shapes();
        if let Some(said) = self.said_bound(&shapes) {
            return said;
        }
        let all: f64 = shapes.iter().map(|shape| count(shape)).sum();
        let first = shapes.first().map_or(1.0, |shape| count(shape));
        match self.base() {
            "cat" | "concat" | "concatenate" | "stack" | "hstack" | "vstack" | "dstack" => all,
            // Of the shape of the first, or of as many numbers.
            "reshape_as"
            | "view_as"
            | "type_as"
            | "batch_norm"
            | "native_batch_norm"
            | "_native_batch_norm_legit"
            | "_native_batch_norm_legit_no_training"
            | "instance_norm"
            | "group_norm"
            | "native_group_norm"
            | "layer_norm"
            | "native_layer_norm"
            | "prelu"
            | "index_put"
            | "_unsafe_index_put"
            | "index_add"
            | "scatter"
            | "scatter_add"
            | "scatter_reduce"
            | "slice_scatter"
            | "select_scatter"
            | "masked_scatter"
            | "copy" => first,
            "expand_as" => shapes.get(1).map_or(1.0, |shape| count(shape)),
            "matmul" | "mm" | "bmm" => matrices(&shapes, Second::AsItIs),
            "linear" => matrices(&shapes, Second::Transposed),
            "addmm" | "baddbmm" => matrices(shapes.get(1..).unwrap_or_default(), Second::AsItIs),
            "outer" | "inner" => shapes.iter().map(|shape| count(shape)).product(),
            "cdist" | "_cdist_forward" => matrices(&shapes, Second::Transposed),
            "gather" if self.operator().starts_with("aten") => {
                shapes.get(1).map_or(1.0, |shape| count(shape))
            }
            "index_select" | "gather" | "index" | "_unsafe_index" | "embedding" | "gather_nd" => {
                let index: f64 = shapes
                    .iter()
                    .skip(1)
                    .map(|shape| count(shape))
                    .fold(1.0, f64::max);
                let leading = shapes.first().and_then(|shape| shape.iter().min());
                first * index / leading.map_or(1.0, |size| (*size).max(1) as f64)
            }
            "diag_embed" | "block_diag" => first * first,
            "meshgrid" => shapes.iter().map(|shape| count(shape)).product(),
            _ => broadcast(&shapes),
        }
    }

    /// The most elements of a result whose size an argument says.
    fn said_bound(&self, shapes: &[Vec<i64>]) -> Option<f64> {
        let product = |name| {
            let sizes = self.peek(name).unwrap_or_default();
            sizes
                .iter()
                .map(|size| (*size).max(1) as f64)
                .product::<f64>()
        };
        let shape = shapes.first().map(Vec::as_slice).unwrap_or_default();
        let first = shapes.first().map_or(1.0, |shape| count(shape));
        Some(match self.base() {
            "repeat" => first * product("repeats"),
            "tile" => first * product("dims"),
            "repeat_interleave" => first * product("repeats"),
            "expand" | "broadcast_to" | "full" | "zeros" | "ones" | "empty" | "new_full"
            | "new_zeros" | "new_ones" | "new_empty" | "as_strided" | "empty_strided" => {
                product("size")
            }
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
                let axes = shape.iter().rev().enumerate().map(|(axis, size)| {
                    let pads = pads.chunks(2).nth(axis).unwrap_or_default();
                    *size as f64 + pads.iter().map(|pad| *pad as f64).sum::<f64>()
                });
                axes.product()
            }
            "im2col" | "unfold" => first * product("kernel_size") * product("size"),
            "col2im" => first * product("output_size"),
            "conv1d" | "conv2d" | "conv3d" | "convolution" | "conv_transpose1d"
            | "conv_transpose2d" | "conv_transpose3d" => self.convolution_bound(shapes),
            "upsample_nearest1d"
            | "upsample_nearest2d"
            | "upsample_nearest3d"
            | "_upsample_nearest_exact2d"
            | "upsample_linear1d"
            | "upsample_bilinear2d"
            | "upsample_bicubic2d"
            | "_upsample_bilinear2d_aa"
            | "_upsample_bicubic2d_aa" => self.upsampled_bound(shape),
            "adaptive_avg_pool1d"
            | "adaptive_avg_pool2d"
            | "adaptive_avg_pool3d"
            | "_adaptive_avg_pool2d"
            | "_adaptive_avg_pool3d"
            | "adaptive_max_pool1d"
            | "adaptive_max_pool2d"
            | "adaptive_max_pool3d" => {
                let axes = self.peek("output_size").unwrap_or_default().len();
                let kept = shape.len().saturating_sub(axes);
                count(&shape[..kept]) * product("output_size")
            }
            "affine_grid_generator" => product("size") * 2.0,
            _ => return None,
        })
    }
}

fn count(shape: &[i64]) -> f64 {
    shape.iter().map(|size| *size as f64).product()
}

impl Arguments<'_> {
    /// Of input and weight: pictures × channels that go out × each axis with its padding, or times its stride.
    fn convolution_bound(&self, shapes: &[Vec<i64>]) -> f64 {
        let [input, weight, ..] = shapes else {
            return 0.0; // refused where it runs
        };
        let axes = weight.len().saturating_sub(2);
        let at = |name: &str, axis: usize, default: i64| {
            let numbers = self.peek(name).unwrap_or_default();
            let number = numbers.get(axis).or(numbers.last()).copied();
            number.unwrap_or(default) as f64
        };
        let is_transposed = self.base().starts_with("conv_transpose")
            || self.peek_bool("transposed").unwrap_or(false);
        let groups = at("groups", 0, 1);
        let channels = match is_transposed {
            true => weight.get(1).map_or(1.0, |size| *size as f64 * groups),
            false => weight.first().map_or(1.0, |size| *size as f64),
        };
        let lengths = (0..axes).map(|axis| {
            let size = |shape: &[i64]| shape[shape.len() - axes + axis] as f64;
            let size_in = match input.len() >= axes {
                true => size(input),
                false => 1.0,
            };
            match is_transposed {
                true => {
                    size_in * at("stride", axis, 1)
                        + at("dilation", axis, 1) * size(weight)
                        + at("output_padding", axis, 0)
                }
                false => {
                    (size_in + 2.0 * at("padding", axis, 0)) / at("stride", axis, 1).max(1.0) + 1.0
                }
            }
        });
        let pictures = match input.len() > axes + 1 {
            true => input[0] as f64,
            false => 1.0,
        };
        pictures * channels * lengths.product::<f64>()
    }

    /// Channels of each picture at the new size, which is said or is a factor of the old one.
    fn upsampled_bound(&self, input: &[i64]) -> f64 {
        match self.peek("output_size") {
            Some(sizes) => {
                let leading = input.len().saturating_sub(sizes.len());
                count(&input[..leading]) * count(&sizes)
            }
            None => {
                let factors = self.peek_floats("scale_factors").unwrap_or_default();
                count(input) * factors.iter().product::<f64>()
            }
        }
    }
}

/// How the second of two matrices stands in a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Second {
    AsItIs,
    Transposed,
}

/// The rows of the first by the columns of the second, for each of what stands before them; a vector is one row, or
/// one column.
fn matrices(shapes: &[Vec<i64>], second: Second) -> f64 {
    let outer: Vec<Vec<i64>> = shapes
        .iter()
        .map(|s| s.iter().rev().skip(2).rev().copied().collect())
        .collect();
    let from_back = |shape: Option<&Vec<i64>>, axis: usize| {
        let size = shape.and_then(|shape| shape.iter().rev().nth(axis));
        size.copied().unwrap_or(1).max(1) as f64
    };
    let columns = match (second, shapes.get(1)) {
        (Second::Transposed, shape) => from_back(shape, 1),
        (Second::AsItIs, Some(shape)) if shape.len() < 2 => 1.0,
        (Second::AsItIs, shape) => from_back(shape, 0),
    };
    broadcast(&outer) * from_back(shapes.first(), 1) * columns
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

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::model::graph::{Argument, Node, Size, ValueId};
    use crate::model::operators::Value;

    fn bound(operator: &str, shapes: &[&[i64]], said: &[(&str, &[i64])]) -> f64 {
        let values: Vec<Value> = shapes
            .iter()
            .map(|shape| Value::Tensor(Tensor::zeros(*shape, (Kind::Float, Device::Cpu))))
            .collect();
        let names = ["self", "other", "third"];
        let tensors =
            (0..shapes.len()).map(|at| (names[at].to_owned(), Argument::Tensor(ValueId(at))));
        let said = said.iter().map(|(name, numbers)| {
            let sizes = numbers.iter().map(|number| Size::Known(*number)).collect();
            ((*name).to_owned(), Argument::Sizes(sizes))
        });
        let node = Node {
            name: String::new(),
            operator: operator.to_owned(),
            arguments: tensors.chain(said).collect(),
            outputs: Vec::new(),
            modules: Vec::new(),
        };
        let lookup = |id: ValueId| values.get(id.0);
        Arguments::new(&node, &lookup, 1).result_bound()
    }

    #[test]
    fn what_arguments_say_counts() {
        let of = |operator, shape: &[i64], name, numbers: &[i64]| {
            bound(operator, &[shape], &[(name, numbers)])
        };
        assert_eq!(
            of(
                "aten.upsample_nearest2d.vec",
                &[1, 3, 4, 4],
                "output_size",
                &[100, 50]
            ),
            15000.0
        );
        assert_eq!(
            of(
                "aten.adaptive_avg_pool2d.default",
                &[1, 3, 4, 4],
                "output_size",
                &[1000, 7]
            ),
            21000.0
        );
        assert_eq!(
            of("aten.as_strided.default", &[4], "size", &[100, 100]),
            10000.0
        );
        let padded = bound(
            "aten.conv2d.default",
            &[&[1, 3, 8, 8], &[5, 3, 3, 3]],
            &[("padding", &[1000, 0])],
        );
        assert_eq!(padded, 5.0 * 2009.0 * 9.0);
    }

    /// The first layer behind a VGG's convolutions: its weight has 25,088 columns, its result 4,096 numbers.
    #[test]
    fn a_product_has_the_rows_of_one_and_the_columns_of_the_other() {
        let linear = bound("aten.linear.default", &[&[1, 25088], &[4096, 25088]], &[]);
        assert_eq!(linear, 4096.0);
        let matmul = |a: &[i64], b: &[i64]| bound("aten.matmul.default", &[a, b], &[]);
        assert_eq!(matmul(&[7, 1, 25088], &[25088, 4096]), 7.0 * 4096.0);
        assert_eq!(matmul(&[3, 5, 2], &[4, 1, 2, 6]), 4.0 * 3.0 * 5.0 * 6.0);
        assert_eq!(matmul(&[5], &[5]), 1.0);
        assert_eq!(matmul(&[9], &[9, 4]), 4.0);
        assert_eq!(matmul(&[8, 9], &[9]), 8.0);
    }

    /// A weight in the form of another one is no table of both.
    #[test]
    fn what_gives_the_first_input_again_is_as_large_as_that() {
        let shapes: [&[i64]; 2] = [&[1, 256, 4, 4], &[64, 64, 1, 1]];
        for operator in ["aten.reshape_as.default", "aten.batch_norm.default"] {
            assert_eq!(bound(operator, &shapes, &[]), 4096.0, "{operator}");
        }
        let rows: [&[i64]; 2] = [&[1, 300, 8], &[1, 200, 8]];
        assert!(bound("aten.cdist.default", &rows, &[]) >= 300.0 * 200.0);
    }
}
