//! Numbers as text, the same in every language of the report.

/// Up to four digits stand as they are (class numbers, pixels); longer counts get separators: `12,800`.
pub fn count(number: usize) -> String {
    const FIRST_SEPARATED: usize = 10_000;
    let digits = number.to_string();
    if number < FIRST_SEPARATED {
        return digits;
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `value` with so many digits after the point, and a true minus sign.
pub fn number(value: f64, digits: usize) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    signed(&format!("{value:.digits$}"))
}

/// A share, 0..1, as a percentage with so many digits after the point.
pub fn percent(share: f64, digits: usize) -> String {
    match not_finite(share) {
        Some(text) => text.to_owned(),
        None => format!("{}%", number(share * 100.0, digits)),
    }
}

/// Three significant digits: `0.0123`, `1.50`, `842`, `1.23e-5`.
pub fn scientific(value: f64) -> String {
    const PLAIN: std::ops::Range<f64> = 1e-3..1e4;
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounding first decides the magnitude, so that 0.9999 becomes 1.00 and not 1.000.
    let rounded = format!("{value:.2e}");
    let exponent = rounded
        .split_once('e')
        .and_then(|(_, e)| e.parse::<i32>().ok())
        .unwrap_or(0);
    if !PLAIN.contains(&value.abs()) {
        return signed(&rounded);
    }
    let digits = usize::try_from(2 - exponent).unwrap_or(0);
    signed(&format!("{value:.digits$}"))
}

/// A true minus for the hyphen, none at all for a number that was rounded to zero.
fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("∞"),
        f64::NEG_INFINITY => Some("−∞"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_separated_from_five_digits_on() {
        let texts = [0, 999, 1000, 9999, 10_000, 1_234_567].map(count);
        assert_eq!(texts, ["0", "999", "1000", "9999", "10,000", "1,234,567"]);
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(number(0.5, 2), "0.50");
        assert_eq!(number(-0.126, 2), "−0.13");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(percent(0.9126, 1), "91.3%");
        assert_eq!(percent(1.0, 0), "100%");
        assert_eq!(number(f64::NAN, 2), "NaN");
        assert_eq!(percent(f64::NEG_INFINITY, 2), "−∞");
    }

    #[test]
    fn three_significant_digits() {
        let cases = [
            (0.0, "0"),
            (0.000_012_345, "1.23e-5"),
            (-0.000_012_345, "−1.23e-5"),
            (0.012_34, "0.0123"),
            (0.999_9, "1.00"),
            (1.5, "1.50"),
            (842.4, "842"),
            (1234.0, "1234"),
            (12_345.0, "1.23e4"),
        ];
        for (value, text) in cases {
            assert_eq!(scientific(value), text, "{value}");
        }
    }
}
