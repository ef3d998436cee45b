//! The templates of a form: ours, with the user's in their place.

use tera::{ErrorKind, Tera};

use super::RenderError;
use crate::report::{Look, OwnTemplate};

/// Names and texts of ours.
pub(super) type Ours = [(&'static str, &'static str)];

/// What is wrong with a template of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// Index in the templates of the look.
    pub template: usize,
    /// Line and column, both from 1, and how many characters are meant.
    pub place: Option<(usize, usize, usize)>,
    pub message: String,
}

/// Ours with the user's in their place, and what else the user has of this form (`.html` or `.md`).
pub(super) fn with_own(ours: &Ours, look: &Look, ending: &str) -> Result<Tera, tera::Error> {
    let own = look.templates.iter();
    let own = own.filter(|own| own.name.ends_with(ending));
    let own: Vec<(&str, &str)> = own
        .map(|own| (own.name.as_str(), own.text.as_str()))
        .collect();
    let is_replaced = |name: &str| own.iter().any(|(own, _)| *own == name);
    let ours = ours.iter().copied().filter(|(name, _)| !is_replaced(name));
    let mut tera = Tera::new();
    tera.add_raw_templates(ours.chain(own.iter().copied()).collect::<Vec<_>>())?;
    Ok(tera)
}

/// An error of a template of the user's; `None` where it is one of ours. `otherwise`: whose it is where tera does not say.
pub(super) fn fault(look: &Look, error: &tera::Error, otherwise: usize) -> Option<TemplateFault> {
    let named = |name: &str| look.templates.iter().position(|own| own.name == name);
    Some(match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let template = named(report.filename())?;
            let span = report.span();
            let length = match span.start_line == span.end_line {
                true => span.end_col.saturating_sub(span.start_col).max(1),
                false => 1,
            };
            TemplateFault {
                template,
                place: Some((span.start_line, span.start_col + 1, length)),
                message: report.message().to_owned(),
            }
        }
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => {
            TemplateFault {
                template: named(tpl).unwrap_or(otherwise),
                place: None,
                message: error.to_string(),
            }
        }
        ErrorKind::MissingParent { current, .. } => TemplateFault {
            template: named(current).unwrap_or(otherwise),
            place: None,
            message: error.to_string(),
        },
        _ => TemplateFault {
            template: otherwise,
            place: None,
            message: error.to_string(),
        },
    })
}

/// What of a failed rendering is the fault of a template of the user's.
pub fn fault_of_template(look: &Look, error: &RenderError) -> Option<TemplateFault> {
    match error {
        RenderError::Template(error) if !look.templates.is_empty() => fault(look, error, 0),
        RenderError::Policy => {
            let template = look
                .templates
                .iter()
                .position(|own| own.name == "page.html")?;
            Some(TemplateFault {
                template,
                place: None,
                message: error.to_string(),
            })
        }
        RenderError::Template(_) => None,
    }
}

impl TemplateFault {
    pub fn of<'a>(&self, look: &'a Look) -> Option<&'a OwnTemplate> {
        look.templates.get(self.template)
    }
}
