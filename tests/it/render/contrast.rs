//! The colours of the page's text on the page's backgrounds: success criterion 1.4.3 of WCAG 2.2.

const STYLE: &str = include_str!("../../../templates/html/style.css");
const TEXTS: &[&str] = &["ink", "muted", "accent", "warn"];
const BACKGROUNDS: &[&str] = &["paper", "surface", "accent-soft", "warn-soft"];
/// Level AA, text of ordinary size.
const LEAST_CONTRAST: f64 = 4.5;

/// A channel of sRGB as light, 0..1.
fn linear(byte: u8) -> f64 {
    let share = f64::from(byte) / 255.0;
    match share <= 0.040_45 {
        true => share / 12.92,
        false => ((share + 0.055) / 1.055).powf(2.4),
    }
}

fn luminance([red, green, blue]: [u8; 3]) -> f64 {
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// `#1e2428` of the variable `--name` in a block of the style sheet.
fn colour(block: &str, name: &str) -> [u8; 3] {
    let (_, after) = block.split_once(&format!("--{name}: #")).unwrap();
    [0, 2, 4].map(|at| u8::from_str_radix(&after[at..at + 2], 16).unwrap())
}

#[test]
fn contrast_of_known_pairs() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    // WebAIM's example of the darkest grey that is not enough on white, 4.48.
    assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.005);
}

/// axe found 3.88 for the label of a notice on the light page.
#[test]
fn text_is_readable_on_every_background_of_both_themes() {
    let mut blocks = STYLE.split(":root {").skip(1);
    for theme in ["light", "dark"] {
        let block = blocks.next().unwrap();
        for text in TEXTS {
            for background in BACKGROUNDS {
                let found = contrast(colour(block, text), colour(block, background));
                assert!(
                    found >= LEAST_CONTRAST,
                    "{theme}: {text} on {background} has a contrast of {found:.2}"
                );
            }
        }
    }
}
