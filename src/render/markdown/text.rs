//! Plain text and paths as they must be written in Markdown.

use crate::render::sentence_parts;

/// Plain text that shows as it is: no emphasis, link, code, HTML or table border comes of it, nor one of GitHub's
/// small pictures: of `:cat:`, which no escape prevents, only a tag round the colon.
pub(super) fn plain(text: &str) -> String {
    let text = plain_attribute(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(colon) = rest.find(':') {
        let behind = &rest[colon + 1..];
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "_+-\\".contains(character);
        let word = behind.len() - behind.trim_start_matches(is_part).len();
        let is_shortcode = word > 0 && behind[word..].starts_with(':');
        shown.push_str(&rest[..colon]);
        shown.push_str(if is_shortcode { "<span>:</span>" } else { ":" });
        rest = behind;
    }
    shown + rest
}

/// A sentence of the program: plain but for what stands between two backticks, which is code.
pub(super) fn line(text: &str) -> String {
    let parts = sentence_parts(text).into_iter();
    let shown = parts.map(|(part, is_code)| match is_code {
        true => inline_code(part),
        // What stands at its ends is not in the way of words.
        false => {
            let (start, end) = (part.len() - part.trim_start().len(), part.trim_end().len());
            match part.get(start..end) {
                Some(words) => format!("{}{}{}", &part[..start], plain(words), &part[end..]),
                None => part.to_owned(), // blanks only
            }
        }
    });
    shown.collect()
}

/// As [`plain`], for the description of a picture, where a tag would be shown and GitHub replaces nothing.
pub(super) fn plain_attribute(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::with_capacity(text.len());
    let mark = list_mark(&text);
    for (at, character) in text.char_indices() {
        if Some(at) == mark {
            escaped.push('\\');
        }
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '^' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Offset of the character that would make a list of a line: `-`, `+`, or the point behind a number.
fn list_mark(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (mark, after) = text[digits..].split_at_checked(1)?;
    let is_mark = if digits > 0 {
        matches!(mark, "." | ")")
    } else {
        matches!(mark, "-" | "+")
    };
    (is_mark && (after.is_empty() || after.starts_with(' '))).then_some(digits)
}

/// A code span that may stand in a table: as many backticks around as the text needs, and no `|`, which
/// would end the cell even there.
pub(super) fn code(text: &str) -> String {
    inline_code(&text.replace('|', "\\|"))
}

/// Code in a line that is no cell of a table.
fn inline_code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return String::new();
    }
    let longest = text
        .split(|each| each != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A relative path as a link destination: everything but letters, digits and `-._~/` as `%XX`.
pub(super) fn path(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_code_between_backticks() {
        assert_eq!(
            line("a_b: give more `most_x` or `one|two`, ` *left*"),
            "a\\_b: give more `most_x` or `one|two`, \\` \\*left\\*"
        );
    }

    #[test]
    fn plain_text_comes_back_from_a_parser() {
        let text = "a*b* _c_ `d` [e](f) <b>g</b> &amp; h|i ~~j~~ \\ #k $l$ 圖";
        let mut shown = String::new();
        for event in pulldown_cmark::Parser::new_ext(&plain(text), pulldown_cmark::Options::all()) {
            if let pulldown_cmark::Event::Text(text) = event {
                shown.push_str(&text);
            }
        }
        assert_eq!(shown, text);
        assert_eq!(plain("a\n b"), "a b");
        assert_eq!(plain("a:cat:b 1:2"), "a<span>:</span>cat:b 1:2");
        assert_eq!(plain("x:+1:y"), "x<span>:</span>+1:y");
        assert_eq!(plain_attribute("a:cat:"), "a:cat:");
        assert_eq!(plain("1. a"), "1\\. a");
        assert_eq!(plain("- a"), "\\- a");
        assert_eq!(plain("1.5 -a"), "1.5 -a");
    }

    #[test]
    fn code_is_fenced_by_more_backticks_than_it_has() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("`a``b"), "``` `a``b ```");
        assert_eq!(code("a|b"), "`a\\|b`");
    }

    #[test]
    fn paths_are_encoded() {
        assert_eq!(
            path("報 告_files/a(1).png"),
            "%E5%A0%B1%20%E5%91%8A_files/a%281%29.png"
        );
    }
}
