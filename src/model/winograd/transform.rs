//! The transforms of F(4 × 4, 3 × 3): four outputs of a filter of three taps from six inputs with six multiplications in
//! place of twelve (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016, section 4; Winograd 1980), once along
//! columns and once along rows: 36 for 144.
//!
//! The polynomials are taken at 0, ±1/√2, ±√2 and infinity. With the usual 0, ±1, ±2 and infinity rounding is three
//! to four times as large: the largest error of a layer was 2e-6 to 1.4e-5 of the largest output and is 6e-7 to 4e-6,
//! where direct sums have 3e-7 to 2e-6 (measured against float64 for 16 to 512 channels).

use super::vector::Vector;

/// Inputs and products along one side of a tile.
pub const INPUTS: usize = 6;
/// Outputs along one side of a tile.
pub const OUTPUTS: usize = 4;
/// Products of a tile.
pub const PRODUCTS: usize = INPUTS * INPUTS;

const NEAR: f64 = std::f64::consts::FRAC_1_SQRT_2;
const FAR: f64 = std::f64::consts::SQRT_2;

/// Bᵀ d.
///
/// # Safety
/// As of [`Vector`].
#[inline(always)]
#[allow(unsafe_code)]
pub unsafe fn of_inputs<V: Vector>(d: [V; INPUTS]) -> [V; INPUTS] {
    unsafe {
        let (near, far) = (V::all(NEAR as f32), V::all(FAR as f32));
        let (half, two, sum) = (V::all(0.5), V::all(2.0), V::all(2.5)); // squares of the points and their sum
        let even_near = d[2].neg_mul_add(two, d[4]);
        let odd_near = d[1].neg_mul_add(two, d[3]);
        let even_far = d[2].neg_mul_add(half, d[4]);
        let odd_far = d[1].neg_mul_add(half, d[3]);
        [
            d[2].neg_mul_add(sum, d[0].add(d[4])),
            odd_near.mul_add(near, even_near),
            odd_near.neg_mul_add(near, even_near),
            odd_far.mul_add(far, even_far),
            odd_far.neg_mul_add(far, even_far),
            d[3].neg_mul_add(sum, d[1].add(d[5])),
        ]
    }
}

/// Aᵀ m.
///
/// # Safety
/// As of [`Vector`].
#[inline(always)]
#[allow(unsafe_code)]
pub unsafe fn of_products<V: Vector>(m: [V; INPUTS]) -> [V; OUTPUTS] {
    unsafe {
        let (near, near_across) = (m[1].add(m[2]), m[1].sub(m[2]));
        let (far, far_across) = (m[3].add(m[4]), m[3].sub(m[4]));
        [
            m[0].add(near).add(far),
            far_across.mul_add(V::all(FAR as f32), near_across.mul(V::all(NEAR as f32))),
            far.mul_add(V::all(2.0), near.mul(V::all(0.5))),
            far_across.mul_add(
                V::all((FAR * FAR * FAR) as f32),
                near_across.mul_add(V::all((NEAR * NEAR * NEAR) as f32), m[5]),
            ),
        ]
    }
}

/// G: the filter's polynomial at each point, over the product of the point's distances to the others.
pub fn points() -> [[f64; 3]; INPUTS] {
    let row =
        |point: f64, distances: f64| [1.0, point, point * point].map(|power| power / distances);
    let distances = |point: f64, other: f64| 2.0 * point * point * (point * point - other * other);
    let (near, far) = (distances(NEAR, FAR), distances(FAR, NEAR));
    [
        row(0.0, 1.0), // (1/√2)² · √2²
        row(NEAR, near),
        row(-NEAR, near),
        row(FAR, far),
        row(-FAR, far),
        [0.0, 0.0, 1.0],
    ]
}
