//! What can be told of a user's templates before there is a report.

use tera::{ErrorKind, Tera};

use super::templates::{TemplateFault, fault, with_own};
use super::{html, markdown};
use crate::report::Look;

/// Names of the templates that a user can replace.
pub fn template_names() -> impl Iterator<Item = &'static str> {
    let ours = html::TEMPLATES.iter().chain(&markdown::TEMPLATES);
    ours.map(|(name, _)| *name)
}

/// Everything that can be told of the user's templates without a report.
pub fn check_templates(look: &Look) -> Vec<TemplateFault> {
    let mut faults = Vec::new();
    for (index, own) in look.templates.iter().enumerate() {
        let mut alone = Tera::new();
        if let Err(error) = alone.add_raw_templates([(&own.name, &own.text)])
            && matches!(error.kind(), ErrorKind::SyntaxError(_))
        {
            faults.extend(fault(look, &error, index));
        }
    }
    if !faults.is_empty() {
        return faults;
    }
    for (ours, ending) in [
        (&html::TEMPLATES[..], ".html"),
        (&markdown::TEMPLATES[..], ".md"),
    ] {
        if let Err(error) = with_own(ours, look, ending) {
            let first = look
                .templates
                .iter()
                .position(|own| own.name.ends_with(ending));
            faults.extend(fault(look, &error, first.unwrap_or(0)));
        }
    }
    faults
}
