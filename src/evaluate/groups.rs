//! Which of the model's classes count as which group.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;

use super::lists::{self, List, Word};
use crate::diagnostic::{Diagnostic, Position, nearest};
use crate::labels::{Class, ClassName, Labels, LabelsError};

/// What classes in no group are together, as a label of photos. In the report the language names it.
pub const OTHER: &str = "other";

/// A partition of the model's classes. The classes in no group make up one more, `other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// In the order of the file, or of the classes; without `other`.
    pub names: Vec<String>,
    /// Group of each class; `names.len()` stands for `other`.
    pub of_class: Vec<usize>,
    /// Whether the groups are the classes themselves.
    classes: bool,
    /// The group of every label that is no name: of classes `not NAME` and `NAME` the first.
    everything_else: Option<usize>,
}

impl Groups {
    /// Each class by itself. Classes of one name get their number behind it.
    pub fn classes(labels: &Labels) -> Self {
        let mut times = BTreeMap::new();
        labels
            .0
            .iter()
            .for_each(|name| *times.entry(name).or_insert(0) += 1);
        let name = |(class, name): (usize, &String)| {
            if times[name] > 1 {
                format!("{name} ({class})")
            } else {
                name.clone()
            }
        };
        let names = labels.0.iter().enumerate().map(name).collect();
        Self {
            names,
            of_class: (0..labels.0.len()).collect(),
            classes: true,
            everything_else: labels.everything_else(),
        }
    }

    /// From the text of a group file: YAML, `group: [class, …]`, each item a class name, a number or
    /// a range of numbers `5-9` with both ends. A group may be empty: the model lacks it. All faults
    /// are reported together.
    pub fn parse(file: &str, text: &str, labels: &Labels) -> Result<Self, Vec<Diagnostic>> {
        let lists = lists::parse(file, text).map_err(|fault| vec![fault.marking(text, 1)])?;
        let mut reading = Reading::new(file, labels);
        if lists.iter().all(|list| list.items.is_empty()) {
            let hint = "write `group: [class, class]` for each group".to_owned();
            reading.faults.push(Diagnostic::error(
                file,
                None,
                "no group has a class".to_owned(),
                hint,
            ));
        }
        for (group, list) in lists.iter().enumerate() {
            reading.group(group, list, &lists[..group]);
        }
        reading.count_unknown();
        if !reading.faults.is_empty() {
            let faults = reading.faults.into_iter();
            return Err(faults.map(|fault| fault.marking(text, 1)).collect());
        }
        let names: Vec<_> = lists.into_iter().map(|list| list.name.text).collect();
        let other = names.len();
        let group = |taken: &Option<(usize, Position)>| taken.map_or(other, |(group, _)| group);
        let of_class = reading.taken.iter().map(group).collect();
        Ok(Self {
            names,
            of_class,
            classes: false,
            everything_else: None,
        })
    }

    /// Index of `other`.
    pub fn other(&self) -> usize {
        self.names.len()
    }

    /// Groups and `other`.
    pub fn len(&self) -> usize {
        self.names.len() + 1
    }

    /// Never: `other` is always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Number of the model's classes in a group.
    pub fn size(&self, group: usize) -> usize {
        self.of_class.iter().filter(|of| **of == group).count()
    }

    /// Probabilities of groups, `other` last, from those of classes: sums.
    pub fn probabilities(&self, classes: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.len()];
        for (&group, probability) in self.of_class.iter().zip(classes) {
            sums[group] += probability;
        }
        sums
    }

    /// Whether the groups are the classes themselves.
    pub fn are_classes(&self) -> bool {
        self.classes
    }

    /// The group that a photo's label means, or a fault and a hint. Capital letters,
    /// and how accented ones are composed (macOS names folders otherwise than Linux), make no difference.
    pub fn find(&self, label: &str) -> Result<usize, (String, String)> {
        let same = |name: &String| name == label;
        let folded = |name: &str| name.nfc().collect::<String>().to_lowercase();
        let wanted = folded(label);
        let alike = |name: &String| folded(name) == wanted;
        let found = self
            .names
            .iter()
            .position(same)
            .or_else(|| self.names.iter().position(alike));
        let number = || {
            label
                .parse()
                .ok()
                .filter(|class| self.classes && *class < self.names.len())
        };
        let other = || (label == OTHER && self.size(self.other()) > 0).then(|| self.other());
        let near = nearest(label, self.names.iter().map(String::as_str));
        let known = found.or_else(number).or_else(other);
        let known = known.or_else(|| self.everything_else.filter(|_| near.is_none()));
        known.ok_or_else(|| {
            let kind = if self.classes { "class" } else { "group" };
            let hint = match near {
                Some(near) => format!("did you mean `{near}`"),
                None if self.classes => "expected a class name or number of the model".to_owned(),
                None => format!("expected one of {}", quoted(&self.names)),
            };
            (format!("there is no {kind} `{label}`"), hint)
        })
    }
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What is wrong with an item, and what would be right.
enum ItemFault {
    /// No class has this name.
    Unknown(String, String),
    Wrong(String, String),
}
use ItemFault::{Unknown, Wrong};

struct Reading<'a> {
    file: &'a str,
    labels: &'a Labels,
    /// Group of each class and where it was listed.
    taken: Vec<Option<(usize, Position)>>,
    faults: Vec<Diagnostic>,
    /// Names that no class has.
    unknown: usize,
}

/// So many unknown names are told by themselves: a file for other class names has hundreds.
const MOST_UNKNOWN: usize = 5;

impl<'a> Reading<'a> {
    fn new(file: &'a str, labels: &'a Labels) -> Self {
        Self {
            file,
            labels,
            taken: vec![None; labels.0.len()],
            faults: Vec::new(),
            unknown: 0,
        }
    }

    /// How many unknown names were not told by themselves, and what may be the reason.
    fn count_unknown(&mut self) {
        let Some(more) = self
            .unknown
            .checked_sub(MOST_UNKNOWN)
            .filter(|more| *more > 0)
        else {
            return;
        };
        let mut names = self.labels.0.iter().enumerate();
        let hint = match names.all(|(number, name)| *name == number.to_string()) {
            true => "the network's classes have no names: give them with `model: classes: FILE`",
            false => "the group file may be of other class names",
        };
        let noun = if more == 1 { "item is" } else { "items are" };
        let message = format!("{more} more {noun} unknown");
        self.faults
            .push(Diagnostic::error(self.file, None, message, hint.to_owned()));
    }

    fn fault(&mut self, at: Position, message: String, hint: String) {
        self.faults
            .push(Diagnostic::error(self.file, Some(at), message, hint));
    }

    fn group(&mut self, group: usize, list: &List, before: &[List]) {
        let Word {
            text: name,
            position,
        } = &list.name;
        if name.is_empty() {
            self.fault(*position, "the group has no name".to_owned(), String::new());
        } else if name == OTHER {
            let hint = "leave the group out: classes in no group are `other`".to_owned();
            self.fault(
                *position,
                format!("a group cannot be named `{OTHER}`"),
                hint,
            );
        } else if let Some(first) = before.iter().find(|list| list.name.text == *name) {
            let hint = format!(
                "put its classes into the one in line {}",
                first.name.position.line
            );
            self.fault(
                *position,
                format!("the group `{name}` is given twice"),
                hint,
            );
        }
        for item in &list.items {
            match self.item(item) {
                Ok(classes) => classes.for_each(|class| self.take(class, group, item.position)),
                Err(Unknown(message, hint)) => {
                    self.unknown += 1;
                    if self.unknown <= MOST_UNKNOWN {
                        self.fault(item.position, message, hint);
                    }
                }
                Err(Wrong(message, hint)) => self.fault(item.position, message, hint),
            }
        }
    }

    /// The classes that an item means.
    fn item(&self, item: &Word) -> Result<RangeInclusive<usize>, ItemFault> {
        let text = item.text.as_str();
        let last = self.labels.0.len().saturating_sub(1);
        let number = |text: &str| match text.trim().parse::<usize>() {
            Ok(class) if class <= last => Ok(class),
            _ => Err(Wrong(
                format!("there is no class {}", text.trim()),
                format!("the classes are 0 to {last}"),
            )),
        };
        let is_number = |text: &str| {
            let text = text.trim();
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if is_number(text) {
            return number(text).map(|class| class..=class);
        }
        if let Some((from, to)) = text
            .split_once(['-', '–'])
            .filter(|(a, b)| is_number(a) && is_number(b))
        {
            let (from, to) = (number(from)?, number(to)?);
            return if from <= to {
                Ok(from..=to)
            } else {
                Err(Wrong(
                    format!("the range `{text}` runs backwards"),
                    format!("write `{to}-{from}`"),
                ))
            };
        }
        let composed: String = text.nfc().collect();
        let same = |name: &&String| name.nfc().eq(composed.chars());
        let name = self.labels.0.iter().find(same).map_or(text, String::as_str);
        match self.labels.class(&ClassName::Name(name.to_owned())) {
            Ok(Class::Index(class)) => Ok(class..=class),
            Ok(Class::Predicted) => Err(Wrong(
                format!("`{text}` does not name a class"),
                "write a class name, a number or a range".to_owned(),
            )),
            Err(error @ LabelsError::NameUnknown { .. }) => {
                Err(Unknown(error.to_string(), String::new()))
            }
            Err(error) => Err(Wrong(error.to_string(), String::new())),
        }
    }

    fn take(&mut self, class: usize, group: usize, at: Position) {
        match self.taken[class] {
            None => self.taken[class] = Some((group, at)),
            Some((_, first)) => {
                let message = format!("class {class} `{}` is listed twice", self.labels.0[class]);
                let hint = format!(
                    "a class stands in one group; the first place is line {}",
                    first.line
                );
                self.fault(at, message, hint);
            }
        }
    }
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;
