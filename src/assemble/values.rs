//! `{value:…}` in the author's texts, filled in from what was found.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

use super::with_task;
use crate::diagnostic::nearest;
use crate::execute::Executed;
use crate::plan::Plan;
use crate::present::values::{Quantity, named};
use crate::report::{resolve_values, value_format};
use crate::words::Strings;

/// Every value of the report by its name, `lime.coffee.r_squared`.
#[derive(Debug, Default)]
pub struct Values(pub BTreeMap<String, Quantity>);

/// All values, in the order of their names.
pub fn all(plan: &Plan, executed: &Executed) -> anyhow::Result<Values> {
    let mut values = BTreeMap::new();
    for (index, (task, results)) in plan.tasks.iter().zip(&executed.results).enumerate() {
        if executed.failures.contains_key(&index) {
            continue; // some of its units are missing
        }
        let found = with_task(plan, task, (results, executed.checks_of(index)), named)?;
        let named = found.into_iter();
        values.extend(named.map(|(name, value)| (format!("{}.{name}", task.name), value)));
    }
    Ok(Values(values))
}

impl Values {
    /// The text with its values in place.
    pub fn resolved(&self, plan: &Plan, text: &str) -> anyhow::Result<String> {
        resolve_values(text, |reference| self.text(&plan.strings, reference))
    }

    /// `name` or `name:format`, as text.
    fn text(&self, strings: &Strings, reference: &str) -> anyhow::Result<String> {
        // A name may hold a colon itself.
        let (name, format) = match self.0.contains_key(reference) {
            true => (reference, None),
            false => value_format(reference),
        };
        let Some(value) = self.0.get(name) else {
            match nearest(name, self.0.keys().map(String::as_str)) {
                Some(near) => bail!("there is no value `{name}`; did you mean `{near}`?"),
                None => {
                    bail!("there is no value `{name}`; `cnn-report values` lists what there is")
                }
            }
        };
        let argument = value.argument(format).with_context(|| {
            format!(
                "the value `{name}` cannot be shown as `{}`",
                format.unwrap_or_default()
            )
        })?;
        Ok(strings.argument(&argument))
    }
}
