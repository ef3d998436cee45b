//! `cnn-report words`: every word of the report in a language, in the form that `strings:` takes.

use std::process::ExitCode;

use clap::Args;
use cnn_report::Failure;
use cnn_report::diagnostic::Diagnostic;
use cnn_report::words::Strings;

use super::messages::MessageFormat;

/// What `words` is given.
#[derive(Args)]
pub struct WordsArguments {
    /// en, ja, zh-CN or zh-TW
    #[arg(default_value = "en")]
    language: String,
}

pub fn run(arguments: &WordsArguments, format: MessageFormat) -> ExitCode {
    match Strings::new(&arguments.language) {
        Ok(strings) => format.print(&yaml(&strings)),
        Err(error) => {
            let fault = Diagnostic::without_file(error.to_string(), String::new());
            format.fail(&Failure::Spec(vec![fault]))
        }
    }
}

/// A line a word. A string in JSON is one in YAML, too, whatever it holds.
fn yaml(strings: &Strings) -> String {
    let line = |(key, text): (&str, &str)| format!("{key}: {}\n", serde_json::json!(text));
    strings.all().map(line).collect()
}
