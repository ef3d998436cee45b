//! From YAML to JSON, with every fault in plain words.

use serde_json::{Map, Number, Value};
use serde_yaml::Value as Yaml;

use super::escape;
use super::source::Source;
use crate::diagnostic::{Diagnostic, Position};

impl Source {
    /// The YAML as JSON, `None` of an empty text; and the numbers in it that JSON does not have.
    pub fn read(&self) -> Result<(Option<Value>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let refused = self.positions.refused.iter();
        let refused =
            refused.map(|it| self.error_in(Some(it.mark), it.message.as_str(), it.hint.as_str()));
        let refused: Vec<_> = refused.collect();
        match refused.is_empty() {
            true => of_text(self).map_err(|fault| vec![fault]),
            false => Err(refused),
        }
    }
}

/// The text as JSON, `None` of an empty one, and the numbers in it that JSON does not have; or why it cannot be read.
fn of_text(source: &Source) -> Result<(Option<Value>, Vec<Diagnostic>), Diagnostic> {
    let yaml: Yaml = serde_yaml::from_str(&source.text).map_err(|error| broken(source, &error))?;
    let mut faults = Vec::new();
    let value = (!yaml.is_null()).then(|| json(source, &yaml, "", &mut faults));
    Ok((value, faults))
}

fn json(source: &Source, yaml: &Yaml, pointer: &str, faults: &mut Vec<Diagnostic>) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(on) => Value::Bool(*on),
        Yaml::String(text) => Value::String(text.clone()),
        Yaml::Number(number) => number_json(number).unwrap_or_else(|| {
            let message = format!("expected a finite number, found `{number}`");
            faults.push(source.error(pointer, message));
            Value::Null
        }),
        Yaml::Sequence(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| json(source, item, &format!("{pointer}/{index}"), faults))
                .collect()
        }
        Yaml::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = key_text(key);
                let pointer = format!("{pointer}/{}", escape(&key));
                let value = json(source, value, &pointer, faults);
                (key, value)
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        // Tags other than those of YAML's own types are refused before.
        Yaml::Tagged(tagged) => json(source, &tagged.value, pointer, faults),
    }
}

/// `None` for numbers that are not finite.
fn number_json(number: &serde_yaml::Number) -> Option<Value> {
    let whole = number.as_u64().map(Number::from);
    let whole = whole.or_else(|| number.as_i64().map(Number::from));
    let number = whole.or_else(|| number.as_f64().and_then(Number::from_f64))?;
    Some(Value::Number(number))
}

/// A key that YAML reads as a number or a truth value is the word that was written. Lists and mappings as
/// keys are refused before.
fn key_text(key: &Yaml) -> String {
    match key {
        Yaml::String(text) => text.clone(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Bool(on) => on.to_string(),
        Yaml::Null => "null".to_owned(),
        Yaml::Tagged(tagged) => key_text(&tagged.value),
        Yaml::Sequence(_) | Yaml::Mapping(_) => String::new(),
    }
}

/// What the YAML reader says, and what a user reads: message and hint.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "did not find expected ',' or ']'",
        "a list that starts with `[` is not closed",
        "separate its items by commas and end it with `]`",
    ),
    (
        "did not find expected ',' or '}'",
        "a mapping that starts with `{` is not closed",
        "separate its entries by commas and end it with `}`",
    ),
    (
        "mapping values are not allowed",
        "a `:` is not allowed here",
        "put a text that contains `: ` into quotation marks; or correct the indentation",
    ),
    (
        "did not find expected key",
        "this line does not continue the mapping above",
        "indent it like the keys above; or put a text with quotation marks in it into a pair of them as a whole",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not continue the list above",
        "begin it with `- `, indented like the items above",
    ),
    (
        "could not find expected ':'",
        "this line has a key without a `:`",
        "write `key: value`; or indent the line as part of the text above",
    ),
    (
        "block sequence entries are not allowed",
        "an item of a list (`- `) is not allowed here",
        "begin the list on the line below its key",
    ),
    (
        "found unexpected end of stream",
        "the quotation mark that opens this text is not closed",
        "end the text with the same quotation mark",
    ),
    (
        "found character that cannot start any token",
        "a value cannot begin with this character",
        "put the value into quotation marks",
    ),
    (
        "found a tab character",
        "a tab indents this line",
        "indent with spaces",
    ),
    (
        "found unknown escape character",
        "unknown escape in a text in double quotation marks",
        "write `\\\\` for a backslash, or use single quotation marks",
    ),
    (
        "found undefined tag handle",
        "unknown tag",
        "put the value into quotation marks if it begins with `!`",
    ),
    (
        "unknown anchor",
        "this alias (`*name`) has no anchor (`&name`) above it",
        "put the value into quotation marks if it begins with `*`",
    ),
    (
        "control characters are not allowed",
        "the file holds a control character",
        "remove it, or write it as an escape in double quotation marks",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "`*` and `&` begin an alias or anchor, and no name follows",
        "put the value into quotation marks",
    ),
    (
        "expected any YAML value",
        "this number has more digits than a number here can hold",
        "put it into quotation marks if it is a text; no key takes such a number",
    ),
    (
        "recursion limit exceeded",
        "lists and mappings are nested too deeply",
        "",
    ),
    (
        "repetition limit exceeded",
        "aliases (`*name`) repeat too much text",
        "write the values out",
    ),
];

fn broken(source: &Source, error: &serde_yaml::Error) -> Diagnostic {
    let mut position = error.location().map(|place| Position {
        line: place.line(),
        column: place.column(),
    });
    if let Some(tab) = position.and_then(|at| indenting_tab(&source.text, at.line)) {
        return source.error_at(
            Some(tab),
            1,
            "a tab indents this line",
            "indent with spaces",
        );
    }
    let text = error.to_string();
    // An open bracket or quotation mark is at fault where it opens, not where the file ends.
    let opened = ["while parsing a flow ", "while scanning a quoted scalar"];
    if let Some(context) = opened.iter().find_map(|begin| text.split_once(begin)) {
        position = place_in(context.1).or(position);
    }
    let told = text.split(" at line ").next().unwrap_or_default();
    match FAULTS.iter().find(|(begin, ..)| told.contains(begin)) {
        Some((_, message, hint)) => source.error_at(position, 1, *message, *hint),
        None => source.error_at(position, 1, format!("this is not YAML: {told}"), ""),
    }
}

/// `… at line 3 column 5`
fn place_in(text: &str) -> Option<Position> {
    let (_, place) = text.split_once("at line ")?;
    let (line, column) = place.split_once(" column ")?;
    let column = column.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(Position {
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

/// The first tab in the indentation of a line, or of the nearest line above that is not blank: the reader
/// may notice the tab one line late.
fn indenting_tab(text: &str, line: usize) -> Option<Position> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let mut nearest = lines.iter().enumerate().rev();
    let written = |(_, line): &(usize, &&str)| !line.trim().is_empty();
    nearest
        .by_ref()
        .filter(written)
        .take(2)
        .find_map(|(index, line)| {
            let indentation = line.chars().take_while(|c| c.is_whitespace());
            let column = indentation.enumerate().find(|(_, c)| *c == '\t')?.0;
            Some(Position {
                line: index + 1,
                column: column + 1,
            })
        })
}
