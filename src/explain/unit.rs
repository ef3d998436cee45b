//! Units of work.

use serde_json::{Map, Value, json};

use super::Inputs;

/// The smallest piece of a method's work whose result is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Unique in its figure: `coffee`, `coffee, filter 7`, `photos 0-255`.
    pub name: String,
    /// Index in the photos of the figure.
    pub photo: Option<usize>,
    pub part: Part,
}

/// Which part of the work, beside the photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// A channel of the layer.
    Filter(usize),
    /// What a picture is grown for: as its key, and its place in the list of the spec, from 0.
    Objective {
        place: usize,
        key: Value,
    },
    /// A head of an attention layer, both numbered from 0.
    Head {
        layer: usize,
        head: usize,
    },
    /// The map of another method, which its own key names.
    Map(usize),
    /// Photos of the data set, `to` excluded, with the digests of their files, which the plan fills in.
    Range {
        from: usize,
        to: usize,
        digests: Vec<String>,
    },
    /// One photo of the data set, by its place and the digest of its file, and the classes of which it is about.
    Labelled {
        photo: usize,
        digest: String,
        classes: Vec<usize>,
    },
}

impl Unit {
    /// One unit for each photo.
    pub fn each_photo(inputs: &Inputs) -> Vec<Self> {
        let photos = inputs.photos.iter().enumerate();
        let unit = |(index, photo): (usize, &std::sync::Arc<super::Photo>)| Self {
            name: photo.id.clone(),
            photo: Some(index),
            part: Part::Whole,
        };
        photos.map(unit).collect()
    }

    /// What the key of a result says of the part.
    pub fn key(&self) -> Map<String, Value> {
        let mut key = Map::new();
        match &self.part {
            Part::Whole | Part::Map(_) => {}
            Part::Filter(filter) => {
                key.insert("filter".to_owned(), json!(filter));
            }
            // Its place in the list changes nothing.
            Part::Objective { key: objective, .. } => {
                key.insert("objective".to_owned(), objective.clone());
            }
            Part::Head { layer, head } => {
                key.insert("layer".to_owned(), json!(layer));
                key.insert("head".to_owned(), json!(head));
            }
            // Where the range stands changes nothing: only which photos it holds.
            Part::Range { digests, .. } => {
                key.insert("photos".to_owned(), json!(digests));
            }
            Part::Labelled {
                digest, classes, ..
            } => {
                key.insert("file".to_owned(), json!(digest));
                key.insert("classes".to_owned(), json!(classes));
            }
        }
        key
    }
}
