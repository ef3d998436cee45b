//! Texts that code puts together out of texts: `a = torch.format("{}{}", a, a)` in a loop doubles one each round. Networks
//! make texts for messages of errors only, of one or two others.

use std::collections::BTreeMap;

use super::tokens::{DOT, OPEN, Token};

/// Texts within texts within texts; messages of PyTorch's own modules have two.
const MOST_LEVELS: usize = 4;

/// Variables are mostly written before they are read, so that two rounds settle a function.
const MOST_ROUNDS: usize = 64;

const ASSIGN: Token = Token::Sign(b'=');

/// `Err` says what the code does.
pub fn check(tokens: &[Token]) -> Result<(), String> {
    let begins: Vec<usize> = (0..tokens.len())
        .filter(|at| tokens[*at] == Token::Word("def"))
        .chain([tokens.len()])
        .collect();
    let functions = begins.windows(2).map(|ends| &tokens[ends[0]..ends[1]]);
    functions
        .map(made)
        .all(|made| settles(&made))
        .then_some(())
        .ok_or_else(|| "puts texts together out of texts again and again".to_owned())
}

/// A variable, what it is made of, and how many levels more than that it has.
type Made<'t> = (&'t str, Vec<&'t str>, usize);

/// Variables that are texts put together, or another variable.
fn made<'t>(tokens: &[Token<'t>]) -> Vec<Made<'t>> {
    let mut made = Vec::new();
    for at in 1..tokens.len() {
        let (Token::Word(name), ASSIGN) = (tokens[at - 1], tokens[at]) else {
            continue;
        };
        match &tokens[at + 1..] {
            [
                Token::Word("torch"),
                DOT,
                Token::Word("format"),
                OPEN,
                rest @ ..,
            ] => {
                made.push((name, arguments(rest), 1));
            }
            [Token::Word(other), next @ ..] if !matches!(next.first(), Some(&DOT | &OPEN)) => {
                made.push((name, vec![*other], 0));
            }
            _ => {}
        }
    }
    made
}

/// The words up to the bracket that closes.
fn arguments<'t>(tokens: &[Token<'t>]) -> Vec<&'t str> {
    let mut open = 1usize;
    let inside = tokens.iter().take_while(|token| {
        match token {
            Token::Sign(b'(') => open += 1,
            Token::Sign(b')') => open -= 1,
            _ => {}
        }
        open > 0
    });
    inside
        .filter_map(|token| match token {
            Token::Word(word) => Some(*word),
            _ => None,
        })
        .collect()
}

/// Whether no text has more levels than are let through, however often the function's loops run.
fn settles(made: &[Made]) -> bool {
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let mut changed = false;
        for (name, of, more) in made {
            let below = of.iter().filter_map(|word| levels.get(word)).max();
            let level = below.copied().unwrap_or(0) + more;
            if level > MOST_LEVELS {
                return false;
            }
            let known = levels.entry(name).or_insert(0);
            changed |= level > *known;
            *known = level.max(*known);
        }
        if !changed {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn of(body: &str) -> Result<(), String> {
        let text = format!("def forward(self: __torch__.A, x: Tensor):\n{body}");
        check(&tokens(&text).unwrap())
    }

    #[test]
    fn a_text_that_is_made_of_itself_is_refused() {
        for body in [
            "  for i in range(40):\n    a = torch.format(\"{}{}\", a, a)\n",
            "  for i in range(40):\n    b = torch.format(\"{}{}\", a, a)\n    a = b\n",
            "  for i in range(40):\n    a = torch.format(\"{}\", [b, (b)])\n    b = torch.format(\"{}\", a)\n",
        ] {
            let said = of(body).expect_err(body);
            assert!(said.contains("again and again"), "{said}");
        }
        let ladder: String = (0..40)
            .map(|at| format!("  a{} = torch.format(\"{{}}{{}}\", a{at}, a{at})\n", at + 1))
            .collect();
        assert!(of(&ladder).is_err());
    }

    /// Each function has variables of its own.
    #[test]
    fn messages_of_errors_are_let_through() {
        let message = "  _0 = torch.format(\"{}\", _1)\n  m = torch.format(\"Error: {}\", _0)\n";
        let other = "def g(x: Tensor):\n  _1 = torch.format(\"{}\", _0)\n";
        assert_eq!(of(&format!("{message}{other}")), Ok(()));
        assert_eq!(of("  x = y\n  y = x\n"), Ok(()));
    }
}
