//! What is filled into a text: `{name}`, and `{name|photo|photos}` by a number.

use std::collections::BTreeSet;

/// Puts the values into the `{name}`s of `template` in one pass: braces in a value stay as they are.
/// `{name|photo|photos}` gives the first word where the value is 1, else the second.
pub fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(brace) = rest.find('{') {
        filled.push_str(&rest[..brace]);
        rest = &rest[brace..];
        let value =
            placeholder(rest).and_then(|name| values.iter().find(|(given, _)| *given == name));
        let length = match (value, plural(rest, values)) {
            (Some((name, text)), _) => {
                filled.push_str(text);
                name.len() + 2
            }
            (None, Some((word, length))) => {
                filled.push_str(word);
                length
            }
            (None, None) => {
                filled.push('{');
                1
            }
        };
        rest = &rest[length..];
    }
    filled + rest
}

/// The word that `{name|one|more}` at the start of `text` stands for, and the bytes of the whole.
fn plural<'a>(text: &'a str, values: &[(&str, String)]) -> Option<(&'a str, usize)> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let (name, words) = inside.split_once('|')?;
    let (one, more) = words.split_once('|')?;
    let (_, value) = values.iter().find(|(given, _)| *given == name)?;
    let word = if value == "1" { one } else { more };
    Some((word, inside.len() + 2))
}

/// The name that `text` begins with, as `{name}`: lower-case letters, digits and underscores.
fn placeholder(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (!name.is_empty() && name.bytes().all(word)).then_some(name)
}

/// The names of what is filled in, also where only a plural hangs on it.
pub fn placeholders(text: &str) -> BTreeSet<&str> {
    let names = text.match_indices('{').filter_map(|(at, _)| {
        let inside = text[at + 1..].split('}').next()?;
        placeholder(&text[at..]).or_else(|| match inside.split('|').collect::<Vec<_>>()[..] {
            [name, _, _] => Some(name),
            _ => None,
        })
    });
    names.collect()
}
