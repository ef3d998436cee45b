//! A value with the way in which it is shown.

use serde::{Deserialize, Serialize};

use crate::words::Argument;

/// A value that a text can quote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Quantity {
    Text(String),
    Count(usize),
    /// 0..1, shown as a percentage.
    Share(Share),
    Number(f64),
}

/// 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share(pub f64);

/// What can stand behind the second colon of `{value:name:format}`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FormatError {
    #[error(
        "unknown format `{0}`; expected `percent`, `number`, `scientific` or `count`, the first two with a point and the digits behind it, such as `percent.0`"
    )]
    Unknown(String),
    #[error("the value is a text, which has no format")]
    OfText,
}

/// Digits after the point where the format does not say how many.
const DIGITS: usize = 2;
const DIGITS_OF_PERCENT: usize = 1;

impl Quantity {
    pub fn share(share: f64) -> Self {
        Self::Share(Share(share))
    }

    /// As text in the value's own way, for lists.
    pub fn plain(&self) -> Argument {
        self.argument(None).unwrap_or(Argument::Text(String::new()))
    }

    /// As it is shown: in its own way, or as `format` says.
    pub fn argument(&self, format: Option<&str>) -> Result<Argument, FormatError> {
        let number = match self {
            Self::Text(text) => {
                return match format {
                    None => Ok(Argument::Text(text.clone())),
                    Some(_) => Err(FormatError::OfText),
                };
            }
            Self::Count(count) => *count as f64,
            Self::Share(Share(number)) | Self::Number(number) => *number,
        };
        let Some(format) = format else {
            return Ok(match self {
                Self::Count(count) => Argument::Count(*count),
                Self::Share(_) => Argument::Percent(number, DIGITS_OF_PERCENT),
                Self::Text(_) | Self::Number(_) => Argument::Scientific(number),
            });
        };
        let (name, digits) = match format.split_once('.') {
            Some((name, digits)) => (name, Some(digits.parse::<usize>())),
            None => (format, None),
        };
        const MOST_DIGITS: usize = 15;
        match (name, digits) {
            ("percent", None) => Ok(Argument::Percent(number, DIGITS_OF_PERCENT)),
            ("number", None) => Ok(Argument::Number(number, DIGITS)),
            ("percent", Some(Ok(digits @ 0..=MOST_DIGITS))) => {
                Ok(Argument::Percent(number, digits))
            }
            ("number", Some(Ok(digits @ 0..=MOST_DIGITS))) => Ok(Argument::Number(number, digits)),
            ("scientific", None) => Ok(Argument::Scientific(number)),
            ("count", None) if number >= 0.0 => Ok(Argument::Count(number.round() as usize)),
            _ => Err(FormatError::Unknown(format.to_owned())),
        }
    }

    /// Whether a format is one, whatever the value.
    pub fn check_format(format: &str) -> Result<(), FormatError> {
        Self::Number(0.0).argument(Some(format)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_in_its_own_way_or_as_asked_for() {
        let share = Quantity::share(0.9771);
        assert_eq!(share.argument(None), Ok(Argument::Percent(0.9771, 1)));
        assert_eq!(
            share.argument(Some("percent.0")),
            Ok(Argument::Percent(0.9771, 0))
        );
        assert_eq!(
            share.argument(Some("number.3")),
            Ok(Argument::Number(0.9771, 3))
        );
        let count = Quantity::Count(159);
        assert_eq!(count.argument(None), Ok(Argument::Count(159)));
        let text = Quantity::Text("lemon".to_owned());
        assert_eq!(text.argument(Some("percent")), Err(FormatError::OfText));
        for wrong in ["percentage", "percent.x", "percent.99", "number.-1", ""] {
            assert!(Quantity::check_format(wrong).is_err(), "{wrong}");
        }
    }
}
