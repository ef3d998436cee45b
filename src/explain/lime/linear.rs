//! Symmetric linear systems in double precision.

/// The matrix is singular: two segments were never switched apart, or one never at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the samples do not tell segment {} from the others", .segment + 1)]
pub struct Singular {
    /// From 0.
    pub segment: usize,
}

/// L with L·Lᵀ = A.
pub struct Cholesky {
    size: usize,
    /// `size` × `size`, row-major; only the lower triangle counts.
    lower: Vec<f64>,
}

impl Cholesky {
    /// `matrix` is `size` × `size`, row-major; only its lower triangle is read.
    pub fn new(mut matrix: Vec<f64>, size: usize) -> Result<Self, Singular> {
        let largest = (0..size).map(|i| matrix[i * size + i]).fold(0.0, f64::max);
        // A pivot that small is rounding of a diagonal of this size.
        let least = largest * f64::EPSILON * size as f64;
        for row in 0..size {
            for column in 0..=row {
                let products = (0..column)
                    .map(|k| matrix[row * size + k] * matrix[column * size + k])
                    .sum::<f64>();
                let rest = matrix[row * size + column] - products;
                matrix[row * size + column] = if row > column {
                    rest / matrix[column * size + column]
                } else if rest > least {
                    rest.sqrt()
                } else {
                    return Err(Singular { segment: row });
                };
            }
        }
        Ok(Self {
            size,
            lower: matrix,
        })
    }

    /// x with A·x = `right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let Self { size, lower } = self;
        let mut x = right.to_vec();
        for row in 0..*size {
            let known: f64 = (0..row).map(|k| lower[row * size + k] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row * size + row];
        }
        for row in (0..*size).rev() {
            let known: f64 = (row + 1..*size).map(|k| lower[k * size + row] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row * size + row];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_system_worked_out_by_hand() {
        // [[4, 2], [2, 5]] · [1, -2] = [0, -8]; the 9 is in the upper triangle, which is not read.
        let factor = Cholesky::new(vec![4.0, 9.0, 2.0, 5.0], 2).unwrap();
        let x = factor.solve(&[0.0, -8.0]);
        assert!(
            (x[0] - 1.0).abs() < 1e-15 && (x[1] + 2.0).abs() < 1e-15,
            "{x:?}"
        );
    }

    #[test]
    fn says_which_row_depends_on_those_before() {
        let twice = Cholesky::new(vec![1.0, 1.0, 1.0, 1.0], 2);
        assert_eq!(twice.err(), Some(Singular { segment: 1 }));
        assert_eq!(
            Cholesky::new(vec![0.0], 1).err(),
            Some(Singular { segment: 0 })
        );
    }
}
