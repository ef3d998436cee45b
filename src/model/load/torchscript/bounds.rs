//! How deep code of TorchScript may nest, so that libtorch's parser, which calls itself for each level,
//! keeps within its stack, and how often a loop may run.

use super::tokens::{DOT, OPEN, Token, literal};

/// Brackets within brackets; PyTorch writes about ten.
const DEEPEST: usize = 100;

/// Columns that a line begins with, two for each block.
const WIDEST_INDENT: usize = 100;

/// Operators and dots between two commas: each is a level of the tree. Names of modules have about ten.
const LONGEST_CHAIN: usize = 200;

/// Branches of one text that begin with `elif`: each lies within the one before.
const MOST_ELIF: usize = 100;

const MOST_TIMES: u64 = 10_000;

pub fn check_depth(text: &str) -> Result<(), String> {
    let too_deep = || Err("nests deeper than the code of a network does".to_owned());
    // What is counted of each open bracket, the text itself first.
    let mut chains = vec![0_usize];
    let mut elif = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let mut length = 1;
        let chain = chains.len() - 1;
        match byte {
            b'#' => length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            b'"' | b'\'' => length = literal(rest)?,
            b'(' | b'[' | b'{' => {
                chains[chain] += 1;
                chains.push(0);
            }
            b')' | b']' | b'}' if chain > 0 => drop(chains.pop()),
            b',' => chains[chain] = 0,
            b'\n' => {
                let indent = rest[1..].iter().take_while(|b| b.is_ascii_whitespace());
                // Within brackets lines begin where they like.
                if chain == 0 {
                    chains[0] = 0;
                    if indent.take_while(|b| **b != b'\n').count() > WIDEST_INDENT {
                        return too_deep();
                    }
                }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
                length = rest.iter().position(|b| !word(b)).unwrap_or(rest.len());
                match &rest[..length] {
                    b"elif" => elif += 1,
                    b"not" | b"and" | b"or" | b"is" | b"in" | b"if" | b"else" => chains[chain] += 1,
                    _ => {}
                }
            }
            byte if byte.is_ascii_punctuation() => chains[chain] += 1,
            _ => {}
        }
        if chains.len() > DEEPEST || chains[chains.len() - 1] > LONGEST_CHAIN || elif > MOST_ELIF {
            return too_deep();
        }
        at += length;
    }
    Ok(())
}

/// `range(3)`, `range(torch.len(x))`, `range(torch.dim(x))`, or of one of these less a number:
/// `range(torch.sub(torch.len(x), 2))`. `inside` begins behind the bracket.
pub fn check_range(inside: &[Token]) -> Result<(), String> {
    let close = Token::Sign(b')');
    match inside {
        [Token::Number(times), end, ..] if *end == close => match times.parse::<u64>() {
            Ok(count) if count <= MOST_TIMES => Ok(()),
            _ => Err(format!("has a loop that runs {times} times")),
        },
        [
            Token::Word("torch"),
            DOT,
            Token::Word("sub"),
            OPEN,
            rest @ ..,
        ] => match behind_length(rest) {
            Some([Token::Sign(b','), Token::Number(_), end, last, ..])
                if [*end, *last] == [close; 2] =>
            {
                Ok(())
            }
            _ => Err(UNTOLD.to_owned()),
        },
        _ => match behind_length(inside) {
            Some([end, ..]) if *end == close => Ok(()),
            _ => Err(UNTOLD.to_owned()),
        },
    }
}

const UNTOLD: &str = "has a loop that does not say how often it runs";

/// What stands behind `torch.len(x)` or `torch.dim(x)`.
fn behind_length<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<&'b [Token<'a>]> {
    match tokens {
        [
            Token::Word("torch"),
            DOT,
            Token::Word("len" | "dim"),
            OPEN,
            Token::Word(_),
            Token::Sign(b')'),
            rest @ ..,
        ] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::check_depth;

    #[test]
    fn depth_of_every_kind_is_bounded() {
        for deep in [
            format!("x = {}x{}", "(".repeat(100_000), ")".repeat(100_000)),
            format!("x = {}", "[".repeat(100_000)),
            format!("x = {}1", "- ".repeat(100_000)),
            format!("x = {}x", "not ".repeat(100_000)),
            format!("x = x{}", " + x".repeat(100_000)),
            format!("x = x{}", ".x".repeat(100_000)),
            format!("x = x{}", ".add(1)".repeat(100_000)),
            format!("x = x{}", "[0]".repeat(100_000)),
            format!("if x:\n  pass\n{}", "elif x:\n  pass\n".repeat(100_000)),
            (0..1_000)
                .map(|level| format!("{}if x:\n", "  ".repeat(level)))
                .collect(),
        ] {
            assert!(check_depth(&deep).is_err(), "{}", &deep[..40]);
        }
    }

    #[test]
    fn long_lists_and_many_lines_are_not_deep() {
        let list = format!("x = [{}]\n", "(y).forward(x, ), ".repeat(10_000));
        assert_eq!(check_depth(&list), Ok(()));
        assert_eq!(
            check_depth(&"x = torch.add(x, -1.5e-5)\n".repeat(10_000)),
            Ok(())
        );
    }
}
