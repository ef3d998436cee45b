//! The names of the classes, and finding a class by name or number.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The word that stands for the class of the highest score.
pub const PREDICTED: &str = "predicted";

/// Which class a score is taken of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ClassName {
    Number(usize),
    /// A class name, or `predicted`.
    Name(String),
}

/// The names of the classes, in the order of the network's scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(pub Vec<String>);

/// Which class is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Index(usize),
    /// The one of the highest score, which differs from photo to photo.
    Predicted,
}

#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error(transparent)]
    File(#[from] crate::fs::FileError),
    #[error("`{}`:{line} is empty; every line names one class", file.display())]
    EmptyLine { file: PathBuf, line: usize },
    #[error("there are {names} class names, the network has {classes} classes")]
    Count { names: usize, classes: usize },
    #[error("there is no class {number}; the numbers run from 0 to {}", classes.saturating_sub(1))]
    NumberUnknown { number: usize, classes: usize },
    #[error("there is no class `{name}`{near}")]
    NameUnknown { name: String, near: String },
    #[error("several classes are named `{name}`: {numbers}; give the number of one")]
    NameAmbiguous { name: String, numbers: String },
}

impl Labels {
    /// Reads a text file of one class name a line, in the order of the scores.
    pub fn read(file: &Path) -> Result<Self, LabelsError> {
        let text = crate::fs::read_to_string(file)?;
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        match names.iter().position(String::is_empty) {
            Some(index) => Err(LabelsError::EmptyLine {
                file: file.to_owned(),
                line: index + 1,
            }),
            None => Ok(Labels(names)),
        }
    }

    /// `0`, `1`, … for a network whose class names are not known.
    pub fn numbers(classes: usize) -> Self {
        Labels((0..classes).map(|number| number.to_string()).collect())
    }

    /// Of a network that gives one number, whose file may name the class of high numbers alone: with the
    /// other one, `not NAME`, before it.
    pub fn of_one_number(self) -> Self {
        match self.0.as_slice() {
            [name] => Labels(vec![negative_of(name), name.clone()]),
            _ => self,
        }
    }

    /// The name of the class that all else belongs to, where the names are `not NAME` and `NAME`.
    pub fn everything_else(&self) -> Option<usize> {
        match self.0.as_slice() {
            [negative, name] => (*negative == negative_of(name)).then_some(0),
            _ => None,
        }
    }

    /// Whether there are as many names as the network has classes.
    pub fn check(&self, classes: usize) -> Result<(), LabelsError> {
        if self.0.len() == classes {
            return Ok(());
        }
        Err(LabelsError::Count {
            names: self.0.len(),
            classes,
        })
    }

    /// The name of a class; its number where there is no such class.
    pub fn name(&self, index: usize) -> String {
        self.0
            .get(index)
            .cloned()
            .unwrap_or_else(|| index.to_string())
    }

    /// The class that is meant: by number, by name, by name in other capitals, or by one of several
    /// names that a comma separates (`tench, Tinca tinca`).
    pub fn class(&self, name: &ClassName) -> Result<Class, LabelsError> {
        let name = match name {
            ClassName::Number(number) if *number < self.0.len() => {
                return Ok(Class::Index(*number));
            }
            ClassName::Number(number) => {
                return Err(LabelsError::NumberUnknown {
                    number: *number,
                    classes: self.0.len(),
                });
            }
            ClassName::Name(name) if name == PREDICTED => return Ok(Class::Predicted),
            ClassName::Name(name) => name,
        };
        let wanted = name.to_lowercase();
        let one_of = |label: &str| {
            label
                .to_lowercase()
                .split(',')
                .any(|part| part.trim() == wanted)
        };
        let matches: [&dyn Fn(&str) -> bool; 3] = [
            &|label| label == name,
            &|label| label.to_lowercase() == wanted,
            &one_of,
        ];
        for matching in matches {
            let found: Vec<usize> = (0..self.0.len())
                .filter(|index| matching(&self.0[*index]))
                .collect();
            match found.as_slice() {
                [] => continue,
                [index] => return Ok(Class::Index(*index)),
                several => {
                    let numbers: Vec<_> = several.iter().map(usize::to_string).collect();
                    let numbers = numbers.join(", ");
                    return Err(LabelsError::NameAmbiguous {
                        name: name.clone(),
                        numbers,
                    });
                }
            }
        }
        let candidates = self.0.iter().map(String::as_str).chain([PREDICTED]);
        let near = crate::diagnostic::nearest(name, candidates);
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
        Err(LabelsError::NameUnknown {
            name: name.clone(),
            near,
        })
    }
}

fn negative_of(name: &str) -> String {
    format!("not {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        Labels(
            ["tench, Tinca tinca", "crane", "Egyptian cat", "crane"]
                .map(str::to_owned)
                .to_vec(),
        )
    }

    fn class(name: &str) -> Result<Class, String> {
        labels()
            .class(&ClassName::Name(name.to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_class_is_found_by_name_part_and_number() {
        assert_eq!(class("Egyptian cat"), Ok(Class::Index(2)));
        assert_eq!(class("egyptian CAT"), Ok(Class::Index(2)));
        assert_eq!(class("tinca tinca"), Ok(Class::Index(0)));
        assert_eq!(class("predicted"), Ok(Class::Predicted));
        assert_eq!(
            labels().class(&ClassName::Number(3)).unwrap(),
            Class::Index(3)
        );
    }

    #[test]
    fn a_wrong_class_says_what_would_be_right() {
        assert_eq!(
            class("Egiptian cat").unwrap_err(),
            "there is no class `Egiptian cat`; did you mean `Egyptian cat`"
        );
        assert_eq!(
            class("crane").unwrap_err(),
            "several classes are named `crane`: 1, 3; give the number of one"
        );
        let error = labels().class(&ClassName::Number(4)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no class 4; the numbers run from 0 to 3"
        );
        assert!(labels().check(3).is_err() && labels().check(4).is_ok());
    }

    #[test]
    fn one_name_is_that_of_the_class_of_high_numbers() {
        let of = |names: &[&str]| Labels(names.iter().map(|name| (*name).to_owned()).collect());
        let two = of(&["cat"]).of_one_number();
        assert_eq!(two, of(&["not cat", "cat"]));
        assert_eq!(two.everything_else(), Some(0));
        let named = of(&["dog", "cat"]).of_one_number();
        assert_eq!(named, of(&["dog", "cat"]));
        assert_eq!(named.everything_else(), None);
    }
}
