//! Non-negative matrix factorisation: X ≈ W H with W [n, K] and H [K, f] that are nowhere below zero, so that ‖X − W H‖² is as
//! small as it gets by coordinate descent (Cichocki and Phan 2009, algorithm 2, HALS), from the start of Boutsidis and
//! Gallopoulos 2008 (NNDSVD, zeros filled with the mean: NNDSVDa).
//!
//! The same as scikit-learn's `NMF(n_components=K)`: solver `cd` in the order of the components, the same start, the same
//! stopping rule. **Differs from it** the singular vectors of the start are exact, not of a random projection, so that
//! nothing is drawn. A component of the start whose singular value is zero is the mean, where scikit-learn divides by zero.

use tch::{Device, Kind, Tensor};

use super::{ExplainError, numbers};

/// The sum of the projected gradients' sizes, over that of the first iteration, below which nothing changes any more;
/// scikit-learn's.
const TOLERANCE: f64 = 1e-4;
/// Numbers of the start below it are zero; scikit-learn's.
const NOTHING: f64 = 1e-6;

/// X ≈ W H.
#[derive(Debug)]
pub struct Factorisation {
    /// W [n, K], float64 on the CPU.
    pub left: Tensor,
    /// H [K, f], float64 on the CPU.
    pub right: Tensor,
    /// Iterations that were run.
    pub iterations: usize,
    pub is_converged: bool,
}

impl Factorisation {
    /// The same with each row of H of length 1: W [n, K] and H [K, f]. A component of nothing stays zero.
    pub fn of_length_1(&self) -> Result<(Tensor, Tensor), ExplainError> {
        let lengths = self
            .right
            .f_norm_scalaropt_dim(2.0, [1_i64].as_slice(), true)?; // [K, 1]
        let divisors = lengths.f_where_self(&lengths.f_gt(0.0)?, &lengths.f_ones_like()?)?;
        let amounts = self.left.f_mul(&lengths.f_view([1, -1])?)?;
        Ok((amounts, self.right.f_div(&divisors)?))
    }

    /// Of each component ⟨X, W_k H_k⟩ / ‖X‖², and of all 1 − ‖X − W H‖² / ‖X‖²: at the optimum that is the sum of them. Zeros
    /// for X = 0.
    pub fn shares(&self, x: &Tensor) -> Result<(Vec<f64>, f64), ExplainError> {
        let whole = x.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?;
        let components = self.right.size2()?.0;
        if whole == 0.0 {
            return Ok((vec![0.0; components as usize], 0.0));
        }
        let products = x.f_matmul(&self.right.f_transpose(0, 1)?)?;
        let products = products.f_mul(&self.left)?;
        let shares = products.f_sum_dim_intlist(0_i64, false, Kind::Double)?;
        let rest = x.f_sub(&self.left.f_matmul(&self.right)?)?;
        let rest = rest.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?;
        let shares = numbers::precise_values(&shares)?;
        let shares = shares.into_iter().map(|share| share / whole);
        Ok((shares.collect(), 1.0 - rest / whole))
    }
}

/// Factorises X [n, f], which is nowhere below zero, float64 on the CPU; K is at most the smaller of n and f. `go_on` is asked
/// before every iteration; an error where it is to stop.
pub fn factorise(
    x: &Tensor,
    components: usize,
    most_iterations: usize,
    go_on: &dyn Fn(usize) -> Result<(), ExplainError>,
) -> Result<Factorisation, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let (rows, columns) = x.size2()?;
    let (mut left, mut right) = start(x, components)?;
    let transposed = x.f_transpose(0, 1)?;
    let mut first = None;
    let mut iterations = 0;
    let mut is_converged = false;
    while iterations < most_iterations && !is_converged {
        go_on(iterations)?;
        let of_rows = update(x, (&mut left, rows), (&right, columns), components)?;
        let of_columns = update(
            &transposed,
            (&mut right, columns),
            (&left, rows),
            components,
        )?;
        iterations += 1;
        let violation = of_rows + of_columns;
        let first = *first.get_or_insert(violation);
        is_converged = first == 0.0 || violation / first <= TOLERANCE;
    }
    let right = matrix(&right, columns)?.f_transpose(0, 1)?;
    Ok(Factorisation {
        left: matrix(&left, rows)?,
        right: right.f_contiguous()?,
        iterations,
        is_converged,
    })
}

/// W [n, K] of X [n, f] for an H [K, f] that is given, as scikit-learn's `NMF.transform` finds it: from zeros on.
pub fn transform(
    x: &Tensor,
    right: &Tensor,
    most_iterations: usize,
) -> Result<Tensor, ExplainError> {
    let _no_gradient = tch::no_grad_guard();
    let ((rows, _), (components, columns)) = (x.size2()?, right.size2()?);
    let mut left = vec![0.0; (rows * components) as usize];
    let given = numbers::precise_values(&right.f_transpose(0, 1)?.f_contiguous()?)?;
    let mut first = None;
    for _ in 0..most_iterations {
        let components = components as usize;
        let violation = update(x, (&mut left, rows), (&given, columns), components)?;
        let first = *first.get_or_insert(violation);
        if first == 0.0 || violation / first <= TOLERANCE {
            break;
        }
    }
    matrix(&left, rows)
}

/// One pass over W [n, K] of X ≈ W Hᵀ, component after component, each with the others as they are; the sum of the sizes
/// of the projected gradients. `given` is H as [f, K].
fn update(
    x: &Tensor,
    (left, rows): (&mut [f64], i64),
    (given, columns): (&[f64], i64),
    components: usize,
) -> Result<f64, ExplainError> {
    let given = matrix(given, columns)?;
    let of_rows = numbers::precise_values(&x.f_matmul(&given)?)?;
    let of_components = given.f_transpose(0, 1)?.f_matmul(&given)?;
    let of_components = numbers::precise_values(&of_components)?;
    let mut violation = 0.0;
    for component in 0..components {
        let products = &of_components[component * components..][..components];
        let curvature = products[component];
        for row in 0..rows as usize {
            let weights = &mut left[row * components..][..components];
            let sum: f64 = weights.iter().zip(products).map(|(a, b)| a * b).sum();
            let gradient = sum - of_rows[row * components + component];
            let weight = &mut weights[component];
            violation += match *weight == 0.0 {
                true => gradient.min(0.0).abs(),
                false => gradient.abs(),
            };
            if curvature != 0.0 {
                *weight = (*weight - gradient / curvature).max(0.0);
            }
        }
    }
    Ok(violation)
}

/// W [n, K] and H as [f, K], from the leading singular vectors: of each pair the parts of one sign that hold more.
fn start(x: &Tensor, components: usize) -> Result<(Vec<f64>, Vec<f64>), ExplainError> {
    let (u, sizes, v) = x.f_svd(true, true)?;
    let sizes = numbers::precise_values(&sizes)?;
    let (rows, columns) = x.size2()?;
    let (mut left, mut right) = (
        vec![0.0; rows as usize * components],
        vec![0.0; columns as usize * components],
    );
    for component in 0..components {
        let vector = |of: &Tensor| numbers::precise_values(&of.f_select(1, component as i64)?);
        let (u, v) = (vector(&u)?, vector(&v)?);
        let norm = |of: &[f64]| of.iter().map(|value| value * value).sum::<f64>().sqrt();
        let parts = |sign: f64| {
            let part = |of: &[f64]| -> Vec<f64> {
                of.iter().map(|value| (value * sign).max(0.0)).collect()
            };
            let (u, v) = (part(&u), part(&v));
            let held = norm(&u) * norm(&v);
            (u, v, held)
        };
        // The first pair is of one sign, but for rounding.
        let (u, v, held) = match component {
            0 => {
                let sizes = |of: &[f64]| -> Vec<f64> { of.iter().map(|v| v.abs()).collect() };
                (sizes(&u), sizes(&v), 1.0)
            }
            _ => {
                let (positive, negative) = (parts(1.0), parts(-1.0));
                if positive.2 > negative.2 {
                    positive
                } else {
                    negative
                }
            }
        };
        let (of_u, of_v) = match component {
            0 => (1.0, 1.0),
            _ => (norm(&u), norm(&v)),
        };
        if of_u == 0.0 || of_v == 0.0 {
            continue;
        }
        let scale = (sizes[component] * held).sqrt();
        for (row, value) in u.iter().enumerate() {
            left[row * components + component] = scale * value / of_u;
        }
        for (column, value) in v.iter().enumerate() {
            right[column * components + component] = scale * value / of_v;
        }
    }
    let mean = x.f_mean(Kind::Double)?.f_double_value(&[])?;
    for value in left.iter_mut().chain(&mut right) {
        if *value < NOTHING {
            *value = mean;
        }
    }
    Ok((left, right))
}

/// Numbers as a matrix of so many rows.
fn matrix(values: &[f64], rows: i64) -> Result<Tensor, ExplainError> {
    Ok(Tensor::f_from_slice(values)?
        .f_view([rows, -1])?
        .f_to(Device::Cpu)?)
}

/// What is subtracted from each channel of X [cells, channels], [1, channels]: its lowest number, where it is below zero.
pub fn lowest(x: &Tensor) -> Result<Tensor, ExplainError> {
    Ok(x.f_amin([0_i64].as_slice(), true)?.f_clamp_max(0.0)?)
}

/// In how many channels something is subtracted.
pub fn shifted(lowest: &Tensor) -> Result<usize, ExplainError> {
    let count = lowest.f_lt(0.0)?.f_sum(Kind::Int64)?;
    Ok(count.f_int64_value(&[])? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(values: &[f64], rows: i64) -> Tensor {
        matrix(values, rows).unwrap()
    }

    fn run(x: &Tensor, components: usize) -> Factorisation {
        factorise(x, components, 2000, &|_| Ok(())).unwrap()
    }

    /// Two patterns that no row mixes: each component is one of them, whatever the order.
    #[test]
    fn patterns_without_common_columns_are_found() {
        let x = double(
            &[1.0, 2.0, 0.0, 2.0, 4.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 9.0],
            4,
        );
        let found = run(&x, 2);
        assert!(found.is_converged);
        let (shares, explained) = found.shares(&x).unwrap();
        assert!((explained - 1.0).abs() < 1e-6, "{explained}");
        // 9 + 81 of 115, and 5 + 20.
        let mut sorted = shares.clone();
        sorted.sort_by(f64::total_cmp);
        assert!((sorted[0] - 25.0 / 115.0).abs() < 1e-6, "{shares:?}");
        assert!((sorted[1] - 90.0 / 115.0).abs() < 1e-6, "{shares:?}");
        let again = transform(&x, &found.right, 2000).unwrap();
        assert!((again - &found.left).abs().max().double_value(&[]) < 1e-4);
    }

    /// Nothing, and fewer patterns than components: nothing is divided by zero.
    #[test]
    fn matrices_of_low_rank_have_finite_factors() {
        for x in [double(&[0.0; 12], 4), double(&[1.0; 12], 4)] {
            let found = run(&x, 3);
            for factor in [&found.left, &found.right] {
                let all = numbers::precise_values(factor).unwrap();
                assert!(all.iter().all(|value| value.is_finite() && *value >= 0.0));
            }
            let (shares, _) = found.shares(&x).unwrap();
            assert!(shares.iter().all(|share| share.is_finite()));
        }
    }

    #[test]
    fn an_iteration_never_makes_it_worse() {
        let values: Vec<f64> = (0..60).map(|at| ((at * 37 + 11) % 17) as f64).collect();
        let x = double(&values, 6);
        let mut last = 0.0;
        for iterations in 1..30 {
            let found = factorise(&x, 3, iterations, &|_| Ok(())).unwrap();
            let (_, explained) = found.shares(&x).unwrap();
            assert!(
                explained >= last - 1e-12,
                "{iterations}: {explained} {last}"
            );
            last = explained;
        }
        assert!(last > 0.8, "{last}");
    }
}
