//! Numbers and anchors of figures and tables, and the links to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Block, Figure, Report, prose};
use crate::figure::Drawing;
use crate::words::{Argument, Message, Strings};

/// Numbers figures and tables in the order they are made, each kind from 1.
pub struct Numbering<'a> {
    strings: &'a Strings,
    figures: usize,
    tables: usize,
    /// How many exhibits each figure of the spec has had so far.
    exhibits: BTreeMap<String, usize>,
    /// Ids that the spec gives, which a second exhibit (`a-2`) must not take.
    spec_ids: BTreeSet<String>,
    anchors: BTreeSet<String>,
    /// What the author writes in `{fig:…}` or `{table:…}` → anchor and name. No figure and table have the same.
    references: BTreeMap<String, (String, String)>,
}

impl<'a> Numbering<'a> {
    /// `spec_ids`: the ids of all figures of the spec.
    pub fn new<'b>(strings: &'a Strings, spec_ids: impl IntoIterator<Item = &'b str>) -> Self {
        Self {
            strings,
            figures: 0,
            tables: 0,
            exhibits: BTreeMap::new(),
            spec_ids: spec_ids.into_iter().map(str::to_owned).collect(),
            anchors: BTreeSet::new(),
            references: BTreeMap::new(),
        }
    }

    /// The next exhibit of the spec's figure `spec_id`. The first is referred to as `{fig:ID}`, further
    /// ones as `{fig:ID-2}`, `{fig:ID-3}` and so on.
    pub fn figure(
        &mut self,
        spec_id: &str,
        caption: &Message,
        alt: &Message,
        drawing: Drawing,
    ) -> Figure {
        let (counter, key) = match drawing {
            Drawing::Grid { .. } => (&mut self.figures, "figure"),
            Drawing::Table { .. } => (&mut self.tables, "table"),
        };
        *counter += 1;
        let name = self
            .strings
            .text(&Message::new(key).with("number", *counter));
        let reference = self.reference(spec_id);
        let id = self.anchor(&format!("fig-{}", slug(&reference)));
        self.references
            .insert(reference, (id.clone(), name.clone()));
        let alts = self.alternatives(alt, &drawing);
        let (caption, alt) = (self.strings.text(caption), self.strings.text(alt));
        Figure {
            id,
            name,
            caption,
            alt,
            alts,
            drawing,
        }
    }

    /// Numbers the author's tables that have a caption, among those of the figures.
    pub fn captioned(&mut self, text: &str) -> String {
        prose::number(text, |caption| {
            self.tables += 1;
            let name = Message::new("table").with("number", self.tables);
            let name = self.strings.text(&name);
            let wanted = caption.id.as_ref().map(|id| slug(id));
            let anchor = self.anchor(&format!(
                "table-{}",
                wanted.unwrap_or_else(|| self.tables.to_string())
            ));
            if let Some(id) = &caption.id {
                self.references
                    .insert(id.clone(), (anchor.clone(), name.clone()));
            }
            (anchor, name)
        })
    }

    /// Turns the author's `{fig:…}` and `{table:…}` into links, in every text of the report.
    pub fn resolve(&self, report: &mut Report) {
        let figure = |id: &str| {
            self.references
                .get(id)
                .map(|(anchor, name)| (anchor.as_str(), name.as_str()))
        };
        let resolve = |text: &mut String| *text = prose::resolve(text, figure);
        resolve(&mut report.introduction);
        for section in &mut report.sections {
            resolve(&mut section.prompt);
            resolve(&mut section.answer);
            for block in &mut section.blocks {
                match block {
                    Block::Text(text) => resolve(text),
                    Block::Explanation(_) => {}
                }
            }
        }
    }

    /// Where a description is a list with a part for each photo, or for each picture, each part by the first
    /// picture that it is about.
    fn alternatives(&self, alt: &Message, drawing: &Drawing) -> BTreeMap<usize, String> {
        let (Message::Keyed { arguments, .. }, Drawing::Grid { tiles, .. }) = (alt, drawing) else {
            return BTreeMap::new();
        };
        let parts = arguments.iter().find_map(|(name, value)| match value {
            Argument::List(parts) if name == "photos" && tiles.len() % parts.len().max(1) == 0 => {
                Some(parts)
            }
            Argument::List(parts) if tiles.len() == parts.len() => Some(parts),
            _ => None,
        });
        let parts = parts.filter(|parts| parts.len() > 1);
        let parts = parts.map_or(&[][..], Vec::as_slice);
        let tiles_each = tiles.len() / parts.len().max(1);
        let texts = parts.iter().map(|part| self.strings.text(part));
        texts
            .enumerate()
            .map(|(part, text)| (part * tiles_each, text))
            .collect()
    }

    fn reference(&mut self, spec_id: &str) -> String {
        let made = self.exhibits.entry(spec_id.to_owned()).or_default();
        *made += 1;
        if *made == 1 {
            return spec_id.to_owned();
        }
        loop {
            let reference = format!("{spec_id}-{made}");
            if !self.spec_ids.contains(&reference) {
                return reference;
            }
            *made += 1;
        }
    }

    fn anchor(&mut self, wanted: &str) -> String {
        let mut anchor = wanted.to_owned();
        let mut number = 2;
        while !self.anchors.insert(anchor.clone()) {
            anchor = format!("{wanted}-{number}");
            number += 1;
        }
        anchor
    }
}

/// ASCII lower-case letters, digits and single hyphens; a text with other letters gets eight hex digits
/// of its SHA-256, so that two Chinese names stay apart.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if text.is_ascii() && !slug.is_empty() {
        return slug.to_owned();
    }
    let digits = short_hash(text.as_bytes());
    if slug.is_empty() {
        digits
    } else {
        format!("{slug}-{digits}")
    }
}

/// The first eight hex digits of the SHA-256.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(4)
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Drawing {
        Drawing::Grid {
            columns: 1,
            tiles: Vec::new(),
            colour_bar: None,
        }
    }

    fn table() -> Drawing {
        Drawing::Table {
            header: Vec::new(),
            rows: Vec::new(),
            numeric: Vec::new(),
        }
    }

    #[test]
    fn figures_and_tables_are_counted_apart() {
        let strings = Strings::new("zh-TW").unwrap();
        let mut numbering = Numbering::new(&strings, ["a", "a-2", "貓"]);
        let nothing = Message::literal("");
        let mut made = Vec::new();
        for (id, drawing) in [
            ("a", grid()),
            ("a", table()),
            ("a", grid()),
            ("a-2", grid()),
            ("貓", table()),
        ] {
            let figure = numbering.figure(id, &nothing, &nothing, drawing);
            made.push((figure.name, figure.id));
        }
        let made: Vec<(&str, &str)> = made
            .iter()
            .map(|(name, id)| (name.as_str(), id.as_str()))
            .collect();
        assert_eq!(
            made,
            [
                ("圖 1", "fig-a"),
                ("表 1", "fig-a-3"),
                ("圖 2", "fig-a-4"),
                ("圖 3", "fig-a-2"),
                ("表 2", "fig-2c00cf9c"),
            ]
        );
    }

    #[test]
    fn references_are_resolved_in_every_text() {
        let strings = Strings::new("en").unwrap();
        let mut numbering = Numbering::new(&strings, ["a"]);
        let nothing = Message::literal("");
        numbering.figure("a", &nothing, &nothing, grid());
        let section = crate::report::Section {
            is_question: true,
            id: "question-1".to_owned(),
            number: 1,
            title: String::new(),
            points: None,
            prompt: "p {fig:a}".to_owned(),
            blocks: vec![Block::Text("t {fig:a}".to_owned())],
            answer: "a {fig:a} {fig:b}".to_owned(),
        };
        let mut report = Report {
            strings: Strings::new("en").unwrap(),
            look: crate::report::Look::default(),
            title: String::new(),
            byline: Vec::new(),
            introduction: "i {fig:a}".to_owned(),
            summary: Default::default(),
            sections: vec![section],
            provenance: Vec::new(),
            notices: Vec::new(),
        };
        numbering.resolve(&mut report);
        let section = &report.sections[0];
        assert_eq!(report.introduction, "i [Figure 1](#fig-a)");
        assert_eq!(section.prompt, "p [Figure 1](#fig-a)");
        assert_eq!(section.answer, "a [Figure 1](#fig-a) {fig:b}");
        assert!(matches!(&section.blocks[0], Block::Text(text) if text == "t [Figure 1](#fig-a)"));
    }

    #[test]
    fn slugs_are_ascii_and_stay_apart() {
        assert_eq!(slug("Coffee Cup_2!"), "coffee-cup-2");
        assert_ne!(slug("貓"), slug("狗"));
        assert!(slug("貓 cat").starts_with("cat-"));
        assert_eq!(slug("!!").len(), 8);
    }
}
