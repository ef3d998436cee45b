//! Lists of photos with several labels, or none: the labels behind the path, or a column of 0 and 1 for each label.

use std::collections::BTreeMap;
use std::path::Path;

use super::listing::{Listed, Listing, beside};
use super::table::{PATH_HEADINGS, SEPARATORS, fields};
use crate::diagnostic::Position;

/// Lines that decide about a file's separator.
const LINES_COMPARED: usize = 100;
/// Between labels in one cell.
const WITHIN_A_CELL: [char; 4] = ['|', ';', ',', ' '];

pub(super) fn read(listing: &mut Listing, file: &Path, text: &str) {
    let lines = text.lines().enumerate();
    let lines: Vec<(usize, &str)> = lines
        .map(|(index, line)| (index + 1, line.trim_matches([' ', '\r'])))
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let exists = |path: &str| !path.is_empty() && beside(file, path).exists();
    let is_comment = |line: &str, separator: u8| {
        line.starts_with('#')
            && !fields(line, separator)
                .first()
                .is_some_and(|path| exists(path))
    };
    let found = |separator: u8| {
        let lines = lines.iter().take(LINES_COMPARED);
        let is_photo = |(_, line): &&(usize, &str)| {
            fields(line, separator)
                .first()
                .is_some_and(|path| exists(path))
        };
        lines.filter(is_photo).count()
    };
    // `max_by_key` gives the last of equals.
    let separator = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|separator| found(*separator));
    let separator = separator.unwrap_or(b',');
    let mut columns: Option<Vec<String>> = None;
    let mut is_first = true;
    for (number, line) in lines
        .iter()
        .filter(|(_, line)| !is_comment(line, separator))
    {
        let cells = fields(line, separator);
        let Some((path, labels)) = cells.split_first() else {
            continue;
        };
        if std::mem::replace(&mut is_first, false)
            && !exists(path)
            && PATH_HEADINGS.contains(&path.to_lowercase().as_str())
        {
            let all_known = !labels.is_empty() && labels.iter().all(|label| listing.knows(label));
            columns = all_known.then(|| labels.to_vec());
            continue;
        }
        let at = Position {
            line: *number,
            column: 1,
        };
        let labels: Vec<String> = match &columns {
            Some(columns) => match marked(columns, labels) {
                Ok(labels) => labels,
                Err(message) => {
                    let hint = "each label has a column of 0 and 1".to_owned();
                    listing
                        .faults
                        .add("cells that are neither 0 nor 1", Some(at), message, hint);
                    continue;
                }
            },
            None => labels
                .iter()
                .flat_map(|cell| split(listing, cell))
                .collect(),
        };
        listing.photo_of(beside(file, path), &labels, at);
    }
}

/// The labels whose column holds a 1.
fn marked(columns: &[String], cells: &[String]) -> Result<Vec<String>, String> {
    if cells.len() > columns.len() {
        return Err(format!(
            "{} cells for {} labels",
            cells.len(),
            columns.len()
        ));
    }
    let mut labels = Vec::new();
    for (label, cell) in columns.iter().zip(cells) {
        match cell.to_lowercase().as_str() {
            "1" | "1.0" | "true" => labels.push(label.clone()),
            "0" | "0.0" | "false" | "" => {}
            _ => return Err(format!("`{cell}` stands in the column `{label}`")),
        }
    }
    Ok(labels)
}

/// A cell is one label, or several where all parts of it are known.
fn split(listing: &Listing, cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    if !listing.knows(cell) {
        for separator in WITHIN_A_CELL {
            let parts: Vec<&str> = cell.split(separator).map(str::trim).collect();
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            if parts.len() > 1 && parts.iter().all(|part| listing.knows(part)) {
                return parts.into_iter().map(str::to_owned).collect();
            }
        }
    }
    vec![cell.to_owned()]
}

/// A photo that is named more than once has the labels of all its places.
pub(super) fn merged(listed: Vec<Listed>) -> Vec<Listed> {
    let mut places = BTreeMap::new();
    let mut merged: Vec<Listed> = Vec::new();
    for one in listed {
        match places.get(&one.path) {
            None => {
                places.insert(one.path.clone(), merged.len());
                merged.push(one);
            }
            Some(place) => {
                let first: &mut Listed = &mut merged[*place];
                first.labels.extend(one.labels);
            }
        }
    }
    for one in &mut merged {
        one.labels.sort_unstable();
        one.labels.dedup();
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::super::faults::Faults;
    use super::*;
    use crate::evaluate::groups::Groups;
    use crate::labels::Labels;

    fn read_in(text: &str) -> Result<Vec<(String, Vec<usize>)>, String> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png", "c.png"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let labels = Labels(["cat", "dog", "red fox"].map(str::to_owned).to_vec());
        let groups = Groups::classes(&labels);
        let mut listing = Listing::new(&groups, Faults::new("list.csv"));
        read(&mut listing, &folder.path().join("list.csv"), text);
        let photos = merged(listing.photos);
        let faults = listing.faults.into_result();
        faults.map_err(|faults| faults[0].message.clone())?;
        let name = |photo: &Listed| {
            photo
                .path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        Ok(photos
            .iter()
            .map(|photo| (name(photo), photo.labels.clone()))
            .collect())
    }

    #[test]
    fn labels_stand_behind_the_path_however_they_are_separated() {
        let expected = Ok(vec![
            ("a.png".to_owned(), vec![0, 2]),
            ("b.png".to_owned(), vec![]),
            ("c.png".to_owned(), vec![1]),
        ]);
        for text in [
            "a.png,red fox,cat\nb.png\nc.png,dog\n",
            "path,labels\na.png,cat|red fox\nb.png,\nc.png,dog\n",
            "a.png\tcat;red fox\nb.png\nc.png\tdog\n",
            "a.png,\"red fox,cat\"\nb.png,\nc.png,dog\n",
            "a.png,cat\nb.png\nc.png,dog\na.png,red fox\n",
            "image,cat,dog,red fox\na.png,1,0,1\nb.png,0,0,0\nc.png,0,1,\n",
            "file;cat;dog;red fox\na.png;1.0;0;True\nb.png;0;0;0\nc.png;0;1;0\n",
        ] {
            assert_eq!(read_in(text), expected, "{text}");
        }
        let wrong = read_in("path,cat,dog\na.png,1,2\n").unwrap_err();
        assert!(wrong.contains("`2` stands in the column `dog`"), "{wrong}");
        let unknown = read_in("a.png,cow\n").unwrap_err();
        assert!(unknown.contains("cow"), "{unknown}");
    }
}
