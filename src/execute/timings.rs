//! How long units took, so that the time of later ones can be said before they run. It reaches no report.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Network;
use crate::store::{Key, Store};

/// The last run of some units of one sort, together.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Timing {
    pub units: u64,
    pub seconds: f64,
    /// Pictures that passes through the network were run for, whole passes or parts of them.
    pub pictures: u64,
}

/// What a run computes, apart from the photo or filter: units of one sort take about as long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Sort {
    /// `lime`, or `lime, insertion_deletion` of a check.
    name: String,
    /// Version and parameters as JSON.
    parameters: String,
}

/// From what an estimate was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    SameParameters,
    OtherParameters,
}

/// Timings of one network on one kind of device, as the store has them.
pub(super) struct Timings<'a> {
    store: Option<&'a Store>,
    key: Key,
    known: RefCell<BTreeMap<Sort, Timing>>,
}

/// Sorts that are kept of a network; so many only come together where parameters are tried out for long.
const MOST_SORTS: usize = 1000;

impl Sort {
    /// Of the units of a task, from the key of one of them; a check adds its name.
    pub(super) fn of(key: &Key, check: Option<&str>) -> Self {
        let key = key.json();
        let method = key["method"].as_str().unwrap_or_default();
        let name = match check {
            Some(check) => format!("{method}, {check}"),
            None => method.to_owned(),
        };
        let parameters = json!([key["version"], key["parameters"], key["check"]["version"]]);
        Self {
            name,
            parameters: parameters.to_string(),
        }
    }
}

impl<'a> Timings<'a> {
    pub(super) fn of(network: &Network, store: Option<&'a Store>) -> Self {
        let (device, precision) = network.model.runs_on();
        let key = Key::new(json!({
            "timings": 1, // raised when the layout of an entry changes
            "model": network.identity(),
            "device": device,
            "precision": precision,
            "libtorch": env!("LIBTORCH_VERSION"),
        }));
        // Pairs: a map with keys of two parts is not for every format.
        let pairs: Option<Vec<(Sort, Timing)>> = store.and_then(|store| store.load(&key));
        Self {
            store,
            key,
            known: RefCell::new(pairs.unwrap_or_default().into_iter().collect()),
        }
    }

    /// Keeps what a run took, at once: a build that is stopped has learned it, too.
    pub(super) fn keep(&self, sort: Sort, timing: Timing) {
        let Some(store) = self.store else { return };
        if timing.units == 0 {
            return;
        }
        let mut known = self.known.borrow_mut();
        known.insert(sort.clone(), timing);
        while known.len() > MOST_SORTS
            && let Some(other) = known.keys().find(|other| **other != sort).cloned()
        {
            known.remove(&other);
        }
        let pairs: Vec<(&Sort, &Timing)> = known.iter().collect();
        let _ = store.save(&self.key, &pairs); // an estimate that is missing keeps no build from its end
    }

    /// What units of the sort took; of a method that ran with other parameters only, what it took with those.
    pub(super) fn find(&self, sort: &Sort) -> Option<(Timing, Basis)> {
        let known = self.known.borrow();
        if let Some(timing) = known.get(sort) {
            return Some((*timing, Basis::SameParameters));
        }
        let others = known.iter().filter(|(other, _)| other.name == sort.name);
        let sum = others.fold(Timing::default(), |sum, (_, one)| sum.and(*one));
        (sum.units > 0).then_some((sum, Basis::OtherParameters))
    }
}

impl Timing {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            units: self.units + other.units,
            seconds: self.seconds + other.seconds,
            pictures: self.pictures + other.pictures,
        }
    }

    /// What `units` such units take, in seconds and in pictures.
    pub fn of_units(&self, units: usize) -> (f64, f64) {
        let share = units as f64 / self.units.max(1) as f64;
        (self.seconds * share, self.pictures as f64 * share)
    }
}

/// Runs while units are computed.
pub(super) struct Watch<'a> {
    network: &'a Network,
    since: Instant,
    pictures: u64,
    timing: Timing,
}

impl<'a> Watch<'a> {
    pub(super) fn start(network: &'a Network) -> Self {
        Self {
            network,
            since: now(),
            pictures: pictures(network),
            timing: Timing::default(),
        }
    }

    /// One more unit is done.
    pub(super) fn unit(&mut self) {
        self.timing = Timing {
            units: self.timing.units + 1,
            seconds: self.since.elapsed().as_secs_f64(),
            pictures: pictures(self.network).saturating_sub(self.pictures),
        };
    }

    /// What the units took that are done.
    pub(super) fn timing(&self) -> Timing {
        self.timing
    }
}

fn pictures(network: &Network) -> u64 {
    network
        .opened()
        .map_or(0, crate::model::Model::pictures_run)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long units took is kept in the store and reaches no report"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn sort(samples: u32) -> Sort {
        let key = json!({ "method": "lime", "version": 1, "parameters": { "samples": samples } });
        Sort::of(&Key::new(key), None)
    }

    #[test]
    fn other_parameters_are_taken_where_the_same_never_ran() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), u64::MAX).unwrap();
        let timings = || Timings {
            store: Some(&store),
            key: Key::new(Value::Null),
            known: RefCell::default(),
        };
        let timings = timings();
        let one = |seconds| Timing {
            units: 2,
            seconds,
            pictures: 10,
        };
        assert_eq!(timings.find(&sort(1)), None);
        timings.keep(sort(1), one(4.0));
        timings.keep(sort(2), one(8.0));
        let (same, basis) = timings.find(&sort(2)).unwrap();
        assert_eq!(basis, Basis::SameParameters);
        assert_eq!(same.of_units(3), (12.0, 15.0));
        let (other, basis) = timings.find(&sort(3)).unwrap();
        assert_eq!(basis, Basis::OtherParameters);
        assert_eq!(other.of_units(4), (12.0, 20.0));
        let stored: Vec<(Sort, Timing)> = store.load(&timings.key).unwrap();
        assert_eq!(stored.len(), 2);
        timings.keep(sort(3), Timing::default());
        assert!(
            timings
                .find(&sort(3))
                .is_some_and(|(_, basis)| basis == Basis::OtherParameters),
            "a run without a unit says nothing"
        );
    }
}
