//! The colour maps of the page, as SVG filters that need no script: the lightness of a pixel is looked up in a table.

use std::fmt::Write;

use serde::Serialize;

use super::stock::sign;
use crate::figure::palette::Palette;
use crate::figure::{cover, pale};

/// Every fifth of the 256 colours; between them the filter goes in a straight line, by less than one level off.
const STEP: usize = 5;

#[derive(Serialize)]
pub(super) struct ColourMap {
    name: &'static str,
    sign: &'static str,
    /// `tableValues` of the filter, from the low end.
    red: String,
    green: String,
    blue: String,
    /// How much of a photo below is covered.
    cover: String,
}

pub(super) fn all() -> Vec<ColourMap> {
    let all = Palette::ALL.into_iter().map(|palette| {
        let channel = |channel: usize| {
            let stops = (0..=255u8).step_by(STEP);
            table(stops.map(|at| f32::from(palette.colour(at)[channel]) / 255.0))
        };
        let shares = (0..=255u8).step_by(STEP).map(|at| f32::from(at) / 255.0);
        ColourMap {
            name: palette.name(),
            sign: sign(palette.sign()),
            red: channel(0),
            green: channel(1),
            blue: channel(2),
            cover: table(shares.map(|share| cover(palette.sign(), share))),
        }
    });
    all.collect()
}

/// The colour matrix of a photo below a map.
pub(super) fn pale_matrix() -> String {
    let mut matrix = String::new();
    for [red, green, blue, added] in pale() {
        // Writing into a String cannot fail.
        let _ = write!(matrix, "{red:.4} {green:.4} {blue:.4} 0 {added:.4} ");
    }
    matrix + "0 0 0 1 0"
}

fn table(values: impl Iterator<Item = f32>) -> String {
    let texts: Vec<String> = values
        .map(|value| {
            let text = format!("{value:.3}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            text.strip_prefix("0.")
                .map_or(text.to_owned(), |digits| format!(".{digits}"))
        })
        .collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_every_fifth_colour() {
        let inferno = &all()[0];
        let red: Vec<&str> = inferno.red.split(' ').collect();
        assert_eq!((red.len(), red[0], red[51]), (52, "0", ".988")); // 0 and 252 of 255
        assert!(inferno.cover.starts_with("0 ") && inferno.cover.ends_with(" .8"));
        assert_eq!(
            pale_matrix().split(' ').count(),
            20,
            "a matrix of 4 × 5: {}",
            pale_matrix()
        );
    }
}
