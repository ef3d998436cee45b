//! The words of the report in each language. English and zh-TW stand in `templates/strings.yaml`,
//! `templates/methods/*.yaml` (of a method) and `templates/results/*.yaml` (of a kind of result), side by side for those
//! who write methods; every other language is a file in `templates/languages/`, as a user's own words are.

use std::collections::{BTreeMap, BTreeSet};

use super::format;
use super::message::{Argument, Message};

/// Keys of this file stand alone: `contents`.
const GENERAL: &str = include_str!("../../templates/strings.yaml");

// `TABLES`: a method or a kind of result each; its keys stand behind its name: `saliency.caption`.
include!(concat!(env!("OUT_DIR"), "/strings.rs"));

/// The languages that are built in, by their BCP 47 names.
pub const LANGUAGES: [&str; 4] = ["en", "ja", "zh-CN", "zh-TW"];

/// Those that are a file of their own: full key → text.
const FILES: [(&str, &str, &str); 2] = [
    (
        "ja",
        "languages/ja.yaml",
        include_str!("../../templates/languages/ja.yaml"),
    ),
    (
        "zh-CN",
        "languages/zh-CN.yaml",
        include_str!("../../templates/languages/zh-CN.yaml"),
    ),
];

/// Language → key → text, as the files have it.
type Table = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Debug, thiserror::Error)]
pub enum StringsError {
    #[error("there is no language `{language}`; choose one of {}, or give its words with `strings: {language}.yaml`", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))]
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
    language: String,
    texts: BTreeMap<String, String>,
}

/// What is wrong with a word that a user gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    #[error("there is no word `{key}`")]
    UnknownKey { key: String },
    #[error("nothing is known of `{{{name}}}` here")]
    UnknownPlaceholder { name: String, known: Vec<String> },
    #[error("the text is empty")]
    Empty,
}

impl Strings {
    /// `zh`, `zh-Hant` and `zh-Hant-TW` mean `zh-TW`, `zh-Hans` means `zh-CN`; `en-GB` and the like mean `en`.
    pub fn new(language: &str) -> Result<Self, StringsError> {
        let language = known(language).ok_or_else(|| StringsError::UnknownLanguage {
            language: language.to_owned(),
            known: &LANGUAGES,
        })?;
        let texts = match FILES.iter().find(|(name, ..)| *name == language) {
            Some((_, file, source)) => parse(file, source)?,
            None => in_tables(language)?,
        };
        Ok(Self {
            language: language.to_owned(),
            texts,
        })
    }

    /// A language that is not built in, which begins with the words of English.
    pub fn other(language: &str) -> Result<Self, StringsError> {
        Ok(Self {
            language: language.to_owned(),
            ..Self::new("en")?
        })
    }

    /// Puts a user's word in the place of ours.
    pub fn replace(&mut self, key: &str, text: &str) -> Result<(), WordError> {
        let Some(ours) = self.texts.get_mut(key) else {
            return Err(WordError::UnknownKey {
                key: key.to_owned(),
            });
        };
        if text.trim().is_empty() {
            return Err(WordError::Empty);
        }
        let known = placeholders(ours);
        if let Some(name) = placeholders(text).difference(&known).next() {
            return Err(WordError::UnknownPlaceholder {
                name: (*name).to_owned(),
                known: known.into_iter().map(str::to_owned).collect(),
            });
        }
        text.trim_end_matches('\n').clone_into(ours);
        Ok(())
    }

    /// Every key and its text, in the order of the keys.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter();
        texts.map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// BCP 47, for the `lang` attribute.
    pub fn language(&self) -> &str {
        &self.language
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

/// Whether a text could be the BCP 47 name of a language: words of letters and digits, with `-` between them.
pub fn is_language(name: &str) -> bool {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default();
    let is_word = |word: &str| {
        (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && words.all(is_word)
}

/// The name in [`LANGUAGES`] that `language` stands for.
pub fn known(language: &str) -> Option<&'static str> {
    let lower = language.to_ascii_lowercase().replace('_', "-");
    match lower.as_str() {
        "zh" | "zh-tw" | "zh-hant" | "zh-hant-tw" => Some("zh-TW"),
        "zh-cn" | "zh-hans" | "zh-hans-cn" | "zh-sg" => Some("zh-CN"),
        "ja" | "ja-jp" => Some("ja"),
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

/// The words of a language that stands in the tables, by their full keys.
fn in_tables(language: &str) -> Result<BTreeMap<String, String>, StringsError> {
    let mut texts = BTreeMap::new();
    for (method, mut table) in tables()? {
        for (key, text) in table.remove(language).unwrap_or_default() {
            // Block texts end with a line break; a separator's own space stays.
            let text = text.trim_end_matches('\n').to_owned();
            texts.insert(full_key(method, &key), text);
        }
    }
    Ok(texts)
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, source: &str) -> Result<T, StringsError> {
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

/// The names of what is filled in, also where only a plural hangs on it.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let names = text.match_indices('{').filter_map(|(at, _)| {
        let inside = text[at + 1..].split('}').next()?;
        placeholder(&text[at..]).or_else(|| match inside.split('|').collect::<Vec<_>>()[..] {
            [name, _, _] => Some(name),
            _ => None,
        })
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_keys_and_placeholders() {
        for (name, table) in tables().unwrap() {
            let languages: Vec<&str> = table.keys().map(String::as_str).collect();
            assert_eq!(
                languages,
                ["en", "zh-TW"],
                "languages of the table `{name}`"
            );
        }
        let english = Strings::new("en").unwrap();
        for language in LANGUAGES {
            let other = Strings::new(language).unwrap();
            let keys =
                |strings: &Strings| -> Vec<String> { strings.texts.keys().cloned().collect() };
            assert_eq!(keys(&other), keys(&english), "keys in {language}");
            for (key, text) in other.all() {
                assert!(!text.trim().is_empty(), "{language}: `{key}` is empty");
                assert_eq!(
                    placeholders(text),
                    placeholders(english.get(key)),
                    "placeholders of `{key}` in {language}"
                );
            }
        }
    }

    #[test]
    fn own_words_take_the_place_of_ours() {
        let mut strings = Strings::new("en").unwrap();
        strings.replace("contents", "In this report\n").unwrap();
        assert_eq!(strings.get("contents"), "In this report");
        strings.replace("figure", "Fig. {number}").unwrap();
        let unknown = strings.replace("contentz", "x").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no word `contentz`");
        let unfilled = strings.replace("figure", "Fig. {count}").unwrap_err();
        assert_eq!(unfilled.to_string(), "nothing is known of `{count}` here");
        assert_eq!(strings.replace("figure", " "), Err(WordError::Empty));
        assert_eq!(strings.get("figure"), "Fig. {number}");
    }

    #[test]
    fn names_of_languages_are_known_by_their_form() {
        for name in ["fr", "pt-BR", "sr-Latn-RS", "es-419"] {
            assert!(is_language(name), "{name}");
        }
        for name in ["", "f", "my words", "fr_FR", "../fr", "fr-"] {
            assert!(!is_language(name), "{name}");
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
            ("zh-Hans", "zh-CN"),
            ("zh-cn", "zh-CN"),
            ("ja", "ja"),
        ] {
            assert_eq!(Strings::new(name).unwrap().language(), language);
        }
        let error = Strings::new("tlh").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no language `tlh`; choose one of `en`, `ja`, `zh-CN`, `zh-TW`, or give its words with `strings: tlh.yaml`"
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
