//! Numbers and strings, each of which the format can write in several ways.

use super::error::PickleError;
use super::input::{Input, text};
use super::value::Value;

/// The number behind one of the opcodes BININT1, BININT2, BININT, INT, LONG, LONG1, LONG4 and BINFLOAT.
pub fn number<'a>(input: &mut Input<'a>, code: u8) -> Result<Value<'a>, PickleError> {
    const OF: &str = "a number";
    Ok(match code {
        b'K' => Value::Int(i64::from(input.byte(OF)?)),
        b'M' => Value::Int(i64::from(u16::from_le_bytes(input.array(OF)?))),
        b'J' => Value::Int(i64::from(i32::from_le_bytes(input.array(OF)?))),
        b'I' | b'L' => match input.line(OF)? {
            // Booleans before protocol 2.
            "00" => Value::Bool(false),
            "01" => Value::Bool(true),
            line => match line.trim_end_matches('L').parse() {
                Ok(number) => Value::Int(number),
                // Of more than eight bytes; nothing in a state dict is.
                Err(_) if line.ends_with('L') => Value::Opaque,
                Err(_) => {
                    let fault = "a number that cannot be read";
                    return Err(PickleError::Malformed {
                        at: input.at(),
                        fault,
                    });
                }
            },
        },
        0x8a => long(input.counted(1, OF)?),
        0x8b => long(input.counted(4, OF)?),
        _ => {
            input.array::<8>(OF)?;
            Value::Opaque
        }
    })
}

/// The string or bytes behind one of the opcodes BINUNICODE, SHORT_BINUNICODE, BINUNICODE8,
/// SHORT_BINSTRING, BINSTRING, SHORT_BINBYTES, BINBYTES and BINBYTES8.
pub fn string<'a>(input: &mut Input<'a>, code: u8) -> Result<Value<'a>, PickleError> {
    let width = match code {
        0x8c | b'U' | b'C' => 1,
        0x8d | 0x8e => 8,
        _ => 4,
    };
    let bytes = input.counted(width, "a string")?;
    Ok(match code {
        b'X' | 0x8c | 0x8d => Value::Text(text(bytes, input.at())?),
        // Strings of Python 2 are bytes, in practice of ASCII.
        b'U' | b'T' => str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text),
        _ => Value::Bytes(bytes),
    })
}

/// Two's complement, little-endian, of any length.
fn long(bytes: &[u8]) -> Value<'_> {
    if bytes.len() > 8 {
        return Value::Long(bytes);
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut number = [if negative { 0xff } else { 0 }; 8];
    number[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Value<'_> {
        let number = number(&mut Input::new(&bytes[1..]), bytes[0]);
        number.expect("a whole number")
    }

    #[test]
    fn reads_numbers_in_all_their_spellings() {
        assert_eq!(read(b"K\xff"), Value::Int(255));
        assert_eq!(read(b"M\x01\x02"), Value::Int(0x201));
        assert_eq!(read(b"J\xff\xff\xff\xff"), Value::Int(-1));
        assert_eq!(read(b"\x8a\x00"), Value::Int(0));
        assert_eq!(read(b"\x8a\x01\xff"), Value::Int(-1));
        assert_eq!(read(b"\x8a\x02\xff\x00"), Value::Int(255));
        assert_eq!(read(b"\x8b\x01\x00\x00\x00\x7f"), Value::Int(127));
        assert_eq!(read(b"\x8a\x09123456789"), Value::Long(b"123456789"));
        assert_eq!(read(b"I01\n"), Value::Bool(true));
        assert_eq!(read(b"I-7\n"), Value::Int(-7));
        assert_eq!(read(b"L7L\n"), Value::Int(7));
        assert_eq!(read(b"L1180591620717411303424L\n"), Value::Opaque);
        assert!(number(&mut Input::new(b"x\n"), b'I').is_err());
        assert!(number(&mut Input::new(b"12"), b'I').is_err());
    }
}
