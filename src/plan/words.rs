//! The words of the report: those of a built-in language, with the user's own in their place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::resolve;
use crate::diagnostic::{Diagnostic, nearest};
use crate::fs;
use crate::spec::{Document, Spec, escape};
use crate::words::Strings;
use crate::words::language::{is_language, known};
use crate::words::strings::WordError;

/// The words, and what is not wrong with the user's own and still should be known; or nothing and one more fault.
pub(super) fn strings(
    document: &Document,
    spec: &Spec,
    base: &Path,
    faults: &mut Vec<Diagnostic>,
) -> Option<(Strings, Vec<Diagnostic>)> {
    let language = spec.language.trim();
    let built_in = known(language).is_some();
    let begun = match spec.strings.is_some() && !built_in && is_language(language) {
        true => Strings::other(language),
        false => Strings::new(language),
    };
    let mut strings = match begun {
        Ok(strings) => strings,
        Err(error) => {
            faults.push(document.error("/language", error.to_string(), ""));
            return None;
        }
    };
    let Some(named) = &spec.strings else {
        return Some((strings, Vec::new()));
    };
    let file = file_of(&resolve(base, named), language, strings.language());
    let own = fs::read_to_string(&file).map(|text| Document::new(&file, text));
    let own = match own {
        Ok(own) => own,
        Err(error) => {
            let hint = "a YAML file of `key: text`, or a folder with such a file for each language, such as `fr.yaml`; `cnn-report words` prints one to begin with";
            faults.push(document.error("/strings", error.to_string(), hint));
            return None;
        }
    };
    let given = match own.content() {
        Ok(Value::Object(given)) => given,
        Ok(Value::Null) => serde_json::Map::new(),
        Ok(_) => {
            let message = "expected a mapping of words (`contents: Sommaire`)";
            faults.push(own.error("", message, ""));
            return None;
        }
        Err(more) => {
            faults.extend(more);
            return None;
        }
    };
    let before = faults.len();
    for (key, value) in &given {
        faults.extend(replaced(&own, &mut strings, key, value));
    }
    if faults.len() > before {
        return None;
    }
    let warnings = match built_in {
        true => Vec::new(),
        false => missing(&file, &strings, &given.keys().map(String::as_str).collect()),
    };
    Some((strings, warnings))
}

/// The file itself, or that of the language in a folder.
pub(super) fn file_of(named: &Path, language: &str, canonical: &str) -> PathBuf {
    match fs::is_folder(named) {
        true => {
            let of = |language: &str| named.join(format!("{language}.yaml"));
            // By the name that the report uses, else by the one that stands in `lang`.
            match of(language).exists() {
                true => of(language),
                false => of(canonical),
            }
        }
        false => named.to_owned(),
    }
}

/// Puts one word in the place of ours; what is wrong with it.
fn replaced(own: &Document, strings: &mut Strings, key: &str, value: &Value) -> Option<Diagnostic> {
    let pointer = format!("/{}", escape(key));
    let Value::String(text) = value else {
        let message = "expected a string".to_owned();
        let hint = match value {
            Value::Object(words) if words.values().all(Value::is_string) => {
                let name = words.keys().next().map_or("title", String::as_str);
                format!("write `{key}.{name}: …`, each word by its full key")
            }
            _ => "write the text in quotation marks".to_owned(),
        };
        return Some(own.key_error(&pointer, message, hint));
    };
    let error = strings.replace(key, text).err()?;
    let hint = match &error {
        WordError::UnknownKey { key } => {
            match nearest(key, strings.all().map(|(known, _)| known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`cnn-report words` lists what there is".to_owned(),
            }
        }
        WordError::UnknownPlaceholder { known, .. } if known.is_empty() => {
            "nothing is filled in here".to_owned()
        }
        WordError::UnknownPlaceholder { known, .. } => {
            let known: Vec<String> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
            format!("what is filled in here: {}", known.join(", "))
        }
        WordError::Empty => "leave the line out to keep our word".to_owned(),
    };
    Some(match &error {
        WordError::UnknownPlaceholder { name, .. } => {
            own.text_error(&pointer, &format!("{{{name}"), error.to_string(), hint)
        }
        WordError::UnknownKey { .. } | WordError::Empty => {
            own.key_error(&pointer, error.to_string(), hint)
        }
    })
}

/// Words that a language lacks; they stay English.
fn missing(file: &Path, strings: &Strings, given: &BTreeSet<&str>) -> Vec<Diagnostic> {
    /// More are counted and not named.
    const NAMED: usize = 20;
    let all = strings.all().count();
    let missing = strings.all().map(|(key, _)| key);
    let missing: Vec<&str> = missing.filter(|key| !given.contains(key)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let named: Vec<String> = missing
        .iter()
        .take(NAMED)
        .map(|key| format!("`{key}`"))
        .collect();
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "`{}` lacks {} of {all} words, which stay English: {}{more}",
        strings.language(),
        missing.len(),
        named.join(", ")
    );
    let hint = "`cnn-report words` prints all of them".to_owned();
    let file = file.display().to_string();
    vec![Diagnostic::error(&file, None, message, hint).as_warning()]
}
