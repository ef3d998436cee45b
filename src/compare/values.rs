//! Numbers that texts can quote, by name.

use serde_json::{Map, Value};

use super::ValueChange;

/// Ranks of classes that are compared: of the others every one changes with every weight.
const RANKS: usize = 5;

/// Values that differ by more than `tolerance` of the larger of the two, or are in one report only.
pub fn changed(old: &Value, new: &Value, tolerance: f64) -> Vec<ValueChange> {
    let none = Map::new();
    let before = old["values"].as_object().unwrap_or(&none);
    let after = new["values"].as_object().unwrap_or(&none);
    let only_old = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(only_old);
    let change = |name: &String| {
        let get = |values: &Map<String, Value>| values.get(name).cloned().unwrap_or(Value::Null);
        let (old, new) = (get(before), get(after));
        let is_near = match (old.as_f64(), new.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= tolerance * a.abs().max(b.abs()),
            _ => old == new,
        };
        let name = name.clone();
        (!is_near).then_some(ValueChange { name, old, new })
    };
    names
        .filter(|name| !is_far_down(name))
        .filter_map(change)
        .collect()
}

fn is_far_down(name: &str) -> bool {
    let mut parts = name.split('.').skip_while(|part| *part != "top");
    let rank = parts.nth(1).and_then(|rank| rank.parse::<usize>().ok());
    rank.is_some_and(|rank| rank > RANKS)
}
