//! Tables of the author that have a caption: the paragraph before them goes into them.

const MARK: &str = "<p>{caption:";
const TABLE: &str = "<div class=\"scroll\" tabindex=\"0\"><table>";

/// `html` of a text. What the author wrote is escaped there, so that no other paragraph looks like a numbered caption.
pub(super) fn captioned(html: &str) -> String {
    let mut parts = html.split(MARK);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match in_table(part) {
            Some((anchor, caption, rest)) => {
                let table = format!(
                    "<div class=\"scroll\" tabindex=\"0\"><table id=\"{anchor}\"><caption>{caption}</caption>"
                );
                whole.push_str(&table);
                whole.push_str(rest);
            }
            None => {
                whole.push_str(MARK);
                whole.push_str(part);
            }
        }
    }
    whole
}

/// Anchor, caption, and what follows the beginning of its table.
fn in_table(part: &str) -> Option<(&str, &str, &str)> {
    let (anchor, rest) = part.split_once('}')?;
    let (caption, rest) = rest.split_once("</p>\n")?;
    Some((anchor, caption, rest.strip_prefix(TABLE)?))
}
