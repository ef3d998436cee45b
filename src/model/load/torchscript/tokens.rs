//! The code of TorchScript, cut into words, numbers and signs.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    Word(&'a str),
    /// A text.
    Literal,
    Number(&'a str),
    Sign(u8),
}

pub const OPEN: Token = Token::Sign(b'(');
pub const DOT: Token = Token::Sign(b'.');

pub fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let while_true =
            |is: fn(&u8) -> bool| rest.iter().position(|b| !is(b)).unwrap_or(rest.len());
        let length = match byte {
            b'#' => rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
            b'"' | b'\'' => {
                tokens.push(Token::Literal);
                literal(rest)?
            }
            b'0'..=b'9' => {
                let length = while_true(|b| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'_');
                tokens.push(Token::Number(&text[at..at + length]));
                length
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length = while_true(|b| b.is_ascii_alphanumeric() || *b == b'_');
                tokens.push(Token::Word(&text[at..at + length]));
                length
            }
            byte if byte.is_ascii_whitespace() => 1,
            byte if byte.is_ascii_graphic() && *byte != b'\\' => {
                tokens.push(Token::Sign(*byte));
                1
            }
            _ => return Err("has characters that TorchScript does not write".to_owned()),
        };
        at += length;
    }
    Ok(tokens)
}

/// Length of the quoted text at the front.
pub fn literal(rest: &[u8]) -> Result<usize, String> {
    let quote = rest[0];
    if rest.starts_with(&[quote; 3]) {
        return Err("has a triple-quoted string".to_owned());
    }
    let mut at = 1;
    loop {
        match rest.get(at) {
            Some(b'\\') => at += 2,
            Some(byte) if *byte == quote => return Ok(at + 1),
            Some(b'\n') | None => return Err("has a string without an end".to_owned()),
            Some(_) => at += 1,
        }
    }
}
