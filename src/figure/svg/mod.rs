//! A canvas of SVG. Shapes go through plotters; text is placed here, with anchors, because plotters
//! without fonts cannot measure it and takes CJK for three times as wide as it is.
//!
//! Nothing is drawn behind: the page shows through, light or dark. All text and axes are
//! `currentColor`. No ids, no `<style>`: those are shared by all that is inlined in one page.

mod text;

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea, PathElement, RGBAColor, Rectangle,
    SVGBackend, ShapeStyle,
};

use super::{FigureError, Image, Media};
pub(super) use text::{Anchor, Text, text_width_px};

/// plotters counts in whole units: this many are one px.
const FINE: f64 = 10.0;
/// What the reader's own sans-serif lacks of Chinese is taken from a Taiwanese font.
const FONTS: &str = "system-ui, 'Noto Sans TC', 'Noto Sans CJK TC', 'PingFang TC', 'Microsoft JhengHei', sans-serif";
/// Stands for `currentColor`, which plotters cannot say.
const TEXT_COLOUR: [u8; 3] = [1, 2, 3];
/// Stands, with the line's number as the last byte, for its colour and dash pattern.
const DASH_MARK: [u8; 2] = [1, 3];

/// What a shape is drawn with; the last number is its opacity, 0..1.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stroke {
    /// The page's text colour.
    Text(f64),
    Solid([u8; 3], f64),
    /// A line of a chart: its number among the canvas's line styles.
    Line(usize),
}

enum Shape {
    Rectangle {
        from: (f64, f64),
        to: (f64, f64),
        stroke: Stroke,
    },
    Path {
        points: Vec<(f64, f64)>,
        width_px: f64,
        stroke: Stroke,
    },
    Circle {
        centre: (f64, f64),
        radius_px: f64,
        stroke: Stroke,
    },
}

pub(super) struct Canvas {
    width_px: f64,
    height_px: f64,
    shapes: Vec<Shape>,
    texts: String,
    /// Colour and dash pattern in px.
    lines: Vec<([u8; 3], &'static str)>,
}

impl Canvas {
    pub(super) fn new(width_px: f64, height_px: f64) -> Self {
        let (width_px, height_px) = (width_px.ceil(), height_px.ceil());
        Self {
            width_px,
            height_px,
            shapes: Vec::new(),
            texts: String::new(),
            lines: Vec::new(),
        }
    }

    /// A filled rectangle between two corners in px.
    pub(super) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.shapes.push(Shape::Rectangle { from, to, stroke });
    }

    /// An empty rectangle. A path: plotters leaves out how wide a rectangle's outline is.
    pub(super) fn frame(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        width_px: f64,
        stroke: Stroke,
    ) {
        let ((left, top), (right, bottom)) = (from, to);
        let around = [(left, top), (right, top), (right, bottom), (left, bottom)];
        // Half a width further, so that the last corner is closed.
        let last = (left, top - width_px / 2.0);
        self.path(around.into_iter().chain([last]).collect(), width_px, stroke);
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width_px: f64, stroke: Stroke) {
        self.path(vec![from, to], width_px, stroke);
    }

    pub(super) fn path(&mut self, points: Vec<(f64, f64)>, width_px: f64, stroke: Stroke) {
        self.shapes.push(Shape::Path {
            points,
            width_px,
            stroke,
        });
    }

    pub(super) fn circle(&mut self, centre: (f64, f64), radius_px: f64, stroke: Stroke) {
        self.shapes.push(Shape::Circle {
            centre,
            radius_px,
            stroke,
        });
    }

    /// Adds a line style; `dash` is an SVG dash array in tenths of a px, empty for a solid line.
    pub(super) fn line_style(&mut self, colour: [u8; 3], dash: &'static str) -> Stroke {
        self.lines.push((colour, dash));
        Stroke::Line(self.lines.len() - 1)
    }

    /// Text lies over all shapes.
    pub(super) fn text(&mut self, text: Text) {
        text.write(&mut self.texts);
    }

    /// The finished picture, `<svg ` first.
    pub(super) fn finish(self) -> Result<Image, FigureError> {
        let (width, height) = (self.width_px as usize, self.height_px as usize);
        let shapes = self.shapes().map_err(|error| FigureError::Chart {
            reason: error.to_string(),
        })?;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" fill=\"currentColor\" font-family=\"{FONTS}\">\n<g transform=\"scale({})\">\n{shapes}</g>\n{}</svg>",
            1.0 / FINE,
            self.texts,
        );
        Ok(Image {
            media: Media::Svg(svg),
            width_px: width,
            height_px: height,
        })
    }

    /// The shapes as plotters writes them, with the strokes that it does not know put in.
    fn shapes(&self) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
        let mut whole = String::new();
        let size = (fine(self.width_px) as u32, fine(self.height_px) as u32);
        let area = SVGBackend::with_string(&mut whole, size).into_drawing_area();
        for shape in &self.shapes {
            shape.draw(&area)?;
        }
        area.present()?;
        drop(area);
        let inside = whole.split_once('\n').map_or("", |(_, rest)| rest);
        let inside = inside.trim_end().trim_end_matches("</svg>");
        let mut inside = inside
            .replace(&hexadecimal(TEXT_COLOUR), "currentColor")
            .replace(" opacity=\"1\"", "")
            .replace(" stroke=\"none\"", "");
        for (line, (colour, dash)) in self.lines.iter().enumerate() {
            let (mark, colour) = (hexadecimal(mark(line)), hexadecimal(*colour));
            let dash = if dash.is_empty() {
                "".to_owned()
            } else {
                format!(" stroke-dasharray=\"{dash}\"")
            };
            inside = inside
                .replace(
                    &format!("stroke=\"{mark}\""),
                    &format!("stroke=\"{colour}\" stroke-linejoin=\"round\"{dash}"),
                )
                .replace(&mark, &colour);
        }
        Ok(inside)
    }
}

impl Shape {
    fn draw(
        &self,
        area: &DrawingArea<SVGBackend, Shift>,
    ) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
        let point = |&(x, y): &(f64, f64)| (fine(x), fine(y));
        let filled = |stroke: &Stroke| ShapeStyle::from(stroke.colour()).filled();
        match self {
            Self::Rectangle { from, to, stroke } => {
                area.draw(&Rectangle::new([point(from), point(to)], filled(stroke)))
            }
            Self::Path {
                points,
                width_px,
                stroke,
            } => {
                let points: Vec<_> = points.iter().map(point).collect();
                let style = ShapeStyle::from(stroke.colour()).stroke_width(fine(*width_px) as u32);
                area.draw(&PathElement::new(points, style))
            }
            Self::Circle {
                centre,
                radius_px,
                stroke,
            } => area.draw(&Circle::new(
                point(centre),
                fine(*radius_px),
                filled(stroke),
            )),
        }
    }
}

impl Stroke {
    fn colour(self) -> RGBAColor {
        let ([red, green, blue], opacity) = match self {
            Self::Text(opacity) => (TEXT_COLOUR, opacity),
            Self::Solid(colour, opacity) => (colour, opacity),
            Self::Line(line) => (mark(line), 1.0),
        };
        RGBAColor(red, green, blue, opacity)
    }
}

fn mark(line: usize) -> [u8; 3] {
    [DASH_MARK[0], DASH_MARK[1], (line % 256) as u8]
}

fn hexadecimal([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// px in plotters' whole units.
fn fine(px: f64) -> i32 {
    (px * FINE).round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::palette::Palette;
    use super::*;

    #[test]
    fn inks_that_plotters_does_not_know() {
        let mut canvas = Canvas::new(10.0, 10.0);
        let line = canvas.line_style([1, 0, 255], "60 30");
        canvas.line((0.0, 0.0), (1.26, 1.0), 2.0, line);
        canvas.rectangle((0.0, 0.0), (5.0, 5.0), Stroke::Text(0.5));
        let Media::Svg(svg) = canvas.finish().unwrap().media else {
            panic!("not an SVG")
        };
        assert!(svg.starts_with("<svg "));
        assert!(
            svg.contains("stroke=\"#0100FF\" stroke-linejoin=\"round\" stroke-dasharray=\"60 30\"")
        );
        assert!(svg.contains("0,0 13,10"), "{svg}");
        assert!(
            svg.contains("opacity=\"0.5\" fill=\"currentColor\""),
            "{svg}"
        );
        assert!(!svg.contains("#0102") && !svg.contains("#0103"), "{svg}");
    }

    #[test]
    fn no_palette_has_a_colour_that_stands_for_another() {
        let palettes = [Palette::Inferno, Palette::Diverging];
        for colour in palettes
            .iter()
            .flat_map(|palette| (0..=255).map(|i| palette.colour(i)))
        {
            assert!(
                colour != TEXT_COLOUR && colour[..2] != DASH_MARK,
                "{colour:?}"
            );
        }
    }
}
