//! That every sentence that is shown is in the string tables, in every language, and none is there for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cnn_report::present::exhibit::{Body, Exhibit, HeatMaps};
use cnn_report::words::language::LANGUAGES;
use cnn_report::words::{Argument, Message, Strings};

use crate::bench::Ran;

type Table = BTreeMap<String, BTreeMap<String, String>>;

/// Read once: thousands of messages ask for it.
fn table(of: &str) -> Arc<Table> {
    static READ: Mutex<BTreeMap<String, Arc<Table>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = read.entry(of.to_owned());
    entry.or_insert_with(|| Arc::new(read_table(of))).clone()
}

fn read_table(of: &str) -> Table {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let files = ["methods", "results"].map(|kind| folder.join(kind).join(format!("{of}.yaml")));
    let file = files.iter().find(|file| file.exists());
    let file = file.unwrap_or_else(|| panic!("there is no table `{of}`"));
    serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The product's own tables, by language.
fn all_strings() -> &'static [Strings] {
    static ALL: OnceLock<Vec<Strings>> = OnceLock::new();
    ALL.get_or_init(|| {
        LANGUAGES
            .map(|language| Strings::new(language).unwrap())
            .into()
    })
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let parts = text
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'));
    // `{count|photo|photos}` takes one of two words by the argument `count`.
    let name = |part: &str| part.split('|').next().unwrap_or(part).to_owned();
    parts.map(|(part, _)| name(part)).collect()
}

/// Every message of what was shown is in its table and has an argument for each placeholder.
pub fn assert_said(ran: &Ran) {
    assert!(said(&ran.exhibits, &ran.notices).len() > 2);
}

/// The keys of all messages of a figure, each with a text in every language and an argument for each of its
/// placeholders.
pub fn said(exhibits: &[Exhibit], notices: &[Message]) -> BTreeSet<String> {
    let mut messages: Vec<&Message> = notices.iter().collect();
    messages.extend(exhibits.iter().flat_map(of_exhibit));
    let mut said = BTreeSet::new();
    while let Some(message) = messages.pop() {
        let Message::Keyed { key, arguments } = message else {
            continue;
        };
        let arguments_of = arguments.iter();
        messages.extend(arguments_of.flat_map(|(_, argument)| of_argument(argument)));
        let Some((of, name)) = key.split_once('.') else {
            for (language, strings) in LANGUAGES.iter().zip(all_strings()) {
                assert!(strings.has(key), "no text for `{key}` in {language}");
            }
            continue;
        };
        let given = arguments.iter().map(|(name, _)| name.to_string()).collect();
        assert!(table(of)["en"].contains_key(name), "no text for `{key}`");
        for (language, strings) in LANGUAGES.iter().zip(all_strings()) {
            assert!(strings.has(key), "no text for `{key}` in {language}");
            let asked = placeholders(strings.get(key));
            assert!(
                asked.is_subset(&given),
                "`{key}` has {given:?}, {language} asks for {asked:?}"
            );
        }
        said.insert(key.to_string());
    }
    said
}

/// The keys of all texts of methods and of kinds of result, in English.
pub fn texts() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for kind in ["methods", "results"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates")
            .join(kind);
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let of = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let table = table(&of);
            let english = table["en"].iter();
            texts.extend(english.map(|(name, text)| (format!("{of}.{name}"), text.clone())));
        }
    }
    texts
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
        Body::Histograms(all) => {
            messages.extend([&all.x_label, &all.y_label]);
            messages.extend(&all.parts);
            messages.extend(all.charts.iter().map(|chart| &chart.label));
        }
        Body::Matrix(matrix) => {
            messages.extend([&matrix.row_label, &matrix.column_label]);
            messages.extend(matrix.rows.iter().chain(&matrix.columns));
            messages.extend(matrix.photos.iter().map(|photo| &photo.label));
        }
        Body::Table(table) => {
            messages.extend(&table.header);
            messages.extend(table.rows.iter().flatten().flat_map(of_argument));
        }
    }
    messages
}
