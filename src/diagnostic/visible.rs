//! Text from files, made safe to print: a terminal obeys control characters.

use std::borrow::Cow;

/// The text with every control character written as an escape, `\u{1b}` or `\n`, so that it stays on its
/// line and changes neither the terminal's colours nor the direction of writing.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, |c| c.escape_default().to_string())
}

/// JSON with the control characters that JSON allows in strings escaped as well.
pub(super) fn in_json(json: &str) -> Cow<'_, str> {
    escaped(json, is_hidden, |c| format!("\\u{:04x}", u32::from(c)))
}

fn escaped(text: &str, hidden: fn(char) -> bool, escape: fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            safe += &escape(c);
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Control characters, line and paragraph separators, and the marks that reorder text (Unicode's
/// bidirectional controls, CVE-2021-42574).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(
            visible("a\u{1b}[31mb\nc\u{9b}d"),
            "a\\u{1b}[31mb\\nc\\u{9b}d"
        );
        assert_eq!(visible("\u{202e}x"), "\\u{202e}x");
        assert!(matches!(visible("貓 — ok"), Cow::Borrowed("貓 — ok")));
        assert_eq!(in_json("\"\u{9b}\u{7f}\""), "\"\\u009b\\u007f\"");
    }
}
