//! The fixed texts of the page and of its script.

use std::collections::BTreeMap;

use crate::words::Strings;

/// The fixed texts of the page, by their keys in `templates/strings.yaml`.
pub(super) const WORDS: [&str; 29] = [
    "contents",
    "prompt",
    "answer",
    "parameter",
    "value",
    "citations",
    "parameters_and_citations",
    "how_to_read",
    "where_it_misleads",
    "reading_and_limits",
    "notice",
    "warning",
    "provenance",
    "skip_to_content",
    "enlarge",
    "close",
    "previous",
    "next",
    "label_separator",
    "summary",
    "summary_caption",
    "photo",
    "class",
    "probability",
    "figures",
    "numbers",
    "download_csv",
    "permalink",
    "pages",
];

/// What the script says.
pub(super) const SCRIPT_WORDS: [&str; 39] = [
    "view_settings",
    "colour_map",
    "colours_inferno",
    "colours_viridis",
    "colours_cividis",
    "colours_greys",
    "colours_red-blue",
    "colours_orange-purple",
    "view",
    "view_printed",
    "view_map",
    "view_overlay",
    "view_side",
    "view_slider",
    "divider",
    "opacity",
    "scale",
    "scale_own",
    "scale_shared",
    "scale_end",
    "gamma",
    "reset",
    "download_npy",
    "download_npy_rounded",
    "cell_value",
    "cell_none",
    "probe_hint",
    "enlarge",
    "figure_keys",
    "frame",
    "frame_of",
    "play",
    "pause",
    "superpixels_hint",
    "bars_hint",
    "superpixel_value",
    "superpixel_without_bar",
    "cells_hint",
    "cell_count",
];

/// The texts of some keys.
pub(super) fn words<'a>(
    keys: &[&'static str],
    strings: &'a Strings,
) -> BTreeMap<&'static str, &'a str> {
    keys.iter().map(|key| (*key, strings.get(key))).collect()
}
