//! Names of weights in a state dict that differ between versions of a network.

/// A counter of training steps that some files have and others do not; nothing reads it.
pub fn counts_batches(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

pub fn is_unused(name: &str, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// A name of before a change of names, as it is now.
pub fn renamed(name: &str, pairs: &[(String, String)]) -> String {
    let changed = pairs.iter().find(|(old, _)| name.contains(old.as_str()));
    changed.map_or(name.to_owned(), |(old, new)| {
        name.replacen(old.as_str(), new, 1)
    })
}
