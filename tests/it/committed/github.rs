//! Markdown as GitHub's parser reads it; comrak follows its specification.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

#[derive(Default)]
pub struct Read {
    /// Addresses as they are written.
    pub pictures: Vec<String>,
    pub links: Vec<String>,
    /// Ids of `<a id="…">`.
    pub anchors: Vec<String>,
    /// Words between colons that GitHub would draw.
    pub emojis: Vec<String>,
    pub formulas: Vec<String>,
    /// Texts of strong emphasis.
    pub strong: Vec<String>,
    /// Levels.
    pub headings: Vec<usize>,
    /// Everything that is read.
    pub text: String,
}

pub fn read(markdown: &str) -> Read {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.table = true;
    extension.strikethrough = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.shortcodes = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options);
    let mut read = Read::default();
    let mut in_strong = false;
    for node in root.descendants() {
        let parent_is_strong = node
            .parent()
            .is_some_and(|parent| matches!(parent.data().value, NodeValue::Strong));
        let in_picture = node
            .ancestors()
            .any(|above| matches!(above.data().value, NodeValue::Image(_)));
        match &node.data().value {
            NodeValue::Image(link) => read.pictures.push(link.url.clone()),
            NodeValue::Link(link) => read.links.push(link.url.clone()),
            NodeValue::HtmlInline(html) => read.anchors.extend(anchor(html)),
            NodeValue::HtmlBlock(block) => {
                read.anchors
                    .extend(block.literal.lines().filter_map(anchor));
            }
            // In the description of a picture GitHub replaces nothing.
            NodeValue::ShortCode(_) if in_picture => {}
            NodeValue::ShortCode(code) => read.emojis.push(code.code.clone()),
            NodeValue::Math(math) => read.formulas.push(math.literal.clone()),
            NodeValue::Heading(heading) => read.headings.push(usize::from(heading.level)),
            NodeValue::Text(text) => {
                if parent_is_strong {
                    match (in_strong, read.strong.last_mut()) {
                        (true, Some(last)) => last.push_str(text),
                        _ => read.strong.push(text.to_string()),
                    }
                }
                read.text.push_str(text);
            }
            NodeValue::Code(code) => read.text.push_str(&code.literal),
            _ => {}
        }
        in_strong = parent_is_strong;
    }
    read
}

fn anchor(html: &str) -> Option<String> {
    let id = html.trim().strip_prefix("<a id=\"")?;
    Some(id.split('"').next()?.to_owned())
}
