//! The faults of a list, few of each kind: a wrong folder is one fault, not one for each of its photos.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Position};

/// Faults of a kind that are reported one by one.
const MOST_OF_A_KIND: usize = 5;

#[derive(Debug)]
pub(super) struct Faults<'a> {
    name: &'a str,
    found: Vec<Diagnostic>,
    /// How many there are of each kind.
    counts: BTreeMap<&'static str, usize>,
}

impl<'a> Faults<'a> {
    /// `name` is the data set's, as the user wrote it.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            found: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn name(&self) -> &'a str {
        self.name
    }

    pub fn push(&mut self, fault: Diagnostic) {
        self.found.push(fault);
    }

    /// `kind` names several of them, as in "12 more …"; without one each is reported.
    pub fn add(&mut self, kind: &'static str, at: Option<Position>, message: String, hint: String) {
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        if kind.is_empty() || *count <= MOST_OF_A_KIND {
            self.push(Diagnostic::error(self.name, at, message, hint));
        }
    }

    /// All of them, if there are any.
    pub fn into_result(mut self) -> Result<(), Vec<Diagnostic>> {
        for (kind, count) in std::mem::take(&mut self.counts) {
            let more = count.saturating_sub(MOST_OF_A_KIND);
            if more > 0 && !kind.is_empty() {
                let message = format!("there are {more} more {kind}");
                self.push(Diagnostic::error(self.name, None, message, String::new()));
            }
        }
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_a_kind_are_counted() {
        let mut faults = Faults::new("list.csv");
        for line in 1..=105 {
            let at = Some(Position { line, column: 1 });
            faults.add("missing files", at, format!("no {line}"), String::new());
        }
        let found = faults.into_result().unwrap_err();
        assert_eq!(found.len(), 6);
        assert_eq!(found[4].to_string(), "list.csv:5:1: error: no 5");
        assert_eq!(
            found[5].to_string(),
            "list.csv: error: there are 100 more missing files"
        );
        assert!(Faults::new("list.csv").into_result().is_ok());
    }
}
