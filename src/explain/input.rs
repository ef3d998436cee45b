//! The network's input of photos and of arrays.

use tch::{Device, TchError, Tensor};

use super::{Context, ExplainError, Photo};
use crate::picture::{Picture, Prepared, Preprocessing};

impl Photo {
    pub fn new(id: String, prepared: Prepared) -> Self {
        let Prepared { picture, array } = prepared;
        Self { id, picture, array }
    }

    /// A picture of the network's size.
    pub fn of_picture(id: String, picture: Picture) -> Self {
        let array = None;
        Self { id, picture, array }
    }

    /// What the network gets, [1, C, H, W]: the picture normalised, or the array as it is.
    pub fn tensor(&self, preprocessing: &Preprocessing, device: Device) -> Tensor {
        match &self.array {
            Some(array) => array.tensor(device),
            None => preprocessing.tensor(&[&self.picture], device),
        }
    }
}

impl Context<'_> {
    /// The network's input of some photos, [N, C, H, W]. Every method gets it from here.
    pub fn input(&self, photos: &[Photo]) -> Result<Tensor, ExplainError> {
        Ok(batch(photos, self.preprocessing, self.model.device())?)
    }
}

/// See [`Context::input`].
fn batch(
    photos: &[Photo],
    preprocessing: &Preprocessing,
    device: Device,
) -> Result<Tensor, TchError> {
    let inputs = photos
        .iter()
        .map(|photo| photo.tensor(preprocessing, device));
    Tensor::f_cat(&inputs.collect::<Vec<_>>(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_photos_is_what_they_give_together() {
        let preprocessing = Preprocessing::preset("imagenet", (2, 3)).unwrap();
        let pictures: Vec<Picture> = (0..3)
            .map(|at| Picture {
                width: 3,
                height: 2,
                pixels: (0..18).map(|level| level * 14 + at).collect(),
            })
            .collect();
        let photo = |picture: &Picture| Photo::of_picture("a".to_owned(), picture.clone());
        let photos: Vec<Photo> = pictures.iter().map(photo).collect();
        let got = batch(&photos, &preprocessing, Device::Cpu).unwrap();
        let expected = preprocessing.tensor(&pictures.iter().collect::<Vec<_>>(), Device::Cpu);
        assert_eq!(got, expected);
    }
}
