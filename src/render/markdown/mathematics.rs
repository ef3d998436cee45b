//! Formulas as GitHub reads them.

use pulldown_cmark::{Event, Parser};

use crate::report::prose::OPTIONS;

/// GitHub reads `$x$` only where no letter stands beside a dollar sign, and a Chinese character is a letter: there
/// ``$`x`$`` is written, which it reads everywhere.
pub(super) fn mathematics(markdown: &str) -> String {
    let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let mut written = String::with_capacity(markdown.len());
    let mut done = 0;
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        let Event::InlineMath(formula) = event else {
            continue;
        };
        let before = markdown[..range.start].chars().next_back();
        let after = markdown[range.end..].chars().next();
        if !(is_letter(before) || is_letter(after)) || formula.contains('`') || range.start < done {
            continue;
        }
        written.push_str(&markdown[done..range.start]);
        // The source, which in a table has a backslash before `|`.
        let source = &markdown[range.start + 1..range.end - 1];
        written.push_str(&format!("$`{source}`$"));
        done = range.end;
    }
    written + &markdown[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_beside_letters_are_written_so_that_github_reads_them() {
        let cases = [
            ("令 $x_1$ 為", "令 $x_1$ 為"),
            ("令$x_1$為，$y$。", "令$`x_1`$為，$y$。"),
            ("（$a*b$）", "（$a*b$）"),
            ("`$x$`的 $$y$$", "`$x$`的 $$y$$"),
            ("3 $ 4 $", "3 $ 4 $"),
            ("的$`x`$", "的$`x`$"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(mathematics(markdown), expected);
        }
    }
}
