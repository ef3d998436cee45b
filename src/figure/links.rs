//! What a picture and its parts are to other pictures, for pages that answer to the reader: stages of one picture, superpixels
//! and their bars, cells of a matrix and the photos in them.

use super::Image;

/// What one picture of a figure has to do with others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Links {
    /// Whether it is a stage of one picture, of which the figure shows all in their order.
    pub is_stage: bool,
    /// Which of the method's photos it is of, where superpixels and bars of the same photo stand for each other.
    pub group: Option<usize>,
    /// The superpixels of the photo, with the first picture of a group.
    pub segments: Option<SegmentMap>,
    /// Bars or cells.
    pub parts: Vec<Part>,
    pub thumbnails: Option<Thumbnails>,
}

/// The superpixel of each pixel, from 0, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMap {
    pub width: usize,
    pub height: usize,
    pub labels: Vec<u32>,
}

/// A rectangle of a chart that stands for something, in px of the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// A superpixel, or row × number of columns + column of a cell.
    pub key: usize,
    pub x_px: f64,
    pub y_px: f64,
    pub width_px: f64,
    pub height_px: f64,
}

/// Small photos side by side in one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnails {
    pub sheet: Image,
    /// Of each photo.
    pub width_px: usize,
    pub height_px: usize,
    /// How many stand in a row.
    pub columns: usize,
    /// The part and the name of each photo, row by row.
    pub names: Vec<(usize, String)>,
}
