//! A fault drawn as several lines, with a caret below its place.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Position, Severity, visible};

/// Whether the drawing has the escape sequences that colour a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    Ansi,
    None,
}

pub(super) fn draw(fault: &Diagnostic, colours: Colours) -> String {
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let (file, message) = (visible(&fault.file), visible(&fault.message));
    // The file stands in the line below, where a place in it is known.
    let title = match fault.position {
        None if !file.is_empty() => format!("{file}: {message}"),
        _ => message.into_owned(),
    };
    let excerpt = fault.excerpt.as_deref();
    let line = excerpt.map(|excerpt| (printable(&excerpt.line), excerpt.length));
    let group = match (fault.position, &line) {
        (Some(at), Some((line, length))) => level.primary_title(title).element(
            Snippet::source(line.as_str())
                .line_start(at.line)
                .path(file.as_ref())
                .annotation(AnnotationKind::Primary.span(span(line, at, *length))),
        ),
        (Some(at), None) => level.primary_title(title).element(
            Origin::path(file.as_ref())
                .line(at.line)
                .char_column(at.column),
        ),
        (None, _) => Group::with_title(level.primary_title(title)),
    };
    let renderer = match colours {
        Colours::Ansi => Renderer::styled(),
        Colours::None => Renderer::plain(),
    };
    if fault.hint.is_empty() {
        return renderer.render(&[group]);
    }
    let hint = Level::HELP.with_name("hint");
    let hint = Group::with_title(hint.primary_title(visible(&fault.hint).into_owned()));
    if line.is_some() {
        renderer.render(&[group, hint])
    } else {
        // Drawn together, a `|` would lead from no line of the file to the hint.
        format!(
            "{}\n{}",
            renderer.render(&[group]),
            renderer.render(&[hint])
        )
    }
}

/// The marked bytes of a line.
fn span(line: &str, at: Position, length: usize) -> std::ops::Range<usize> {
    let byte = |column: usize| {
        line.char_indices()
            .nth(column - 1)
            .map_or(line.len(), |(byte, _)| byte)
    };
    let column = at.column.max(1);
    byte(column)..byte(column.saturating_add(length))
}

/// The drawing replaces control characters of ASCII by their pictures, ␛; those above 127 it leaves.
fn printable(line: &str) -> String {
    let above_ascii = |c: char| c.is_control() && !c.is_ascii();
    line.replace(above_ascii, "\u{fffd}")
}
