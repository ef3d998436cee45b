//! The words of the report in each language: `templates/strings.yaml`, `templates/methods/*.yaml` (of a method)
//! and `templates/results/*.yaml` (of a kind of result).

use std::collections::BTreeMap;

use super::format;
use super::message::{Argument, Message};

/// Keys of this file stand alone: `contents`.
const GENERAL: &str = include_str!("../../templates/strings.yaml");

// `TABLES`: a method or a kind of result each; its keys stand behind its name: `saliency.caption`.
include!(concat!(env!("OUT_DIR"), "/strings.rs"));

/// The languages of the tables, by their BCP 47 names.
pub const LANGUAGES: [&str; 2] = ["en", "zh-TW"];

/// Language → key → text, as the files have it.
type Table = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Debug, thiserror::Error)]
pub enum StringsError {
    #[error("there is no language `{language}`; choose one of {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
    UnknownLanguage {
        language: String,
        known: &'static [&'static str],
    },
    #[error("`templates/{file}` is not a table of strings: {source}")]
    Table {
        file: String,
        source: serde_yaml::Error,
    },
}

/// All texts of one language.
#[derive(Debug, Clone)]
pub struct Strings {
    language: &'static str,
    texts: BTreeMap<String, String>,
}

impl Strings {
    /// `zh`, `zh-Hant` and `zh-Hant-TW` mean `zh-TW`; `en-GB` and the like mean `en`.
    pub fn new(language: &str) -> Result<Self, StringsError> {
        let language = known(language).ok_or_else(|| StringsError::UnknownLanguage {
            language: language.to_owned(),
            known: &LANGUAGES,
        })?;
        let mut texts = BTreeMap::new();
        for (method, mut table) in tables()? {
            for (key, text) in table.remove(language).unwrap_or_default() {
                // Block texts end with a line break; a separator's own space stays.
                texts.insert(
                    full_key(method, &key),
                    text.trim_end_matches('\n').to_owned(),
                );
            }
        }
        Ok(Self { language, texts })
    }

    /// BCP 47, for the `lang` attribute.
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// A text without placeholders; a key that no table has comes back itself, so that it is seen.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// Whether the tables have `key`.
    pub fn has(&self, key: &str) -> bool {
        self.texts.contains_key(key)
    }

    /// The message with its arguments filled in; a placeholder without argument stays as it is.
    pub fn text(&self, message: &Message) -> String {
        match message {
            Message::Literal(text) => text.clone(),
            Message::Keyed { key, arguments } => {
                let values: Vec<(&str, String)> = arguments
                    .iter()
                    .map(|(name, value)| (name.as_ref(), self.argument(value)))
                    .collect();
                fill(self.get(key), &values)
            }
        }
    }

    /// Numbers formatted, messages translated, lists joined.
    pub fn argument(&self, argument: &Argument) -> String {
        match argument {
            Argument::Text(text) => text.clone(),
            Argument::Count(number) => format::count(*number),
            Argument::Number(value, digits) => format::number(*value, *digits),
            Argument::Percent(share, digits) => format::percent(*share, *digits),
            Argument::Scientific(value) => format::scientific(*value),
            Argument::Message(message) => self.text(message),
            Argument::List(messages) => {
                let texts: Vec<String> = messages.iter().map(|each| self.text(each)).collect();
                texts.join(self.get("list_separator"))
            }
        }
    }
}

/// The name in [`LANGUAGES`] that `language` stands for.
fn known(language: &str) -> Option<&'static str> {
    let lower = language.to_ascii_lowercase().replace('_', "-");
    match lower.as_str() {
        "zh" | "zh-tw" | "zh-hant" | "zh-hant-tw" => Some("zh-TW"),
        "en" => Some("en"),
        _ if lower.starts_with("en-") => Some("en"),
        _ => None,
    }
}

/// Every table with the method it belongs to; the general one has an empty name.
fn tables() -> Result<Vec<(&'static str, Table)>, StringsError> {
    let mut tables = vec![("", parse("strings.yaml", GENERAL)?)];
    for (name, file, source) in TABLES {
        tables.push((name, parse(file, source)?));
    }
    Ok(tables)
}

fn parse(file: &str, source: &str) -> Result<Table, StringsError> {
    serde_yaml::from_str(source).map_err(|source| StringsError::Table {
        file: file.to_owned(),
        source,
    })
}

fn full_key(method: &str, key: &str) -> String {
    if method.is_empty() {
        key.to_owned()
    } else {
        format!("{method}.{key}")
    }
}

/// Puts the values into the `{name}`s of `template` in one pass: braces in a value stay as they are.
/// `{name|photo|photos}` gives the first word where the value is 1, else the second.
fn fill(template: &str, values: &[(&str, String)]) -> String {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.match_indices('{')
            .filter_map(|(at, _)| placeholder(&text[at..]))
            .collect()
    }

    #[test]
    fn every_language_has_the_same_keys_and_placeholders() {
        for (method, table) in tables().unwrap() {
            let names: Vec<&str> = table.keys().map(String::as_str).collect();
            assert_eq!(names, LANGUAGES, "languages of the table `{method}`");
            let english = &table["en"];
            for (language, texts) in &table {
                let keys = |texts: &BTreeMap<String, String>| -> Vec<String> {
                    texts.keys().map(|key| full_key(method, key)).collect()
                };
                assert_eq!(keys(texts), keys(english), "keys in {language}");
                for (key, text) in texts {
                    let name = full_key(method, key);
                    assert!(!text.trim().is_empty(), "{language}: `{name}` is empty");
                    assert_eq!(
                        placeholders(text),
                        placeholders(&english[key]),
                        "placeholders of `{name}` in {language}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_method_has_title_reading_and_misleading() {
        for language in LANGUAGES {
            let strings = Strings::new(language).unwrap();
            let methods = TABLES
                .iter()
                .filter(|(_, file, _)| file.starts_with("methods/"));
            for (method, ..) in methods {
                for key in ["title", "reading", "misleading"] {
                    let key = full_key(method, key);
                    assert!(strings.has(&key), "{language}: `{key}`");
                }
            }
        }
    }

    #[test]
    fn languages_go_by_several_names() {
        for (name, language) in [
            ("zh", "zh-TW"),
            ("zh-Hant", "zh-TW"),
            ("zh-tw", "zh-TW"),
            ("en-GB", "en"),
            ("en", "en"),
        ] {
            assert_eq!(Strings::new(name).unwrap().language(), language);
        }
        let error = Strings::new("tlh").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no language `tlh`; choose one of `en`, `zh-TW`"
        );
        assert!(
            Strings::new("zh-CN").is_err(),
            "simplified characters are another script"
        );
    }

    #[test]
    fn messages_are_filled_and_lists_joined() {
        let strings = Strings::new("zh-TW").unwrap();
        let failed = Message::new("method_failed")
            .with("method", "{reason}")
            .with(
                "reason",
                vec![
                    Message::new("points").with("points", Argument::Number(2.5, 1)),
                    Message::literal("乙"),
                ],
            );
        assert_eq!(strings.text(&failed), "{reason}無法完成：2.5 分、乙");
    }

    #[test]
    fn what_is_missing_is_shown() {
        let strings = Strings::new("en").unwrap();
        assert_eq!(strings.text(&Message::new("nothing.here")), "nothing.here");
        assert_eq!(strings.text(&Message::new("figure")), "Figure {number}");
        assert_eq!(fill("{a} {b {a}} {", &[("a", "1".to_owned())]), "1 {b 1} {");
    }
}
