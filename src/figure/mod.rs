//! Numbers to pictures: overlays, grids, charts. Draws and does not compute.

mod chart;
mod colour_bar;
mod encode;
mod grid;
mod layers;
mod links;
mod overlay;
pub mod palette;
mod raster;
mod reduced;
mod segments;
mod svg;
mod table;
mod thumbnails;

pub use layers::{Cover, Layers, LevelMap, View, cover, pale};
pub use links::{Links, Part, SegmentMap, Thumbnails};
pub use reduced::reduced;

use crate::present::exhibit::Body;
pub use crate::present::exhibit::Sign;
use crate::words::{Argument, Message};

/// An encoded picture, ready to embed or to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    Png(Vec<u8>),
    Jpeg(Vec<u8>),
    /// A whole `<svg …>` element. Text and axes are drawn in `currentColor`, so the page decides.
    /// It holds no ids, styles or scripts: any number of them may stand in one page.
    Svg(String),
}

/// One picture of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub media: Media,
    /// Natural size.
    pub width_px: usize,
    pub height_px: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Plain text in the report's language; may be empty.
    pub label: String,
    /// The whole picture, for formats that show nothing else.
    pub image: Image,
    /// The same taken apart, for formats that put it together when it is looked at.
    pub layers: Option<Layers>,
    /// The numbers of a chart.
    pub numbers: Option<Numbers>,
    /// What its parts stand for, for formats that answer to the reader.
    pub links: Links,
}

impl Tile {
    pub fn new(label: String, image: Image) -> Self {
        Self {
            label,
            image,
            layers: None,
            numbers: None,
            links: Links::default(),
        }
    }
}

/// What a chart was drawn from, as text: numbers to seven digits, for other programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    pub header: Vec<String>,
    /// Each as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// A drawn exhibit.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// Tiles in rows of `columns` on a wide page, with a colour bar below where there is one.
    Grid {
        columns: usize,
        tiles: Vec<Tile>,
        colour_bar: Option<Image>,
    },
    /// Cells are text; `numeric[column]` columns are set flush right.
    Table {
        header: Vec<String>,
        rows: Vec<Vec<String>>,
        numeric: Vec<bool>,
    },
}

/// Puts messages and numbers into the report's language.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub message: &'a (dyn Fn(&Message) -> String + Sync),
    pub argument: &'a (dyn Fn(&Argument) -> String + Sync),
}

impl Words<'_> {
    fn message(&self, message: &Message) -> String {
        (self.message)(message)
    }

    fn argument(&self, argument: &Argument) -> String {
        (self.argument)(argument)
    }

    /// Three significant digits with a true minus sign; zero is `0`.
    fn number(&self, value: f64) -> String {
        if value == 0.0 {
            return "0".to_owned();
        }
        self.argument(&Argument::Scientific(value))
            .replace('-', "\u{2212}")
    }

    /// `share` is 0..1.
    fn percent(&self, share: f64, digits: usize) -> String {
        self.argument(&Argument::Percent(share, digits))
    }
}

/// An exhibit whose parts do not fit together, or that could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    #[error(
        "a picture of {width} × {height} px has {found} bytes; expected three bytes a pixel and no empty side"
    )]
    PictureSize {
        width: usize,
        height: usize,
        found: usize,
    },
    #[error(
        "a map of {height} × {width} cells has {found} numbers; expected one a cell and no empty side"
    )]
    MapSize {
        height: usize,
        width: usize,
        found: usize,
    },
    #[error("a map cannot be drawn {width} × {height} px large; expected at least 1 px a side")]
    EmptySize { width: usize, height: usize },
    #[error("a photo of {pixels} px has {found} segment numbers; expected one a pixel")]
    SegmentCount { pixels: usize, found: usize },
    #[error("segment `{segment}` has no weight; there are {weights} weights, counted from 0")]
    SegmentWeight { segment: usize, weights: usize },
    #[error(
        "a matrix of {rows} × {columns} classes has a row or column of another length; expected one entry of `counts[row][column]` a class"
    )]
    MatrixShape { rows: usize, columns: usize },
    #[error(
        "a histogram of {edges} edges has a part of {found} columns; expected one column between each two edges"
    )]
    HistogramShape { edges: usize, found: usize },
    #[error("row {row} of a table has {found} cells; expected {expected}, as in the header")]
    TableShape {
        row: usize,
        found: usize,
        expected: usize,
    },
    #[error("cannot encode a picture as JPEG: {reason}")]
    Jpeg { reason: String },
    #[error("cannot encode a picture as PNG: {source}")]
    Png {
        #[from]
        source: png::EncodingError,
    },
    #[error("cannot draw a chart: {reason}")]
    Chart { reason: String },
}

/// The exhibit as pictures or table. Equal exhibits and words give equal bytes.
pub fn draw(body: &Body, words: &Words) -> Result<Drawing, FigureError> {
    match body {
        Body::Pictures(pictures) => grid::pictures(pictures, words),
        Body::HeatMaps(maps) => grid::heat_maps(maps, words),
        Body::Segments(photos) => segments::draw(photos, words),
        Body::Bars(bars) => chart::bars::draw(bars, words),
        Body::Curves(curves) => chart::curves::draw(curves, words),
        Body::Histograms(all) => chart::histograms::draw(all, words),
        Body::Matrix(matrix) => chart::matrix::draw(matrix, words),
        Body::Table(table) => table::draw(table, words),
    }
}
