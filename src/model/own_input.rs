//! What a network's file says of its input: the size it was exported for, and what its first nodes do to the
//! photo before the first layer.

use serde::{Deserialize, Serialize};

/// What a network's file says of its input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnInput {
    /// Height and width that the file fixes.
    pub size: Option<[i64; 2]>,
    /// What the network does to the photo before its first layer; empty where it does nothing.
    pub steps: Vec<Step>,
}

/// A step of normalisation within the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub does: Does,
    /// Name of the node.
    pub node: String,
    /// The constants as text, `[0.485, 0.456, 0.406]`; empty where there are many.
    pub numbers: String,
    /// Whether the numbers are of levels from 0 to 255.
    pub of_levels: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Does {
    Subtract,
    Add,
    Multiply,
    Divide,
    /// By the mean and deviation of a batch norm.
    Normalise,
}

impl OwnInput {
    /// Whether the photo is moved, and not only scaled.
    pub fn subtracts(&self) -> bool {
        let moves = |step: &Step| matches!(step.does, Does::Subtract | Does::Add | Does::Normalise);
        self.steps.iter().any(moves)
    }

    /// Whether the network expects levels from 0 to 255.
    pub fn takes_levels(&self) -> bool {
        self.steps.iter().any(|step| step.of_levels)
    }

    /// ``subtracts [0.485, 0.456, 0.406] (node `sub`) and divides by …``.
    pub fn text(&self) -> String {
        let step = |step: &Step| {
            let verb = match step.does {
                Does::Subtract => "subtracts",
                Does::Add => "adds",
                Does::Multiply => "multiplies by",
                Does::Divide => "divides by",
                Does::Normalise => "normalises by a batch norm",
            };
            let numbers = match (step.does, step.numbers.as_str()) {
                (Does::Normalise, "") => String::new(),
                (_, "") => " constants".to_owned(),
                (_, numbers) => format!(" {numbers}"),
            };
            format!("{verb}{numbers} (node `{}`)", step.node)
        };
        let steps: Vec<String> = self.steps.iter().map(step).collect();
        steps.join(" and ")
    }
}
