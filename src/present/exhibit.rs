//! What a figure shows, before it is drawn: numbers, pictures and messages. No tensors, no colours, no HTML.

use crate::results::{Map, Picture};
use crate::words::{Argument, Message};

#[derive(Debug, Clone)]
pub struct Exhibit {
    /// One or two sentences, without number; says scale, clipping and sign.
    pub caption: Message,
    /// What a reader who cannot see the picture needs, written from the numbers.
    pub alt: Message,
    pub body: Body,
}

/// The kinds of exhibit. Closed: `figure` matches on all of them.
#[derive(Debug, Clone)]
pub enum Body {
    Pictures(Pictures),
    HeatMaps(HeatMaps),
    Segments(Segments),
    Bars(Bars),
    Curves(Curves),
    Histograms(Histograms),
    Matrix(Matrix),
    Table(Table),
}

/// Pictures in rows: optimised images, contact sheets, photos.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// How many stand side by side on a wide page.
    pub columns: usize,
    pub tiles: Vec<PictureTile>,
    /// Whether they are stages of one picture, in their order.
    pub is_sequence: bool,
}

#[derive(Debug, Clone)]
pub struct PictureTile {
    pub label: Message,
    pub picture: Picture,
}

/// One number a pixel (or a cell), shown in colour alone or over a photo.
#[derive(Debug, Clone)]
pub struct HeatMaps {
    pub columns: usize,
    pub tiles: Vec<HeatTile>,
    pub sign: Sign,
    /// What the numbers are, beside the colour bar.
    pub quantity: Message,
    /// Whether all tiles share one colour scale (one bar for the figure) or each has its own.
    pub scale: Scale,
    /// At 1 colours follow the values in proportion; below it weak values are drawn stronger, above 0.
    pub gamma: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Zero or more: a sequential palette.
    Unsigned,
    /// Either side of zero: a diverging palette, zero in the middle.
    Signed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Shared,
    OwnPerTile,
}

#[derive(Debug, Clone)]
pub struct HeatTile {
    pub label: Message,
    pub view: HeatView,
    /// Lower and upper end of the colour scale, in the map's own units; values outside are clipped.
    pub range: (f32, f32),
}

#[derive(Debug, Clone)]
pub enum HeatView {
    /// The photo by itself, for comparison.
    Photo(Picture),
    /// The map by itself, each cell drawn as a square block where it is smaller than `size` (width, height).
    Map {
        map: Map,
        size: (usize, usize),
        /// The photo that it is of, for pages where the reader may lay it below.
        photo: Option<Picture>,
    },
    /// The map, enlarged bilinearly, over the photo.
    Overlay { photo: Picture, map: Map },
}

/// Superpixels of photos with a weight each (LIME).
#[derive(Debug, Clone)]
pub struct Segments {
    pub columns: usize,
    pub tiles: Vec<SegmentTile>,
}

#[derive(Debug, Clone)]
pub struct SegmentTile {
    pub label: Message,
    /// Which of the figure's photos it is of, from 0.
    pub group: usize,
    pub photo: Picture,
    /// The segment of each pixel, `0..weights.len()`, row-major.
    pub segments: Vec<u32>,
    /// Evidence for (positive) or against (negative) the class, by segment.
    pub weights: Vec<f64>,
    pub view: SegmentView,
}

#[derive(Debug, Clone)]
pub enum SegmentView {
    /// The photo with every segment outlined.
    Outlines,
    /// The segments `shown` coloured by sign and strength, outlined, those of them that are `undecided` grey; the
    /// rest of the photo as it is.
    Evidence {
        shown: Vec<usize>,
        undecided: Vec<usize>,
    },
    /// Only the listed segments; the rest hidden.
    Only { shown: Vec<usize> },
}

/// Horizontal bars, one small chart a group.
#[derive(Debug, Clone)]
pub struct Bars {
    pub columns: usize,
    pub groups: Vec<BarGroup>,
    /// What the length says, with its unit.
    pub quantity: Message,
    pub unit: BarUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarUnit {
    /// 0..1, drawn on that range and written as percentages.
    Probability,
    /// Any sign, one symmetric range for all groups.
    Weight,
    /// A quantity in no unit, from zero, or from the least where some are below.
    Amount,
}

#[derive(Debug, Clone)]
pub struct BarGroup {
    pub label: Message,
    pub bars: Vec<Bar>,
    /// The superpixel of each bar, of the photo that has this group's number among the method's; empty where bars are of
    /// something else.
    pub segments: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct Bar {
    pub label: Message,
    pub value: f64,
    /// Half the width of the interval drawn round the value.
    pub uncertainty: Option<f64>,
}

/// Lines over a common x axis.
#[derive(Debug, Clone)]
pub struct Curves {
    pub x_label: Message,
    pub y_label: Message,
    pub series: Vec<Series>,
}

#[derive(Debug, Clone)]
pub struct Series {
    pub label: Message,
    /// In the order of x.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of an interval drawn through each point; empty where there are none.
    pub intervals: Vec<(f64, f64)>,
}

/// Columns over intervals of an x axis, one small chart a group, the parts of a column on each other.
#[derive(Debug, Clone)]
pub struct Histograms {
    pub columns: usize,
    pub x_label: Message,
    pub y_label: Message,
    /// What the parts of a column are, the lowest first; one part needs no name.
    pub parts: Vec<Message>,
    pub charts: Vec<Histogram>,
}

#[derive(Debug, Clone)]
pub struct Histogram {
    pub label: Message,
    /// Ends of the intervals in rising order, one more than columns.
    pub edges: Vec<f64>,
    /// `heights[part][column]`, zero or more.
    pub heights: Vec<Vec<f64>>,
}

/// A confusion matrix: rows are true classes, columns predicted ones.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub rows: Vec<Message>,
    pub columns: Vec<Message>,
    pub row_label: Message,
    pub column_label: Message,
    /// `counts[row][column]`.
    pub counts: Vec<Vec<usize>>,
    /// Photos of some cells, those of a cell behind each other.
    pub photos: Vec<CellPhoto>,
}

/// A photo that was counted in a cell of a matrix.
#[derive(Debug, Clone)]
pub struct CellPhoto {
    pub row: usize,
    pub column: usize,
    pub label: Message,
    pub picture: Picture,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub header: Vec<Message>,
    /// Each as long as the header. Columns of numbers are set flush right.
    pub rows: Vec<Vec<Argument>>,
}
