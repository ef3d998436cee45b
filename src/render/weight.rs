//! How many bytes each figure takes in a form of the report.

use super::{RenderError, encoded, html, svg};
use crate::figure::{Drawing, Image, Media};
use crate::report::{Figure, Report};

/// A form of the report for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Page,
    /// Markdown with its pictures in a folder.
    Folder,
    /// Markdown with its pictures in it.
    Embedded,
}

/// What a figure takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// `Figure 3`
    pub figure: String,
    pub bytes: usize,
}

/// The figures of each explanation of the report, in order.
pub fn weights(report: &Report, form: Form) -> Result<Vec<Vec<Weight>>, RenderError> {
    let in_page = match form {
        Form::Page => html::weights(report)?,
        Form::Folder | Form::Embedded => Vec::new(),
    };
    let mut in_page = in_page.into_iter();
    let mut weigh = |figure: &Figure| Weight {
        figure: figure.name.clone(),
        bytes: match form {
            Form::Page => in_page.next().unwrap_or(0),
            Form::Folder => pictures(figure).map(bytes).sum(),
            // Four letters for three bytes.
            Form::Embedded => pictures(figure)
                .map(|image| bytes(image).div_ceil(3) * 4)
                .sum(),
        },
    };
    let explanations = report.explanations();
    let weights = explanations.map(|each| each.figures.iter().map(&mut weigh).collect());
    Ok(weights.collect())
}

fn pictures(figure: &Figure) -> impl Iterator<Item = &Image> {
    let (tiles, colour_bar) = match &figure.drawing {
        Drawing::Grid {
            tiles, colour_bar, ..
        } => (tiles.as_slice(), colour_bar.as_ref()),
        Drawing::Table { .. } => (&[][..], None),
    };
    tiles.iter().map(|tile| &tile.image).chain(colour_bar)
}

fn bytes(image: &Image) -> usize {
    match &image.media {
        Media::Svg(text) => svg::standalone(text).len(),
        Media::Png(_) | Media::Jpeg(_) => encoded(&image.media).0.len(),
    }
}
