//! Lists in error texts.

/// The first eight of them and how many more there are, separated by commas.
pub fn list(entries: &[String]) -> String {
    const LISTED: usize = 8;
    let mut text = entries
        .iter()
        .take(LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if entries.len() > LISTED {
        text.push_str(&format!(" and {} more", entries.len() - LISTED));
    }
    text
}
