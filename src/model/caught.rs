//! Calls of tch that panic where others return an error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether a panic of this message becomes an error.
type IsError = fn(&str) -> bool;

thread_local! {
    /// Which messages the innermost running [`caught`] converts into errors.
    static CATCHING: Cell<Option<IsError>> = const { Cell::new(None) };
}

/// A panic that was caught.
pub struct Caught(pub Box<dyn Any + Send>);

/// Runs calls of tch and catches a panic of libtorch. The caller converts the panic into an error if
/// `is_error` accepts its message.
pub fn caught<T>(is_error: IsError, run: impl FnOnce() -> T) -> Result<T, Caught> {
    let outer = CATCHING.replace(Some(is_error));
    let result = catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(outer);
    result.map_err(Caught)
}

impl Caught {
    /// The first line of libtorch's message, or the whole message of another panic.
    pub fn message(&self) -> String {
        let text = self.0.downcast_ref::<String>().map(String::as_str);
        let text = text.or(self.0.downcast_ref::<&str>().copied());
        let text = text.unwrap_or_default();
        let message = text
            .split_once(OF_LIBTORCH)
            .map_or(text, |(_, message)| message);
        message.split("\\n").next().unwrap_or_default().to_owned()
    }
}

/// How tch's `unwrap` begins libtorch's message.
const OF_LIBTORCH: &str = "Torch(\"";

/// Whether a panic of this thread with this message, at this moment, is libtorch's and is converted into an
/// error, so that a panic hook need not print it.
pub fn becomes_an_error(panic: &str) -> bool {
    panic.contains(OF_LIBTORCH) && CATCHING.get().is_some_and(|is_error| is_error(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn only_panics_of_libtorch_that_are_caught_become_errors() {
        let panic =
            "called `Result::unwrap()` on an `Err` value: Torch(\"shapes differ\\nframe #0\")";
        assert!(!becomes_an_error(panic));
        let seen = caught(
            |text| text.contains("differ"),
            || {
                (
                    becomes_an_error(panic),
                    becomes_an_error("index out of bounds"),
                )
            },
        );
        assert!(matches!(seen, Ok((true, false))));
        let other = caught(|text| text.contains("memory"), || becomes_an_error(panic));
        assert!(matches!(other, Ok(false)));
        assert!(!becomes_an_error(panic));
        assert_eq!(
            Caught(Box::new(panic.to_owned())).message(),
            "shapes differ"
        );
        assert_eq!(Caught(Box::new("a bug")).message(), "a bug");
    }

    #[test]
    fn a_call_that_panics_is_caught_with_what_it_said() {
        let options = (Kind::Float, Device::Cpu);
        let result = caught(
            |_| true,
            || Tensor::zeros([2], options) + Tensor::zeros([3], options),
        );
        let message = result.err().map(|caught| caught.message());
        let message = message.unwrap_or_default();
        assert!(
            message.starts_with("The size of tensor a (2) must match"),
            "{message}"
        );
        assert!(CATCHING.get().is_none());
    }
}
