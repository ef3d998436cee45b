//! A confusion matrix: counts in cells, coloured by their share of the row.

use super::super::colour_bar::{self, Stop};
use super::super::svg::{Anchor, Canvas, Stroke, Text, text_width_px};
use super::super::{Drawing, FigureError, Image, Numbers, Part, Tile, Words, thumbnails};
use super::{AXIS_TEXT, AXIS_TEXT_PX, MIDDLE};
use crate::present::exhibit::Matrix;
use crate::results::Picture;
use crate::words::Message;

/// The colour of a whole row in one cell. Less is the same colour thinner, so that it grows out of
/// the page, light or dark. White text on it is 7.1 : 1.
const FULL: [u8; 3] = [0x10, 0x58, 0xa3];
/// The thinnest colour of a cell that is not zero, 0..1.
const THINNEST: f64 = 0.12;
/// From this thickness on counts are white: on a light page white and black are then equally clear,
/// 4 : 1.
const WHITE_TEXT_FROM: f64 = 0.73;
/// Up to so many classes every cell is drawn; above, zeros are left to the ground (of a matrix of 30
/// classes most cells are zero, and each would cost 200 bytes).
const ZEROS_UP_TO: usize = 12;
/// Above so many classes the counts are left out and only some names are written.
const COUNTS_UP_TO: usize = 40;
/// Opacity of cells without a count, and of the frame round right answers.
const ZERO: f64 = 0.04;
const DIAGONAL: f64 = 0.35;
/// Longest names, in px.
const ROW_NAME_PX: f64 = 130.0;
const COLUMN_NAME_PX: f64 = 110.0;
/// Names over cells narrower than this stand upright instead of slanting.
const UPRIGHT_BELOW_PX: f64 = 24.0;
const GAP_PX: f64 = 8.0;
/// Of one digit, in units of its size.
const DIGIT_EM: f64 = 0.6;

/// Sizes in px that follow from the matrix.
struct Layout {
    cell_px: f64,
    count_text_px: f64,
    name_text_px: f64,
    left_px: f64,
    top_px: f64,
    width_px: f64,
    height_px: f64,
    /// Degrees by which column names turn.
    rotation: f64,
    /// Every how many classes a name is written.
    name_every: usize,
    has_counts: bool,
    has_zeros: bool,
}

/// A matrix with its names in the report's language.
struct Named<'a> {
    rows: Vec<String>,
    columns: Vec<String>,
    counts: &'a [Vec<usize>],
}

pub(in super::super) fn draw(matrix: &Matrix, words: &Words) -> Result<Drawing, FigureError> {
    let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
    if matrix.counts.len() != rows || matrix.counts.iter().any(|row| row.len() != columns) {
        return Err(FigureError::MatrixShape { rows, columns });
    }
    let row_label = words.message(&matrix.row_label);
    let labels = (
        format!("{row_label} ↓"),
        words.message(&matrix.column_label) + " →",
    );
    let names = |names: &[Message]| names.iter().map(|name| words.message(name)).collect();
    let named = Named {
        rows: names(&matrix.rows),
        columns: names(&matrix.columns),
        counts: &matrix.counts,
    };
    let layout = layout(&named, &labels);
    let image = chart(&named, &labels, &layout)?;
    // A row sums up to 100 %: that says what the colour is, in every language.
    let stops = [0.0, 0.5, 1.0];
    let stops = stops.map(|share| Stop {
        position: share,
        text: words.percent(share, 0),
    });
    let quantity = format!("{row_label} = {}", words.percent(1.0, 0));
    let bar = colour_bar::draw(
        &|share| Stroke::Solid(FULL, thickness(share)),
        &stops,
        &quantity,
    )?;
    let mut tile = Tile::new(String::new(), image);
    tile.numbers = Some(numbers(&named, &labels));
    tile.links.thumbnails = thumbnails::draw(behind(matrix, words))?;
    if tile.links.thumbnails.is_some() {
        tile.links.parts = parts(&named, &layout);
    }
    let tiles = vec![tile];
    Ok(Drawing::Grid {
        columns: 1,
        tiles,
        colour_bar: Some(bar),
    })
}

/// The photos of cells, with the cell's key.
fn behind<'a>(matrix: &'a Matrix, words: &Words) -> Vec<(usize, String, &'a Picture)> {
    let columns = matrix.columns.len();
    let photos = matrix.photos.iter();
    photos
        .map(|photo| {
            let key = photo.row * columns + photo.column;
            (key, words.message(&photo.label), &photo.picture)
        })
        .collect()
}

/// The cells with a count.
fn parts(matrix: &Named, layout: &Layout) -> Vec<Part> {
    let columns = matrix.columns.len();
    let cells = matrix.counts.iter().flatten().enumerate();
    cells
        .filter(|(_, count)| **count > 0)
        .map(|(key, _)| Part {
            key,
            x_px: layout.left_px + layout.cell_px * (key % columns) as f64,
            y_px: layout.top_px + layout.cell_px * (key / columns) as f64,
            width_px: layout.cell_px,
            height_px: layout.cell_px,
        })
        .collect()
}

/// The counts, true classes downwards.
fn numbers(named: &Named, labels: &(String, String)) -> Numbers {
    let mut header = vec![format!("{} {}", labels.0, labels.1)];
    header.extend(named.columns.iter().cloned());
    let row = |(name, counts): (&String, &Vec<usize>)| {
        let counts = counts.iter().map(ToString::to_string);
        std::iter::once(name.clone()).chain(counts).collect()
    };
    Numbers {
        header,
        rows: named.rows.iter().zip(named.counts).map(row).collect(),
    }
}

/// The opacity of a cell that holds this share of its row, both 0..1.
fn thickness(share: f64) -> f64 {
    if share > 0.0 {
        THINNEST + (1.0 - THINNEST) * share
    } else {
        0.0
    }
}

fn layout(matrix: &Named, labels: &(String, String)) -> Layout {
    let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
    let classes = rows.max(columns).max(1);
    let has_counts = classes <= COUNTS_UP_TO;
    let largest = matrix.counts.iter().flatten().max().copied().unwrap_or(0);
    let digits = largest.to_string().len() as f64;
    let (cell_px, count_text_px): (f64, f64) = match classes {
        0..=6 => (50.0, 15.0),
        7..=12 => (40.0, 13.0),
        13..=20 => (30.0, 11.5),
        21..=COUNTS_UP_TO => (23.0, 10.0),
        _ => ((640.0 / classes as f64).clamp(3.0, 14.0), 0.0),
    };
    // Rounded up, since all cells must be of one size.
    let cell_px = if has_counts {
        cell_px.max((digits * DIGIT_EM * count_text_px + 6.0).ceil())
    } else {
        cell_px
    };
    let name_text_px = AXIS_TEXT_PX.min(cell_px.max(10.0));
    let widest = |names: &[String], limit: f64| {
        names
            .iter()
            .map(|name| text_width_px(name, name_text_px))
            .fold(0.0, f64::max)
            .min(limit)
            .ceil()
    };
    let row_names = widest(&matrix.rows, ROW_NAME_PX);
    let column_names = widest(&matrix.columns, COLUMN_NAME_PX);
    let rotation: f64 = if column_names <= cell_px - 4.0 {
        0.0
    } else if cell_px < UPRIGHT_BELOW_PX {
        -90.0
    } else {
        -45.0
    };
    let (sine, cosine) = (-rotation.to_radians().sin(), rotation.to_radians().cos());
    let names_height = column_names * sine + name_text_px * cosine + GAP_PX;
    let left_px = row_names.max(
        text_width_px(&labels.0, AXIS_TEXT_PX)
            .min(ROW_NAME_PX)
            .ceil(),
    ) + GAP_PX;
    let top_px = AXIS_TEXT_PX + GAP_PX + names_height;
    let grid_px = cell_px * columns as f64;
    let overhang = if rotation == 0.0 {
        0.0
    } else {
        (column_names * cosine + name_text_px * sine / 2.0 - cell_px / 2.0).max(0.0)
    };
    let label_px = text_width_px(&labels.1, AXIS_TEXT_PX);
    Layout {
        cell_px,
        count_text_px,
        name_text_px,
        left_px,
        top_px,
        width_px: left_px + (grid_px + overhang).max(label_px) + 2.0,
        height_px: top_px + cell_px * rows as f64 + 2.0,
        rotation,
        name_every: (name_text_px / cell_px).ceil().max(1.0) as usize,
        has_counts,
        has_zeros: classes <= ZEROS_UP_TO,
    }
}

fn chart(matrix: &Named, labels: &(String, String), layout: &Layout) -> Result<Image, FigureError> {
    let mut canvas = Canvas::new(layout.width_px, layout.height_px);
    let label = |text, x, y| Text::new(text, x, y).sized(AXIS_TEXT_PX).faint(AXIS_TEXT);
    canvas.text(label(&labels.1, layout.left_px, AXIS_TEXT_PX));
    let row_label = label(&labels.0, layout.left_px - GAP_PX, layout.top_px - GAP_PX);
    canvas.text(Text {
        limit_px: layout.left_px - GAP_PX,
        ..row_label.anchored(Anchor::End)
    });
    names(&mut canvas, matrix, layout);
    if !layout.has_zeros {
        let (left, top) = (layout.left_px, layout.top_px);
        let (width, height) = (
            layout.cell_px * matrix.columns.len() as f64,
            layout.cell_px * matrix.rows.len() as f64,
        );
        canvas.rectangle(
            (left, top),
            (left + width, top + height),
            Stroke::Text(ZERO),
        );
    }
    // A gap between cells lets the page through and keeps them apart without lines.
    let gap = if layout.has_counts { 0.75 } else { 0.25 };
    for (row, counts) in matrix.counts.iter().enumerate() {
        let total: usize = counts.iter().sum();
        for (column, &count) in counts.iter().enumerate() {
            let x = layout.left_px + layout.cell_px * column as f64;
            let y = layout.top_px + layout.cell_px * row as f64;
            let (from, to) = (
                (x + gap, y + gap),
                (x + layout.cell_px - gap, y + layout.cell_px - gap),
            );
            let share = count as f64 / total.max(1) as f64;
            let is_diagonal = matrix.rows[row] == matrix.columns[column];
            let stroke = if count > 0 {
                Stroke::Solid(FULL, thickness(share))
            } else {
                Stroke::Text(ZERO)
            };
            let is_drawn = count > 0 || layout.has_zeros;
            if is_drawn {
                canvas.rectangle(from, to, stroke);
            }
            if is_diagonal && layout.has_counts {
                canvas.frame(from, to, 1.0, Stroke::Text(DIAGONAL));
            }
            if is_drawn && layout.has_counts {
                count_text(&mut canvas, count, share, (x, y), layout);
            }
        }
    }
    canvas.finish()
}

fn count_text(canvas: &mut Canvas, count: usize, share: f64, (x, y): (f64, f64), layout: &Layout) {
    let (middle, size_px) = (layout.cell_px / 2.0, layout.count_text_px);
    let content = count.to_string();
    let text = Text::new(&content, x + middle, y + middle + size_px * MIDDLE);
    let text = text.anchored(Anchor::Middle).sized(size_px);
    canvas.text(match count {
        0 => text.faint(0.3),
        _ if thickness(share) >= WHITE_TEXT_FROM => Text {
            colour: Some("#fff"),
            ..text
        },
        _ => text,
    });
}

fn names(canvas: &mut Canvas, matrix: &Named, layout: &Layout) {
    let size_px = layout.name_text_px;
    let middle = |index: usize| layout.cell_px * (index as f64 + 0.5);
    for (row, name) in matrix.rows.iter().enumerate().step_by(layout.name_every) {
        let y = layout.top_px + middle(row) + size_px * MIDDLE;
        let text = Text::new(name, layout.left_px - GAP_PX, y)
            .anchored(Anchor::End)
            .sized(size_px);
        canvas.text(Text {
            limit_px: ROW_NAME_PX,
            ..text
        });
    }
    for (column, name) in matrix.columns.iter().enumerate().step_by(layout.name_every) {
        let x = layout.left_px + middle(column);
        let y = layout.top_px - GAP_PX / 2.0;
        let text = match layout.rotation {
            0.0 => Text::new(name, x, y - 2.0).anchored(Anchor::Middle),
            // Turned round its baseline: moved so that its middle points at the cell's.
            rotation => {
                let aside = -rotation.to_radians().sin() * size_px * MIDDLE;
                Text {
                    rotation,
                    ..Text::new(name, x + aside, y)
                }
            }
        };
        canvas.text(Text {
            limit_px: COLUMN_NAME_PX,
            ..text.sized(size_px)
        });
    }
}
