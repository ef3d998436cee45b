//! Links to the author's own headings: `[see](#results)` goes to the heading `## Results`, in the same text
//! first, else to the first one of the report. GitHub makes such anchors by itself, but counts equal headings
//! over the whole document; here both writers write an anchor of their own at each heading that is linked to.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::OPTIONS;

/// The linked headings of a whole report.
#[derive(Debug, Default)]
pub struct Headings {
    /// Slug → anchor of the first heading of that name.
    first: BTreeMap<String, String>,
    /// Anchors that some link leads to.
    linked: BTreeSet<String>,
}

impl Headings {
    /// `texts`: every text of the report with its prefix, in the report's order.
    pub fn of<'a>(texts: impl Iterator<Item = (String, &'a str)> + Clone) -> Self {
        let mut headings = Self::default();
        for (prefix, text) in texts.clone() {
            for slug in slugs(text) {
                let anchor = format!("{prefix}{slug}");
                headings.first.entry(slug).or_insert(anchor);
            }
        }
        for (prefix, text) in texts {
            let own = slugs(text);
            for address in addresses(text) {
                let target = headings.target(&prefix, &own, &address);
                headings.linked.extend(target);
            }
        }
        headings
    }

    /// The anchor that `#address` of a text means, if it is a heading: `own` are the slugs of that text.
    pub(super) fn target(&self, prefix: &str, own: &[String], address: &str) -> Option<String> {
        let slug = decoded(address);
        match own.contains(&slug) {
            true => Some(format!("{prefix}{slug}")),
            false => self.first.get(&slug).cloned(),
        }
    }

    pub(super) fn is_linked(&self, anchor: &str) -> bool {
        self.linked.contains(anchor)
    }
}

fn decoded(address: &str) -> String {
    let address = address.trim_start_matches('#');
    percent_decode_str(address)
        .decode_utf8_lossy()
        .to_lowercase()
}

/// The slug of each heading, in order; equal ones are counted, as GitHub does.
pub fn slugs(markdown: &str) -> Vec<String> {
    let mut slugs: Vec<String> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let count = counts.entry(slug.clone()).or_insert(0);
                slugs.push(match *count {
                    0 => slug,
                    count => format!("{slug}-{count}"),
                });
                *count += 1;
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut heading {
                    heading.push(' ');
                }
            }
            _ => {}
        }
    }
    slugs
}

/// Letters small, spaces as hyphens, other punctuation left out.
fn slug(heading: &str) -> String {
    let kept =
        |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | ' ');
    let kept: String = heading.trim().chars().filter(kept).collect();
    kept.to_lowercase().replace(' ', "-")
}

/// The addresses of a text that begin with `#`, as they are written.
pub fn addresses(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, OPTIONS);
    events
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with('#') => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_github() {
        let text = "# A `b`: c_d!\n\n## 結果 1\n\n結果 1\n===\n\n### *A* b c\n";
        assert_eq!(slugs(text), ["a-b-c_d", "結果-1", "結果-1-1", "a-b-c"]);
    }

    #[test]
    fn a_link_goes_to_its_own_text_first() {
        let texts = [
            ("introduction-", "[a](#results) [b](#nowhere)"),
            ("q1-", "## Results"),
            ("q2-", "## Results\n\n[c](#Results)"),
        ];
        let headings = Headings::of(
            texts
                .iter()
                .map(|(prefix, text)| ((*prefix).to_owned(), *text)),
        );
        let target = |prefix: &str, text: &str, address: &str| {
            headings.target(prefix, &slugs(text), address)
        };
        assert_eq!(
            target("introduction-", "", "#results").unwrap(),
            "q1-results"
        );
        assert_eq!(target("q2-", texts[2].1, "#Results").unwrap(), "q2-results");
        assert_eq!(target("introduction-", "", "#nowhere"), None);
        assert!(headings.is_linked("q1-results") && headings.is_linked("q2-results"));
    }
}
