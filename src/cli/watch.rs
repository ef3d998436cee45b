//! `cnn-report watch`: a build after each change of the spec, its photos, its model.
//!
//! Each build is a process of its own, so that a model file that is written anew under a mapping, lack of memory or a
//! crash never ends the watching. A build computes only what the change asks for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use cnn_report::diagnostic::Diagnostic;
use cnn_report::{Failure, Watched, fs, watched};
use notify::{Event, EventKind, RecursiveMode, Watcher};

use super::build::BuildArguments;
use super::messages::MessageFormat;

/// Editors and copies write a file in several steps: what follows so soon belongs to one change.
const SETTLED_AFTER: Duration = Duration::from_millis(150);

pub fn run(arguments: &BuildArguments, format: MessageFormat) -> ExitCode {
    match watch(arguments, format) {
        Ok(never) => match never {},
        Err(message) => format.fail(&Failure::Run(vec![Diagnostic::without_file(
            message,
            String::new(),
        )])),
    }
}

fn watch(
    arguments: &BuildArguments,
    format: MessageFormat,
) -> Result<std::convert::Infallible, String> {
    after_each_change(arguments, format, |_| build())
}

/// Builds, and again after each change of what the report reads; `build` says whether it went well.
pub(super) fn after_each_change(
    arguments: &BuildArguments,
    format: MessageFormat,
    mut build: impl FnMut(&Watched) -> Result<bool, String>,
) -> Result<std::convert::Infallible, String> {
    let report = arguments.report();
    let mut known = only(report);
    loop {
        // Before the build: what changes meanwhile is a change.
        if let Ok(now) = watched(report, &arguments.overrides()) {
            known = now;
        }
        let changes = Changes::of(&known)?;
        let said = match build(&known)? {
            true => "built",
            false => "not built",
        };
        note(
            format,
            &format!(
                "{said}; waiting for a change of {} files",
                known.files.len()
            ),
        );
        let changed = changes.next()?;
        note(format, &format!("changed: {}", changed.display()));
    }
}

/// The spec alone, where it does not say more.
fn only(report: &Path) -> Watched {
    Watched {
        files: BTreeSet::from([report.to_owned()]),
        ..Watched::default()
    }
}

fn note(format: MessageFormat, text: &str) {
    if format != MessageFormat::Json {
        eprintln!("{}", cnn_report::diagnostic::visible(text));
    }
}

/// Runs this program with the same arguments, `build` in the place of `watch`; whether it went well.
fn build() -> Result<bool, String> {
    let cannot = |error: std::io::Error| format!("cannot start the build: {error}");
    let program = std::env::current_exe().map_err(cannot)?;
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(command) = arguments.iter_mut().find(|argument| *argument == "watch") {
        *command = "build".into();
    }
    let status = Command::new(program).args(arguments).status();
    Ok(status.map_err(cannot)?.success())
}

/// Changes of files that matter.
struct Changes {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    /// With the real path of the folder that they are relative to.
    patterns: Vec<(PathBuf, String)>,
    events: Receiver<notify::Result<Event>>,
    /// Stops watching when it is dropped.
    _watcher: notify::RecommendedWatcher,
}

impl Changes {
    fn of(watched: &Watched) -> Result<Self, String> {
        let (sender, events) = channel();
        let cannot = |error: notify::Error| format!("cannot watch files: {error}");
        let mut watcher = notify::recommended_watcher(sender).map_err(cannot)?;
        let (mut files, mut folders, mut parents) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for file in &watched.files {
            // A file that is replaced is another file: its folder is watched, and its name.
            let folder = cnn_report::plan::folder_of(file);
            let (Ok(folder), Some(name)) = (fs::real_path(&folder), file.file_name()) else {
                continue; // its folder is not there, which the build says
            };
            files.insert(folder.join(name));
            parents.insert(folder);
        }
        for folder in watched
            .folders
            .iter()
            .filter_map(|it| fs::real_path(it).ok())
        {
            watcher
                .watch(&folder, RecursiveMode::Recursive)
                .map_err(cannot)?;
            folders.insert(folder);
        }
        let mut patterns = Vec::new();
        for (base, pattern) in &watched.patterns {
            let folder = fs::real_path(&fs::folder_of_pattern(base, pattern));
            if let (Ok(base), Ok(folder)) = (fs::real_path(base), folder) {
                watcher
                    .watch(&folder, RecursiveMode::Recursive)
                    .map_err(cannot)?;
                parents.remove(&folder);
                patterns.push((base, pattern.clone()));
            }
        }
        for folder in parents {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .map_err(cannot)?;
        }
        Ok(Self {
            files,
            folders,
            patterns,
            events,
            _watcher: watcher,
        })
    }

    /// Waits for the next change and until it is over.
    fn next(&self) -> Result<PathBuf, String> {
        let over = || "the watching of files has ended".to_owned();
        let first = loop {
            let event = self.events.recv().map_err(|_| over())?;
            if let Some(path) = event.ok().and_then(|event| self.that_matters(&event)) {
                break path;
            }
        };
        loop {
            match self.events.recv_timeout(SETTLED_AFTER) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return Ok(first),
                Err(RecvTimeoutError::Disconnected) => return Err(over()),
            }
        }
    }

    /// A photo that a pattern takes, perhaps a new one.
    fn fits(&self, path: &Path) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|(base, pattern)| fs::fits(base, pattern, path))
    }

    /// Reading a file is no change of it.
    fn that_matters(&self, event: &Event) -> Option<PathBuf> {
        if matches!(event.kind, EventKind::Access(_)) {
            return None;
        }
        let matters = |path: &&PathBuf| {
            self.files.contains(*path)
                || path.ancestors().any(|above| self.folders.contains(above))
                || self.fits(path)
        };
        event.paths.iter().find(matters).cloned()
    }
}
