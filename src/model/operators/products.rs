//! Products with a matrix of weights, in the library that is fastest on this processor.
//!
//! libtorch computes them in MKL, whose code for AMD's processors has 256 bits; oneDNN, which computes the convolutions,
//! has 512 on all. Measured on two cores (Zen 5), 1576 rows of ViT-B/16 (197 tokens of 8 photos) by 768 × 3072: 220 GFLOP/s
//! in MKL, 490 as a convolution of 1 × 1, 445 as oneDNN's dense layer, which copies rows in and out; 25 rows of VGG16 by
//! 25088 × 4096: 91, 37 and 275, for a convolution reorders the weights first. The sums are in another order.

use std::sync::OnceLock;

use tch::{Device, Kind, TchError, Tensor};

/// From so many rows on a convolution is the fastest, for the copy of the weights that it makes does not matter then.
const ROWS_OF_A_CONVOLUTION: i64 = 256;

/// From so many on it is faster than MKL. oneDNN's dense layer, faster still, has no second derivative.
const ROWS_WITH_GRADIENTS: i64 = 128;

/// Below so many multiplications a call's own time decides.
const LEAST_WORK: i64 = 1 << 20;

/// On one thread libtorch computes convolutions of 1 × 1 and fewer than this many pictures in MKL, unless they are dilated.
const PICTURES_OF_ONEDNN: i64 = 16;

/// Of a kernel of 1 × 1, so that it goes to oneDNN. A dilation changes nothing there, but on several threads the backward pass
/// is slower with it: 250 steps of a dream with MobileNetV2 took 2.4 s for 2.1.
fn dilation_of_a_point(pictures: i64) -> [i64; 2] {
    match tch::get_num_threads() {
        1 if pictures < PICTURES_OF_ONEDNN => [2, 2],
        _ => [1, 1],
    }
}

/// input · weightᵀ + bias: `input` [..., K], `weight` [N, K], `bias` [N].
pub fn linear(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TchError> {
    let way = match is_faster_in_onednn() {
        true => way(input, weight),
        false => Way::Usual,
    };
    if let Way::Usual = way {
        return input.f_linear(weight, bias);
    }
    let mut sizes = input.size();
    let [outputs, inputs] = [weight.size()[0], weight.size()[1]];
    let rows = input.f_reshape([-1, inputs])?;
    let found = match way {
        Way::Convolution => {
            let maps = rows.f_view([1, -1, 1, inputs])?.f_permute([0, 3, 1, 2])?;
            let kernel = weight.f_view([outputs, inputs, 1, 1])?;
            let found = maps.f_conv2d(&kernel, bias, 1, 0, dilation_of_a_point(1), 1)?;
            found.f_permute([0, 2, 3, 1])?
        }
        Way::DenseLayer | Way::Usual => {
            let rows = rows.f_contiguous()?.f_to_mkldnn(None)?;
            rows.f_mkldnn_linear(weight, bias)?
                .f_to_dense(None, false)?
        }
    };
    if let Some(last) = sizes.last_mut() {
        *last = outputs;
    }
    found.f_reshape(sizes)
}

/// `first` · `second` where the latter is a matrix that lies in memory column by column, as transposed weights do; `None` for
/// any other.
pub fn with_weights(
    first: &Tensor,
    second: &Tensor,
    added: Option<&Tensor>,
) -> Result<Option<Tensor>, TchError> {
    let is_row = added.is_none_or(|added| added.dim() == 1 && added.size()[0] == last(second));
    if second.dim() != 2 || first.dim() < 2 || !is_row || !is_faster_in_onednn() {
        return Ok(None);
    }
    let weight = second.f_transpose(0, 1)?;
    match way(first, &weight) {
        Way::Usual => Ok(None),
        Way::Convolution | Way::DenseLayer => linear(first, &weight, added).map(Some),
    }
}

/// The same matrix, column by column in memory.
pub fn column_by_column(matrix: &Tensor) -> Result<Tensor, TchError> {
    let lies_so = matrix.dim() != 2 || matrix.f_transpose(0, 1)?.is_contiguous();
    if lies_so || matrix.device() != Device::Cpu || !is_faster_in_onednn() {
        return Ok(matrix.shallow_clone());
    }
    let turned = matrix.f_transpose(0, 1)?.f_contiguous()?;
    turned.f_transpose(0, 1)
}

/// Arguments of a convolution.
pub struct Given {
    pub stride: Vec<i64>,
    pub padding: Vec<i64>,
    pub dilation: Vec<i64>,
    pub groups: i64,
}

/// A convolution.
pub fn convolution(
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    mut given: Given,
) -> Result<Tensor, TchError> {
    let is_one = |sizes: &[i64]| sizes.iter().all(|size| *size == 1);
    let is_point = weight.dim() == 4 && is_one(&weight.size()[2..]) && given.groups == 1;
    let is_plain = is_one(&given.stride) && given.padding.iter().all(|pixels| *pixels == 0);
    if is_point && is_plain && is_one(&given.dilation) && is_float(input) && is_faster_in_onednn() {
        given.dilation = dilation_of_a_point(input.size().first().copied().unwrap_or(1)).to_vec();
    }
    let Given {
        stride,
        padding,
        dilation,
        groups,
    } = given;
    if weight.dim() == 4 {
        return input.f_conv2d(weight, bias, stride, padding, dilation, groups);
    }
    let dimensions = stride.len();
    let none = vec![0; dimensions];
    input.f_convolution(weight, bias, stride, padding, dilation, false, none, groups)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Usual,
    Convolution,
    DenseLayer,
}

fn way(input: &Tensor, weight: &Tensor) -> Way {
    let fits = weight.dim() == 2 && input.dim() >= 2 && last(input) == last(weight);
    if !fits || !is_float(input) || !is_float(weight) || !weight.is_contiguous() {
        return Way::Usual;
    }
    let rows = input.numel() as i64 / last(weight).max(1);
    let enough = match input.requires_grad() {
        true => ROWS_WITH_GRADIENTS,
        false => ROWS_OF_A_CONVOLUTION,
    };
    if rows.saturating_mul(weight.numel() as i64) < LEAST_WORK {
        Way::Usual
    } else if rows >= enough {
        Way::Convolution
    } else if input.requires_grad() {
        Way::Usual
    } else {
        Way::DenseLayer
    }
}

fn last(tensor: &Tensor) -> i64 {
    tensor.size().last().copied().unwrap_or(1)
}

fn is_float(tensor: &Tensor) -> bool {
    tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && !tensor.is_sparse()
}

/// On AMD's processors with AVX-512. On one of Intel's with 16 cores, where MKL has code for it, they are level: 148 and 138
/// GFLOP/s on one thread for 197 rows by 768 × 3072, 1125 and 1060 on 16.
fn is_faster_in_onednn() -> bool {
    static FASTER: OnceLock<bool> = OnceLock::new();
    *FASTER.get_or_init(is_amd_with_avx512)
}

#[cfg(target_arch = "x86_64")]
fn is_amd_with_avx512() -> bool {
    let vendor = std::arch::x86_64::__cpuid(0);
    let vendor = [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes);
    vendor.as_flattened() == b"AuthenticAMD" && std::is_x86_feature_detected!("avx512f")
}

#[cfg(not(target_arch = "x86_64"))]
fn is_amd_with_avx512() -> bool {
    false
}

#[cfg(test)]
#[path = "products_tests.rs"]
mod tests;
