//! That every sentence a finding uses is in the string table of its method, in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cnn_report::explain::finding::{Argument, Body, Exhibit, Finding, HeatMaps, Message};

type Table = BTreeMap<String, BTreeMap<String, String>>;

fn table(method: &str) -> Table {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/methods");
    let text = std::fs::read_to_string(folder.join(format!("{method}.yaml"))).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let parts = text
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name.to_owned()).collect()
}

/// Both languages have the same keys with the same placeholders.
pub fn assert_table(method: &str) {
    let table = table(method);
    let keys = |language: &str| -> Vec<_> {
        table[language]
            .iter()
            .map(|(key, text)| (key.clone(), placeholders(text)))
            .collect()
    };
    assert_eq!(keys("en"), keys("zh-TW"));
    for key in ["title", "reading", "misleading"] {
        assert!(table["en"].contains_key(key), "{key}");
    }
}

/// Every message of `finding` is in the table of `method` and has an argument for each placeholder.
pub fn assert_said(method: &str, finding: &Finding) {
    let table = table(method);
    let mut messages: Vec<&Message> = finding.notices.iter().collect();
    finding
        .exhibits
        .iter()
        .for_each(|exhibit| messages.extend(of_exhibit(exhibit)));
    assert!(messages.len() > 5);
    while let Some(message) = messages.pop() {
        let Message::Keyed { key, arguments } = message else {
            continue;
        };
        let (of, name) = key.split_once('.').unwrap();
        assert_eq!(of, method);
        let text = table["en"]
            .get(name)
            .unwrap_or_else(|| panic!("no text for `{key}`"));
        let given = arguments
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert!(
            placeholders(text).is_subset(&given),
            "`{key}` has {given:?}"
        );
        messages.extend(
            arguments
                .iter()
                .flat_map(|(_, argument)| of_argument(argument)),
        );
    }
}

fn of_argument(argument: &Argument) -> Vec<&Message> {
    match argument {
        Argument::Message(message) => vec![message],
        Argument::List(messages) => messages.iter().collect(),
        _ => Vec::new(),
    }
}

fn of_exhibit(exhibit: &Exhibit) -> Vec<&Message> {
    let mut messages = vec![&exhibit.caption, &exhibit.alt];
    match &exhibit.body {
        Body::Pictures(pictures) => messages.extend(pictures.tiles.iter().map(|tile| &tile.label)),
        Body::HeatMaps(HeatMaps {
            tiles, quantity, ..
        }) => {
            messages.push(quantity);
            messages.extend(tiles.iter().map(|tile| &tile.label));
        }
        Body::Segments(segments) => messages.extend(segments.tiles.iter().map(|tile| &tile.label)),
        Body::Bars(bars) => {
            messages.push(&bars.quantity);
            for group in &bars.groups {
                messages.push(&group.label);
                messages.extend(group.bars.iter().map(|bar| &bar.label));
            }
        }
        Body::Curves(curves) => {
            messages.extend([&curves.x_label, &curves.y_label]);
            messages.extend(curves.series.iter().map(|series| &series.label));
        }
        Body::Matrix(matrix) => {
            messages.extend([&matrix.row_label, &matrix.column_label]);
            messages.extend(matrix.rows.iter().chain(&matrix.columns));
        }
        Body::Table(table) => {
            messages.extend(&table.header);
            messages.extend(table.rows.iter().flatten().flat_map(of_argument));
        }
    }
    messages
}
