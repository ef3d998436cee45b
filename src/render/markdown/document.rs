//! What the template sees: Markdown, written and escaped.

use serde::Serialize;

use super::text::{code, path, plain, plain_attribute};
use crate::figure::{Drawing, Image, Media, Tile};
use crate::render::{
    PART_LEVEL, alternative, encoded, escaped, footnotes, headings, introduction, method_footnotes,
    svg, text_part,
};
use crate::report::number::short_hash;
use crate::report::prose::headings::Headings;
use crate::report::prose::{Place, prepare};
use crate::report::{self, Report};
use crate::words::Message;
use crate::words::Strings;

#[derive(Serialize)]
pub(super) struct Document {
    title: String,
    words: Words,
    byline: Vec<Pair>,
    notices: Vec<String>,
    introduction: String,
    sections: Vec<Section>,
    provenance: Vec<Pair>,
}

/// The fixed texts, in the report's language.
#[derive(Serialize)]
struct Words {
    contents: String,
    prompt: String,
    answer: String,
    parameter: String,
    value: String,
    citations: String,
    how_to_read: String,
    where_it_misleads: String,
    reading_and_limits: String,
    parameters_and_citations: String,
    notice: String,
    warning: String,
    provenance: String,
    label_separator: String,
}

#[derive(Serialize)]
struct Pair {
    label: String,
    value: String,
}

#[derive(Serialize)]
struct Section {
    id: String,
    name: String,
    title: String,
    points: String,
    /// As a quotation, each line behind `> `.
    prompt: String,
    blocks: Vec<Block>,
    answer: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Block {
    Text { text: String },
    Explanation(Explanation),
}

#[derive(Serialize)]
struct Explanation {
    title: String,
    notices: Vec<String>,
    figures: Vec<Figure>,
    reading: String,
    misleading: String,
    parameters: Vec<Pair>,
    citations: Vec<String>,
}

#[derive(Serialize)]
struct Figure {
    id: String,
    name: String,
    caption: String,
    is_table: bool,
    /// The pictures or the table.
    body: String,
    /// The colour scale as a picture; empty where there is none.
    colour_bar: String,
}

impl Document {
    /// Puts the pictures into `files` as it meets them.
    pub(super) fn new(
        report: &Report,
        strings: &Strings,
        folder: &str,
        files: &mut Vec<(String, Vec<u8>)>,
    ) -> Self {
        let headings = headings(report);
        let mut writer = Writer {
            strings,
            headings: &headings,
            folder,
            files,
        };
        Self {
            title: plain(&report.title),
            words: Words::new(strings),
            byline: pairs(&report.byline, plain),
            notices: report.notices.iter().map(|notice| plain(notice)).collect(),
            introduction: prepare(&report.introduction, introduction(&headings)),
            sections: report
                .sections
                .iter()
                .map(|section| writer.section(section))
                .collect(),
            provenance: pairs(&report.provenance, plain),
        }
    }
}

impl Words {
    fn new(strings: &Strings) -> Self {
        let word = |key: &str| strings.get(key).to_owned();
        Self {
            contents: word("contents"),
            prompt: word("prompt"),
            answer: word("answer"),
            parameter: word("parameter"),
            value: word("value"),
            citations: word("citations"),
            how_to_read: word("how_to_read"),
            where_it_misleads: word("where_it_misleads"),
            reading_and_limits: escaped(strings.get("reading_and_limits")),
            parameters_and_citations: escaped(strings.get("parameters_and_citations")),
            notice: word("notice"),
            warning: word("warning"),
            provenance: word("provenance"),
            label_separator: word("label_separator"),
        }
    }
}

fn pairs(pairs: &[(String, String)], write: fn(&str) -> String) -> Vec<Pair> {
    pairs
        .iter()
        .map(|(label, value)| Pair {
            label: write(label),
            value: write(value),
        })
        .collect()
}

struct Writer<'a> {
    strings: &'a Strings,
    headings: &'a Headings,
    folder: &'a str,
    files: &'a mut Vec<(String, Vec<u8>)>,
}

impl Writer<'_> {
    fn section(&mut self, section: &report::Section) -> Section {
        let headings = self.headings;
        let text = |markdown: &str, part: &str, heading_level| {
            prepare(
                markdown,
                Place {
                    footnotes: &footnotes(section, part),
                    heading_level,
                    headings: Some(headings),
                },
            )
        };
        let mut blocks = Vec::new();
        for (index, block) in section.blocks.iter().enumerate() {
            blocks.push(match block {
                report::Block::Text(markdown) => Block::Text {
                    text: text(markdown, &text_part(index), PART_LEVEL),
                },
                report::Block::Explanation(each) => Block::Explanation(self.explanation(each)),
            });
        }
        let number = Message::new("question").with("number", section.number);
        let points = section
            .points
            .as_deref()
            .map(|points| Message::new("points").with("points", points));
        Section {
            id: section.id.clone(),
            name: plain(&self.strings.text(&number)),
            title: plain(&section.title),
            points: points
                .map(|points| plain(&self.strings.text(&points)))
                .unwrap_or_default(),
            prompt: quoted(&text(&section.prompt, "prompt", PART_LEVEL)),
            blocks,
            answer: text(&section.answer, "answer", PART_LEVEL + 1),
        }
    }

    fn explanation(&mut self, explanation: &report::Explanation) -> Explanation {
        let footnotes = method_footnotes(explanation);
        let note = |markdown: &str| {
            prepare(
                markdown,
                Place {
                    footnotes: &footnotes,
                    heading_level: PART_LEVEL + 2,
                    headings: None,
                },
            )
        };
        Explanation {
            title: plain(&explanation.title),
            notices: explanation
                .notices
                .iter()
                .map(|notice| plain(notice))
                .collect(),
            figures: explanation
                .figures
                .iter()
                .map(|figure| self.figure(figure))
                .collect(),
            reading: note(&explanation.reading),
            misleading: note(&explanation.misleading),
            parameters: pairs(&explanation.parameters, code),
            citations: explanation
                .citations
                .iter()
                .map(|citation| plain(citation))
                .collect(),
        }
    }

    fn figure(&mut self, figure: &report::Figure) -> Figure {
        let (is_table, body, colour_bar) = match &figure.drawing {
            Drawing::Grid {
                columns,
                tiles,
                colour_bar,
            } => {
                let body = self.grid(figure, *columns, tiles);
                let colour_bar = colour_bar.as_ref().map(|image| {
                    let alt = Message::new("colour_scale").with("figure", figure.name.as_str());
                    self.picture(
                        &format!("{}-scale", figure.id),
                        &self.strings.text(&alt),
                        image,
                    )
                });
                (false, body, colour_bar.unwrap_or_default())
            }
            Drawing::Table {
                header,
                rows,
                numeric,
            } => (true, table(header, rows, numeric), String::new()),
        };
        Figure {
            id: figure.id.clone(),
            name: plain(&figure.name),
            caption: plain(&figure.caption),
            is_table,
            body,
            colour_bar,
        }
    }

    /// One picture by itself; several as a table, a row of pictures above a row of their labels.
    fn grid(&mut self, figure: &report::Figure, columns: usize, tiles: &[Tile]) -> String {
        let mut cells = Vec::new();
        for (index, tile) in tiles.iter().enumerate() {
            let name = if tiles.len() == 1 {
                figure.id.clone()
            } else {
                format!("{}-{}", figure.id, index + 1)
            };
            let alt = alternative(figure, tiles, index);
            cells.push((self.picture(&name, &alt, &tile.image), plain(&tile.label)));
        }
        if let [(picture, label)] = cells.as_slice() {
            let label = if label.is_empty() {
                String::new()
            } else {
                format!("\n\n{label}")
            };
            return format!("{picture}{label}");
        }
        let columns = columns.clamp(1, tiles.len().max(1));
        let labelled = cells.iter().any(|(_, label)| !label.is_empty());
        let mut lines = Vec::new();
        for row in cells.chunks(columns) {
            let empty = std::iter::repeat_n("", columns - row.len());
            lines.push(table_row(
                row.iter()
                    .map(|(picture, _)| picture.as_str())
                    .chain(empty.clone()),
            ));
            if lines.len() == 1 {
                lines.push(table_row(std::iter::repeat_n(":-:", columns)));
            }
            if labelled {
                lines.push(table_row(
                    row.iter().map(|(_, label)| label.as_str()).chain(empty),
                ));
            }
        }
        lines.join("\n")
    }

    /// Keeps the file and gives the Markdown that shows it.
    fn picture(&mut self, name: &str, alt: &str, image: &Image) -> String {
        let (bytes, extension, _) = encoded(&image.media);
        let bytes = match &image.media {
            Media::Svg(text) => svg::standalone(text).into_bytes(),
            Media::Png(_) | Media::Jpeg(_) => bytes.to_vec(),
        };
        let name = format!("{name}.{}.{extension}", short_hash(&bytes));
        let address = path(&format!("{}/{name}", self.folder.trim_end_matches('/')));
        self.files.push((name, bytes));
        format!("![{}]({address})", plain_attribute(alt))
    }
}

fn table(header: &[String], rows: &[Vec<String>], numeric: &[bool]) -> String {
    let cells = |row: &[String]| table_row(row.iter().map(|cell| plain(cell)));
    let alignment = (0..header.len()).map(|column| match numeric.get(column) {
        Some(true) => "--:",
        Some(false) | None => "---",
    });
    let mut lines = vec![cells(header), table_row(alignment)];
    lines.extend(rows.iter().map(|row| cells(row)));
    lines.join("\n")
}

fn table_row<Cell: AsRef<str>>(cells: impl Iterator<Item = Cell>) -> String {
    cells.fold("|".to_owned(), |row, cell| row + " " + cell.as_ref() + " |")
}

fn quoted(markdown: &str) -> String {
    let lines = markdown.lines().map(|line| {
        if line.is_empty() {
            ">".to_owned()
        } else {
            format!("> {line}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
