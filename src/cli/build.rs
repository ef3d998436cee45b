//! `cnn-report build`: the report, and progress while it is made.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cnn_report::diagnostic::Diagnostic;
use cnn_report::execute::{Reuse, Shard};
use cnn_report::plan::{Overrides, size_in_bytes};
use cnn_report::render::CommentForm;
use cnn_report::spec::Format;
use cnn_report::write::Tolerance;
use cnn_report::{Built, Failure, OnFailure, Request, build_report, check_written, comment, fs};

use super::ReportArguments;
use super::interrupt;
use super::messages::{FAILED_RUN, MessageFormat};
use super::stoppable::{Told, progress};
use super::store::StoreArguments;

/// What `build` is given.
#[derive(Args)]
pub struct BuildArguments {
    #[command(flatten)]
    spec: ReportArguments,
    /// Seed in place of the spec's
    #[arg(long)]
    seed: Option<u32>,
    /// Folder to write to, in place of the spec's
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// What to write, in place of the spec's
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',')]
    formats: Vec<Page>,
    /// Write an HTML page for each question and one with the overview, in place of one page for all
    #[arg(long)]
    split: bool,
    /// The most that the page, or the Markdown with its pictures, may take, such as 5MB: else write nothing, list the heaviest figures and exit with 1
    #[arg(long, value_name = "SIZE", value_parser = size_in_bytes)]
    budget: Option<u64>,
    /// Write nothing: exit with 1 where the report in the folder is out of date, and say what differs
    #[arg(long)]
    check: bool,
    /// Write nothing and run nothing: say which units would be run, and what time and memory they would take, as far as earlier builds tell
    #[arg(long, conflicts_with_all = ["check", "comment", "why"])]
    dry_run: bool,
    /// With --check: numbers may differ in their last digits and pictures in details, as on another CPU or graphics card
    #[arg(long, requires = "check")]
    tolerant: bool,
    /// Also write the report as a comment for a pull request, of less than 65,536 characters; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    comment: Option<PathBuf>,
    /// With --comment: address of the folder of the report; without it the comment describes its pictures
    #[arg(long, value_name = "URL", requires = "comment")]
    pictures: Option<String>,
    /// With --comment: address of the whole report, to which the comment links
    #[arg(long, value_name = "URL", requires = "comment")]
    link: Option<String>,
    /// Write the report even where a method fails, with a notice in its place (the exit code is still 1)
    #[arg(long)]
    keep_going: bool,
    /// Say of each unit of work that was run why it was
    #[arg(long, short = 'v', visible_alias = "verbose")]
    why: bool,
    /// Run everything, whatever is stored
    #[arg(long)]
    fresh: bool,
    /// Run only each N-th unit of work, from the K-th on, and write no report: N machines with one store share the work, and a build without this draws
    #[arg(long, value_name = "K/N", conflicts_with_all = ["check", "comment", "dry_run", "formats", "output", "split"])]
    shard: Option<Shard>,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    told: Told,
}

/// A format, as the spec names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Page {
    Html,
    Markdown,
    MarkdownEmbedded,
    Json,
}

impl BuildArguments {
    pub fn report(&self) -> &Path {
        &self.spec.report
    }

    /// The option that keeps a build from writing a report.
    pub fn writes_nothing(&self) -> Option<&'static str> {
        let given = [
            ("--check", self.check),
            ("--dry-run", self.dry_run),
            ("--shard", self.shard.is_some()),
        ];
        given
            .iter()
            .find(|(_, given)| *given)
            .map(|(option, _)| *option)
    }

    pub fn overrides(&self) -> Overrides {
        Overrides {
            seed: self.seed,
            output: self.output.clone(),
            budget: self.budget,
            split: self.split,
            ..self.spec.overrides()
        }
    }
}

pub fn run(arguments: BuildArguments, format: MessageFormat) -> ExitCode {
    let formats = arguments.formats.iter().map(|page| match page {
        Page::Html => Format::Html,
        Page::Markdown => Format::Markdown,
        Page::MarkdownEmbedded => Format::MarkdownEmbedded,
        Page::Json => Format::Json,
    });
    let formats: Vec<Format> = formats.collect();
    let request = Request {
        overrides: Overrides {
            formats: (!formats.is_empty()).then_some(formats),
            writes_nothing: arguments.check,
            ..arguments.overrides()
        },
        spec: arguments.spec.report,
        on_failure: if arguments.keep_going {
            OnFailure::KeepGoing
        } else {
            OnFailure::Stop
        },
        store: arguments.store.of_report(),
        reuse: match arguments.fresh {
            true => Reuse::Nothing,
            false => Reuse::Stored,
        },
    };
    if arguments.dry_run {
        return super::dry_run::run(&request, format);
    }
    if arguments.check {
        let tolerance = match arguments.tolerant {
            true => Tolerance::Machine,
            false => Tolerance::Rounding,
        };
        return check(&request, tolerance, arguments.told, format);
    }
    if let Some(shard) = arguments.shard {
        return super::shard::run(&request, (shard, arguments.why), arguments.told, format);
    }
    let said = Said {
        why: arguments.why,
        told: arguments.told,
        comment: arguments.comment.map(|to| Comment {
            to,
            form: CommentForm {
                pictures: arguments.pictures,
                link: arguments.link,
            },
        }),
    };
    build(&request, &said, format)
}

/// Compares the report in its folder with the one that would be written now.
fn check(request: &Request, tolerance: Tolerance, told: Told, format: MessageFormat) -> ExitCode {
    let progress = progress(told, format);
    let checked = check_written(request, tolerance, progress.as_ref());
    drop(progress); // a bar that is still drawn would overwrite the diagnostics
    match checked {
        Ok(checked) => {
            format.print_diagnostics(&checked.warnings);
            format.print_diagnostics(&checked.differences);
            if !checked.differences.is_empty() {
                return ExitCode::from(FAILED_RUN);
            }
            let pages = checked.pages.iter();
            let pages = pages.map(|page| format!("{} is up to date\n", page.display()));
            match told.quiet {
                true => ExitCode::SUCCESS,
                false => format.print_text(&pages.collect::<String>()),
            }
        }
        Err(_) if interrupt::requested() => ExitCode::from(interrupt::EXIT_CODE),
        Err(failure) => format.fail(&failure),
    }
}

/// What is said of a build that went well.
pub struct Said {
    pub why: bool,
    pub told: Told,
    pub comment: Option<Comment>,
}

/// Where the comment for a pull request goes; `-` is standard output.
pub struct Comment {
    to: PathBuf,
    form: CommentForm,
}

impl Comment {
    fn is_printed(&self) -> bool {
        self.to.as_os_str() == "-"
    }

    fn write(&self, built: &Built, format: MessageFormat) -> ExitCode {
        let refused = |message: String, hint: &str| {
            let fault = Diagnostic::without_file(message, hint.to_owned());
            format.fail(&Failure::Run(vec![fault]))
        };
        let page = format!("{}.md", built.name);
        let has_pictures = built.pages.iter().any(|path| path.ends_with(&page));
        if self.form.pictures.is_some() && !has_pictures {
            let message =
                "the comment has no pictures to show: they are those of the Markdown report";
            return refused(
                message.to_owned(),
                "write it too, with `--formats html,markdown`",
            );
        }
        let text = match comment(built, &self.form) {
            Ok(text) => text,
            Err(error) => return refused(error.to_string(), ""),
        };
        if self.is_printed() {
            return format.print(&text);
        }
        let real = fs::real_path(&self.to).ok();
        let is_page = |page: &PathBuf| real.is_some() && fs::real_path(page).ok() == real;
        if built.pages.iter().any(is_page) {
            let message = format!("`{}` is the report itself", self.to.display());
            return refused(message, "name another file for the comment");
        }
        match fs::stage(&self.to, text.as_bytes()).and_then(fs::Staged::commit) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refused(error.to_string(), ""),
        }
    }
}

/// Builds, with progress on a terminal, and prints the pages.
pub fn build(request: &Request, said: &Said, format: MessageFormat) -> ExitCode {
    let progress = progress(said.told, format);
    let built = build_report(request, progress.as_ref());
    drop(progress); // a bar that is still drawn would overwrite the diagnostics
    match built {
        Ok(built) => {
            format.print_diagnostics(&built.warnings);
            format.print_diagnostics(kept(&built).as_slice());
            if said.why {
                let lines = built.ran.iter();
                let lines = lines.map(|ran| format!("ran {}: {}\n", ran.unit, ran.reason));
                let (ran, units) = (built.ran.len(), built.units);
                let network = match built.opened_network {
                    true => "the network was opened",
                    false => "the network was not opened",
                };
                let last = format!("ran {ran} of {units} units; {network}\n");
                format.print_text(&lines.chain([last]).collect::<String>());
            }
            // A comment on standard output stands there alone.
            let is_printed = said.comment.as_ref().is_some_and(Comment::is_printed);
            if !said.told.quiet && !is_printed {
                let pages = built
                    .pages
                    .iter()
                    .map(|page| format!("{}\n", page.display()));
                format.print_text(&pages.collect::<String>());
            }
            let written = said
                .comment
                .as_ref()
                .map(|comment| comment.write(&built, format));
            format.print_diagnostics(&built.failures);
            match (built.failures.is_empty(), written) {
                (false, _) => ExitCode::from(FAILED_RUN),
                (true, Some(written)) => written,
                (true, None) => ExitCode::SUCCESS,
            }
        }
        // Ctrl-C also ends the writing of files, which then is no failure of its own.
        Err(_) if interrupt::requested() => ExitCode::from(interrupt::EXIT_CODE),
        Err(failure) => format.fail(&failure),
    }
}

/// What is said of pictures that stay as they are.
fn kept(built: &Built) -> Option<Diagnostic> {
    let first = built.kept.first()?;
    let (pictures, differ) = match built.kept.len() {
        1 => (
            format!("the picture `{}` stays as it is", first.old),
            "the new one differs",
        ),
        count => (
            format!(
                "{count} pictures stay as they are (`{}` is the first)",
                first.old
            ),
            "the new ones differ",
        ),
    };
    let message = format!(
        "{pictures}: {differ} by at most one step of a colour scale in a few pixels, as on another CPU or graphics card"
    );
    Some(Diagnostic::without_file(message, String::new()).as_warning())
}
