//! Lists as spreadsheets, pandas and people write them: path and label on each line.
//!
//! Fields may be quoted as RFC 4180 says. A line is a record: a line feed within quotes is not read, so
//! that a quote which is not closed spoils one line and not the rest of the file.

use std::path::Path;

use csv::{ReaderBuilder, Trim};

use super::listing::{Listing, beside};
use crate::diagnostic::Position;

pub(super) const SEPARATORS: [u8; 3] = *b"\t,;";

/// Lines that decide about a file's separator.
const LINES_COMPARED: usize = 100;

/// Headings of the two columns, in small letters.
pub(super) const PATH_HEADINGS: [&str; 13] = [
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "image_id",
    "img",
    "photo",
];
const LABEL_HEADINGS: [&str; 10] = [
    "label",
    "labels",
    "class",
    "class_name",
    "class_id",
    "category",
    "target",
    "truth",
    "group",
    "species",
];

/// What a line holds.
enum Line {
    Photo { path: String, label: String },
    NoLabel,
    TooManyColumns(Vec<String>),
    OpenQuote,
}

pub(super) fn read(listing: &mut Listing, file: &Path, text: &str) {
    let lines = text.lines().enumerate();
    let lines: Vec<(usize, &str)> = lines
        .map(|(index, line)| (index + 1, line.trim_matches([' ', '\r'])))
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let separator = separator(lines.iter().map(|(_, line)| *line));
    let exists = |path: &str| beside(file, path).exists();
    let mut is_first = true;
    let mut label_comes_first = false;
    for (number, line) in lines {
        let at = Position {
            line: number,
            column: 1,
        };
        let parsed = parse(line, separator, &exists);
        if line.starts_with('#') {
            let names_a_photo = matches!(&parsed, Line::Photo { path, .. } if exists(path));
            if !names_a_photo {
                continue; // a comment
            }
        }
        let was_first = std::mem::replace(&mut is_first, false);
        match parsed {
            Line::Photo { path, label } => {
                if was_first && !exists(&path) && !listing.knows(&label) {
                    let headings = (path.to_lowercase(), label.to_lowercase());
                    if PATH_HEADINGS.contains(&headings.0.as_str())
                        || LABEL_HEADINGS.contains(&headings.1.as_str())
                    {
                        continue;
                    }
                    if LABEL_HEADINGS.contains(&headings.0.as_str())
                        && PATH_HEADINGS.contains(&headings.1.as_str())
                    {
                        label_comes_first = true;
                        continue;
                    }
                }
                let (path, label) = match label_comes_first {
                    true => (label, path),
                    false => (path, label),
                };
                listing.photo(beside(file, &path), &label, at);
            }
            wrong => report(listing, line, wrong, &exists, at),
        }
    }
}

fn report(
    listing: &mut Listing,
    line: &str,
    wrong: Line,
    exists: &dyn Fn(&str) -> bool,
    at: Position,
) {
    let (kind, message, hint) = match wrong {
        Line::Photo { .. } => return,
        Line::NoLabel => (
            "lines without a label",
            format!("`{line}` has no label"),
            "separate path and label by a comma, semicolon or tab".to_owned(),
        ),
        Line::OpenQuote => (
            "lines with an open quote",
            format!("a quote is not closed in `{line}`"),
            "a field begins and ends with `\"`, and a `\"` inside it is doubled".to_owned(),
        ),
        Line::TooManyColumns(fields) => {
            let file = fields.iter().position(|field| exists(field));
            let named = file.map_or(String::new(), |at| {
                format!("; the file is named in column {}", at + 1)
            });
            (
                "lines with more than two columns",
                format!("`{line}` has {} columns", fields.len()),
                format!("use two columns, path and label{named}"),
            )
        }
    };
    listing.faults.add(kind, Some(at), message, hint);
}

/// The one that makes two columns of most lines; the first of [`SEPARATORS`] of equals.
fn separator<'a>(lines: impl Iterator<Item = &'a str>) -> u8 {
    let lines: Vec<&str> = lines
        .filter(|line| !line.starts_with('#'))
        .take(LINES_COMPARED)
        .collect();
    let pairs = |separator: u8| {
        let is_pair = |line: &&&str| fields(line, separator).len() == 2;
        lines.iter().filter(is_pair).count()
    };
    let columns = |separator: u8| {
        let is_split = |line: &&&str| fields(line, separator).len() > 2;
        lines.iter().filter(is_split).count()
    };
    // `max_by_key` gives the last of equals.
    let best = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|separator| (pairs(*separator), columns(*separator)));
    best.unwrap_or(b',')
}

/// The fields of a line, without spaces around them and without empty ones at the end.
pub(super) fn fields(line: &str, separator: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(Trim::All)
        .buffer_capacity(line.len() + 1)
        .from_reader(line.as_bytes());
    // Reading from memory never fails, and the line is UTF-8.
    let record = reader.records().next().and_then(Result::ok);
    let mut fields: Vec<String> = record
        .iter()
        .flat_map(|record| record.iter().map(str::to_owned))
        .collect();
    while fields.last().is_some_and(String::is_empty) {
        fields.pop();
    }
    fields
}

fn parse(line: &str, separator: u8, exists: &dyn Fn(&str) -> bool) -> Line {
    let is_quoted = |separator: u8| {
        line.starts_with('"') || line.contains(&format!("{}\"", char::from(separator)))
    };
    if is_quoted(separator) && line.matches('"').count() % 2 == 1 {
        return Line::OpenQuote;
    }
    let found = fields(line, separator);
    if let [path, label] = found.as_slice() {
        return match path.is_empty() {
            true => Line::NoLabel,
            false => Line::Photo {
                path: path.clone(),
                label: label.clone(),
            },
        };
    }
    if found.len() > 2 {
        // A path may hold the separator without quotes.
        return match line.rsplit_once(char::from(separator)) {
            Some((path, label)) if exists(path.trim()) => Line::Photo {
                path: path.trim().to_owned(),
                label: label.trim().to_owned(),
            },
            _ => Line::TooManyColumns(found),
        };
    }
    let others = SEPARATORS.into_iter().filter(|other| *other != separator);
    let pair = |other: u8| <[String; 2]>::try_from(fields(line, other)).ok();
    match others.into_iter().find_map(pair) {
        Some([path, label]) if !path.is_empty() => Line::Photo { path, label },
        _ => Line::NoLabel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(line: &str, separator: u8, files: &[&str]) -> Option<(String, String)> {
        match parse(line, separator, &|path| files.contains(&path)) {
            Line::Photo { path, label } => Some((path, label)),
            _ => None,
        }
    }

    #[test]
    fn quotes_are_those_of_rfc_4180() {
        let pair = |path: &str, label: &str| Some((path.to_owned(), label.to_owned()));
        assert_eq!(
            photo(r#""a,b.png","cat, domestic""#, b',', &[]),
            pair("a,b.png", "cat, domestic")
        );
        assert_eq!(
            photo(r#""5"" disc.png",cat"#, b',', &[]),
            pair("5\" disc.png", "cat")
        );
        assert_eq!(
            photo(r#"5" disc.png,cat"#, b',', &[]),
            pair("5\" disc.png", "cat")
        );
        assert!(matches!(
            parse(r#""a.png,cat"#, b',', &|_| false),
            Line::OpenQuote
        ));
    }

    #[test]
    fn a_path_may_hold_the_separator_where_the_file_exists() {
        let found = photo("a, b.png , cat", b',', &["a, b.png"]);
        assert_eq!(found, Some(("a, b.png".to_owned(), "cat".to_owned())));
        assert!(photo("a, b.png, cat", b',', &[]).is_none());
    }

    #[test]
    fn the_separator_makes_two_columns_of_most_lines() {
        assert_eq!(separator(["a,b.png;cat", "c.png;dog"].into_iter()), b';');
        assert_eq!(separator(["a,b.png\tcat", "c.png\tdog"].into_iter()), b'\t');
        assert_eq!(separator(["a;b.png,cat", "c.png,dog"].into_iter()), b',');
        assert_eq!(separator(["0,a.png,cat", "1,b.png,dog"].into_iter()), b',');
        assert_eq!(
            photo("c.png\tdog", b',', &[]),
            Some(("c.png".into(), "dog".into()))
        );
    }
}
