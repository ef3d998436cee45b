//! Two texts compared: line by line, and number by number where another machine may have computed them.

/// Numbers of two machines may differ by so much of them where they are written with more digits than that.
const RELATIVE: f64 = 1e-3;
/// How many units of the last digit a number may move: one by rounding, and the rest of one by what was rounded.
const UNITS: f64 = 1.5;
/// Runs of base64 shorter than this are words.
const SHORTEST_RUN: usize = 64;
/// Characters of a line that a message shows.
const SHOWN: usize = 60;

/// Where two texts part.
#[derive(Debug, PartialEq, Eq)]
pub struct Parting {
    /// Line of the old text, from 1.
    pub line: usize,
    /// Lines of the old text up to where both go on alike.
    pub lines: usize,
    /// Around the first character that differs.
    pub old: String,
    pub new: String,
}

/// `None` where the texts are equal, or `same` takes all of their lines for the same.
pub fn parting(old: &str, new: &str, same: impl Fn(&str, &str) -> bool) -> Option<Parting> {
    let (old, new): (Vec<_>, Vec<_>) = (old.split('\n').collect(), new.split('\n').collect());
    let equal = |(a, b): &(&&str, &&str)| a == b || same(a, b);
    let before = old.iter().zip(&new).take_while(equal).count();
    if before == old.len() && before == new.len() {
        return None;
    }
    let after = old.iter().rev().zip(new.iter().rev());
    let after = after.take_while(equal).count();
    let after = after.min(old.len() - before).min(new.len() - before);
    let line = |lines: &[&str]| match lines.len() - after > before {
        true => lines[before].to_owned(),
        false => String::new(), // lines were added or taken away here
    };
    let (old_line, new_line) = (line(&old), line(&new));
    let common = old_line.chars().zip(new_line.chars());
    let common = common.take_while(|(a, b)| a == b).count();
    Some(Parting {
        line: before + 1,
        lines: (old.len() - after).saturating_sub(before),
        old: around(&old_line, common),
        new: around(&new_line, common),
    })
}

fn around(line: &str, at: usize) -> String {
    let start = at.saturating_sub(SHOWN / 4);
    let mut shown: String = line.chars().skip(start).take(SHOWN).collect();
    if start > 0 {
        shown.insert(0, '…');
    }
    if line.chars().count() > start + SHOWN {
        shown.push('…');
    }
    shown
}

/// Whether two texts are the same but for the last digits of the numbers that have a decimal point, an exponent or a
/// percent sign. Whole numbers are counts and settings: they must be equal.
pub fn alike(old: &str, new: &str) -> bool {
    let (mut old, mut new) = (old, new);
    loop {
        if old == new {
            return true;
        }
        let (Some(a), Some(b)) = (Number::next(old), Number::next(new)) else {
            return false;
        };
        if old[..a.start] != new[..b.start] || !a.is_near(&b) {
            return false;
        }
        (old, new) = (&old[a.end..], &new[b.end..]);
    }
}

/// A number in a text, without its sign.
struct Number<'a> {
    start: usize,
    end: usize,
    text: &'a str,
    is_percent: bool,
}

impl<'a> Number<'a> {
    /// The first one.
    fn next(text: &'a str) -> Option<Self> {
        let start = text.find(|character: char| character.is_ascii_digit())?;
        let bytes = text.as_bytes();
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut end = start + digits(start);
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        Some(Self {
            start,
            end,
            text: &text[start..end],
            is_percent: text[end..]
                .trim_start_matches([' ', '\u{a0}'])
                .starts_with('%'),
        })
    }

    fn is_near(&self, other: &Self) -> bool {
        if self.text == other.text {
            return true;
        }
        let is_rounded = |number: &Self| number.is_percent || number.text.contains(['.', 'e', 'E']);
        if !is_rounded(self) || !is_rounded(other) {
            return false;
        }
        let (Ok(a), Ok(b)) = (self.text.parse::<f64>(), other.text.parse::<f64>()) else {
            return false;
        };
        let apart = (a - b).abs();
        let unit = self.last_digit().max(other.last_digit());
        apart <= UNITS * unit || apart <= RELATIVE * a.abs().max(b.abs())
    }

    /// What one unit of the last digit is worth.
    fn last_digit(&self) -> f64 {
        let (mantissa, exponent) = match self.text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(0)),
            None => (self.text, 0),
        };
        let decimals = mantissa
            .split_once('.')
            .map_or(0, |(_, digits)| digits.len());
        10_f64.powi(exponent - i32::try_from(decimals).unwrap_or(i32::MAX))
    }
}

/// A text with its runs of base64 taken out, and the runs.
pub fn without_base64(text: &str) -> (String, Vec<&str>) {
    let is_base64 =
        |character: char| character.is_ascii_alphanumeric() || "+/=".contains(character);
    let (mut kept, mut runs) = (String::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|character| !is_base64(character));
        let (run, behind) = rest.split_at(run.unwrap_or(rest.len()));
        if run.len() >= SHORTEST_RUN {
            runs.push(run);
            kept.push('*');
        } else {
            kept.push_str(run);
        }
        let other = behind.find(is_base64).unwrap_or(behind.len());
        kept.push_str(&behind[..other]);
        rest = &behind[other..];
    }
    (kept, runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_found_and_how_many_do() {
        let exact = |_: &str, _: &str| false;
        assert_eq!(parting("a\nb", "a\nb", exact), None);
        let found = parting("a\nb\nc\nd", "a\nB\nC\nd", exact).unwrap();
        assert_eq!((found.line, found.lines), (2, 2));
        assert_eq!((&*found.old, &*found.new), ("b", "B"));
        let added = parting("a\nd", "a\nb\nc\nd", exact).unwrap();
        assert_eq!((added.line, added.lines), (2, 0));
        assert_eq!((&*added.old, &*added.new), ("", "b"));
        let removed = parting("a\nb\nd", "a\nd", exact).unwrap();
        assert_eq!((removed.line, removed.lines, &*removed.new), (2, 1, ""));
        let long = format!("{}x{}", "圖".repeat(100), "y".repeat(100));
        let found = parting(&long, &long.replace('x', "z"), exact).unwrap();
        assert!(
            found.old.starts_with('…') && found.old.contains('x'),
            "{}",
            found.old
        );
        assert_eq!(found.old.chars().count(), SHOWN + 2);
    }

    #[test]
    fn last_digits_may_differ_and_counts_may_not() {
        for (a, b) in [
            ("R² 0.83", "R² 0.84"),
            ("91.2%, 72% of", "91.3%, 71% of"),
            ("1.25e-3", "1.26e-3"),
            ("\"x\": 0.123456789", "\"x\": 0.123456712"),
            ("a 1.0 b 2.5", "a 1.0 b 2.5"),
        ] {
            assert!(alike(a, b) && alike(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("12 photos", "13 photos"),
            ("0.83", "0.86"),
            ("0.83", "0.831 and more"),
            ("lemon 0.83", "orange 0.83"),
            ("-0.5", "0.5"),
            ("1", "1.0"),
        ] {
            assert!(!alike(a, b) && !alike(b, a), "{a} {b}");
        }
    }

    #[test]
    fn base64_is_taken_out() {
        let run = "QUJD".repeat(20);
        let text = format!("<img src=\"data:image/png;base64,{run}\" alt=\"圖\">");
        let (kept, runs) = without_base64(&text);
        assert_eq!(kept, "<img src=\"data:image/png;base64,*\" alt=\"圖\">");
        assert_eq!(runs, [run.as_str()]);
    }
}
