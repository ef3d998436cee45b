//! The report as one HTML file that needs nothing else: no network, and every script and style named
//! by its hash in a Content Security Policy.

mod page;
mod prose;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use super::RenderError;
use crate::report::Report;
use crate::words::Strings;

const STYLE: &str = include_str!("../../../templates/html/style.css");
const SCRIPT: &str = include_str!("../../../templates/html/script.js");

/// One file a block of the page.
const TEMPLATES: [(&str, &str); 5] = [
    (
        "page.html",
        include_str!("../../../templates/html/page.html"),
    ),
    (
        "section.html",
        include_str!("../../../templates/html/section.html"),
    ),
    (
        "explanation.html",
        include_str!("../../../templates/html/explanation.html"),
    ),
    (
        "figure.html",
        include_str!("../../../templates/html/figure.html"),
    ),
    (
        "picture.html",
        include_str!("../../../templates/html/picture.html"),
    ),
];

/// The whole page. The same report gives the same bytes.
pub fn html(report: &Report) -> Result<String, RenderError> {
    let strings = Strings::new(&report.language)?;
    let page = page::Page::new(report, &strings);
    let mut tera = Tera::new();
    tera.add_raw_templates(TEMPLATES)?;
    Ok(tera.render("page.html", &Context::from_serialize(&page)?)?)
}

/// As a Content Security Policy names the content of a `<style>` or `<script>`.
fn policy_hash(content: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Sha256::digest(content.as_bytes()))
    )
}
