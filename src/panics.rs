//! Which panics are printed.

/// A few calls of tch panic where others return an error. The library turns these panics into errors, and
/// the command prints the error; so the panic itself is not printed. Any other panic is a fault of the
/// program and prints its message and place. The standard hook ignores a standard error that is closed or
/// full, so that printing a panic cannot panic again.
pub fn silence_caught_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if !cnn_report::model::becomes_an_error(text) {
            print(panic);
        }
    }));
}
