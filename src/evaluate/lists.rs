//! YAML files that give lists under names, read with the place of every word.

use std::iter::Peekable;

use saphyr_parser::{Event, Parser, ScanError, Span};

use crate::diagnostic::{Diagnostic, Position};

/// A name or an item, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub position: Position,
}

/// `name: [item, …]`, or `name: item` for a list of one; no item for an empty value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub name: Word,
    pub items: Vec<Word>,
}

/// The lists of `text` in their order. `file` names it in the errors.
pub fn parse(file: &str, text: &str) -> Result<Vec<List>, Diagnostic> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader {
        file,
        events: Parser::new_from_str(text).peekable(),
    };
    reader.lists()
}

struct Reader<'a, I: Iterator<Item = Result<(Event<'a>, Span), ScanError>>> {
    file: &'a str,
    events: Peekable<I>,
}

impl<'a, I: Iterator<Item = Result<(Event<'a>, Span), ScanError>>> Reader<'a, I> {
    fn lists(&mut self) -> Result<Vec<List>, Diagnostic> {
        loop {
            match self.next()? {
                (Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::MappingStart(..), _) => return self.entries(),
                (Event::StreamEnd | Event::DocumentEnd, _) => return Ok(Vec::new()),
                // A document of nothing is an empty scalar.
                (Event::Scalar(text, ..), _) if text.is_empty() => return Ok(Vec::new()),
                (_, at) => return Err(self.unexpected(at, "`name: [item, item]` on each line")),
            }
        }
    }

    fn entries(&mut self) -> Result<Vec<List>, Diagnostic> {
        let mut lists = Vec::new();
        loop {
            let name = match self.next()? {
                (Event::MappingEnd, _) => return Ok(lists),
                (Event::Scalar(text, ..), at) => word(&text, at),
                (_, at) => return Err(self.unexpected(at, "a name")),
            };
            lists.push(List {
                name,
                items: self.items()?,
            });
        }
    }

    fn items(&mut self) -> Result<Vec<Word>, Diagnostic> {
        match self.next()? {
            (Event::SequenceStart(..), _) => {}
            (Event::Scalar(text, style, ..), at) => {
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let nothing = plain && matches!(&*text, "" | "~" | "null");
                return Ok(if nothing {
                    Vec::new()
                } else {
                    vec![word(&text, at)]
                });
            }
            (_, at) => return Err(self.unexpected(at, "a list")),
        }
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (Event::Scalar(text, ..), at) => items.push(word(&text, at)),
                (_, at) => return Err(self.unexpected(at, "one word or number for each item")),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Position), Diagnostic> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, position(&span.start))),
            Some(Err(error)) => {
                let at = position(error.marker());
                let message = format!("not YAML: {}", error.info());
                Err(Diagnostic::error(
                    self.file,
                    Some(at),
                    message,
                    String::new(),
                ))
            }
            None => {
                let message = "the file ends too early".to_owned();
                Err(Diagnostic::error(self.file, None, message, String::new()))
            }
        }
    }

    fn unexpected(&self, at: Position, wanted: &str) -> Diagnostic {
        let message = "this is not a list under a name".to_owned();
        Diagnostic::error(self.file, Some(at), message, format!("expected {wanted}"))
    }
}

fn word(text: &str, position: Position) -> Word {
    Word {
        text: text.trim().to_owned(),
        position,
    }
}

/// The parser counts columns from 0.
fn position(marker: &saphyr_parser::Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let lists = parse("a.yaml", text).map_err(|fault| fault.to_string())?;
        let texts = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect();
        Ok(lists
            .into_iter()
            .map(|list| (list.name.text, texts(list.items)))
            .collect())
    }

    #[test]
    fn lists_in_every_spelling() {
        let text = "# comment\nfish: [tench, 389-397]\ncat:\n  - Egyptian cat # lives\n  - \"281\"\none: 7\nnone:\n";
        let expected = [
            ("fish", vec!["tench", "389-397"]),
            ("cat", vec!["Egyptian cat", "281"]),
            ("one", vec!["7"]),
            ("none", vec![]),
        ];
        let expected = expected.map(|(name, items)| {
            (
                name.to_owned(),
                items.into_iter().map(str::to_owned).collect(),
            )
        });
        assert_eq!(plain(text).unwrap(), expected);
        assert_eq!(plain("").unwrap(), []);
        assert_eq!(plain("\u{feff}---\n").unwrap(), []);
    }

    #[test]
    fn every_word_knows_its_place() {
        let lists = parse("a.yaml", "fish: [tench, 12]\ncat:\n  - tabby\n").unwrap();
        let place = |word: &Word| (word.position.line, word.position.column);
        assert_eq!(place(&lists[0].name), (1, 1));
        assert_eq!(place(&lists[0].items[1]), (1, 15));
        assert_eq!(place(&lists[1].items[0]), (3, 5));
    }

    #[test]
    fn another_shape_is_a_fault_with_its_place() {
        assert_eq!(
            plain("fish:\n  a: 1\n").unwrap_err(),
            "a.yaml:2:3: error: this is not a list under a name; hint: expected a list"
        );
        assert!(
            plain("- fish\n")
                .unwrap_err()
                .starts_with("a.yaml:1:1: error: ")
        );
        assert!(
            plain("fish: [[1]]\n")
                .unwrap_err()
                .starts_with("a.yaml:1:8: error: ")
        );
        assert!(
            plain("fish: [1\ncat: 2\n")
                .unwrap_err()
                .starts_with("a.yaml:")
        );
    }
}
