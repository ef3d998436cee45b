//! One of several builds that share the work of a report.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::store::Key;

/// The second of four: `2/4`. Every one takes each fourth unit, so that the units of a method spread over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `of`.
    number: usize,
    of: usize,
}

/// What is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected K/N with K from 1 to N, such as 2/4")]
pub struct NoShard;

/// More than any cluster runs at once.
const MOST: usize = 100_000;

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (number, of) = text.split_once('/').ok_or(NoShard)?;
        let number_of = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| NoShard),
            false => Err(NoShard),
        };
        let (number, of): (usize, usize) = (number_of(number)?, number_of(of)?);
        match number >= 1 && number <= of && of <= MOST {
            true => Ok(Self { number, of }),
            false => Err(NoShard),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// Whose turn each unit is. Every shard counts all units of the plan, stored or not, so that all of them agree without
/// speaking to each other; units of several methods that have one key count once.
pub(super) struct Turns {
    shard: Option<Shard>,
    known: BTreeMap<String, usize>,
}

impl Turns {
    pub fn new(shard: Option<Shard>) -> Self {
        Self {
            shard,
            known: BTreeMap::new(),
        }
    }

    /// Whether this build runs each of these units, which every shard counts.
    pub fn ours(&mut self, keys: &[Key]) -> Vec<bool> {
        let Some(shard) = self.shard else {
            return vec![true; keys.len()];
        };
        let of_key = |key: &Key| {
            let next = self.known.len();
            let turn = *self.known.entry(key.json().to_string()).or_insert(next);
            turn % shard.of == shard.number - 1
        };
        keys.iter().map(of_key).collect()
    }

    /// The same of units that results named. Who lacks those results does not know of these units, so that they are not
    /// counted with the others.
    pub fn ours_of_further(&self, task: usize, count: usize) -> Vec<bool> {
        let is_ours = |at: usize| match self.shard {
            Some(shard) => (task + at) % shard.of == shard.number - 1,
            None => true,
        };
        (0..count).map(is_ours).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_shard_is() {
        let shard: Shard = "2/4".parse().unwrap();
        assert_eq!(shard.to_string(), "2/4");
        assert!("1/1".parse::<Shard>().is_ok());
        for text in [
            "",
            "2",
            "0/4",
            "5/4",
            "1/0",
            "-1/4",
            "+1/4",
            "a/b",
            "1/2/3",
            "1/1000000",
            " 1/4",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(NoShard), "{text}");
        }
    }

    #[test]
    fn every_unit_is_the_turn_of_one() {
        let keys: Vec<Key> = [0, 1, 2, 1, 3, 4, 0].map(|key| Key::new(json!(key))).into();
        let shards = ["1/3", "2/3", "3/3"].map(|text| text.parse::<Shard>().unwrap());
        let mut taken = vec![0; keys.len()];
        for shard in shards {
            let mut turns = Turns::new(Some(shard));
            // Two methods, one after the other.
            let ours = [turns.ours(&keys[..4]), turns.ours(&keys[4..])].concat();
            for (count, is_ours) in taken.iter_mut().zip(ours) {
                *count += usize::from(is_ours);
            }
            let further = turns.ours_of_further(1, 4);
            assert_eq!(
                further.iter().filter(|ours| **ours).count(),
                if shard.number == 2 { 2 } else { 1 }
            );
        }
        assert_eq!(taken, [1; 7]);
        assert_eq!(Turns::new(None).ours(&keys), [true; 7]);
    }
}
