//! How many functions and classes of a file may lead to one another: libtorch compiles each as the one
//! before needs it, deeper in its stack, and a chain of thousands would overflow it. And how often the
//! loops of such a chain may run together: they multiply.

use std::collections::BTreeMap;

use super::loops::Loops;

/// Modules within modules; networks have about ten.
const LONGEST: usize = 50;

/// Methods of one class that it calls of itself, each maybe from the one before.
const MOST_OWN_METHODS: usize = 20;

/// Rounds of all loops within one another, those of functions called in them included: seconds, where each
/// round does next to nothing.
const MOST_ROUNDS: u64 = 10_000_000;

/// Functions and classes by their whole names.
#[derive(Default)]
pub struct Chains {
    parts: BTreeMap<String, Part>,
}

/// A function or class.
#[derive(Clone)]
struct Part {
    /// Names that it mentions.
    mentioned: Vec<String>,
    /// Rounds of its own loops; those of a class's methods are multiplied, for one may call the other.
    rounds: u64,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            mentioned: Vec::new(),
            rounds: 1,
        }
    }
}

impl Chains {
    /// `module` is the dotted name of the text: `__torch__.torch.nn`.
    pub fn add(&mut self, module: &str, text: &str) -> Result<(), String> {
        // What stands before the first belongs to nothing and is not compiled.
        let mut current = format!("{module}.");
        let mut own_methods: Vec<&str> = Vec::new();
        let mut loops = Loops::default();
        for line in text.lines() {
            let begun = ["def ", "class "].map(|keyword| line.strip_prefix(keyword));
            if line.trim_start().starts_with("def ") || begun != [None; 2] {
                self.part(&current).add(&std::mem::take(&mut loops));
            }
            if let Some(rest) = begun.into_iter().flatten().next() {
                current = format!("{module}.{}", dotted(rest.trim_start()));
                own_methods.clear();
            }
            loops.read(line)?;
            let mentioned = &mut self.part(&current).mentioned;
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
        self.part(&current).add(&loops);
        Ok(())
    }

    fn part(&mut self, name: &str) -> &mut Part {
        self.parts.entry(name.to_owned()).or_default()
    }

    /// That every chain comes to an end soon, and its loops too.
    pub fn check(&self) -> Result<(), String> {
        let mut left = self.parts.clone();
        let mut rounds: BTreeMap<String, u64> = BTreeMap::new();
        // Each round takes away what leads nowhere any more.
        for _ in 0..LONGEST {
            let leads = |name: &str, to: &String| {
                let mut named = names(to).into_iter();
                named.any(|to| to != name && left.contains_key(to))
            };
            let ends: Vec<(String, u64)> = left
                .iter()
                .filter(|(name, part)| !part.mentioned.iter().any(|to| leads(name, to)))
                .map(|(name, part)| {
                    let called = part.mentioned.iter().flat_map(|to| names(to));
                    let most = called.filter_map(|to| rounds.get(to)).max();
                    (
                        name.clone(),
                        part.rounds.saturating_mul(*most.unwrap_or(&1)),
                    )
                })
                .collect();
            if ends.is_empty() {
                break;
            }
            for (name, of_chain) in ends {
                if of_chain > MOST_ROUNDS {
                    return Err(format!("has loops within loops that run {of_chain} times"));
                }
                left.remove(&name);
                rounds.insert(name, of_chain);
            }
        }
        match left.is_empty() {
            true => Ok(()),
            false => Err("has functions that call each other endlessly".to_owned()),
        }
    }
}

impl Part {
    fn add(&mut self, loops: &Loops) {
        self.rounds = self.rounds.saturating_mul(loops.most);
    }
}

/// What a mention (`__torch__.a.B`, or with a method behind it) may be of.
fn names(mention: &str) -> [&str; 2] {
    let parent = mention.rsplit_once('.').map_or("", |(parent, _)| parent);
    [mention, parent]
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
    fn loops_of_a_chain_multiply() {
        let nested = |count: u32| {
            format!(
                "def f(x: Tensor):\n  for i in range({count}):\n    for j in range({count}):\n      x = 1\n"
            )
        };
        assert_eq!(check(&nested(3000)), Ok(()));
        assert!(check(&nested(9999)).unwrap_err().contains("99980001"));
        let called = "def g(x: Tensor):\n  for i in range(9999):\n    x = __torch__.m.f(x, )\n";
        assert!(
            check(&format!("{}{called}", nested(99)))
                .unwrap_err()
                .contains("98000199")
        );
        let of_methods = "class A(Module):\n  def f(self: __torch__.m.A):\n    for i in range(9999):\n      self.g()\n  \
                          def g(self: __torch__.m.A):\n    for i in range(9999):\n      pass\n";
        assert!(check(of_methods).is_err());
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
