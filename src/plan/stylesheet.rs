//! A user's style sheet: it may not load anything, and may not end the element that it stands in.
//!
//! The page's Content Security Policy lets nothing be loaded in any case; what is found here is told before, with its
//! place, instead of a page that looks otherwise than its author meant.

use crate::diagnostic::Position;

/// Something that a style sheet may not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub position: Position,
    pub length: usize,
    pub message: String,
    pub hint: &'static str,
}

/// Functions that load what they name.
const LOADING: [&str; 6] = [
    "url",
    "src",
    "image",
    "image-set",
    "-webkit-image-set",
    "cross-fade",
];

/// Everything that it may not hold, in order.
pub(super) fn refused(text: &str) -> Vec<Refused> {
    let mut found = Vec::new();
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    // Open functions: whether each loads what it names.
    let mut open: Vec<bool> = Vec::new();
    while at < characters.len() {
        let start = at;
        match characters[at] {
            '/' if characters.get(at + 1) == Some(&'*') => {
                at = behind(&characters, at + 2, &['*', '/']);
            }
            quote @ ('"' | '\'') => {
                let content = string(&characters, &mut at, quote);
                if open.last() == Some(&true) && !is_data(&content) {
                    found.push(refuse(&characters, start, at, "loads"));
                }
            }
            '<' if is_closing_tag(&characters[at..]) => {
                at += 1;
                found.push(Refused {
                    message: "`</style` would end the page's style sheet".to_owned(),
                    hint: "write `<\\/style` in a string",
                    ..refuse(&characters, start, start + 7, "")
                });
            }
            '@' => {
                at += 1;
                let name = identifier(&characters, &mut at);
                if name.eq_ignore_ascii_case("import") {
                    found.push(Refused {
                        message: "`@import` loads another style sheet".to_owned(),
                        hint: "put its text into this file",
                        ..refuse(&characters, start, at, "")
                    });
                }
            }
            '(' => {
                open.push(false);
                at += 1;
            }
            ')' => {
                open.pop();
                at += 1;
            }
            character if is_of_name(character) => {
                let name = identifier(&characters, &mut at);
                if characters.get(at) != Some(&'(') {
                    continue;
                }
                at += 1;
                let loads = LOADING.iter().any(|each| name.eq_ignore_ascii_case(each));
                open.push(loads);
                if name.eq_ignore_ascii_case("url") {
                    // Without quotation marks it is one token up to the bracket.
                    while characters.get(at).is_some_and(|c| c.is_whitespace()) {
                        at += 1;
                    }
                    if !matches!(characters.get(at), Some('"' | '\'')) {
                        let from = at;
                        while characters.get(at).is_some_and(|c| *c != ')') {
                            at += 1;
                        }
                        let content: String = characters[from..at].iter().collect();
                        if !is_data(&content) {
                            found.push(refuse(&characters, start, at + 1, "loads"));
                        }
                    }
                }
            }
            _ => at += 1,
        }
    }
    found
}

fn is_data(address: &str) -> bool {
    let address = address.trim_start();
    // An address within the page loads nothing.
    address.starts_with('#')
        || address
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

fn is_closing_tag(rest: &[char]) -> bool {
    let start: String = rest.iter().take(7).collect();
    start.eq_ignore_ascii_case("</style")
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '\\') || !character.is_ascii()
}

/// Escapes of a name stand for their characters: `u\72l` is `url`.
fn identifier(characters: &[char], at: &mut usize) -> String {
    let mut name = String::new();
    while let Some(&character) = characters.get(*at) {
        match character {
            '\\' => name.extend(escaped(characters, at)),
            character if is_of_name(character) => {
                name.push(character);
                *at += 1;
            }
            _ => break,
        }
    }
    name
}

/// The character that a backslash and what follows stand for; none at the end of a line.
fn escaped(characters: &[char], at: &mut usize) -> Option<char> {
    *at += 1; // the backslash
    let mut digits = String::new();
    while let Some(digit) = characters.get(*at).filter(|c| c.is_ascii_hexdigit())
        && digits.len() < 6
    {
        digits.push(*digit);
        *at += 1;
    }
    if digits.is_empty() {
        let next = characters.get(*at).copied();
        *at += 1;
        return next.filter(|next| *next != '\n');
    }
    if characters.get(*at).is_some_and(|c| c.is_whitespace()) {
        *at += 1; // one space ends the digits
    }
    u32::from_str_radix(&digits, 16)
        .ok()
        .and_then(char::from_u32)
}

/// The content of a string, and `at` behind it. One that is not closed ends with its line.
fn string(characters: &[char], at: &mut usize, quote: char) -> String {
    *at += 1;
    let mut content = String::new();
    while let Some(&character) = characters.get(*at) {
        match character {
            '\\' => content.extend(escaped(characters, at)),
            '\n' => break,
            _ if character == quote => {
                *at += 1;
                break;
            }
            '<' if is_closing_tag(&characters[*at..]) => break, // told where the reading goes on
            _ => {
                content.push(character);
                *at += 1;
            }
        }
    }
    content
}

/// Behind the next `end`, or the end of the text.
fn behind(characters: &[char], from: usize, end: &[char]) -> usize {
    let rest = characters.get(from..).unwrap_or_default();
    let found = rest.windows(end.len()).position(|window| window == end);
    // A comment hides its text from CSS, not from the HTML that it stands in.
    let tag = rest
        .iter()
        .enumerate()
        .position(|(index, _)| is_closing_tag(&rest[index..]));
    match (found, tag) {
        (Some(found), Some(tag)) if tag < found => from + tag,
        (Some(found), _) => from + found + end.len(),
        (None, Some(tag)) => from + tag,
        (None, None) => characters.len(),
    }
}

fn refuse(characters: &[char], start: usize, end: usize, what: &str) -> Refused {
    let before = &characters[..start];
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    let text: String = characters[start..end.min(characters.len())]
        .iter()
        .collect();
    let shown: String = text.chars().take(60).collect();
    Refused {
        position: Position { line, column },
        length: text.lines().next().unwrap_or_default().chars().count(),
        message: format!(
            "`{}` {what} something",
            shown.lines().next().unwrap_or_default()
        ),
        hint: "the page is one file: put it in as `url(data:…)`, or leave it out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let refused = refused(text).into_iter();
        refused
            .map(|one| {
                let at = one.position;
                format!("{}:{} {}", at.line, at.column, one.message)
            })
            .collect()
    }

    #[test]
    fn what_loads_is_refused_however_it_is_written() {
        assert_eq!(
            told("a { color: red }\n b { background: url(x.png) }"),
            ["2:18 `url(x.png)` loads something"]
        );
        assert_eq!(
            told("b { background: URL( 'https://x.org/a.png' ) }"),
            ["1:22 `'https://x.org/a.png'` loads something"]
        );
        assert_eq!(told(r"b { background: u\72l(x.png) }").len(), 1);
        assert_eq!(told(r"b { background: \75 rl(x.png) }").len(), 1);
        assert_eq!(
            told("@import 'x.css';"),
            ["1:1 `@import` loads another style sheet"]
        );
        assert_eq!(told(r"@\69mport 'x.css';").len(), 1);
        assert_eq!(
            told("@font-face { src: url(f.woff2) format('woff2') }").len(),
            1
        );
        assert_eq!(
            told("b { background: image-set('a.png' 1x, url('b.png') 2x) }").len(),
            2
        );
        assert_eq!(
            told("a::after { content: '</style><script>' }"),
            ["1:22 `</style` would end the page's style sheet"]
        );
        assert_eq!(told("/* </STYLE > */").len(), 1);
    }

    #[test]
    fn what_loads_nothing_may_stand() {
        for text in [
            "b { background: url(data:image/png;base64,AA==) }",
            "b { background: url( \"data:image/svg+xml,%3Csvg/%3E\" ) }",
            "b { filter: url(#pale) }",
            "/* url(x.png) @import */ b { content: 'url(x.png)' }",
            "b { width: calc((1px + 2px) * 3); color: rgb(1 2 3) }",
            "b { font: 1rem \"A, B\"; content: \"\\201C\" }",
        ] {
            assert_eq!(refused(text), [], "{text}");
        }
    }
}
