//! Deep dream over octaves (Mordvintsev, Olah, Tyka: Inceptionism, 2015): details are grown in a small
//! copy of the photo first, then carried into the next larger one.

use tch::{TchError, Tensor};

use super::super::ExplainError;
use super::super::seed::Numbers;
use super::pixels::PixelScale;
use super::{Objective, is_finite, values_and_gradient};

/// How a whole layer is dreamed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Octaves {
    pub count: usize,
    /// Ratio of the sides of two octaves, above 1.
    pub scale: f64,
    /// Steps in each octave.
    pub steps: usize,
    /// Largest shift before every step, in pixels.
    pub jitter_px: usize,
    /// Mean change of a pixel in a step, in 8-bit levels.
    pub step_size: f64,
    /// Steps, counted over all octaves, from one picture kept on the way to the next; `None` for none.
    pub picture_every: Option<usize>,
}

/// What one octave gave.
#[derive(Debug)]
pub struct Octave {
    /// Height and width in which it ran.
    pub size: (usize, usize),
    /// The photo in its full size with all details so far, normalised [1, C, H, W].
    pub picture: Tensor,
    /// What was raised, before each step.
    pub objectives: Vec<f64>,
}

#[derive(Debug)]
pub struct Dream {
    /// Smallest first. Shorter than asked for only where the ascent diverged.
    pub octaves: Vec<Octave>,
    /// Steps taken, and the photo in its full size with all details so far, normalised [1, C, H, W].
    pub on_the_way: Vec<(usize, Tensor)>,
    /// The pictures or gradients were no finite numbers any more.
    pub has_diverged: bool,
}

/// Half the mean square of a layer's output: its gradient is the activation itself, divided by their number.
pub fn half_mean_square(output: &Tensor) -> Result<Tensor, TchError> {
    output.f_square()?.f_mean(None)?.f_mul_scalar(0.5)
}

impl Octaves {
    /// Height and width of every octave, smallest first; the last is the photo's own.
    pub fn sizes(&self, height: usize, width: usize) -> Vec<(usize, usize)> {
        let side = |side: usize, at: usize| {
            ((side as f64 / self.scale.powi(at as i32)).round() as usize).max(1)
        };
        (0..self.count)
            .rev()
            .map(|at| (side(height, at), side(width, at)))
            .collect()
    }

    /// Dreams the photo, normalised [1, C, H, W]. `objective` maps a picture to the number that is raised, [1]. `after_step(done)` counts the steps of all
    /// octaves and may stop the dream.
    pub fn dream(
        &self,
        photo: &Tensor,
        pixels: &PixelScale,
        objective: &mut Objective,
        numbers: &mut Numbers,
        after_step: &dyn Fn(usize) -> Result<(), ExplainError>,
    ) -> Result<Dream, ExplainError> {
        let (_, _, height, width) = photo.size4()?;
        let sizes = self.sizes(height as usize, width as usize);
        let copies = copies(photo, &sizes)?;
        let full_size =
            |grown: &Tensor| photo.f_add(&resize(grown, (height as usize, width as usize))?);
        let mut dream = Dream {
            octaves: Vec::with_capacity(self.count),
            on_the_way: Vec::new(),
            has_diverged: false,
        };
        let mut detail: Option<Tensor> = None;
        for (at, (base, &size)) in copies.iter().zip(&sizes).enumerate() {
            let mut picture = match detail {
                Some(detail) => base.f_add(&resize(&detail, size)?)?,
                None => base.shallow_clone(),
            };
            let mut objectives = Vec::with_capacity(self.steps);
            for step in 0..self.steps {
                match self.step(&picture, pixels, objective, numbers)? {
                    Some((next, objective)) => {
                        picture = next;
                        objectives.push(objective);
                    }
                    None => dream.has_diverged = true,
                }
                if dream.has_diverged {
                    break;
                }
                let done = at * self.steps + step + 1;
                if self
                    .picture_every
                    .is_some_and(|every| done.is_multiple_of(every))
                {
                    let picture = full_size(&picture.f_sub(base)?)?;
                    dream.on_the_way.push((done, picture));
                }
                after_step(done)?;
            }
            let grown = picture.f_sub(base)?;
            dream.octaves.push(Octave {
                size,
                picture: full_size(&grown)?,
                objectives,
            });
            if dream.has_diverged {
                break;
            }
            detail = Some(grown);
        }
        Ok(dream)
    }

    /// One step on a rolled picture: the next picture and the objective before it, `None` where a
    /// number is not finite.
    fn step(
        &self,
        picture: &Tensor,
        pixels: &PixelScale,
        objective: &mut Objective,
        numbers: &mut Numbers,
    ) -> Result<Option<(Tensor, f64)>, ExplainError> {
        let most = self.jitter_px as i64;
        let (down, right) = (numbers.whole(-most, most), numbers.whole(-most, most));
        let rolled = picture.f_roll([down, right].as_slice(), [2, 3].as_slice())?;
        let (values, gradient) = values_and_gradient(&rolled, objective)?;
        let value = values[0];
        if !value.is_finite() || !is_finite(&gradient)? {
            return Ok(None);
        }
        let _no_gradient = tch::no_grad_guard();
        // The paper's code works on pixels of 0..255: with p = 255 (std·x + mean) the gradient of p is
        // that of x over 255 std, and a change of p is one of x over 255 std.
        let of_pixels = gradient.f_div(pixels.std())?;
        let mean = of_pixels.f_abs()?.f_mean(None)?.f_double_value(&[])?;
        if mean == 0.0 {
            return Ok(Some((picture.shallow_clone(), value)));
        }
        let change = of_pixels
            .f_mul_scalar(self.step_size / 255.0 / mean)?
            .f_div(pixels.std())?;
        let moved = rolled.f_add(&change)?;
        let back = moved.f_roll([-down, -right].as_slice(), [2, 3].as_slice())?;
        Ok(Some((pixels.clip(&back)?, value)))
    }
}

/// Copies of the photo, each made from the next larger one.
fn copies(photo: &Tensor, sizes: &[(usize, usize)]) -> Result<Vec<Tensor>, TchError> {
    let mut copies: Vec<Tensor> = Vec::with_capacity(sizes.len());
    for &size in sizes.iter().rev() {
        let larger = copies.last().unwrap_or(photo);
        let copy = resize(larger, size)?;
        copies.push(copy);
    }
    copies.reverse();
    Ok(copies)
}

/// Bilinear, pixel centres aligned; itself where the size is the same.
fn resize(picture: &Tensor, (height, width): (usize, usize)) -> Result<Tensor, TchError> {
    let (_, _, old_height, old_width) = picture.size4()?;
    if (old_height, old_width) == (height as i64, width as i64) {
        return Ok(picture.shallow_clone());
    }
    picture.f_upsample_bilinear2d([height as i64, width as i64], false, None, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Channels, Picture, Preprocessing, Resize};
    use tch::{Device, Kind};

    const SETTINGS: Octaves = Octaves {
        count: 3,
        scale: 1.4,
        steps: 4,
        jitter_px: 3,
        step_size: 1.5,
        picture_every: None,
    };

    fn scale() -> PixelScale {
        let preprocessing = Preprocessing {
            resize: Resize::Stretch {
                height: 12,
                width: 20,
            },
            mean: vec![0.4, 0.5],
            std: vec![0.2, 0.25],
            ..Preprocessing::default()
        };
        PixelScale::new(&preprocessing, Device::Cpu).unwrap()
    }

    fn photo() -> Tensor {
        (Tensor::arange(2 * 12 * 20, (Kind::Float, Device::Cpu)) * 0.3)
            .sin()
            .view([1, 2, 12, 20])
    }

    /// Half the mean square of a layer that is `layer` of the picture.
    fn of_layer(x: &Tensor, layer: &dyn Fn(&Tensor) -> Tensor) -> Result<Tensor, ExplainError> {
        Ok(half_mean_square(&layer(x))?.f_view([1])?)
    }

    fn run(settings: Octaves, layer: &dyn Fn(&Tensor) -> Tensor) -> Dream {
        settings
            .dream(
                &photo(),
                &scale(),
                &mut |x: &Tensor| of_layer(x, layer),
                &mut Numbers::new(1, "test", "dream"),
                &|_| Ok(()),
            )
            .unwrap()
    }

    #[test]
    fn octaves_end_with_the_photos_own_size() {
        assert_eq!(
            SETTINGS.sizes(224, 300),
            [(114, 153), (160, 214), (224, 300)]
        );
    }

    #[test]
    fn no_step_gives_the_photo_back() {
        let dream = run(
            Octaves {
                steps: 0,
                ..SETTINGS
            },
            &|x| x * 2.0,
        );
        assert_eq!(dream.octaves.len(), 3);
        assert!(dream.octaves.iter().all(|octave| octave.picture == photo()));
    }

    /// The layer is the picture itself: every step moves every pixel away from zero, 1.5 levels in the mean,
    /// weighted by x/std; nothing is rolled for long, so a step of one octave is known.
    #[test]
    fn one_step_by_hand() {
        let settings = Octaves {
            count: 1,
            steps: 1,
            ..SETTINGS
        };
        let dream = run(settings, &|x| x.shallow_clone());
        let std = scale();
        let weighted = photo() / std.std();
        let mean = weighted.abs().mean(None);
        let expected = std
            .clip(&(photo() + weighted / mean * (1.5 / 255.0) / std.std()))
            .unwrap();
        let difference = (&dream.octaves[0].picture - expected)
            .abs()
            .max()
            .double_value(&[]);
        assert!(difference < 1e-6, "{difference}");
        let objective = 0.5 * photo().square().mean(None).double_value(&[]);
        assert!((dream.octaves[0].objectives[0] - objective).abs() < 1e-6);
    }

    #[test]
    fn the_objective_rises_and_pixels_stay_valid() {
        let dream = run(SETTINGS, &|x| x.shallow_clone());
        assert!(!dream.has_diverged);
        for octave in &dream.octaves {
            assert!(octave.objectives.windows(2).all(|pair| pair[1] > pair[0]));
        }
        let last = &dream.octaves[2].picture;
        assert!(
            (scale().clip(last).unwrap() - last)
                .abs()
                .max()
                .double_value(&[])
                < 1e-6
        );
    }

    /// Pictures on the way are of the full size, and the last one is what the last octave gave.
    #[test]
    fn pictures_are_kept_on_the_way() {
        let settings = Octaves {
            picture_every: Some(3),
            ..SETTINGS
        };
        let dream = run(settings, &|x| x.shallow_clone());
        let steps: Vec<usize> = dream.on_the_way.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [3, 6, 9, 12]);
        assert_eq!(dream.on_the_way[0].1.size(), photo().size());
        assert_eq!(dream.on_the_way[3].1, dream.octaves[2].picture);
    }

    #[test]
    fn numbers_that_are_not_finite_stop_the_dream() {
        let dream = run(SETTINGS, &|x| x * f64::INFINITY);
        assert!(dream.has_diverged);
        assert_eq!(dream.octaves.len(), 1);
        assert!(is_finite(&dream.octaves[0].picture).unwrap());
    }

    /// Three networks that see the same pixels, each in its own scale and order, dream the same picture.
    #[test]
    fn scale_and_order_of_channels_do_not_change_the_dream() {
        let red_first = Preprocessing::preset("imagenet", (12, 20)).unwrap();
        let reversed = |numbers: &[f32], factor: f32| -> Vec<f32> {
            numbers.iter().rev().map(|number| number * factor).collect()
        };
        let blue_first = |scale: f64| Preprocessing {
            channels: Channels::Bgr,
            scale,
            mean: reversed(&red_first.mean, (255.0 * scale) as f32),
            std: reversed(&red_first.std, (255.0 * scale) as f32),
            ..red_first.clone()
        };
        let pixels = (0..12 * 20 * 3).map(|at| (at * 37 % 256) as u8).collect();
        let photo = Picture {
            width: 20,
            height: 12,
            pixels,
        };
        let weights = Tensor::from_slice(&[1.0f32, 2.0, 0.5]).view([1, 3, 1, 1]);
        let dream = |preprocessing: &Preprocessing, weights: Tensor| {
            let start = preprocessing.tensor(&[&photo], Device::Cpu);
            let scale = PixelScale::new(preprocessing, Device::Cpu).unwrap();
            let mut objective = |x: &Tensor| of_layer(x, &|x| x * &weights);
            let mut numbers = Numbers::new(1, "test", "dream");
            let dream = SETTINGS.dream(&start, &scale, &mut objective, &mut numbers, &|_| Ok(()));
            preprocessing.picture(&dream.unwrap().octaves[2].picture.get(0))
        };
        let expected = dream(&red_first, weights.shallow_clone());
        assert_ne!(expected, photo);
        for scale in [1.0 / 255.0, 1.0] {
            let got = dream(&blue_first(scale), weights.flip([1]));
            let differences = got.pixels.iter().zip(&expected.pixels);
            let largest = differences.map(|(a, b)| a.abs_diff(*b)).max();
            assert!(largest <= Some(1), "{scale}: {largest:?}"); // rounding of float32
        }
    }
}
