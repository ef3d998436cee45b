//! Sentences with arguments, before they are put into a language.

use std::borrow::Cow;

/// A sentence of the string tables (`templates/strings.yaml`, `templates/methods/*.yaml`) with its
/// arguments, or a literal that is the same in every language.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Literal(String),
    Keyed {
        key: Cow<'static, str>,
        arguments: Vec<(Cow<'static, str>, Argument)>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    Text(String),
    Count(usize),
    /// A number and its digits after the point.
    Number(f64, usize),
    /// 0..1, shown as a percentage and its digits after the point.
    Percent(f64, usize),
    /// Shown with three significant digits, in scientific notation where very large or small.
    Scientific(f64),
    Message(Message),
    /// Joined by the language's list separator.
    List(Vec<Message>),
}

impl Message {
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self::Keyed {
            key: key.into(),
            arguments: Vec::new(),
        }
    }

    pub fn literal(text: impl Into<String>) -> Self {
        Self::Literal(text.into())
    }

    /// Adds one argument; on a literal it changes nothing.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Argument>) -> Self {
        if let Self::Keyed { arguments, .. } = &mut self {
            arguments.push((name.into(), value.into()));
        }
        self
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Argument {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<Message> for Argument {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Vec<Message>> for Argument {
    fn from(list: Vec<Message>) -> Self {
        Self::List(list)
    }
}
