//! The words of the report in each language. English and zh-TW stand in `templates/strings.yaml`,
//! `templates/methods/*.yaml` (of a method) and `templates/results/*.yaml` (of a kind of result), side by side for those
//! who write methods; every other language is a file in `templates/languages/`, as a user's own words are.

use std::collections::BTreeMap;

use super::format;
use super::language::{LANGUAGES, known};
use super::message::{Argument, Message};
use super::placeholders::{fill, placeholders};

/// Keys of this file stand alone: `contents`.
const GENERAL: &str = include_str!("../../templates/strings.yaml");

// `TABLES`: a method or a kind of result each; its keys stand behind its name: `saliency.caption`.
include!(concat!(env!("OUT_DIR"), "/strings.rs"));

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

#[cfg(test)]
#[path = "strings_tests.rs"]
mod tests;
