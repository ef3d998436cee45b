//! The report as one HTML file that needs nothing else: no network, and every script and style named
//! by its hash in a Content Security Policy.

mod captioned;
mod colours;
mod figure;
mod formula;
mod links;
mod numbers;
mod page;
mod placed;
mod prose;
mod section;
mod split;
mod stock;
mod summary;
mod thumbnail;
mod words;

pub use split::{section_page, split};

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use super::templates::with_own;
use super::{RenderError, encoded, headings};
use crate::figure::{Drawing, Media};
use crate::report::Report;
use page::{Page, Part};

const STYLE: &str = include_str!("../../../templates/html/style.css");
const SCRIPT: &str = concat!(
    include_str!("../../../templates/html/page.js"),
    include_str!("../../../templates/html/overview.js"),
    include_str!("../../../templates/html/viewer.js"),
    include_str!("../../../templates/html/maps.js"),
    include_str!("../../../templates/html/frames.js"),
    include_str!("../../../templates/html/parts.js"),
    include_str!("../../../templates/html/superpixels.js"),
    include_str!("../../../templates/html/cells.js"),
    include_str!("../../../templates/html/follow.js"),
);

/// One file a block of the page.
pub(super) const TEMPLATES: [(&str, &str); 9] = [
    (
        "page.html",
        include_str!("../../../templates/html/page.html"),
    ),
    (
        "stock.html",
        include_str!("../../../templates/html/stock.html"),
    ),
    (
        "summary.html",
        include_str!("../../../templates/html/summary.html"),
    ),
    (
        "thumbnail.html",
        include_str!("../../../templates/html/thumbnail.html"),
    ),
    (
        "contents.html",
        include_str!("../../../templates/html/contents.html"),
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
    let tera = with_own(&TEMPLATES, &report.look, ".html")?;
    rendered(&Page::new(report, &headings(report), Part::Whole), &tera)
}

fn rendered(page: &Page, tera: &Tera) -> Result<String, RenderError> {
    let text = tera.render("page.html", &Context::from_serialize(page)?)?;
    // A template of the user's may lay everything out otherwise, and not open the page to the network.
    let policy = format!(
        "content=\"default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'\"",
        page.style_hash, page.script_hash
    );
    match text.contains(&policy) {
        true => Ok(text),
        false => Err(RenderError::Policy),
    }
}

/// The bytes that each figure takes in the page, in their order. A photo that several show counts with the first.
pub(super) fn weights(report: &Report) -> Result<Vec<usize>, RenderError> {
    let strings = &report.strings;
    let stock = stock::Stock::of(report.figures());
    let tera = with_own(&TEMPLATES, &report.look, ".html")?;
    let mut counted = BTreeSet::new();
    let weigh = |each: &crate::report::Figure| {
        let mut content = Context::new();
        content.insert("figure", &figure::figure(each, &stock, strings));
        content.insert("words", &words::words(&words::WORDS, strings));
        let mut bytes = tera.render("figure.html", &content)?.len();
        if let Drawing::Grid { tiles, .. } = &each.drawing {
            for (id, of_item) in tiles.iter().flat_map(|tile| stock.items_of(tile)) {
                if counted.insert(id) {
                    bytes += of_item;
                }
            }
        }
        Ok(bytes)
    };
    report.figures().map(weigh).collect()
}

/// The bytes of a picture and what makes a `data:` address of them; `None` for a chart, whose elements are in the page.
fn picture_address(media: &Media) -> Option<(&[u8], impl Fn() -> String + '_)> {
    let (bytes, _, media_type) = encoded(media);
    match media {
        Media::Svg(_) => None,
        Media::Png(_) | Media::Jpeg(_) => Some((bytes, move || data_address(bytes, media_type))),
    }
}

fn data_address(bytes: &[u8], media_type: &str) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// As a Content Security Policy names the content of a `<style>` or `<script>`.
fn policy_hash(content: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Sha256::digest(content.as_bytes()))
    )
}
