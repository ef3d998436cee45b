//! `theme`: how the page looks.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// How the page looks. The Markdown looks as whoever shows it decides.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ThemeSpec {
    /// Colour of links, of numbers of questions and of edges: `"#8a1c4a"`, or one for each ground, `{light: "#8a1c4a", dark: "#e79ab9"}`. Default: a blue.
    pub accent: Option<ColourSpec>,
    /// Colour of the ground. Default: nearly white, and nearly black where the reader's system is dark.
    pub paper: Option<ColourSpec>,
    /// Colour of the text. Default: nearly black, and nearly white on the dark ground.
    pub ink: Option<ColourSpec>,
    /// Colour of labels and captions of less weight. Default: greys.
    pub muted: Option<ColourSpec>,
    /// Fonts of the text, the first that the reader has: `Georgia, Noto Serif TC, serif`. Nothing is loaded. Default: the system's font without serifs.
    pub font: Option<String>,
    /// Fonts of code, likewise. Default: the system's font of equal widths.
    pub code_font: Option<String>,
    /// A CSS file that is put behind ours. It may not load anything: `url()` of anything but `data:`, and `@import`, are refused. Relative to report.yaml. Default: none.
    pub css: Option<PathBuf>,
}

/// One colour for both grounds, or one for each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ColourSpec {
    Both(Hex),
    Each(EachGround),
}

/// A colour for each ground; what is left out stays ours.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachGround {
    /// On the light ground, and in print.
    #[serde(default)]
    pub light: Option<Hex>,
    /// On the dark ground.
    #[serde(default)]
    pub dark: Option<Hex>,
}

/// `#rgb` or `#rrggbb`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Hex(pub String);

impl ColourSpec {
    /// On the light and on the dark ground.
    pub fn grounds(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Both(Hex(colour)) => (Some(colour.as_str()), Some(colour.as_str())),
            Self::Each(EachGround { light, dark }) => (
                light.as_ref().map(Hex::as_str),
                dark.as_ref().map(Hex::as_str),
            ),
        }
    }
}

impl Hex {
    fn as_str(&self) -> &str {
        &self.0
    }
}
