//! Why a unit was run.

use std::fmt;

use serde_json::Value;

use crate::store::{Difference, differences};

/// A unit that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// `lime/coffee`
    pub unit: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The last build had no such unit.
    New,
    /// Its key is another one than in the last build.
    Changed(Vec<Difference>),
    /// Its result was not in the store any more.
    Lost,
    /// Stored results were not to be used.
    Fresh,
}

impl Reason {
    /// From the key of the last build and that of this one.
    pub fn of(before: Option<&Value>, now: &Value) -> Self {
        match before {
            None => Self::New,
            Some(before) => match differences(before, now) {
                changes if changes.is_empty() => Self::Lost,
                changes => Self::Changed(changes),
            },
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => write!(f, "new"),
            Self::Lost => write!(f, "its result is not in the store any more"),
            Self::Fresh => write!(f, "everything is run again (--fresh)"),
            Self::Changed(changes) => {
                let said: Vec<String> = changes.iter().map(said).collect();
                write!(f, "{}", said.join("; "))
            }
        }
    }
}

fn said(change: &Difference) -> String {
    let value = |value: &Option<Value>| match value {
        Some(value) => shortened(&value.to_string()),
        None => "nothing".to_owned(),
    };
    format!(
        "{}: {} → {}",
        change.part,
        value(&change.old),
        value(&change.new)
    )
}

/// Digests and long lists are told by their beginning.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_names_what_changed() {
        let before = json!({ "parameters": { "samples": 1000 }, "photo": { "file": "a" } });
        let now = json!({ "parameters": { "samples": 500 }, "photo": { "file": "a" } });
        let reason = Reason::of(Some(&before), &now).to_string();
        assert_eq!(reason, "parameters.samples: 1000 → 500");
        assert_eq!(Reason::of(None, &now), Reason::New);
        assert_eq!(Reason::of(Some(&now), &now), Reason::Lost);
    }
}
