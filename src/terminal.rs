//! Progress on a terminal as a bar, elsewhere as one line a step.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use cnn_report::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

pub struct Terminal {
    /// `None` where standard error is a file or a pipe.
    bar: Option<ProgressBar>,
    step: RefCell<Step>,
}

struct Step {
    number: usize,
    total: usize,
    since: Instant,
}

impl Terminal {
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) =
                ProgressStyle::with_template("{prefix} {msg} {wide_bar} {pos}/{len} {elapsed}")
            {
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
                since: Instant::now(),
            }),
        }
    }
}

impl Progress for Terminal {
    fn started(&self, number: usize, total: usize, title: &str) {
        *self.step.borrow_mut() = Step {
            number,
            total,
            since: Instant::now(),
        };
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(1);
            bar.set_prefix(format!("[{number}/{total}]"));
            bar.set_message(title.to_owned());
        }
    }

    fn advanced(&self, done: usize, total: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
    }

    fn finished(&self, title: &str) {
        let step = self.step.borrow();
        let line = format!(
            "[{}/{}] {title}: {:.1} s",
            step.number,
            step.total,
            step.since.elapsed().as_secs_f64()
        );
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| eprintln!("{line}"));
                if step.number == step.total {
                    bar.finish_and_clear();
                }
            }
            None => eprintln!("{line}"),
        }
    }
}
