//! From the texts of a report.yaml to its [`Spec`].

use super::document::Document;
use super::expand::{self, Additions};
use super::{MethodSchema, Spec, faults};
use crate::diagnostic::{Diagnostic, Position};

impl Document {
    /// The spec, or every fault that can be told from the texts alone.
    pub fn parse(
        &mut self,
        methods: &[MethodSchema],
        additions: &Additions,
    ) -> Result<Spec, Vec<Diagnostic>> {
        let (value, not_finite) = self.sources[0].read()?;
        let Some(value) = value else {
            return Err(vec![self.empty()]);
        };
        let expand::Expanded {
            value,
            has_sections,
            patterns,
            faults: more,
        } = expand::expand(self, value, additions)?;
        let mut found = faults::faults(self, methods, &value);
        // The schema sees no value where a number is not finite.
        let not_finite = || not_finite.iter().chain(&more);
        found.retain(|fault| not_finite().all(|other| other.position != fault.position));
        found.extend(not_finite().cloned());
        if !found.is_empty() {
            found.sort_by(|a, b| (&a.file, a.position).cmp(&(&b.file, b.position)));
            found.dedup();
            return Err(found);
        }
        let spec = serde_json::from_value(value);
        spec.map(|spec| Spec {
            has_sections,
            patterns,
            ..spec
        })
        .map_err(|error| vec![self.sources[0].error_at(None, 1, error.to_string(), "")])
    }

    fn empty(&self) -> Diagnostic {
        let start = Position { line: 1, column: 1 };
        let hint =
            "the smallest report has `title: …`, `model: {file: …}` and `questions: [{title: …}]`";
        self.sources[0].error_at(Some(start), 1, "the report is empty", hint)
    }
}
