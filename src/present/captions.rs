//! Captions of a method with its own parameters in them.

use serde_json::Value;

use super::Task;
use crate::words::{Argument, Message};

impl Task<'_> {
    /// The method's own text `key`. It may have variants: `caption_fourier` is taken where some parameter is
    /// `fourier`, or where `words` of the presenter has that word; the first that there is. Every parameter can
    /// stand in it by its name; a parameter that is a word is replaced by the text `<parameter>_<word>`, where
    /// the method has one.
    pub(super) fn own_text(&self, key: &str, words: &[&str]) -> Message {
        let of_parameters = self.parameters.values().filter_map(Value::as_str);
        let variants = words.iter().copied().chain(of_parameters);
        let variants = variants.map(|variant| self.own_key(&format!("{key}_{variant}")));
        let key = variants
            .flatten()
            .next()
            .unwrap_or_else(|| format!("{}.{key}", self.method));
        let mut message = Message::new(key);
        for (name, value) in self.parameters {
            message = message.with(name.clone(), self.in_words(name, value));
        }
        message
    }

    /// The method's own text `key` where it has one, else the text `common` of its kind of result.
    pub(super) fn own_or(&self, key: &str, common: &'static str) -> Message {
        self.own_key(key)
            .map_or_else(|| Message::new(common), Message::new)
    }

    fn own_key(&self, key: &str) -> Option<String> {
        let key = format!("{}.{key}", self.method);
        self.strings.has(&key).then_some(key)
    }

    fn in_words(&self, name: &str, value: &Value) -> Argument {
        match value {
            Value::String(word) => match self.own_key(&format!("{name}_{word}")) {
                Some(key) => Argument::Message(Message::new(key)),
                None => Argument::Text(word.clone()),
            },
            Value::Number(number) => Argument::Text(match number.as_f64() {
                Some(value) if number.is_f64() => value.to_string(),
                _ => number.to_string(),
            }),
            // A list of words, or of words and others.
            Value::Array(list) if list.iter().any(Value::is_string) => {
                let each = list.iter().map(|one| match self.in_words(name, one) {
                    Argument::Message(message) => message,
                    Argument::Text(text) => Message::Literal(text),
                    _ => Message::Literal(one.to_string()),
                });
                Argument::List(each.collect())
            }
            other => Argument::Text(other.to_string()),
        }
    }
}

impl Message {
    /// The same with one argument replaced or added, so that a presenter can say more than the parameter does.
    pub(super) fn saying(self, name: &'static str, value: impl Into<Argument>) -> Self {
        match self {
            Self::Keyed { key, mut arguments } => {
                arguments.retain(|(known, _)| known != name);
                arguments.push((name.into(), value.into()));
                Self::Keyed { key, arguments }
            }
            literal @ Self::Literal(_) => literal,
        }
    }
}
