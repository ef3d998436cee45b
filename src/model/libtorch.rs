//! What libtorch says in its errors.

use tch::TchError;

/// What libtorch says without the C++ stack it prints below.
pub fn first_line(error: &TchError) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Internal torch error: ").unwrap_or(&text);
    // What it says of code begins with an empty line.
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    // TorchScript's interpreter quotes the code first and gives the reason at the end.
    let reason = lines
        .rev()
        .find_map(|line| line.trim().strip_prefix("RuntimeError: "));
    match reason.filter(|_| first.contains(IN_THE_INTERPRETER)) {
        Some(reason) => reason.trim().to_owned(),
        None => first.to_owned(),
    }
}

/// How an error of the interpreter begins.
const IN_THE_INTERPRETER: &str = "operation failed in the TorchScript interpreter";

/// What libtorch says of its allocators: CUDA's and Apple's, the CPU's (two wordings), C++'s own.
const REFUSALS: &[&str] = &[
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
];

/// The first line of an error of libtorch, where it is about memory.
pub fn refusal(error: &TchError) -> Option<String> {
    refused(&first_line(error))
}

/// The text, where it is about memory.
pub fn refused(text: &str) -> Option<String> {
    let refused = REFUSALS.iter().any(|refusal| text.contains(refusal));
    refused.then(|| text.to_owned())
}
