//! Horizontal bars: name left, bar, value at its end. One chart a group, all on one scale and with
//! names of one width, so that they line up where they stand side by side.

use super::super::palette::{NEGATIVE, POSITIVE, UNDECIDED};
use super::super::svg::{Anchor, Canvas, Stroke, Text, text_width_px};
use super::super::{Drawing, FigureError, Image, Numbers, Part, Tile, Words};
use super::ticks::Ticks;
use super::{AXIS_LINE, AXIS_TEXT, AXIS_TEXT_PX, Axis, GRID_LINE, MIDDLE, TEXT_PX, digits};
use crate::present::exhibit::{Bar, BarGroup, BarUnit, Bars};

/// One chart alone, in px.
const SINGLE_WIDTH_PX: f64 = 430.0;
/// One of several side by side.
const SEVERAL_WIDTH_PX: f64 = 370.0;
/// The most that names take of the width, 0..1.
const NAMES_SHARE: f64 = 0.42;
const ROW_PX: f64 = 25.0;
const BAR_PX: f64 = 15.0;
const TOP_PX: f64 = 4.0;
const GAP_PX: f64 = 7.0;
/// Room below the bars for the numbers of the axis and the quantity.
const AXIS_PX: f64 = 40.0;
const WHISKER_END_PX: f64 = 7.0;

/// What all groups share.
struct Frame {
    width_px: f64,
    names_px: f64,
    axis: Axis,
    ticks: Vec<(f64, String)>,
    quantity: String,
    unit: BarUnit,
}

pub(in super::super) fn draw(bars: &Bars, words: &Words) -> Result<Drawing, FigureError> {
    let frame = frame(bars, words);
    let tiles = bars.groups.iter().enumerate().map(|(number, group)| {
        let label = words.message(&group.label);
        let mut tile = Tile::new(label, chart(group, &frame, words)?);
        tile.numbers = Some(numbers(group, &frame, words));
        if !group.segments.is_empty() {
            tile.links.group = Some(number);
            tile.links.parts = parts(group, &frame);
        }
        Ok(tile)
    });
    let tiles = tiles.collect::<Result<_, FigureError>>()?;
    Ok(Drawing::Grid {
        columns: bars.columns.max(1),
        tiles,
        colour_bar: None,
    })
}

/// The row of each bar, for the superpixel that it is of.
fn parts(group: &BarGroup, frame: &Frame) -> Vec<Part> {
    let rows = group.segments.iter().enumerate();
    rows.map(|(row, &segment)| Part {
        key: segment,
        x_px: 0.0,
        y_px: TOP_PX + ROW_PX * row as f64,
        width_px: frame.width_px,
        height_px: ROW_PX,
    })
    .collect()
}

/// Every bar with its value; how far it may be off where that is known.
fn numbers(group: &BarGroup, frame: &Frame, words: &Words) -> Numbers {
    let has_uncertainty = group.bars.iter().any(|bar| bar.uncertainty.is_some());
    let mut header = vec![words.message(&group.label), frame.quantity.clone()];
    if has_uncertainty {
        header.push("±".to_owned());
    }
    let row = |bar: &Bar| {
        let mut row = vec![words.message(&bar.label), digits(bar.value)];
        if has_uncertainty {
            row.push(bar.uncertainty.map(digits).unwrap_or_default());
        }
        row
    };
    Numbers {
        header,
        rows: group.bars.iter().map(row).collect(),
    }
}

fn frame(bars: &Bars, words: &Words) -> Frame {
    let all = || bars.groups.iter().flat_map(|group| &group.bars);
    let width_px = if bars.columns <= 1 || bars.groups.len() <= 1 {
        SINGLE_WIDTH_PX
    } else {
        SEVERAL_WIDTH_PX
    };
    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts
            .map(|text| text_width_px(&text, TEXT_PX))
            .fold(0.0, f64::max)
    };
    let names_px = widest(&mut all().map(|bar| words.message(&bar.label)));
    let names_px = names_px.min(width_px * NAMES_SHARE).ceil();
    let values_px = widest(&mut all().map(|bar| value_text(bar, bars.unit, words))).ceil() + GAP_PX;
    let plot = (names_px + GAP_PX, width_px - values_px);
    let (axis, ticks) = match bars.unit {
        BarUnit::Probability => {
            let axis = Axis {
                low: 0.0,
                high: 1.0,
                start_px: plot.0,
                end_px: plot.1,
            };
            (
                axis,
                [0.0, 0.5, 1.0]
                    .map(|share| (share, words.percent(share, 0)))
                    .to_vec(),
            )
        }
        BarUnit::Amount => {
            let ends = || {
                all().flat_map(|bar| [bar.value - uncertainty(bar), bar.value + uncertainty(bar)])
            };
            let finite = || ends().filter(|end| end.is_finite());
            let (low, high) = (finite().fold(0.0, f64::min), finite().fold(0.0, f64::max));
            let high = if low < high { high } else { 1.0 };
            let left_px = if low < 0.0 { values_px } else { 0.0 };
            let axis = Axis {
                low,
                high,
                start_px: plot.0 + left_px,
                end_px: plot.1,
            };
            let ticks = Ticks::within(low, high, 2);
            let labelled = ticks.values.iter().map(|&tick| (tick, ticks.label(tick)));
            (axis, labelled.collect())
        }
        BarUnit::Weight => {
            let reach = |bar: &Bar| bar.value.abs() + uncertainty(bar);
            let high = all()
                .map(reach)
                .filter(|reach| reach.is_finite())
                .fold(0.0, f64::max);
            let high = if high > 0.0 { high } else { 1.0 };
            // Values of negative bars stand left of them.
            let left_px = if all().any(|bar| bar.value < 0.0) {
                values_px
            } else {
                0.0
            };
            let axis = Axis {
                low: -high,
                high,
                start_px: plot.0 + left_px,
                end_px: plot.1,
            };
            let ticks = Ticks::symmetric(high);
            (
                axis,
                ticks
                    .values
                    .iter()
                    .map(|&value| (value, ticks.label(value)))
                    .collect(),
            )
        }
    };
    Frame {
        width_px,
        names_px,
        axis,
        ticks,
        quantity: words.message(&bars.quantity),
        unit: bars.unit,
    }
}

fn chart(group: &BarGroup, frame: &Frame, words: &Words) -> Result<Image, FigureError> {
    let bottom = TOP_PX + ROW_PX * group.bars.len() as f64;
    let mut canvas = Canvas::new(frame.width_px, bottom + AXIS_PX);
    for (value, label) in &frame.ticks {
        let x = frame.axis.px(*value);
        let stroke = Stroke::Text(if *value == 0.0 { AXIS_LINE } else { GRID_LINE });
        canvas.line((x, TOP_PX - 2.0), (x, bottom + 3.0), 1.0, stroke);
        let text = Text::new(label, x, bottom + 16.0).anchored(Anchor::Middle);
        canvas.text(text.sized(AXIS_TEXT_PX).faint(AXIS_TEXT));
    }
    let middle = (frame.axis.start_px + frame.axis.end_px) / 2.0;
    // The quantity may be wider than the axis: centred below it as far as the canvas allows.
    let half = (text_width_px(&frame.quantity, AXIS_TEXT_PX) / 2.0).min(frame.width_px / 2.0);
    let text = Text::new(
        &frame.quantity,
        middle.clamp(half, frame.width_px - half),
        bottom + 33.0,
    );
    let text = text
        .anchored(Anchor::Middle)
        .sized(AXIS_TEXT_PX)
        .faint(AXIS_TEXT);
    canvas.text(Text {
        limit_px: frame.width_px,
        ..text
    });
    for (row, bar) in group.bars.iter().enumerate() {
        draw_bar(
            &mut canvas,
            bar,
            TOP_PX + ROW_PX * (row as f64 + 0.5),
            frame,
            words,
        );
    }
    canvas.finish()
}

/// One row, its middle at `y`.
fn draw_bar(canvas: &mut Canvas, bar: &Bar, y: f64, frame: &Frame, words: &Words) {
    let baseline = y + TEXT_PX * MIDDLE;
    let name = words.message(&bar.label);
    let text = Text::new(&name, frame.names_px, baseline).anchored(Anchor::End);
    canvas.text(Text {
        limit_px: frame.names_px,
        ..text
    });
    let axis = frame.axis;
    let (top, bottom) = (y - BAR_PX / 2.0, y + BAR_PX / 2.0);
    if frame.unit == BarUnit::Probability {
        canvas.rectangle(
            (axis.px(0.0), top),
            (axis.px(1.0), bottom),
            Stroke::Text(0.07),
        );
    }
    let value = if bar.value.is_finite() {
        bar.value.clamp(axis.low, axis.high)
    } else {
        0.0
    };
    let (zero, end) = (axis.px(0.0), axis.px(value));
    let colour = match value {
        value if uncertainty(bar) >= value.abs() => UNDECIDED,
        value if value < 0.0 => NEGATIVE,
        _ => POSITIVE,
    };
    if (end - zero).abs() > 0.05 {
        canvas.rectangle(
            (zero.min(end), top),
            (zero.max(end), bottom),
            Stroke::Solid(colour, 1.0),
        );
    }
    let mut outer = end;
    let half = uncertainty(bar);
    if half > 0.0 {
        let ends = [value - half, value + half].map(|end| axis.px(end.clamp(axis.low, axis.high)));
        canvas.line((ends[0], y), (ends[1], y), 1.5, Stroke::Text(0.8));
        for x in ends {
            canvas.line(
                (x, y - WHISKER_END_PX / 2.0),
                (x, y + WHISKER_END_PX / 2.0),
                1.5,
                Stroke::Text(0.8),
            );
        }
        outer = if value < 0.0 { ends[0] } else { ends[1] };
    }
    let text = value_text(bar, frame.unit, words);
    let (x, anchor) = if value < 0.0 {
        (outer - GAP_PX + 2.0, Anchor::End)
    } else {
        (outer + GAP_PX - 2.0, Anchor::Start)
    };
    canvas.text(Text::new(&text, x, baseline).anchored(anchor));
}

/// Half the width of the whisker; 0 for none.
fn uncertainty(bar: &Bar) -> f64 {
    bar.uncertainty
        .filter(|half| half.is_finite() && *half > 0.0)
        .unwrap_or(0.0)
}

fn value_text(bar: &Bar, unit: BarUnit, words: &Words) -> String {
    if !bar.value.is_finite() {
        return "–".to_owned();
    }
    match unit {
        // Below 1 % one digit more, so that small shares differ.
        BarUnit::Probability if bar.value != 0.0 && bar.value.abs() < 0.01 => {
            words.percent(bar.value, 2)
        }
        BarUnit::Probability => words.percent(bar.value, 1),
        BarUnit::Weight | BarUnit::Amount => words.number(bar.value),
    }
}
