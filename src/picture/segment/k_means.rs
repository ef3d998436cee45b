//! k-means over colours and places, each centre looking at its surroundings only.

/// A cluster of pixels.
#[derive(Clone, Copy)]
pub(super) struct Centre {
    y: f64,
    x: f64,
    colour: [f64; 3],
    /// SLIC-zero's largest squared colour distance.
    largest: f64,
}

impl Centre {
    pub(super) fn new(y: usize, x: usize) -> Self {
        Self {
            y: y as f64,
            x: x as f64,
            colour: [0.0; 3],
            largest: 1.0,
        }
    }

    fn colour_distance(&self, colour: &[f64; 3]) -> f64 {
        let squares = [0, 1, 2].map(|channel| (colour[channel] - self.colour[channel]).powi(2));
        squares[0] + squares[1] + squares[2]
    }
}

pub(super) struct Search {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) colours: Vec<[f64; 3]>,
    /// Rows and columns to each side of a centre.
    pub(super) window: (usize, usize),
    pub(super) place_weight: f64,
    pub(super) slic_zero: bool,
}

impl Search {
    /// The number of the centre that each pixel ends with.
    pub(super) fn k_means(&self, mut centres: Vec<Centre>, most_rounds: usize) -> Vec<usize> {
        let mut nearest = vec![0; self.colours.len()];
        for _ in 0..most_rounds {
            if !self.assign(&centres, &mut nearest) {
                break;
            }
            self.move_centres(&mut centres, &nearest);
        }
        nearest
    }

    /// Gives each pixel to its nearest centre; whether any pixel was given at all.
    fn assign(&self, centres: &[Centre], nearest: &mut [usize]) -> bool {
        let mut distances = vec![f64::MAX; nearest.len()];
        let mut given = false;
        for (number, centre) in centres.iter().enumerate() {
            if centre.y.is_nan() {
                continue; // it has lost all its pixels
            }
            let span = |middle: f64, reach: usize, length: usize| {
                let (middle, reach) = (middle, reach as f64);
                (middle - reach).max(0.0) as usize..((middle + reach + 1.0) as usize).min(length)
            };
            for y in span(centre.y, self.window.0, self.height) {
                let down = (centre.y - y as f64).powi(2);
                for x in span(centre.x, self.window.1, self.width) {
                    let right = (centre.x - x as f64).powi(2);
                    let at = y * self.width + x;
                    let mut colour = centre.colour_distance(&self.colours[at]);
                    if self.slic_zero {
                        colour /= centre.largest;
                    }
                    let distance = (down + right) * self.place_weight + colour;
                    if distance < distances[at] {
                        distances[at] = distance;
                        nearest[at] = number;
                        given = true;
                    }
                }
            }
        }
        given
    }

    /// Each centre to the mean of its pixels.
    fn move_centres(&self, centres: &mut [Centre], nearest: &[usize]) {
        let mut sizes = vec![0_usize; centres.len()];
        for centre in &mut *centres {
            *centre = Centre {
                y: 0.0,
                x: 0.0,
                colour: [0.0; 3],
                ..*centre
            };
        }
        for (at, &number) in nearest.iter().enumerate() {
            let centre = &mut centres[number];
            sizes[number] += 1;
            centre.y += (at / self.width) as f64;
            centre.x += (at % self.width) as f64;
            for (sum, value) in centre.colour.iter_mut().zip(self.colours[at]) {
                *sum += value;
            }
        }
        for (centre, size) in centres.iter_mut().zip(sizes) {
            let size = size as f64; // without pixels: 0 / 0, and the centre rests
            centre.y /= size;
            centre.x /= size;
            centre.colour = centre.colour.map(|sum| sum / size);
        }
        if self.slic_zero {
            for (colour, &number) in self.colours.iter().zip(nearest) {
                let distance = centres[number].colour_distance(colour);
                centres[number].largest = centres[number].largest.max(distance);
            }
        }
    }
}
