//! The built-in architectures: their names and which weights fit them.

use super::architecture_file::{Index, TrainedInput, first_line};
use crate::model::error::ModelError;

include!(concat!(env!("OUT_DIR"), "/architectures.rs")); // `BUILT_IN`, written by build.rs

/// Names of all built-in architectures.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The file of an architecture.
pub fn file(name: &str) -> Option<&'static [u8]> {
    let (_, bytes) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
    Some(bytes)
}

/// How photos became the input on which the published weights of an architecture were trained.
pub fn trained_input(name: &str) -> Option<TrainedInput> {
    let (index, _) = first_line(file(name)?).ok()?;
    index.input
}

/// What weights fit each built-in architecture; no graph is built.
pub fn indices() -> impl Iterator<Item = Result<(&'static str, Index), ModelError>> {
    BUILT_IN.iter().map(|(name, bytes)| {
        let index = first_line(bytes).map(|(index, _)| (*name, index));
        index.map_err(|fault| fault.in_file(std::path::Path::new(name)))
    })
}

/// All built-in architectures, each family once: `` `alexnet`, `convnext_*`, … ``.
pub fn known() -> String {
    let mut families: Vec<Vec<&str>> = Vec::new();
    for name in names() {
        match families.last_mut() {
            Some(family) if letters(family[0]) == letters(name) => family.push(name),
            _ => families.push(vec![name]),
        }
    }
    let pattern = |family: Vec<&str>| match family.as_slice() {
        [name] => format!("`{name}`"),
        _ => format!("`{}*`", letters(family[0])),
    };
    let patterns: Vec<_> = families.into_iter().map(pattern).collect();
    patterns.join(", ")
}

/// The first word of a name: `wide` of `wide_resnet50_2`, `vgg` of `vgg16_bn`.
fn letters(name: &str) -> &str {
    let end = name.find(|c: char| !c.is_ascii_alphabetic());
    &name[..end.unwrap_or(name.len())]
}
