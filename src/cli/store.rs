//! Where results are kept, and `cnn-report cache`, which shows and empties it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use cnn_report::StoreAt;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::fs::FileError;
use cnn_report::store::{LIMIT_BYTES, Listed, Pruned, Store};
use serde_json::Value;

use super::messages::{FAILED_RUN, MessageFormat};
use super::store_at::Named;

/// Where results are kept.
#[derive(Args)]
pub struct StoreArguments {
    /// Folder in which results are kept for the next build, or s3://BUCKET/PREFIX, gs://… or az://… [default: .cnn-report beside the report]
    #[arg(long, value_name = "FOLDER|URL")]
    store: Option<Named>,
}

impl StoreArguments {
    pub fn of_report(&self) -> StoreAt {
        let named = self.store.as_ref();
        named.map_or(StoreAt::BesideReport, Named::place)
    }

    /// Facts of a model file without a report go into the user's cache.
    pub fn of_model(&self) -> StoreAt {
        match &self.store {
            Some(named) => named.place(),
            None => user_cache().map_or(StoreAt::Nowhere, StoreAt::Folder),
        }
    }
}

/// `cnn-report` in the user's cache folder; `None` where the environment names none.
#[expect(
    clippy::disallowed_methods,
    reason = "only the environment knows the user's cache folder"
)]
fn user_cache() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("cnn-report"))
}

/// What `cache` is given.
#[derive(Args)]
pub struct CacheArguments {
    #[command(subcommand)]
    command: CacheCommand,
    /// The report's YAML file
    #[arg(long, default_value = "report.yaml", global = true)]
    report: PathBuf,
    /// Folder or URL of the store [default: .cnn-report beside the report]
    #[arg(long, value_name = "FOLDER|URL", global = true)]
    store: Option<Named>,
}

#[derive(Subcommand)]
enum CacheCommand {
    /// List what is stored, with sizes, the least recently used first
    List,
    /// Remove the least recently used results beyond a size; of a URL, those written first
    Prune {
        /// Size that may stay, in MB
        #[arg(long, value_name = "MB", default_value_t = LIMIT_BYTES / 1_000_000)]
        limit: u64,
    },
    /// Remove everything
    Clear,
}

pub fn run(arguments: &CacheArguments, format: MessageFormat) -> ExitCode {
    let beside = || match arguments.report.parent() {
        Some(parent) if parent != Path::new("") => parent.join(".cnn-report"),
        _ => PathBuf::from(".cnn-report"),
    };
    let named = arguments.store.clone();
    let named = named.unwrap_or_else(|| Named::Folder(beside()));
    match answer(&named, &arguments.command) {
        Ok(text) => format.print_text(&text),
        Err(error) => {
            let hint = match &named {
                Named::Folder(_) => "",
                Named::Url(address) => address.hint(),
            };
            let fault = Diagnostic::without_file(error.to_string(), hint.to_owned());
            format.print_diagnostics(&[fault]);
            ExitCode::from(FAILED_RUN)
        }
    }
}

fn answer(named: &Named, command: &CacheCommand) -> Result<String, FileError> {
    let (store, name) = match named {
        Named::Folder(folder) => {
            let store = folder.exists().then(|| Store::open(folder, LIMIT_BYTES));
            (store.transpose()?, folder.display().to_string())
        }
        // Nothing is written to a bucket to list or remove what is there.
        Named::Url(address) => (Store::connect_read_only(address)?, address.to_string()),
    };
    let Some(store) = store else {
        return Ok(format!("nothing is stored: there is no `{name}`\n"));
    };
    let text = match command {
        CacheCommand::List => listed(&store, &store.list()?),
        CacheCommand::Prune { limit } => removed(&store.prune(limit.saturating_mul(1_000_000))?),
        CacheCommand::Clear => removed(&store.clear()?),
    };
    store.check()?;
    Ok(text)
}

fn removed(pruned: &Pruned) -> String {
    format!(
        "removed {} entries, {}\n",
        pruned.removed_entries,
        size(pruned.removed_bytes)
    )
}

/// A line an entry, the least recently used first: its size and what it is.
fn listed(store: &Store, entries: &[Listed]) -> String {
    let names = names(store, entries);
    let mut text = String::new();
    for entry in entries {
        let what = match names.get(&entry.key.to_string()) {
            Some(name) => name.clone(),
            None => described(&entry.key),
        };
        text += &format!("{:>10}  {what}\n", size(entry.bytes));
    }
    let total = entries.iter().map(|entry| entry.bytes).sum();
    text + &format!("{:>10}  in {} entries\n", size(total), entries.len())
}

/// What the last build of each report called its units, by their keys.
fn names(store: &Store, entries: &[Listed]) -> BTreeMap<String, String> {
    let reports = entries
        .iter()
        .filter_map(|entry| entry.key["last_build"].as_str());
    let units = reports.flat_map(|report| store.last_build(report));
    units.map(|(name, key)| (key.to_string(), name)).collect()
}

/// An entry that no last build used.
fn described(key: &Value) -> String {
    let part = |name: &str| key[name].as_str();
    let has = |name: &str| key.get(name).is_some();
    match (part("method"), part("last_build")) {
        (Some(method), _) => format!("{method}, of an earlier build"),
        (None, Some(report)) => format!("what the last build of {report} used"),
        (None, None) if has("facts") => "facts of a network".to_owned(),
        (None, None) if has("timings") => "how long units took".to_owned(),
        (None, None) => "a photo that can be read".to_owned(),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
