//! The numbers behind figures: as tables, and as CSV inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::figure::Tile;

#[derive(Serialize)]
pub(super) struct NumbersTable<'a> {
    header: &'a [String],
    rows: &'a [Vec<String>],
    download: Download,
}

/// A file inside the page.
#[derive(Serialize)]
pub(super) struct Download {
    file: String,
    address: String,
}

/// Of each chart of a figure.
pub(super) fn tables<'a>(figure: &str, tiles: &'a [Tile]) -> Vec<NumbersTable<'a>> {
    let with = tiles.iter().filter_map(|tile| tile.numbers.as_ref());
    let several = with.clone().count() > 1;
    let tables = with.enumerate().map(|(index, numbers)| {
        let file = match several {
            true => format!("{figure}-{}", index + 1),
            false => figure.to_owned(),
        };
        NumbersTable {
            header: &numbers.header,
            rows: &numbers.rows,
            download: download(&file, &numbers.header, &numbers.rows),
        }
    });
    tables.collect()
}

/// CSV as spreadsheets read it: UTF-8 that says so in its first bytes.
pub(super) fn download(file: &str, header: &[String], rows: &[Vec<String>]) -> Download {
    let mut text = Vec::from("\u{feff}");
    let mut writer = csv::Writer::from_writer(&mut text);
    for row in std::iter::once(header).chain(rows.iter().map(Vec::as_slice)) {
        // Rows are as long as the header, and writing into a Vec cannot fail.
        let _ = writer.write_record(row);
    }
    let _ = writer.flush();
    drop(writer);
    Download {
        file: format!("{file}.csv"),
        address: format!(
            "data:text/csv;charset=utf-8;base64,{}",
            STANDARD.encode(text)
        ),
    }
}
