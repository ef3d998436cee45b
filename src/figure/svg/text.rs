//! Text on a canvas: placed by anchors, measured without a font.

use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text; `y` is its baseline.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Text<'a> {
    pub content: &'a str,
    pub x: f64,
    pub y: f64,
    pub anchor: Anchor,
    pub size_px: f64,
    /// 0..1
    pub opacity: f64,
    /// `None`: the page's text colour.
    pub colour: Option<&'static str>,
    /// Degrees, clockwise, round (x, y).
    pub rotation: f64,
    /// Longer text is cut, ends in … and is whole in its tool tip.
    pub limit_px: f64,
}

impl<'a> Text<'a> {
    pub(in super::super) fn new(content: &'a str, x: f64, y: f64) -> Self {
        Self {
            content,
            x,
            y,
            anchor: Anchor::Start,
            size_px: 13.0,
            opacity: 1.0,
            colour: None,
            rotation: 0.0,
            limit_px: f64::INFINITY,
        }
    }

    pub(in super::super) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(in super::super) fn sized(self, size_px: f64) -> Self {
        Self { size_px, ..self }
    }

    pub(in super::super) fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// Adds the `<text>` element; nothing for an empty self.
    pub(super) fn write(self, out: &mut String) {
        if self.content.is_empty() {
            return;
        }
        let shown = shorten(self.content, self.limit_px / self.size_px);
        let (x, y) = (number(self.x), number(self.y));
        let anchor = match self.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let size = number(self.size_px);
        // Writing into a String cannot fail.
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}"
        );
        if self.opacity < 1.0 {
            let _ = write!(out, " opacity=\"{}\"", self.opacity);
        }
        if let Some(colour) = self.colour {
            let _ = write!(out, " fill=\"{colour}\"");
        }
        if self.rotation != 0.0 {
            let _ = write!(
                out,
                " transform=\"rotate({} {x} {y})\"",
                number(self.rotation)
            );
        }
        out.push('>');
        if let Some(short) = shown {
            let _ = write!(
                out,
                "<title>{}</title>{}",
                escape(self.content),
                escape(&short)
            );
        } else {
            out.push_str(&escape(self.content));
        }
        out.push_str("</text>\n");
    }
}

/// At most two decimals, no `-0`.
fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    format!("{}", rounded + 0.0)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            // No XML 1.0 document may hold these, not even escaped.
            '\u{0}'..='\u{8}'
            | '\u{b}'
            | '\u{c}'
            | '\u{e}'..='\u{1f}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The width of a text in px, a little generously: browsers differ in their fonts.
pub(in super::super) fn text_width_px(text: &str, size_px: f64) -> f64 {
    text.chars().map(advance_em).sum::<f64>() * size_px
}

/// How far a character moves on, in em, in DejaVu Sans: the widest of the usual interface fonts, so
/// that nothing runs out of a chart where the reader has it.
fn advance_em(character: char) -> f64 {
    match character {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0.0,
        'i' | 'j' | 'l' | '\'' => 0.28,
        ' ' | 'I' | '.' | ',' | ':' | ';' | '|' | '/' | 'f' => 0.35,
        'r' | 't' | '(' | ')' | '[' | ']' | '-' | '!' => 0.41,
        'c' | 's' | 'v' | 'x' | 'y' | 'z' | 'k' | '_' | '"' => 0.57,
        '+' | '=' | '<' | '>' | '\u{2212}' | '×' | '±' | '~' | 'w' => 0.84,
        'm' | '%' | 'W' | '@' | '…' => 1.0,
        'M' | 'O' | 'Q' | 'D' | 'G' | 'H' | 'N' | 'U' => 0.8,
        'A'..='Z' | '&' => 0.7,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 1.0,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' => 1.0,
        '\u{2190}'..='\u{21ff}' | '\u{1f300}'..='\u{3ffff}' => 1.0,
        _ => 0.64,
    }
}

/// The text cut to `limit_em` with … at its end; `None` where it fits as it is.
fn shorten(text: &str, limit_em: f64) -> Option<String> {
    if text_width_px(text, 1.0) <= limit_em {
        return None;
    }
    let mut short = String::new();
    let mut width = advance_em('…');
    for character in text.chars() {
        width += advance_em(character);
        if width > limit_em {
            break;
        }
        short.push(character);
    }
    Some(short.trim_end().to_owned() + "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_kept_whole_in_its_title() {
        let mut written = String::new();
        let long = "German shepherd & <all> its relatives";
        let text = Text {
            limit_px: 60.0,
            ..Text::new(long, 0.0, 10.0)
        };
        text.write(&mut written);
        let title = "<title>German shepherd &amp; &lt;all&gt; its relatives</title>";
        assert!(written.contains(title), "{written}");
        let shown = written.split("</title>").nth(1).unwrap();
        assert!(shown.ends_with("…</text>\n"), "{shown}");
        assert!(
            text_width_px(shown.trim_end().trim_end_matches("</text>"), 13.0) <= 60.0,
            "{shown}"
        );
    }

    #[test]
    fn chinese_is_measured_by_characters_not_bytes() {
        assert_eq!(text_width_px("咖啡杯", 10.0), 30.0);
        assert_eq!(shorten("咖啡杯", 3.0), None);
        assert_eq!(shorten("義式濃縮咖啡", 3.0).as_deref(), Some("義式…"));
    }
}
