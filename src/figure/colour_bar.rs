//! The bar that says which colour is which number.

use super::svg::{Anchor, Canvas, Stroke, Text, text_width_px};
use super::{FigureError, Image};

const WIDTH_PX: f64 = 296.0;
/// Room beside the bar for numbers that are centred on its ends, in px; more where a number is longer.
const SIDE_PX: f64 = 28.0;
const NUMBER_PX: f64 = 12.0;
const BAR_HEIGHT_PX: f64 = 12.0;
/// Enough that no step is seen, few enough that the bar stays below 6 kB; 3 px each.
const STEPS: usize = 80;

/// A number beside the bar; `position` 0..1 from its left end.
pub(super) struct Stop {
    pub position: f64,
    pub text: String,
}

/// The quantity above, the bar, its numbers below. `stroke` is asked at 0..1 from the left.
pub(super) fn draw(
    stroke: &dyn Fn(f64) -> Stroke,
    stops: &[Stop],
    quantity: &str,
) -> Result<Image, FigureError> {
    let top = if quantity.is_empty() { 2.0 } else { 20.0 };
    let bottom = top + BAR_HEIGHT_PX;
    let half = |stop: &Stop| text_width_px(&stop.text, NUMBER_PX) / 2.0;
    let longest = stops.iter().map(half).fold(SIDE_PX, f64::max);
    let (left, right) = (longest, WIDTH_PX - longest);
    let mut canvas = Canvas::new(WIDTH_PX, bottom + 20.0);
    canvas.text(Text {
        limit_px: WIDTH_PX,
        ..Text::new(quantity, WIDTH_PX / 2.0, 13.0)
            .anchored(Anchor::Middle)
            .sized(12.0)
    });
    let edge = |step: usize| left + (right - left) * step as f64 / STEPS as f64;
    for step in 0..STEPS {
        let stroke = stroke(step as f64 / (STEPS - 1) as f64);
        // An opaque step runs to the end, below the next ones: no seam shows between them.
        let opaque = matches!(stroke, Stroke::Solid(_, opacity) if opacity == 1.0);
        let end = if opaque { right } else { edge(step + 1) };
        canvas.rectangle((edge(step), top), (end, bottom), stroke);
    }
    for stop in stops {
        let x = left + (right - left) * stop.position;
        canvas.line((x, bottom), (x, bottom + 4.0), 1.0, Stroke::Text(0.6));
        let text = Text::new(&stop.text, x, bottom + 16.0).anchored(Anchor::Middle);
        canvas.text(text.sized(NUMBER_PX));
    }
    canvas.finish()
}
