//! What a user puts in the place of our page: a style behind ours, templates.

use std::path::PathBuf;

/// A template of the user's folder, with the name of the one that it replaces, or that others include.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTemplate {
    /// `page.html`
    pub name: String,
    /// As messages name it.
    pub file: PathBuf,
    pub text: String,
}

/// How a report looks where that is not ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// CSS behind ours; loads nothing.
    pub style: String,
    pub templates: Vec<OwnTemplate>,
}
