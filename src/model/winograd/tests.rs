use tch::{Device, Kind, Tensor};

use super::filters::Filters;
use super::tiles::Work;
use super::transform::PRODUCTS;
use super::vector::{Vector, columns};
use super::*;

/// Vectors of plain numbers: what the processor's must agree with, and both widths on every processor.
#[derive(Clone, Copy)]
struct Plain<const LANES: usize, const ACROSS: usize>([f32; LANES]);

// SAFETY: nothing is asked of the processor; reads and writes as many numbers as are said.
#[allow(unsafe_code)]
unsafe impl<const LANES: usize, const ACROSS: usize> Vector for Plain<LANES, ACROSS> {
    const LANES: usize = LANES;
    const ACROSS: usize = ACROSS;

    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }
    unsafe fn store(self, to: *mut f32) {
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }
    unsafe fn all(number: f32) -> Self {
        Self([number; LANES])
    }
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] + other.0[at]))
    }
    unsafe fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] - other.0[at]))
    }
    unsafe fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] * other.0[at]))
    }
    unsafe fn mul_add(self, factor: Self, summand: Self) -> Self {
        Self(std::array::from_fn(|at| {
            self.0[at].mul_add(factor.0[at], summand.0[at])
        }))
    }
    unsafe fn neg_mul_add(self, factor: Self, summand: Self) -> Self {
        Self(std::array::from_fn(|at| {
            (-self.0[at]).mul_add(factor.0[at], summand.0[at])
        }))
    }
    unsafe fn relu(self) -> Self {
        Self(self.0.map(|number| if number < 0.0 { 0.0 } else { number }))
    }
}

fn random(sizes: &[i64], seed: i64) -> Tensor {
    // No generator: tests beside this one draw from the same.
    let count: i64 = sizes.iter().product();
    let places = Tensor::arange(count, (Kind::Double, Device::Cpu)) + (seed * 1_000_000) as f64;
    let noise = (places * 12.9898).sin() * 43758.5453;
    let tensor = (noise.frac() * 1.7).to_kind(Kind::Float).view(sizes);
    crate::model::memory_layout::channels_last(&tensor).unwrap()
}

/// Input, weight and bias of N pictures, channels, height, width and output channels.
fn given([pictures, inputs, height, width, outputs]: [i64; 5]) -> (Tensor, Tensor, Tensor) {
    let weight = random(&[outputs, inputs, 3, 3], 1) / (9.0 * inputs as f64).sqrt();
    (
        random(&[pictures, inputs, height, width], 2),
        weight,
        random(&[outputs], 3),
    )
}

fn padded(padding: &[i64]) -> Moves<'_> {
    Moves {
        stride: &[1, 1],
        padding,
        dilation: &[1, 1],
        groups: 1,
    }
}

fn known(weight: &Tensor) -> KnownFilters {
    let known = KnownFilters::default();
    known.offer(weight).unwrap();
    known
}

/// Without a ReLU behind.
fn fast(filters: &KnownFilters) -> Fast<'_> {
    let relu = Box::leak(Box::new(Cell::new(ReluBehind::Apart)));
    Fast { filters, relu }
}

/// `None` also on a processor without such vectors, where every convolution is libtorch's.
fn found(case: [i64; 5], padding: &[i64]) -> Option<Tensor> {
    let (input, weight, bias) = given(case);
    convolution(
        fast(&known(&weight)),
        &input,
        &weight,
        Some(&bias),
        &padded(padding),
    )
    .unwrap()
}

fn is_here() -> bool {
    width::columns().is_some()
}

/// Largest difference over the largest number.
fn difference(found: &Tensor, expected: &Tensor) -> f64 {
    let expected = expected.to_kind(Kind::Double);
    let largest = (found.to_kind(Kind::Double) - &expected).abs().max();
    (largest / expected.abs().max()).double_value(&[])
}

const CASES: &[[i64; 5]] = &[
    [1, 16, 13, 13, 64],
    [3, 32, 27, 27, 128],
    [2, 48, 14, 17, 192],
    [16, 16, 5, 5, 16],
    [5, 64, 9, 31, 80],
    [4, 128, 7, 7, 48],
];

#[test]
fn numbers_are_those_of_direct_sums_in_float64() {
    for (case, padding) in CASES
        .iter()
        .flat_map(|case| [[0, 0], [1, 1], [2, 1]].map(|p| (*case, p)))
    {
        let Some(found) = found(case, &padding) else {
            assert!(!is_here(), "{case:?} {padding:?}");
            continue;
        };
        let (input, weight, bias) = given(case);
        let exact = |tensor: &Tensor| tensor.to_kind(Kind::Double);
        let expected = exact(&input).conv2d(&exact(&weight), Some(&exact(&bias)), 1, padding, 1, 1);
        assert_eq!(found.size(), expected.size(), "{case:?} {padding:?}");
        let difference = difference(&found, &expected);
        assert!(difference < 3e-6, "{case:?} {padding:?}: {difference:e}");
    }
}

#[test]
fn a_number_depends_neither_on_the_batch_nor_on_threads() {
    let case = [7, 32, 13, 13, 96];
    let Some(together) = found(case, &[1]) else {
        return assert!(!is_here());
    };
    let (input, weight, bias) = given(case);
    let known = known(&weight);
    for picture in 0..case[0] {
        let one = input.narrow(0, picture, 1);
        let alone = convolution(fast(&known), &one, &weight, Some(&bias), &padded(&[1])).unwrap();
        assert_eq!(alone.unwrap(), together.narrow(0, picture, 1), "{picture}");
    }
    let threads = tch::get_num_threads();
    for count in [1, 2, 5] {
        tch::set_num_threads(count);
        let again = convolution(fast(&known), &input, &weight, Some(&bias), &padded(&[1])).unwrap();
        tch::set_num_threads(threads);
        assert_eq!(again.unwrap(), together, "{count} threads");
    }
}

/// The processor's vectors, and plain ones of both widths: the same numbers to the last bit.
#[test]
fn every_width_gives_the_same_numbers() {
    fn plain<V: Vector>(case: [i64; 5]) -> Tensor {
        let (input, weight, bias) = given(case);
        let numbers =
            |tensor: &Tensor| Vec::<f32>::try_from(tensor.contiguous().view([-1])).unwrap();
        let [pictures, inputs, height, width, outputs] = case.map(|side| side as usize);
        let filters = Filters::new(&numbers(&weight), [outputs, inputs], columns::<V>());
        assert_eq!(
            filters.numbers.len() * super::lines::NUMBERS,
            outputs.div_ceil(columns::<V>()) * PRODUCTS * inputs * columns::<V>()
        );
        let (from, bias) = (numbers(&input.permute([0, 2, 3, 1])), numbers(&bias));
        let mut to = vec![f32::NAN; pictures * height * width * outputs];
        let sizes = Sizes {
            pictures,
            height,
            width,
            padding: [1, 1],
        };
        // SAFETY: sizes are those of the vectors; the vectors are plain ones.
        #[allow(unsafe_code)]
        unsafe {
            Work::new(
                sizes,
                &filters,
                (Some(&bias), Then::Nothing),
                (from.as_ptr(), to.as_mut_ptr()),
                1,
            )
            .run::<V>();
        }
        Tensor::from_slice(&to)
            .view([case[0], case[2], case[3], case[4]])
            .permute([0, 3, 1, 2])
    }
    for case in CASES {
        let (narrow, wide) = (plain::<Plain<8, 2>>(*case), plain::<Plain<16, 4>>(*case));
        assert_eq!(narrow, wide, "{case:?}");
        if let Some(found) = found(*case, &[1]) {
            assert_eq!(found, wide, "{case:?}");
        }
    }
}

#[test]
fn gradients_are_those_of_libtorch_also_behind_what_overwrites_the_output() {
    for (case, padding) in CASES[..3]
        .iter()
        .flat_map(|case| [0, 1, 2].map(|padding| (*case, [padding])))
    {
        let (input, weight, bias) = given(case);
        let of = |convolution: &dyn Fn(&Tensor) -> Tensor| {
            let input = input.copy().set_requires_grad(true);
            let output = convolution(&input).relu_();
            let seen = random(&output.size(), 4);
            let gradient =
                Tensor::run_backward(&[(output * seen).sum(Kind::Float)], &[&input], false, false);
            gradient.into_iter().next().unwrap()
        };
        let known = known(&weight);
        let expected = of(&|input| input.conv2d(&weight, Some(&bias), 1, padding, 1, 1));
        let found = of(&|input| {
            let found =
                convolution(fast(&known), input, &weight, Some(&bias), &padded(&padding)).unwrap();
            assert_eq!(found.is_some(), is_here(), "{case:?} {padding:?}");
            found.unwrap_or_else(|| input.conv2d(&weight, Some(&bias), 1, padding, 1, 1))
        });
        // A ReLU decides otherwise where an output is 0 but for rounding: seldom, so not the largest but the mean difference.
        let mean = (&found - &expected)
            .abs()
            .mean(Kind::Double)
            .double_value(&[]);
        assert!(mean < 2e-6, "{case:?} {padding:?}: {mean:e}");
    }
}

#[test]
fn gradients_of_gradients_are_those_of_libtorch() {
    let (input, weight, bias) = given([2, 32, 12, 12, 48]);
    let of = |convolution: &dyn Fn(&Tensor) -> Tensor| {
        let input = input.copy().set_requires_grad(true);
        let output = convolution(&input).tanh().square().sum(Kind::Float);
        let first = Tensor::run_backward(&[output], &[&input], true, true).remove(0);
        Tensor::run_backward(&[first.square().sum(Kind::Float)], &[&input], false, false).remove(0)
    };
    let known = known(&weight);
    let expected = of(&|input| input.conv2d(&weight, Some(&bias), 1, 1, 1, 1));
    let found = of(&|input| {
        let found = convolution(fast(&known), input, &weight, Some(&bias), &padded(&[1])).unwrap();
        found.unwrap_or_else(|| input.conv2d(&weight, Some(&bias), 1, 1, 1, 1))
    });
    assert!(difference(&found, &expected) < 1e-5);
}

#[test]
fn only_the_very_weights_are_known() {
    let (input, weight, _) = given([1, 32, 13, 13, 32]);
    let known = known(&weight);
    let of =
        |weight: &Tensor| convolution(fast(&known), &input, weight, None, &padded(&[1])).unwrap();
    assert_eq!(of(&weight).is_some(), is_here());
    assert!(
        of(&weight.copy()).is_none(),
        "equal numbers elsewhere may be changed later"
    );
    assert!(
        of(&weight.transpose(2, 3)).is_none(),
        "the same memory, read another way"
    );
    assert!(of(&weight.copy().set_requires_grad(true)).is_none());
}

#[test]
fn other_convolutions_are_left_to_libtorch() {
    let (input, weight, bias) = given([1, 32, 27, 27, 32]);
    let known = known(&weight);
    let of = |input: &Tensor, moves: Moves| {
        convolution(fast(&known), input, &weight, Some(&bias), &moves).unwrap()
    };
    let one = [1, 1];
    assert!(
        of(
            &input,
            Moves {
                stride: &[2, 2],
                ..padded(&one)
            }
        )
        .is_none()
    );
    assert!(
        of(
            &input,
            Moves {
                dilation: &[2],
                ..padded(&one)
            }
        )
        .is_none()
    );
    assert!(
        of(
            &input,
            Moves {
                groups: 2,
                ..padded(&one)
            }
        )
        .is_none()
    );
    assert!(of(&input, padded(&[3])).is_none());
    assert!(of(&input.to_kind(Kind::BFloat16), padded(&one)).is_none());
    assert!(
        of(&input.narrow(2, 0, 1), padded(&[0])).is_none(),
        "no output at all"
    );
    let thin = random(&[8, 3, 3, 3], 5);
    let photo = random(&[1, 3, 20, 20], 6);
    assert!(
        convolution(
            fast(&super::tests::known(&thin)),
            &photo,
            &thin,
            None,
            &padded(&one)
        )
        .unwrap()
        .is_none()
    );
}

#[test]
fn numbers_that_are_not_finite_stay_so() {
    let (input, weight, _) = given([1, 16, 16, 16, 16]);
    for number in [f64::NAN, f64::INFINITY] {
        let input = input.copy();
        let _ = input
            .narrow(1, 3, 1)
            .narrow(2, 5, 1)
            .narrow(3, 5, 1)
            .fill_(number);
        if let Some(found) =
            convolution(fast(&known(&weight)), &input, &weight, None, &padded(&[1])).unwrap()
        {
            let around = found.narrow(2, 4, 3).narrow(3, 4, 3);
            assert_eq!(around.isfinite().any().int64_value(&[]), 0);
        }
    }
}

#[test]
fn a_relu_that_waits_is_applied_as_libtorchs_and_said_to_be() {
    let (input, weight, bias) = given([2, 16, 13, 13, 32]);
    let _ = input.narrow(3, 2, 1).fill_(f64::NAN);
    let known = known(&weight);
    let of = |input: &Tensor, relu: &Cell<ReluBehind>| {
        let fast = Fast {
            filters: &known,
            relu,
        };
        convolution(fast, input, &weight, Some(&bias), &padded(&[1])).unwrap()
    };
    let (apart, waits) = (Cell::new(ReluBehind::Apart), Cell::new(ReluBehind::Waits));
    let (Some(plain), Some(found)) = (of(&input, &apart), of(&input, &waits)) else {
        return assert!(!is_here() && waits.get() == ReluBehind::Waits);
    };
    assert_eq!(
        (apart.get(), waits.get()),
        (ReluBehind::Apart, ReluBehind::Applied)
    );
    let expected = plain.relu();
    assert!(
        expected.isnan().any().int64_value(&[]) == 1,
        "NaN goes through"
    );
    let same = expected
        .eq_tensor(&found)
        .logical_or(&expected.isnan().logical_and(&found.isnan()));
    assert_eq!(same.all().int64_value(&[]), 1);
    // With gradients libtorch has to see the ReLU.
    waits.set(ReluBehind::Waits);
    let output = of(&input.copy().set_requires_grad(true), &waits).unwrap();
    assert_eq!(waits.get(), ReluBehind::Waits);
    assert!(output.nan_to_num(0.0, None, None).min().double_value(&[]) < 0.0);
}
