//! How many functions and classes of a file may lead to one another: libtorch compiles each as the one
//! before needs it, deeper in its stack, and a chain of thousands would overflow it.

use std::collections::{BTreeMap, BTreeSet};

/// Modules within modules; networks have about ten.
const LONGEST: usize = 50;

/// Methods of one class that it calls of itself, each maybe from the one before.
const MOST_OWN_METHODS: usize = 20;

/// Functions and classes by their whole names, with the names that each mentions.
#[derive(Default)]
pub struct Chains {
    mentioned: BTreeMap<String, Vec<String>>,
}

impl Chains {
    /// `module` is the dotted name of the text: `__torch__.torch.nn`.
    pub fn add(&mut self, module: &str, text: &str) -> Result<(), String> {
        // What stands before the first belongs to nothing and is not compiled.
        let mut current = format!("{module}.");
        let mut own_methods: Vec<&str> = Vec::new();
        for line in text.lines() {
            for keyword in ["def ", "class "] {
                if let Some(rest) = line.strip_prefix(keyword) {
                    current = format!("{module}.{}", dotted(rest.trim_start()));
                    own_methods.clear();
                }
            }
            let mentioned = self.mentioned.entry(current.clone()).or_default();
            for (at, _) in line.match_indices("__torch__") {
                let name = dotted(&line[at..]);
                if name.ends_with('.') || name == "__torch__" {
                    return Err("writes a name in a way that TorchScript never does".to_owned());
                }
                mentioned.push(name.to_owned());
            }
            for begin in ["self.", "(self)."] {
                for (at, _) in line.match_indices(begin) {
                    let rest = &line[at + begin.len()..];
                    let name = dotted(rest);
                    let called = rest[name.len()..].trim_start().starts_with('(');
                    if called && !own_methods.contains(&name) {
                        own_methods.push(name);
                    }
                }
            }
            if own_methods.len() > MOST_OWN_METHODS {
                return Err("has a class with more methods than a network needs".to_owned());
            }
        }
        Ok(())
    }

    /// That every chain comes to an end soon.
    pub fn check(&self) -> Result<(), String> {
        let mut left = self.mentioned.clone();
        // Each round takes away what leads nowhere any more.
        for _ in 0..LONGEST {
            let ends: BTreeSet<String> = left
                .iter()
                .filter(|(name, mentioned)| !mentioned.iter().any(|to| leads(&left, name, to)))
                .map(|(name, _)| name.clone())
                .collect();
            if ends.is_empty() {
                break;
            }
            left.retain(|name, _| !ends.contains(name));
        }
        match left.is_empty() {
            true => Ok(()),
            false => Err("has functions that call each other endlessly".to_owned()),
        }
    }
}

/// Whether a mention (`__torch__.a.B`, or with a method behind it) is of something else that is left.
fn leads(left: &BTreeMap<String, Vec<String>>, from: &str, to: &str) -> bool {
    let parent = to.rsplit_once('.').map_or("", |(parent, _)| parent);
    [to, parent]
        .iter()
        .any(|to| *to != from && left.contains_key(*to))
}

/// The letters, digits and dots at the front.
fn dotted(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let mut chains = Chains::default();
        chains.add("__torch__.m", text)?;
        chains.check()
    }

    fn chain(length: usize) -> String {
        (0..length)
            .map(|at| {
                format!(
                    "def f{at}(x: Tensor):\n  return __torch__.m.f{}(x, )\n",
                    at + 1
                )
            })
            .collect()
    }

    #[test]
    fn long_chains_and_circles_are_refused() {
        assert_eq!(check(&chain(40)), Ok(()));
        assert!(check(&chain(60)).is_err());
        assert!(check("def f():\n  __torch__.m.g()\ndef g():\n  __torch__.m.f()\n").is_err());
        assert!(check("def f():\n  __torch__ . m.g()\n").is_err());
        assert_eq!(
            check("class A(Module):\n  def f(self: __torch__.m.A):\n    pass\n"),
            Ok(())
        );
        let methods: String = (0..30).map(|at| format!("    self.f{at}()\n")).collect();
        assert!(check(&format!("class A(Module):\n{methods}")).is_err());
    }
}
