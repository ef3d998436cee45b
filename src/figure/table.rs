//! Tables: every cell as text, columns of numbers found.

use super::{Drawing, FigureError, Words};
use crate::present::exhibit::Table;
use crate::words::Argument;

pub(super) fn draw(table: &Table, words: &Words) -> Result<Drawing, FigureError> {
    let expected = table.header.len();
    for (row, cells) in table.rows.iter().enumerate() {
        if cells.len() != expected {
            return Err(FigureError::TableShape {
                row,
                found: cells.len(),
                expected,
            });
        }
    }
    let header = table
        .header
        .iter()
        .map(|cell| words.message(cell))
        .collect();
    let rows = table.rows.iter();
    let rows = rows
        .map(|row| row.iter().map(|cell| words.argument(cell)).collect())
        .collect();
    let numeric = (0..expected)
        .map(|column| is_numeric(table, column))
        .collect();
    Ok(Drawing::Table {
        header,
        rows,
        numeric,
    })
}

/// At least one number, and besides numbers only gaps (an empty text or a dash).
fn is_numeric(table: &Table, column: usize) -> bool {
    let cells = || table.rows.iter().map(|row| &row[column]);
    cells().any(is_number) && cells().all(|cell| is_number(cell) || is_gap(cell))
}

fn is_number(cell: &Argument) -> bool {
    match cell {
        Argument::Count(_)
        | Argument::Number(..)
        | Argument::Percent(..)
        | Argument::Scientific(_) => true,
        Argument::Text(_) | Argument::Message(_) | Argument::List(_) => false,
    }
}

fn is_gap(cell: &Argument) -> bool {
    matches!(cell, Argument::Text(text) if matches!(text.trim(), "" | "-" | "–" | "—"))
}
