//! Where every key and value of a YAML file stands.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

use crate::diagnostic::Position;

/// The place of a value, and of its key where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub key: Option<Position>,
    pub value: Position,
}

/// JSON pointer (`/questions/0/title`) → place.
#[derive(Debug, Default)]
pub struct Positions {
    places: BTreeMap<String, Place>,
    /// Keys that stand twice in one mapping: pointer and place of the second.
    pub duplicates: Vec<(String, Position)>,
}

impl Positions {
    /// Places of a YAML text; of a broken one, the places before the break.
    pub fn of(text: &str) -> Self {
        let mut positions = Self::default();
        let mut open: Vec<Container> = Vec::new();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            let at = Position {
                line: span.start.line(),
                column: span.start.col() + 1,
            };
            match event {
                Event::Scalar(content, ..) => {
                    let waits_for_key =
                        matches!(open.last(), Some(Container::Mapping { key: None, .. }));
                    if waits_for_key {
                        positions.open_key(&mut open, &content, at);
                    } else {
                        positions.value(&mut open, at);
                    }
                }
                Event::Alias(_) => {
                    positions.value(&mut open, at);
                }
                Event::SequenceStart(..) => {
                    let pointer = positions.value(&mut open, at);
                    open.push(Container::Sequence { pointer, next: 0 });
                }
                Event::MappingStart(..) => {
                    let pointer = positions.value(&mut open, at);
                    open.push(Container::Mapping { pointer, key: None });
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                }
                _ => {}
            }
        }
        positions
    }

    /// The place of the value at `pointer`, or of the nearest value round it.
    pub fn value_at(&self, pointer: &str) -> Option<Position> {
        self.nearest(pointer).map(|place| place.value)
    }

    /// The place of the key at `pointer`, or of its value where it has no key.
    pub fn key_at(&self, pointer: &str) -> Option<Position> {
        self.nearest(pointer)
            .map(|place| place.key.unwrap_or(place.value))
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

    fn open_key(&mut self, open: &mut [Container], name: &str, at: Position) {
        if let Some(Container::Mapping { pointer, key }) = open.last_mut() {
            let child = format!("{pointer}/{}", escape(name));
            if self.places.contains_key(&child) {
                self.duplicates.push((child, at));
            }
            *key = Some((name.to_owned(), at));
        }
    }

    /// Notes a value and returns its pointer.
    fn value(&mut self, open: &mut [Container], at: Position) -> String {
        let (pointer, key) = match open.last_mut() {
            None => (String::new(), None),
            Some(Container::Sequence { pointer, next }) => {
                *next += 1;
                (format!("{pointer}/{}", *next - 1), None)
            }
            Some(Container::Mapping { pointer, key }) => match key.take() {
                Some((name, place)) => (format!("{pointer}/{}", escape(&name)), Some(place)),
                None => (pointer.clone(), None), // a mapping as a key: refused later, by serde
            },
        };
        self.places
            .insert(pointer.clone(), Place { key, value: at });
        pointer
    }
}

enum Container {
    Sequence {
        pointer: String,
        next: usize,
    },
    Mapping {
        pointer: String,
        key: Option<(String, Position)>,
    },
}

/// A key as a part of a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys_and_values() {
        let positions = Positions::of("a: 1\n照片:\n  - x\n  - {b: [1, 22]}\n");
        let at = |line, column| Some(Position { line, column });
        assert_eq!(positions.value_at("/a"), at(1, 4));
        assert_eq!(positions.key_at("/a"), at(1, 1));
        assert_eq!(positions.value_at("/照片/0"), at(3, 5));
        assert_eq!(positions.value_at("/照片/1/b/1"), at(4, 13));
        assert_eq!(
            positions.value_at("/照片/1/b/7"),
            at(4, 9),
            "the nearest value round it"
        );
    }

    #[test]
    fn notes_a_key_that_stands_twice() {
        let positions = Positions::of("a: 1\nb: 2\na: 3\n");
        assert_eq!(
            positions.duplicates,
            [("/a".to_owned(), Position { line: 3, column: 1 })]
        );
    }
}
