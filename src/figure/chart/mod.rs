//! Charts as SVG: bars, curves, matrices.

pub(super) mod bars;
pub(super) mod curves;
pub(super) mod histograms;
pub(super) mod matrix;
mod ticks;

/// Text of names and values, in px at natural size.
const TEXT_PX: f64 = 13.0;
/// Text of axes.
const AXIS_TEXT_PX: f64 = 12.0;
/// Opacity of axis texts; still 4.5 : 1 in black on white.
const AXIS_TEXT: f64 = 0.75;
/// Opacity of axis lines.
const AXIS_LINE: f64 = 0.5;
/// Opacity of grid lines.
const GRID_LINE: f64 = 0.14;
/// From a text's middle down to its baseline, in units of its size.
const MIDDLE: f64 = 0.35;

/// As many digits as float32 holds, 7, for other programs; empty where there is no number.
fn digits(value: f64) -> String {
    let rounded = format!("{value:.6e}").parse::<f64>();
    match rounded {
        Ok(rounded) if rounded.is_finite() => rounded.to_string(),
        _ => String::new(),
    }
}

/// A number's place in px.
#[derive(Debug, Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    /// Where `low` lies; for an upward axis below `end_px`.
    start_px: f64,
    end_px: f64,
}

impl Axis {
    fn px(self, value: f64) -> f64 {
        self.start_px + (value - self.low) / (self.high - self.low) * (self.end_px - self.start_px)
    }
}
