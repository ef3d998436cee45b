//! Lines over a common x axis.

use super::super::palette::LINES;
use super::super::svg::{Anchor, Canvas, Stroke, Text, text_width_px};
use super::super::{Drawing, FigureError, Numbers, Tile, Words};
use super::ticks::Ticks;
use super::{AXIS_LINE, AXIS_TEXT, AXIS_TEXT_PX, Axis, GRID_LINE, MIDDLE, digits};
use crate::present::exhibit::{Curves, Series};

const WIDTH_PX: f64 = 500.0;
/// Of the plot itself, without legend and axes.
const HEIGHT_PX: f64 = 220.0;
/// Room above for the name of the y axis.
const HEAD_PX: f64 = 20.0;
const LINE_PX: f64 = 2.2;
/// Series of at most so many points have a dot on each.
const DOTTED_UP_TO: usize = 15;
const DOT_PX: f64 = 3.2;
const WHISKER_PX: f64 = 1.3;
const WHISKER_END_PX: f64 = 7.0;
const LEGEND_ROW_PX: f64 = 20.0;
const SAMPLE_PX: f64 = 26.0;
/// A second sign beside colour, in tenths of a px; solid first.
const DASHES: [&str; 6] = [
    "",
    "70 40",
    "20 35",
    "110 40 20 40",
    "140 50",
    "50 30 20 30 20 30",
];
/// Values all above zero start the axis at zero when the lowest is below this share of the highest.
const FROM_ZERO_BELOW: f64 = 0.4;

type Points = Vec<(f64, f64)>;

pub(in super::super) fn draw(curves: &Curves, words: &Words) -> Result<Drawing, FigureError> {
    let named: Vec<(String, &Series)> = curves
        .series
        .iter()
        .map(|series| (words.message(&series.label), series))
        .collect();
    let (x_label, y_label) = (
        words.message(&curves.x_label),
        words.message(&curves.y_label),
    );
    let all = || {
        curves
            .series
            .iter()
            .flat_map(|series| &series.points)
            .filter(|p| is_point(p))
    };
    let whiskers = curves.series.iter().flat_map(|series| &series.intervals);
    let whiskers = whiskers
        .flat_map(|(low, high)| [*low, *high])
        .filter(|end| end.is_finite());
    let (x_low, x_high) = ends(all().map(|point| point.0));
    let (y_low, y_high) = ends(all().map(|point| point.1).chain(whiskers));
    let y_low = if y_low > 0.0 && y_low < FROM_ZERO_BELOW * y_high {
        0.0
    } else {
        y_low
    };
    let (x_ticks, y_ticks) = (
        Ticks::within(x_low, x_high, 6),
        Ticks::around(y_low, y_high, 5),
    );

    let widest = y_ticks
        .values
        .iter()
        .map(|&y| text_width_px(&y_ticks.label(y), AXIS_TEXT_PX));
    let left = widest.fold(0.0, f64::max).ceil() + 8.0;
    let right = WIDTH_PX - 16.0;
    let legend = legend(&named, &y_label);
    let top =
        HEAD_PX + 6.0 + LEGEND_ROW_PX * legend.last().map_or(0.0, |entry| entry.row as f64 + 1.0);
    let bottom = top + HEIGHT_PX;
    let x_axis = Axis {
        low: x_low,
        high: x_high,
        start_px: left + 6.0,
        end_px: right,
    };
    let (first, last) = (
        y_ticks.values.first().copied(),
        y_ticks.values.last().copied(),
    );
    let (low, high) = ends(first.into_iter().chain(last));
    let y_axis = Axis {
        low,
        high,
        start_px: bottom,
        end_px: top,
    };

    let mut canvas = Canvas::new(WIDTH_PX, bottom + 42.0);
    canvas.text(axis_text(Text {
        limit_px: WIDTH_PX,
        ..Text::new(&y_label, 0.0, 12.0)
    }));
    for &value in &y_ticks.values {
        let y = y_axis.px(value);
        let is_base = value == 0.0 || Some(value) == first;
        let stroke = Stroke::Text(if is_base { AXIS_LINE } else { GRID_LINE });
        canvas.line((left, y), (right + 6.0, y), 1.0, stroke);
        let label = y_ticks.label(value);
        let text = Text::new(&label, left - 6.0, y + AXIS_TEXT_PX * MIDDLE).anchored(Anchor::End);
        canvas.text(axis_text(text));
    }
    for &value in &x_ticks.values {
        let x = x_axis.px(value);
        canvas.line((x, bottom), (x, bottom + 4.0), 1.0, Stroke::Text(AXIS_LINE));
        let label = x_ticks.label(value);
        canvas.text(axis_text(
            Text::new(&label, x, bottom + 18.0).anchored(Anchor::Middle),
        ));
    }
    let middle = Text::new(&x_label, (left + right) / 2.0, bottom + 36.0).anchored(Anchor::Middle);
    canvas.text(axis_text(Text {
        limit_px: WIDTH_PX,
        ..middle
    }));

    let strokes: Vec<Stroke> = (0..named.len())
        .map(|series| stroke(&mut canvas, series))
        .collect();
    for entry in &legend {
        let (series, stroke) = (named[entry.series].1, strokes[entry.series]);
        let y = HEAD_PX + LEGEND_ROW_PX * (entry.row as f64 + 0.5);
        let (from, to) = (entry.x, entry.x + SAMPLE_PX);
        if series.points.iter().filter(|point| is_point(point)).count() == 1 {
            canvas.circle(((from + to) / 2.0, y - 2.0), DOT_PX, stroke);
        } else {
            canvas.line((from, y - 2.0), (to, y - 2.0), LINE_PX, stroke);
        }
        let text = Text::new(&named[entry.series].0, entry.x + SAMPLE_PX + 6.0, y + 2.5);
        canvas.text(Text {
            limit_px: WIDTH_PX - SAMPLE_PX - 6.0,
            ..text.sized(AXIS_TEXT_PX)
        });
    }
    for ((_, series), stroke) in named.iter().zip(strokes) {
        for (point, interval) in series.points.iter().zip(&series.intervals) {
            if is_point(point) && is_point(interval) {
                let x = x_axis.px(point.0);
                let [low, high] = [interval.0, interval.1].map(|end| y_axis.px(end));
                canvas.line((x, low), (x, high), WHISKER_PX, stroke);
                for y in [low, high] {
                    let half = WHISKER_END_PX / 2.0;
                    canvas.line((x - half, y), (x + half, y), WHISKER_PX, stroke);
                }
            }
        }
        for part in parts(series) {
            let points: Points = part
                .iter()
                .map(|p| (x_axis.px(p.0), y_axis.px(p.1)))
                .collect();
            if series.points.len() <= DOTTED_UP_TO || points.len() == 1 {
                points
                    .iter()
                    .for_each(|&point| canvas.circle(point, DOT_PX, stroke));
            }
            if points.len() > 1 {
                canvas.path(points, LINE_PX, stroke);
            }
        }
    }
    let mut tile = Tile::new(String::new(), canvas.finish()?);
    tile.numbers = Some(numbers(curves, &named, words));
    Ok(Drawing::Grid {
        columns: 1,
        tiles: vec![tile],
        colour_bar: None,
    })
}

/// A row for each x that any line has, a column for each line.
fn numbers(curves: &Curves, named: &[(String, &Series)], words: &Words) -> Numbers {
    let mut header = vec![words.message(&curves.x_label)];
    header.extend(named.iter().map(|(name, _)| match name.is_empty() {
        true => words.message(&curves.y_label),
        false => name.clone(),
    }));
    let points = named.iter().flat_map(|(_, series)| &series.points);
    let mut places: Vec<f64> = points
        .map(|point| point.0)
        .filter(|x| x.is_finite())
        .collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let row = |x: &f64| {
        let at = |series: &Series| {
            let point = series.points.iter().find(|point| point.0 == *x);
            point.map(|point| digits(point.1)).unwrap_or_default()
        };
        let values = named.iter().map(|(_, series)| at(series));
        std::iter::once(digits(*x)).chain(values).collect()
    };
    Numbers {
        header,
        rows: places.iter().map(row).collect(),
    }
}

fn axis_text(text: Text) -> Text {
    text.sized(AXIS_TEXT_PX).faint(AXIS_TEXT)
}

fn stroke(canvas: &mut Canvas, series: usize) -> Stroke {
    // With more series than colours, a colour comes back with another dash.
    let dash = DASHES[(series + series / LINES.len()) % DASHES.len()];
    canvas.line_style(LINES[series % LINES.len()], dash)
}

fn is_point(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// Lowest and highest, moved apart where they are one; 0 and 1 where there are none.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        (0.0, 1.0)
    } else if low == high {
        let room = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
        (low - room, high + room)
    } else {
        (low, high)
    }
}

/// The runs between missing points: no line is drawn over a gap.
fn parts(series: &Series) -> Vec<Points> {
    let parts = series.points.split(|point| !is_point(point));
    parts
        .filter(|part| !part.is_empty())
        .map(<[_]>::to_vec)
        .collect()
}

struct LegendEntry {
    series: usize,
    row: usize,
    x: f64,
}

/// Rows as wide as the chart; empty for one series that the y axis names already.
fn legend(named: &[(String, &Series)], y_label: &str) -> Vec<LegendEntry> {
    if named.len() == 1 && (named[0].0.is_empty() || named[0].0 == y_label) {
        return Vec::new();
    }
    let (mut row, mut x) = (0, 0.0);
    let mut entries = Vec::new();
    for (series, (name, _)) in named.iter().enumerate() {
        let width = SAMPLE_PX + 6.0 + text_width_px(name, AXIS_TEXT_PX) + 18.0;
        if x > 0.0 && x + width > WIDTH_PX {
            (row, x) = (row + 1, 0.0);
        }
        entries.push(LegendEntry { series, row, x });
        x += width;
    }
    entries
}
