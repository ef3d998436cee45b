//! Progress on a terminal as a bar, elsewhere as one line a step.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cnn_report::progress::{Finished, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};

/// Step, what it is, how far it is, how fast, how long it has taken and will take.
const BAR: &str = "{prefix} {msg} {wide_bar} {pos}/{len} {per_sec} {elapsed}, {eta} left";

pub struct Terminal {
    /// `None` where standard error is a file or a pipe.
    bar: Option<ProgressBar>,
    step: RefCell<Step>,
    /// Whether steps are named that came whole from the store.
    names_reused: bool,
}

struct Step {
    number: usize,
    total: usize,
    since: Instant,
}

impl Terminal {
    pub fn new() -> Self {
        Self::with(true)
    }

    /// Says nothing of steps that came whole from the store.
    pub fn of_work() -> Self {
        Self::with(false)
    }

    fn with(names_reused: bool) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            bar,
            step: RefCell::new(Step {
                number: 0,
                total: 0,
                since: now(),
            }),
            names_reused,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a step took is told on the terminal and reaches no report"
)]
fn now() -> Instant {
    Instant::now()
}

impl Progress for Terminal {
    fn started(&self, number: usize, total: usize, title: &str) {
        *self.step.borrow_mut() = Step {
            number,
            total,
            since: now(),
        };
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(1);
            bar.set_prefix(format!("[{number}/{total}]"));
            bar.set_message(title.to_owned());
        }
    }

    fn advanced(&self, done: usize, total: usize) -> ControlFlow<()> {
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        ControlFlow::Continue(())
    }

    fn finished(&self, title: &str, work: Finished) {
        let step = self.step.borrow();
        let line = format!(
            "[{}/{}] {title}: {:.1} s{}",
            step.number,
            step.total,
            step.since.elapsed().as_secs_f64(),
            reused(work)
        );
        let is_told = self.names_reused || work.ran > 0;
        match &self.bar {
            Some(bar) => {
                if is_told {
                    bar.suspend(|| print_line(&line));
                }
                if step.number == step.total {
                    bar.finish_and_clear();
                }
            }
            None if is_told => print_line(&line),
            None => {}
        }
    }
}

/// Progress that cannot be written is no reason to stop (`eprintln!` would panic).
fn print_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// What of a step came from the store.
fn reused(work: Finished) -> String {
    match (work.ran, work.units) {
        (_, 0) => String::new(),
        (0, _) => ", from the store".to_owned(),
        (ran, units) if ran < units => format!(", {} of {units} from the store", units - ran),
        (_, _) => String::new(),
    }
}
