//! Writes a report as Markdown, piece by piece, for the template.

use super::mathematics::mathematics;
use super::pictures::Pictures;
use super::text::{code, line, plain, plain_attribute};
use super::view::{Block, Document, Explanation, Figure, Pair, Section, Summary, Words};
use crate::figure::{Drawing, Image, Tile};
use crate::render::{
    PART_LEVEL, alternative, escaped, footnotes, headings, introduction, method_footnotes,
    text_part,
};
use crate::report::prose::headings::Headings;
use crate::report::prose::{Piece, Place, pieces, prepare};
use crate::report::{self, Report};
use crate::words::Message;
use crate::words::Strings;

impl Document {
    pub(super) fn new(report: &Report, strings: &Strings, pictures: &mut Pictures) -> Self {
        let headings = headings(report);
        let mut writer = Writer {
            strings,
            headings: &headings,
            pictures,
        };
        Self {
            title: plain(&report.title),
            words: Words::new(strings),
            byline: pairs(&report.byline, plain),
            notices: report.notices.iter().map(|notice| line(notice)).collect(),
            introduction: written(&report.introduction, introduction(&headings)),
            sections: report
                .sections
                .iter()
                .map(|section| writer.section(section))
                .collect(),
            summary: summary(&report.summary, strings),
            provenance: pairs(&report.provenance, plain),
        }
    }
}

/// A text of the author's, with the anchors of its numbered tables.
fn written(markdown: &str, place: Place) -> String {
    const MARK: &str = "{caption:";
    let text = mathematics(&prepare(markdown, place));
    let mut parts = text.split(MARK);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((anchor, rest))
                if rest.starts_with(['*', '<']) && (whole.is_empty() || whole.ends_with('\n')) =>
            {
                whole.extend(["<a id=\"", anchor, "\"></a>", rest]);
            }
            _ => whole.extend([MARK, part]),
        }
    }
    whole
}

fn summary(summary: &report::Summary, strings: &Strings) -> Summary {
    let head = ["photo", "class", "probability"].map(|key| plain(strings.get(key)));
    let link = |(id, name): &(String, String)| format!("[{}](#{id})", plain(name));
    let methods = summary.methods.iter();
    let methods = methods.map(|each| format!("{}<br>{}", plain(&each.title), link(&each.figure)));
    let row = |photo: &report::SummaryPhoto| {
        let own = [&photo.name, &photo.class, &photo.probability];
        let cells = photo.cells.iter().map(|cell| match cell {
            Some(cell) if cell.class.is_empty() && cell.fit.is_empty() => "✓".to_owned(),
            Some(cell) => {
                let parts = [&cell.class, &cell.fit].map(|text| plain(text));
                let parts = parts.into_iter().filter(|text| !text.is_empty());
                parts.collect::<Vec<_>>().join("<br>")
            }
            None => "—".to_owned(),
        });
        table_row(own.into_iter().map(|text| plain(text)).chain(cells))
    };
    let columns = head.len() + summary.methods.len();
    Summary {
        header: table_row(head.into_iter().chain(methods)),
        rule: table_row(std::iter::repeat_n("---", columns)),
        rows: summary.photos.iter().map(row).collect(),
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
            summary_caption: word("summary_caption"),
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

struct Writer<'a, 'b> {
    strings: &'a Strings,
    headings: &'a Headings,
    pictures: &'a mut Pictures<'b>,
}

impl Writer<'_, '_> {
    fn section(&mut self, section: &report::Section) -> Section {
        let headings = self.headings;
        let text = |markdown: &str, part: &str, heading_level| {
            let place = Place {
                footnotes: &footnotes(section, part),
                heading_level,
                headings: Some(headings),
            };
            written(markdown, place)
        };
        let mut blocks = Vec::new();
        for (index, block) in section.blocks.iter().enumerate() {
            match block {
                report::Block::Text(markdown) => {
                    let text = text(markdown, &text_part(index), PART_LEVEL);
                    blocks.extend(self.flow(&text, section, PART_LEVEL));
                }
                report::Block::Explanation(each) if each.is_placed => {}
                report::Block::Explanation(each) => {
                    blocks.push(Block::Explanation(self.explanation(each, PART_LEVEL)));
                }
            }
        }
        let answer = text(&section.answer, "answer", PART_LEVEL + 1);
        let number = section.numbered();
        let points = section
            .points
            .as_deref()
            .map(|points| Message::new("points").with("points", points));
        let name = self.strings.text(&number);
        let points = points.map(|points| self.strings.text(&points));
        let separator = self.strings.get("label_separator");
        let summary = format!("{name}{separator}{}", section.title.trim());
        let summary = match &points {
            Some(points) => format!("{summary} · {points}"),
            None => summary,
        };
        Section {
            id: section.id.clone(),
            name: plain(&name),
            title: plain(&section.title),
            points: points.map(|points| plain(&points)).unwrap_or_default(),
            summary: escaped(&summary.replace('\n', " ")),
            prompt: quoted(&text(&section.prompt, "prompt", PART_LEVEL)),
            blocks,
            answer: self.flow(&answer, section, PART_LEVEL + 1),
        }
    }

    /// A text, and the figures that it places.
    fn flow(&mut self, text: &str, section: &report::Section, level: usize) -> Vec<Block> {
        let placed = |id: &str| {
            section.blocks.iter().find_map(|block| match block {
                report::Block::Explanation(each) if each.is_placed && each.id == id => Some(each),
                report::Block::Explanation(_) | report::Block::Text(_) => None,
            })
        };
        let pieces = pieces(text, |id| placed(id).is_some()).into_iter();
        let blocks = pieces.filter_map(|piece| match piece {
            Piece::Text(text) => Some(Block::Text { text }),
            Piece::Figure(id) => Some(Block::Explanation(self.explanation(placed(&id)?, level))),
        });
        blocks.collect()
    }

    fn explanation(&mut self, explanation: &report::Explanation, level: usize) -> Explanation {
        let footnotes = method_footnotes(explanation);
        let note = |markdown: &str| {
            prepare(
                markdown,
                Place {
                    footnotes: &footnotes,
                    heading_level: level + 2,
                    headings: None,
                },
            )
        };
        Explanation {
            hashes: match level {
                PART_LEVEL => "###",
                _ => "####",
            },
            title: plain(&explanation.title),
            notices: explanation
                .notices
                .iter()
                .map(|notice| line(notice))
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
        if !self.pictures.are_shown() {
            let words = Message::new("picture_described").with("description", figure.alt.as_str());
            return format!("*{}*", plain(&self.strings.text(&words)));
        }
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

    /// The Markdown that shows a picture; empty where none are shown.
    fn picture(&mut self, name: &str, alt: &str, image: &Image) -> String {
        match self.pictures.address(name, &image.media) {
            Some(address) => format!("![{}]({address})", plain_attribute(alt)),
            None => String::new(),
        }
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
