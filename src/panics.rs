//! What a panic prints.

/// A few calls of tch panic where the others return an error; the library makes errors of them, which are
/// told in their own place. Any other panic prints what it always does.
pub fn print_only_what_no_error_tells() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if !cnn_report::model::becomes_an_error(text) {
            print(panic);
        }
    }));
}
