//! Progress as events, one JSON object a line of standard error.

use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cnn_report::progress::{Finished, Progress};
use serde_json::{Value, json};

/// Within a step an event comes no sooner after the last one.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes `started`, `advanced` (at most one a second) and `finished` of each step.
pub struct EventLog {
    /// Number of the step and of all of them, from 1.
    step: Cell<(usize, usize)>,
    since: Cell<Instant>,
    last: Cell<Instant>,
}

impl EventLog {
    pub fn new() -> Self {
        Self {
            step: Cell::new((0, 0)),
            since: Cell::new(now()),
            last: Cell::new(now()),
        }
    }

    fn seconds(&self) -> f64 {
        let milliseconds = self.since.get().elapsed().as_millis();
        milliseconds as f64 / 1000.0
    }

    /// Progress that cannot be written is no reason to stop.
    fn tell(&self, event: &str, more: Value) {
        let (step, steps) = self.step.get();
        let mut line = json!({ "event": event, "step": step, "steps": steps });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a step took is told to who watches and reaches no report"
)]
fn now() -> Instant {
    Instant::now()
}

impl Progress for EventLog {
    fn started(&self, number: usize, total: usize, title: &str) {
        self.step.set((number, total));
        self.since.set(now());
        self.last.set(now());
        self.tell("started", json!({ "title": title }));
    }

    fn advanced(&self, done: usize, total: usize) -> ControlFlow<()> {
        if self.last.get().elapsed() >= PAUSE {
            self.last.set(now());
            let seconds = self.seconds();
            self.tell(
                "advanced",
                json!({ "done": done, "total": total, "seconds": seconds }),
            );
        }
        ControlFlow::Continue(())
    }

    fn finished(&self, title: &str, work: Finished) {
        let seconds = self.seconds();
        let Finished { ran, units } = work;
        self.tell(
            "finished",
            json!({ "title": title, "seconds": seconds, "ran": ran, "units": units }),
        );
    }
}
