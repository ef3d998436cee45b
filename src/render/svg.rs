//! Charts as they go into a page and into a file.

use super::escaped;

/// For a page: a name for readers who cannot see it, and ids that are unique in the page.
pub(super) fn inline(svg: &str, alternative: &str, prefix: &str) -> String {
    let label = escaped(alternative);
    let unique = prefix_ids(svg, prefix);
    with_attributes(
        &unique,
        &format!(" role=\"img\" aria-label=\"{label}\" focusable=\"false\""),
    )
}

/// For a file: on a light ground with dark text, because GitHub shows it on light and dark pages alike and
/// `currentColor` would be black on both.
pub(super) fn standalone(svg: &str) -> String {
    const INK: &str = "#1f2328";
    const PAPER: &str = "#ffffff";
    let namespace = if svg.contains("xmlns=") {
        ""
    } else {
        " xmlns=\"http://www.w3.org/2000/svg\""
    };
    let svg = with_attributes(svg, &format!("{namespace} color=\"{INK}\""));
    let Some(end) = tag_end(&svg) else { return svg };
    let ground = match view_box(&svg[..end]) {
        Some([x, y, width, height]) => {
            format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{PAPER}\"/>"
            )
        }
        None => format!("<rect width=\"100%\" height=\"100%\" fill=\"{PAPER}\"/>"),
    };
    format!("{}{ground}{}", &svg[..end], &svg[end..])
}

/// Puts `attributes` right behind `<svg`, and drops what stands before it (an XML declaration has no
/// place inside a page).
fn with_attributes(svg: &str, attributes: &str) -> String {
    const TAG: &str = "<svg";
    match svg.find(TAG) {
        Some(at) => format!("{TAG}{attributes}{}", &svg[at + TAG.len()..]),
        None => svg.to_owned(),
    }
}

/// The offset behind the `>` of the first tag.
fn tag_end(svg: &str) -> Option<usize> {
    svg.find('>').map(|at| at + 1)
}

fn view_box(tag: &str) -> Option<[&str; 4]> {
    let (_, rest) = tag.split_once("viewBox=\"")?;
    let (numbers, _) = rest.split_once('"')?;
    let numbers: Vec<&str> = numbers
        .split([' ', ','])
        .filter(|number| !number.is_empty())
        .collect();
    numbers.try_into().ok()
}

/// Gradients and clip paths are found by id, and every chart of the page has the same ones.
fn prefix_ids(svg: &str, prefix: &str) -> String {
    if !svg.contains(" id=\"") {
        return svg.to_owned();
    }
    svg.replace(" id=\"", &format!(" id=\"{prefix}-"))
        .replace("url(#", &format!("url(#{prefix}-"))
        .replace("href=\"#", &format!("href=\"#{prefix}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART: &str = "<?xml version=\"1.0\"?>\n<svg viewBox=\"-4 0 20 10\"><linearGradient id=\"g\"/><rect fill=\"url(#g)\"/></svg>";

    #[test]
    fn a_chart_in_a_page_is_named_and_its_ids_are_its_own() {
        assert_eq!(
            inline(CHART, "a \"b\" <c>", "fig-1"),
            "<svg role=\"img\" aria-label=\"a &quot;b&quot; &lt;c&gt;\" focusable=\"false\" viewBox=\"-4 0 20 10\"><linearGradient id=\"fig-1-g\"/><rect fill=\"url(#fig-1-g)\"/></svg>"
        );
    }

    #[test]
    fn a_chart_in_a_file_brings_its_own_ground() {
        assert_eq!(
            standalone(CHART),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" color=\"#1f2328\" viewBox=\"-4 0 20 10\"><rect x=\"-4\" y=\"0\" width=\"20\" height=\"10\" fill=\"#ffffff\"/><linearGradient id=\"g\"/><rect fill=\"url(#g)\"/></svg>"
        );
    }
}
