//! Templates of the user's folder.

use std::path::Path;

use super::files::resolve;
use crate::diagnostic::Diagnostic;
use crate::fs;
use crate::report::OwnTemplate;
use crate::spec::{Document, Spec};

/// The files of the folder that end with `.html` or `.md`.
pub(super) fn templates(
    document: &Document,
    spec: &Spec,
    base: &Path,
    faults: &mut Vec<Diagnostic>,
) -> Vec<OwnTemplate> {
    let Some(folder) = &spec.templates else {
        return Vec::new();
    };
    let folder = resolve(base, folder);
    let mut fault = |message: String, hint: &str| {
        faults.push(document.error("/templates", message, hint));
    };
    let mut names = match fs::names_in(&folder) {
        Ok(names) => names,
        Err(error) => {
            fault(
                error.to_string(),
                "a folder with templates such as `page.html`",
            );
            return Vec::new();
        }
    };
    names.retain(|name| name.ends_with(".html") || name.ends_with(".md"));
    names.sort();
    if names.is_empty() {
        fault(
            format!("`{}` holds no template", folder.display()),
            "files such as `page.html` or `report.md`; templates/html and templates/markdown of the sources have ours",
        );
    }
    let mut templates = Vec::new();
    for name in names {
        let file = folder.join(&name);
        match fs::read_to_string(&file) {
            Ok(text) => templates.push(OwnTemplate { name, file, text }),
            Err(error) => fault(error.to_string(), ""),
        }
    }
    templates
}
