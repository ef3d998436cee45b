//! Columns over intervals of an x axis. One chart a group, each with axes of its own.

use super::super::palette::LINES;
use super::super::svg::{Anchor, Canvas, Stroke, Text, text_width_px};
use super::super::{Drawing, FigureError, Image, Tile, Words};
use super::ticks::Ticks;
use super::{AXIS_LINE, AXIS_TEXT, AXIS_TEXT_PX, Axis, GRID_LINE, MIDDLE};
use crate::present::exhibit::{Histogram, Histograms};

/// One chart alone, in px.
const SINGLE_WIDTH_PX: f64 = 500.0;
const SINGLE_HEIGHT_PX: f64 = 170.0;
/// One of several side by side.
const SEVERAL_WIDTH_PX: f64 = 300.0;
const SEVERAL_HEIGHT_PX: f64 = 120.0;
/// Room above for the name of the y axis.
const HEAD_PX: f64 = 26.0;
const LEGEND_ROW_PX: f64 = 20.0;
const SAMPLE_PX: f64 = 12.0;
/// Between columns.
const GAP_PX: f64 = 0.8;
/// A column that is not zero is at least as high.
const LOWEST_PX: f64 = 1.0;

pub(in super::super) fn draw(all: &Histograms, words: &Words) -> Result<Drawing, FigureError> {
    let tiles = all.charts.iter().map(|chart| {
        let image = draw_one(all, chart, words)?;
        Ok(Tile::new(words.message(&chart.label), image))
    });
    Ok(Drawing::Grid {
        columns: all.columns.max(1),
        tiles: tiles.collect::<Result<_, FigureError>>()?,
        colour_bar: None,
    })
}

fn draw_one(all: &Histograms, chart: &Histogram, words: &Words) -> Result<Image, FigureError> {
    let columns = chart.edges.len().saturating_sub(1);
    if let Some(part) = chart.heights.iter().find(|part| part.len() != columns) {
        return Err(FigureError::HistogramShape {
            edges: chart.edges.len(),
            found: part.len(),
        });
    }
    let (width_px, height_px) = match all.columns {
        0 | 1 => (SINGLE_WIDTH_PX, SINGLE_HEIGHT_PX),
        _ => (SEVERAL_WIDTH_PX, SEVERAL_HEIGHT_PX),
    };
    let whole = |column: usize| -> f64 { chart.heights.iter().map(|part| part[column]).sum() };
    let highest = (0..columns).map(whole).fold(0.0, f64::max);
    let y_ticks = Ticks::around(0.0, if highest > 0.0 { highest } else { 1.0 }, 4);
    let (x_low, x_high) = match (chart.edges.first(), chart.edges.last()) {
        (Some(&low), Some(&high)) if low < high => (low, high),
        (Some(&low), _) => (low - 0.5, low + 0.5),
        _ => (0.0, 1.0),
    };
    let x_ticks = Ticks::within(x_low, x_high, 5);
    let widest = y_ticks
        .values
        .iter()
        .map(|&y| text_width_px(&y_ticks.label(y), AXIS_TEXT_PX));
    let left = widest.fold(0.0, f64::max).ceil() + 8.0;
    let parts: Vec<String> = all.parts.iter().map(|part| words.message(part)).collect();
    let has_legend = parts.len() > 1;
    let top = HEAD_PX + if has_legend { LEGEND_ROW_PX } else { 0.0 };
    let bottom = top + height_px;
    let x_axis = Axis {
        low: x_low,
        high: x_high,
        start_px: left,
        end_px: width_px - 14.0,
    };
    let y_axis = Axis {
        low: 0.0,
        high: y_ticks.values.last().copied().unwrap_or(1.0),
        start_px: bottom,
        end_px: top,
    };

    let mut canvas = Canvas::new(width_px, bottom + 42.0);
    let y_label = words.message(&all.y_label);
    canvas.text(faint(Text::new(&y_label, 0.0, 12.0), width_px));
    if has_legend {
        let mut x = 0.0;
        for (part, name) in parts.iter().enumerate() {
            let y = HEAD_PX + LEGEND_ROW_PX / 2.0 - 6.0;
            let middle = SAMPLE_PX / 2.0;
            canvas.rectangle((x, y - middle), (x + SAMPLE_PX, y + middle), colour(part));
            let text = Text::new(name, x + SAMPLE_PX + 6.0, y + AXIS_TEXT_PX * MIDDLE);
            canvas.text(text.sized(AXIS_TEXT_PX));
            x += SAMPLE_PX + 6.0 + text_width_px(name, AXIS_TEXT_PX) + 18.0;
        }
    }
    for &value in &y_ticks.values {
        let y = y_axis.px(value);
        let stroke = Stroke::Text(if value == 0.0 { AXIS_LINE } else { GRID_LINE });
        canvas.line((left, y), (x_axis.end_px, y), 1.0, stroke);
        let label = y_ticks.label(value);
        let text = Text::new(&label, left - 6.0, y + AXIS_TEXT_PX * MIDDLE);
        canvas.text(faint(text.anchored(Anchor::End), width_px));
    }
    for &value in &x_ticks.values {
        let x = x_axis.px(value);
        canvas.line((x, bottom), (x, bottom + 4.0), 1.0, Stroke::Text(AXIS_LINE));
        let label = x_ticks.label(value);
        let text = Text::new(&label, x, bottom + 18.0).anchored(Anchor::Middle);
        canvas.text(faint(text, width_px));
    }
    let x_label = words.message(&all.x_label);
    let middle = (x_axis.start_px + x_axis.end_px) / 2.0;
    let text = Text::new(&x_label, middle, bottom + 36.0).anchored(Anchor::Middle);
    canvas.text(faint(text, width_px));
    for (column, ends) in chart.edges.windows(2).enumerate() {
        let (from, to) = (x_axis.px(ends[0]) + GAP_PX, x_axis.px(ends[1]) - GAP_PX);
        let mut below = 0.0;
        for (part, heights) in chart.heights.iter().enumerate() {
            let height = heights[column];
            if height.is_finite() && height > 0.0 && to > from {
                let base = y_axis.px(below);
                below += height;
                let top = y_axis.px(below).min(base - LOWEST_PX);
                canvas.rectangle((from, top), (to, base), colour(part));
            }
        }
    }
    canvas.finish()
}

fn faint(text: Text<'_>, limit_px: f64) -> Text<'_> {
    Text {
        limit_px,
        ..text.sized(AXIS_TEXT_PX).faint(AXIS_TEXT)
    }
}

fn colour(part: usize) -> Stroke {
    Stroke::Solid(LINES[part % LINES.len()], 1.0)
}
