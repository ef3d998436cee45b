//! A report as several pages: one with the overview, and one for each section. Links between them are found by what they lead to,
//! so that the author's references, the overview and the contents need not know on which page a figure stands.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::page::{Neighbour, Page, Part, heading};
use super::{RenderError, TEMPLATES, rendered};
use crate::render::headings;
use crate::render::templates::with_own;
use crate::report::{Report, Section};

/// The page of a section of the report `name`.
pub fn section_page(name: &str, section: &str) -> String {
    format!("{name}-{section}.html")
}

/// Name and text of each page of the report `name`, that with the overview first.
pub fn split(report: &Report, name: &str) -> Result<Vec<(String, String)>, RenderError> {
    let headings = headings(report);
    let tera = with_own(&TEMPLATES, &report.look, ".html")?;
    let first = format!("{name}.html");
    let sections = report.sections.as_slice();
    let file = |section: &Section| section_page(name, &section.id);
    let to = |section: &Section| Neighbour {
        address: address(&file(section)),
        title: heading(section, &report.strings),
    };
    let home = || Neighbour {
        address: address(&first),
        title: report.title.clone(),
    };
    let overview = Part::Overview {
        next: sections.first().map(to),
    };
    let mut pages = vec![(
        first.clone(),
        rendered(&Page::new(report, &headings, overview), &tera)?,
    )];
    for (index, section) in sections.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| to(&sections[before]));
        let part = Part::Section {
            section,
            home: address(&first),
            previous: before.unwrap_or_else(home),
            next: sections.get(index + 1).map(to),
        };
        let text = rendered(&Page::new(report, &headings, part), &tera)?;
        pages.push((file(section), text));
    }
    Ok(joined(pages))
}

/// Unreserved characters of addresses.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Of a file beside the page.
fn address(file: &str) -> String {
    utf8_percent_encode(file, KEPT).to_string()
}

/// Links to a place that only another page has get that page's address.
fn joined(pages: Vec<(String, String)>) -> Vec<(String, String)> {
    let places: Vec<BTreeSet<String>> = pages.iter().map(|(_, text)| ids(text)).collect();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for (page, ids) in places.iter().enumerate() {
        for id in ids {
            at.entry(id).or_insert(page);
        }
    }
    let files: Vec<String> = pages.iter().map(|(file, _)| address(file)).collect();
    let linked = pages.iter().zip(&places).map(|((file, text), own)| {
        let elsewhere = |target: &str| {
            let id = decoded(target.split('?').next().unwrap_or_default());
            let page = at.get(id.as_str()).filter(|_| !own.contains(&id))?;
            Some(files[*page].as_str())
        };
        (file.clone(), relinked(text, elsewhere))
    });
    linked.collect()
}

const LINK: &str = "href=\"#";

/// The text of a page with the page that `elsewhere` names put before the target of a link. What its script holds is no link.
fn relinked<'a>(text: &str, elsewhere: impl Fn(&str) -> Option<&'a str>) -> String {
    let (body, script) = text.split_at(text.find("<script>").unwrap_or(text.len()));
    let mut parts = body.split(LINK);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let target = part.split('"').next().unwrap_or_default();
        match elsewhere(target) {
            Some(page) => whole.extend(["href=\"", page, "#"]),
            None => whole.push_str(LINK),
        }
        whole.push_str(part);
    }
    whole + script
}

/// Every place of a page that a link may lead to.
fn ids(text: &str) -> BTreeSet<String> {
    let parts = text.split(" id=\"").skip(1);
    let ids = parts.filter_map(|part| part.split('"').next());
    ids.map(str::to_owned).collect()
}

fn decoded(target: &str) -> String {
    percent_decode_str(target).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_page_that_has_the_place() {
        let page = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let pages = vec![
            page(
                "a b.html",
                "<h1 id=\"top\"><a href=\"#fig-1?view=map\"><a href=\"#%E5%9C%96\"><a href=\"#none\">",
            ),
            page(
                "a b-2.html",
                "<p id=\"top\"><p id=\"fig-1\"><p id=\"圖\"><a href=\"#top\"><script>'href=\"#fig-1'</script>",
            ),
        ];
        let joined = joined(pages.clone());
        assert_eq!(
            joined[0].1,
            "<h1 id=\"top\"><a href=\"a%20b-2.html#fig-1?view=map\"><a href=\"a%20b-2.html#%E5%9C%96\"><a href=\"#none\">"
        );
        assert_eq!(joined[1], pages[1]);
    }
}
