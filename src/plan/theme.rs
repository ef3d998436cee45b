//! How the page looks: the user's colours, fonts and style sheet as CSS that is put behind ours.

use std::path::Path;

use super::files::resolve;
use super::stylesheet;
use crate::diagnostic::Diagnostic;
use crate::fs;
use crate::spec::{ColourSpec, Document, Hex, Spec, ThemeSpec};

/// WCAG 2.2, 1.4.3 (AA): the least contrast of text of usual size.
const LEAST_CONTRAST: f64 = 4.5;

/// The colours of templates/html/style.css that a theme can state; a test compares.
const OURS: [(&str, [&str; 2]); 4] = [
    ("accent", ["#0f5f86", "#7fc3e6"]),
    ("paper", ["#fdfdfc", "#14181b"]),
    ("ink", ["#1e2428", "#dde2e5"]),
    ("muted", ["#59636a", "#9aa6ae"]),
];
/// Index in [`OURS`].
const PAPER: usize = 1;
const GROUNDS: [&str; 2] = ["light", "dark"];

/// The CSS, and what should be known of it.
pub(super) fn theme(
    document: &Document,
    spec: &Spec,
    base: &Path,
    faults: &mut Vec<Diagnostic>,
) -> (String, Vec<Diagnostic>) {
    let theme = &spec.theme;
    let mut css = String::new();
    check_colours(document, theme, faults);
    let stated = OURS.map(|(name, _)| grounds(of(theme, name)));
    css += &colours(&stated);
    for (key, names, selector) in [
        ("font", &theme.font, ":root body, :root .chart svg"),
        ("code_font", &theme.code_font, ":root :is(code, pre)"),
    ] {
        let Some(names) = names else { continue };
        match fonts(names) {
            Ok(fonts) => css += &format!("{selector} {{ font-family: {fonts}; }}\n"),
            Err(message) => {
                let hint = "names with commas between them, such as `Georgia, Noto Serif, serif`";
                faults.push(document.error(&format!("/theme/{key}"), message, hint));
            }
        }
    }
    if let Some(file) = &theme.css {
        let path = resolve(base, file);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let name = path.display().to_string();
                let refused = stylesheet::refused(&text).into_iter().map(|one| {
                    let (position, hint) = (Some(one.position), one.hint.to_owned());
                    Diagnostic::error(&name, position, one.message, hint).marking(&text, one.length)
                });
                faults.extend(refused);
                css += &text;
            }
            Err(error) => faults.push(document.error("/theme/css", error.to_string(), "")),
        }
    }
    (css, weak(document, &stated))
}

fn of<'a>(theme: &'a ThemeSpec, name: &str) -> Option<&'a ColourSpec> {
    let colour = match name {
        "accent" => &theme.accent,
        "paper" => &theme.paper,
        "ink" => &theme.ink,
        _ => &theme.muted,
    };
    colour.as_ref()
}

/// That every colour is one, and that none is left out by its `#`, which begins a comment in YAML.
fn check_colours(document: &Document, theme: &ThemeSpec, faults: &mut Vec<Diagnostic>) {
    const HINT: &str = "a colour such as `\"#8a1c4a\"`, in quotation marks";
    let mut check = |pointer: &str, colour: Option<&str>| match colour {
        Some(colour) if is_hex(colour) => {}
        Some(colour) => {
            let message = format!("`{colour}` is not a colour in red, green and blue");
            faults.push(document.error(pointer, message, HINT));
        }
        None if document.has(pointer) => {
            let message = "no colour: a bare `#` begins a comment in YAML";
            faults.push(document.key_error(pointer, message, HINT));
        }
        None => {}
    };
    for (name, _) in OURS {
        let pointer = format!("/theme/{name}");
        match of(theme, name) {
            None => check(&pointer, None),
            Some(ColourSpec::Both(Hex(colour))) => check(&pointer, Some(colour)),
            Some(each @ ColourSpec::Each(_)) => {
                let (light, dark) = each.grounds();
                for (ground, colour) in GROUNDS.iter().zip([light, dark]) {
                    check(&format!("{pointer}/{ground}"), colour);
                }
            }
        }
    }
}

/// `#rgb` or `#rrggbb`.
fn is_hex(colour: &str) -> bool {
    let digits = colour.strip_prefix('#');
    digits.is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// On the light and the dark ground.
type Stated<'a> = [Option<&'a str>; 2];

fn grounds(colour: Option<&ColourSpec>) -> Stated<'_> {
    let (light, dark) = colour.map_or((None, None), ColourSpec::grounds);
    [light, dark]
}

/// The variables of our style sheet on either ground, those of softer colours mixed from the stated ones.
fn colours(stated: &[Stated; 4]) -> String {
    const DARK: &str = "screen and (prefers-color-scheme: dark)";
    let mut css = String::new();
    // The first holds wherever the second does not: what is stated for one ground never reaches the other.
    for (ground, media) in [format!("not {DARK}"), DARK.to_owned()].iter().enumerate() {
        let mut lines = String::new();
        for ((name, _), colours) in OURS.iter().zip(stated) {
            if let Some(colour) = colours[ground] {
                lines += &format!("--{name}: {colour}; ");
            }
        }
        let [accent, paper, ink, _] = stated.map(|colours| colours[ground].is_some());
        if accent || paper {
            lines += "--accent-soft: color-mix(in srgb, var(--accent) 12%, var(--paper)); ";
        }
        if paper || ink {
            lines += "--surface: color-mix(in srgb, var(--ink) 5%, var(--paper)); --line: color-mix(in srgb, var(--ink) 18%, var(--paper)); ";
        }
        if !lines.is_empty() {
            css += &format!("@media {media} {{ :root {{ {lines}}} }}\n");
        }
    }
    if stated[PAPER][0].is_some() {
        css += "@media print { :root { --paper: #fff; } }\n"; // paper has a colour of its own
    }
    css
}

/// A list of names that CSS takes, each in quotation marks but for the words that stand for a kind of font.
fn fonts(names: &str) -> Result<String, String> {
    const KINDS: [&str; 9] = [
        "serif",
        "sans-serif",
        "monospace",
        "cursive",
        "fantasy",
        "system-ui",
        "ui-serif",
        "ui-sans-serif",
        "ui-monospace",
    ];
    let mut fonts = Vec::new();
    for name in names.split(',') {
        let name = name.trim();
        let bare = name
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .or_else(|| {
                name.strip_prefix('\'')
                    .and_then(|rest| rest.strip_suffix('\''))
            })
            .unwrap_or(name);
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        if bare.is_empty() || !bare.chars().all(is_name) {
            return Err(format!("`{name}` is not the name of a font"));
        }
        fonts.push(match KINDS.contains(&bare) {
            true => bare.to_owned(),
            false => format!("\"{bare}\""),
        });
    }
    Ok(fonts.join(", "))
}

/// Stated colours that are hard to read, on each ground.
fn weak(document: &Document, stated: &[Stated; 4]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (ground, ground_name) in GROUNDS.iter().enumerate() {
        let colour = |index: usize| stated[index][ground].unwrap_or(OURS[index].1[ground]);
        for index in [0, 2, 3] {
            let is_stated = |index: usize| stated[index][ground].is_some();
            if !is_stated(index) && !is_stated(PAPER) {
                continue; // ours on ours
            }
            let contrast = contrast(rgb(colour(index)), rgb(colour(PAPER)));
            if contrast >= LEAST_CONTRAST {
                continue;
            }
            let name = OURS[index].0;
            let at = match is_stated(index) {
                true => name,
                false => "paper",
            };
            let message = format!(
                "{name} {} on {} has a contrast of {contrast:.1} on the {ground_name} ground, below {LEAST_CONTRAST} : 1 (WCAG AA)",
                colour(index),
                colour(PAPER)
            );
            let hint = match ground {
                0 => "choose a darker colour, or one for each ground: `{light: …, dark: …}`",
                _ => "choose a lighter colour, or one for each ground: `{light: …, dark: …}`",
            };
            let each = format!("/theme/{at}/{ground_name}");
            let pointer = match document.has(&each) {
                true => each,
                false => format!("/theme/{at}"),
            };
            found.push(document.error(&pointer, message, hint).as_warning());
        }
    }
    found
}

/// Red, green and blue, 0..1, of `#rgb` or `#rrggbb`.
fn rgb(hex: &str) -> [f64; 3] {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    let levels: Vec<u32> = match digits.len() {
        3 => digits.iter().map(|digit| digit * 17).collect(),
        _ => digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit))
            .collect(),
    };
    [0, 1, 2].map(|channel| f64::from(levels.get(channel).copied().unwrap_or(0)) / 255.0)
}

/// The contrast ratio of two colours, 1..21 (WCAG 2.2, "contrast ratio").
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance of a colour of sRGB (WCAG 2.2).
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|level| match level <= 0.04045 {
        true => level / 12.92,
        false => ((level + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let of = |one, other| contrast(rgb(one), rgb(other));
        assert!((of("#000", "#ffffff") - 21.0).abs() < 1e-9);
        // The greys that every table of contrasts names: just above and just below 4.5 on white.
        assert!((of("#767676", "#fff") - 4.54).abs() < 0.005);
        assert!((of("#777777", "#fff") - 4.48).abs() < 0.005);
    }

    #[test]
    fn our_colours_are_those_of_the_style_sheet_and_can_be_read() {
        let style = include_str!("../../templates/html/style.css");
        let (light, rest) = style
            .split_once("@media screen and (prefers-color-scheme: dark)")
            .unwrap();
        let (dark, _) = rest.split_once("\n}\n").unwrap();
        for (name, colours) in OURS {
            for (colour, block) in colours.iter().zip([light, dark]) {
                assert!(
                    block.contains(&format!("--{name}: {colour};")),
                    "{name} {colour}"
                );
            }
            let paper = OURS[PAPER].1;
            if name != "paper" {
                for ground in [0, 1] {
                    assert!(contrast(rgb(colours[ground]), rgb(paper[ground])) >= LEAST_CONTRAST);
                }
            }
        }
    }

    #[test]
    fn fonts_are_names() {
        let fonts = |names| fonts(names).unwrap_or_else(|error| error);
        assert_eq!(
            fonts("Georgia, 'Noto Serif TC', serif"),
            r#""Georgia", "Noto Serif TC", serif"#
        );
        assert_eq!(fonts("思源宋體"), r#""思源宋體""#);
        assert_eq!(
            fonts("x; } body { display: none"),
            "`x; } body { display: none` is not the name of a font"
        );
        assert_eq!(fonts("A,,B"), "`` is not the name of a font");
        assert_eq!(fonts("url(x)"), "`url(x)` is not the name of a font");
    }
}
