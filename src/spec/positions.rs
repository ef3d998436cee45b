//! Where every key and value of a YAML file is, and what a report does not allow of YAML.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::diagnostic::Position;

/// A place and the number of characters to mark from there on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub position: Position,
    pub length: usize,
}

/// The place of a value, and of its key where it has one.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: Option<Mark>,
    value: Mark,
}

/// Something that YAML allows and a report does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub mark: Mark,
    pub message: String,
    pub hint: String,
}

/// JSON pointer (`/questions/0/title`) → place.
#[derive(Debug, Default, Clone)]
pub struct Positions {
    places: BTreeMap<String, Place>,
    /// Keys that are given twice, merge keys, tags, keys that are lists, further documents.
    pub refused: Vec<Refusal>,
}

impl Positions {
    /// Places of a YAML text; of a broken one, the places before the break.
    pub fn of(text: &str) -> Self {
        let mut positions = Self::default();
        let mut open: Vec<Container> = Vec::new();
        let mut documents = 0;
        let lines: Vec<&str> = text.lines().collect();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            let mark = mark(&span);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let message = "the file holds more than one YAML document";
                        positions.refuse(
                            mark,
                            message,
                            "keep one, and remove the line `---` before it",
                        );
                        break; // a second document would write over the places of the first
                    }
                }
                Event::Scalar(content, style, _, tag) => {
                    positions.check_tag(mark, tag.as_deref());
                    // A block text begins in the line below its `|`.
                    let mark = match style {
                        ScalarStyle::Literal | ScalarStyle::Folded => Mark { length: 1, ..mark },
                        _ => mark,
                    };
                    let waits_for_key =
                        matches!(open.last(), Some(Container::Mapping { key: None, .. }));
                    if waits_for_key {
                        positions.open_key(&mut open, &content, mark);
                    } else {
                        positions.value(&mut open, mark);
                    }
                }
                Event::Alias(_) => {
                    positions.value(&mut open, mark);
                }
                Event::SequenceStart(_, tag) => {
                    positions.check_tag(mark, tag.as_deref());
                    let pointer = positions.value(&mut open, mark);
                    open.push(Container::Sequence { pointer, next: 0 });
                }
                Event::MappingStart(_, tag) => {
                    positions.check_tag(mark, tag.as_deref());
                    let pointer = positions.value(&mut open, mark);
                    open.push(Container::Mapping { pointer, key: None });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(container) = open.pop() {
                        positions.close(container.pointer(), &span, &lines);
                    }
                }
                _ => {}
            }
        }
        positions
    }

    /// The place of the value at `pointer`, or of the nearest value round it.
    pub fn value_at(&self, pointer: &str) -> Option<Mark> {
        self.nearest(pointer).map(|place| place.value)
    }

    /// The place of the key at `pointer`, or of its value where it has no key.
    pub fn key_at(&self, pointer: &str) -> Option<Mark> {
        self.nearest(pointer)
            .map(|place| place.key.unwrap_or(place.value))
    }

    /// Whether the text has a value at `pointer` itself.
    pub fn has(&self, pointer: &str) -> bool {
        self.places.contains_key(pointer)
    }

    fn nearest(&self, pointer: &str) -> Option<Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(*place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    fn refuse(&mut self, mark: Mark, message: impl Into<String>, hint: impl Into<String>) {
        self.refused.push(Refusal {
            mark,
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// Tags of YAML's own types are understood, others are not.
    fn check_tag(&mut self, mark: Mark, tag: Option<&Tag>) {
        const KNOWN: [&str; 7] = ["str", "int", "float", "bool", "null", "seq", "map"];
        let Some(tag) = tag else { return };
        if !tag.is_yaml_core_schema() || !KNOWN.contains(&tag.suffix.as_str()) {
            let handle = match tag.is_yaml_core_schema() {
                true => "!!",
                false => tag.handle.as_str(),
            };
            let message = format!("unknown tag `{handle}{}`", tag.suffix);
            self.refuse(mark, message, "remove the tag");
        }
    }

    fn open_key(&mut self, open: &mut [Container], name: &str, mark: Mark) {
        let Some(Container::Mapping { pointer, key }) = open.last_mut() else {
            return;
        };
        *key = Some((name.to_owned(), mark));
        let child = format!("{pointer}/{}", escape(name));
        if name == "<<" {
            let hint = "write the merged keys out here";
            self.refuse(mark, "merge keys (`<<`) are not supported", hint);
        } else if let Some(first) = self.places.get(&child) {
            let line = first.key.unwrap_or(first.value).position.line;
            let hint = format!("remove one of the two; the first is in line {line}");
            self.refuse(mark, format!("the key `{name}` is given twice"), hint);
        }
    }

    /// Notes a value and returns its pointer.
    fn value(&mut self, open: &mut [Container], mark: Mark) -> String {
        let (pointer, key) = match open.last_mut() {
            None => (String::new(), None),
            Some(Container::Sequence { pointer, next }) => {
                *next += 1;
                (format!("{pointer}/{}", *next - 1), None)
            }
            Some(Container::Mapping { pointer, key }) => match key.take() {
                Some((name, place)) => (format!("{pointer}/{}", escape(&name)), Some(place)),
                None => {
                    let pointer = format!("{pointer}/"); // no key of a report is empty
                    *key = Some((String::new(), mark)); // its value comes next
                    let hint = "a key is one word, such as `title: …`";
                    self.refuse(mark, "a key cannot be a list, a mapping or an alias", hint);
                    return pointer;
                }
            },
        };
        self.places
            .insert(pointer.clone(), Place { key, value: mark });
        pointer
    }

    /// A list or mapping in brackets that ends in its line is marked as a whole.
    fn close(&mut self, pointer: &str, end: &Span, lines: &[&str]) {
        let Some(place) = self.places.get_mut(pointer) else {
            return;
        };
        let start = place.value.position;
        let Some(line) = lines.get(start.line.saturating_sub(1)) else {
            return;
        };
        let is = |column: usize, brackets: [char; 2]| {
            let at = line.chars().nth(column - 1);
            at.is_some_and(|c| brackets.contains(&c))
        };
        let last = end.start.col() + 1;
        if end.start.line() == start.line && is(start.column, ['[', '{']) && is(last, [']', '}']) {
            place.value.length = (last + 1).saturating_sub(start.column).max(1);
        }
    }
}

/// The parser counts columns from 0. A span over several lines is marked at its first character.
fn mark(span: &Span) -> Mark {
    let position = Position {
        line: span.start.line(),
        column: span.start.col() + 1,
    };
    let length = if span.end.line() == span.start.line() {
        span.end.col().saturating_sub(span.start.col())
    } else {
        1
    };
    Mark {
        position,
        length: length.max(1),
    }
}

enum Container {
    Sequence {
        pointer: String,
        next: usize,
    },
    Mapping {
        pointer: String,
        key: Option<(String, Mark)>,
    },
}

impl Container {
    fn pointer(&self) -> &str {
        match self {
            Self::Sequence { pointer, .. } | Self::Mapping { pointer, .. } => pointer,
        }
    }
}

/// A key as a part of a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: usize, column: usize, length: usize) -> Option<Mark> {
        let position = Position { line, column };
        Some(Mark { position, length })
    }

    #[test]
    fn finds_keys_and_values() {
        let positions = Positions::of("a: 1\n照片:\n  - x y\n  - {b: [1, 22]} # z\n");
        assert_eq!(positions.value_at("/a"), marked(1, 4, 1));
        assert_eq!(positions.key_at("/照片"), marked(2, 1, 2));
        assert_eq!(positions.value_at("/照片/0"), marked(3, 5, 3));
        assert_eq!(positions.value_at("/照片/1"), marked(4, 5, 12));
        assert_eq!(positions.value_at("/照片/1/b/1"), marked(4, 13, 2));
        let around = positions.value_at("/照片/1/b/7");
        assert_eq!(around, marked(4, 9, 7), "the nearest value round it");
    }

    #[test]
    fn texts_over_several_lines_are_marked_at_their_start() {
        let positions = Positions::of("a: |\n  one\n  two\nb: \"x\n  y\"\nc:\n  d: 1\n");
        assert_eq!(positions.value_at("/a"), marked(2, 3, 1));
        assert_eq!(positions.value_at("/b"), marked(4, 4, 1));
        assert_eq!(positions.value_at("/c"), marked(7, 3, 1));
    }

    fn refused(text: &str) -> Vec<(String, usize, usize)> {
        let of = |refusal: &Refusal| {
            let Position { line, column } = refusal.mark.position;
            (refusal.message.clone(), line, column)
        };
        Positions::of(text).refused.iter().map(of).collect()
    }

    #[test]
    fn refuses_what_a_report_does_not_allow() {
        let one = |message: &str, line, column| vec![(message.to_owned(), line, column)];
        assert_eq!(refused("a: 1\nb: &x {c: 2}\nd: *x\n---\n").len(), 1);
        assert_eq!(
            refused("a: 1\nb: 2\na: 3\n"),
            one("the key `a` is given twice", 3, 1)
        );
        assert_eq!(
            refused("a: &x {b: 1}\nc:\n  <<: *x\n"),
            one("merge keys (`<<`) are not supported", 3, 3)
        );
        assert_eq!(refused("a: !b 1\n"), one("unknown tag `!b`", 1, 4));
        assert_eq!(
            refused("a: !!python/object x\n"),
            one("unknown tag `!!python/object`", 1, 4)
        );
        assert_eq!(refused("a: !!str 1\n"), []);
        let complex = "a key cannot be a list, a mapping or an alias";
        assert_eq!(refused("? [a, b]\n: c\nd: 1\n"), one(complex, 1, 3));
        assert_eq!(
            refused("a: 1\n---\nb: 2\n"),
            one("the file holds more than one YAML document", 2, 1)
        );
    }
}
