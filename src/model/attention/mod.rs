//! What is known of a network's attention: where it is, how its tokens lie on the photo, which of them the scores
//! are read from; and the passes that look at its weights.

mod passes;

use serde::{Deserialize, Serialize};

use super::graph::NodeId;
pub use passes::Attended;
pub(super) use passes::record;

/// All attention of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionFacts {
    /// In the order in which they run; empty for a network without attention.
    pub layers: Vec<Attention>,
    pub tokens: Tokens,
}

/// One attention: A = softmax(q · kᵀ), then A · v.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// As a report names it: the module, or the node where the file names no modules.
    pub path: String,
    pub form: Form,
    /// The node of the weights: the softmax, or the one node that is the whole attention.
    pub weights: NodeId,
    /// The node that gives A · v, or what becomes of it within one node.
    pub mixed: NodeId,
    /// Of one photo, and of one window where there are windows.
    pub heads: i64,
    pub queries: i64,
    pub keys: i64,
    /// The layer norm whose output \[1, tokens, C\] queries, keys and values are made of; `None` where there is none.
    pub norm: Option<NodeId>,
    /// The output \[1, tokens, C\] of the block that the attention is in; `None` where all that follows does not
    /// pass through one node.
    pub block: Option<NodeId>,
}

/// How a file holds an attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// One node.
    Fused,
    /// Product, softmax and product are nodes.
    WrittenOut,
}

/// How the tokens of all attention layers lie on the photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tokens {
    /// There is no attention.
    None,
    /// One token for each cell of a grid over the whole photo, the same in every layer, and others beside them.
    Grid(Grid),
    /// Tokens see those of their own window only.
    Windows { windows: i64, tokens: i64 },
    /// Why they are neither, as the end of a sentence that begins with "the tokens".
    Unclear(String),
}

/// Tokens on a grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    pub height: i64,
    pub width: i64,
    /// Number of tokens, those without a cell included.
    pub tokens: i64,
    /// The token of each cell, row by row.
    pub cells: Vec<i64>,
    /// The tokens that the scores are read from.
    pub read: Vec<i64>,
}

/// What the scores are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOut {
    /// Tokens without a cell: a class token, or two of them.
    Prefix,
    /// Every cell, and nothing else.
    Cells,
    /// Every token.
    All,
    /// Some others.
    Some,
}

impl AttentionFacts {
    /// Of a network without attention.
    pub const NONE: Self = Self {
        layers: Vec::new(),
        tokens: Tokens::None,
    };

    /// The grid, or why there is none, as a sentence.
    pub fn grid(&self) -> Result<&Grid, String> {
        match &self.tokens {
            Tokens::Grid(grid) => Ok(grid),
            Tokens::None => Err("the network has no attention".to_owned()),
            Tokens::Windows { windows, tokens } => Err(format!(
                "attention stays within windows here, {windows} with {tokens} tokens each in the first layer, so that no token sees the whole photo"
            )),
            Tokens::Unclear(why) => Err(format!("the tokens of this network {why}")),
        }
    }
}

impl Grid {
    /// The tokens without a cell.
    pub fn prefix(&self) -> Vec<i64> {
        let all = 0..self.tokens;
        all.filter(|token| !self.cells.contains(token)).collect()
    }

    pub fn read_out(&self) -> ReadOut {
        let is_cell = |token: &i64| self.cells.contains(token);
        let cells = self.read.iter().filter(|token| is_cell(token)).count();
        if cells == 0 {
            ReadOut::Prefix
        } else if self.read.len() as i64 == self.tokens {
            match self.cells.len() as i64 == self.tokens {
                true => ReadOut::Cells,
                false => ReadOut::All,
            }
        } else if cells == self.cells.len() && self.read.len() == cells {
            ReadOut::Cells
        } else {
            ReadOut::Some
        }
    }
}

impl std::fmt::Display for AttentionFacts {
    /// `12 layers of 12 heads, each one node; 14 × 14 tokens on the photo and 1 beside them; scores are read from …`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        let mut heads: Vec<i64> = self.layers.iter().map(|layer| layer.heads).collect();
        heads.sort_unstable();
        heads.dedup();
        let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
        let fused = self.layers.iter().all(|layer| layer.form == Form::Fused);
        let form = match fused {
            true => "as one node each",
            false => "written out",
        };
        let layers = count(self.layers.len(), "layer");
        write!(f, "{layers} of {} heads, {form}; ", heads.join(" to "))?;
        match &self.tokens {
            Tokens::None => write!(f, "no tokens"),
            Tokens::Windows { windows, tokens } => {
                write!(
                    f,
                    "within windows, {windows} with {tokens} tokens each in the first layer"
                )
            }
            Tokens::Unclear(why) => write!(f, "the tokens {why}"),
            Tokens::Grid(grid) => {
                write!(f, "{} × {} tokens on the photo", grid.height, grid.width)?;
                match grid.prefix().len() {
                    0 => {}
                    beside => write!(f, " and {beside} beside them")?,
                }
                let read = match (grid.read_out(), grid.read.as_slice()) {
                    (ReadOut::Prefix, [0]) => "the class token, number 0".to_owned(),
                    (ReadOut::Prefix | ReadOut::Some, tokens) => {
                        let tokens: Vec<String> = tokens.iter().map(ToString::to_string).collect();
                        format!("tokens {}", tokens.join(", "))
                    }
                    (ReadOut::Cells, _) => "all tokens on the photo".to_owned(),
                    (ReadOut::All, _) => "all tokens".to_owned(),
                };
                write!(f, "; scores are read from {read}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(cells: &[i64], tokens: i64, read: &[i64]) -> AttentionFacts {
        let attention = Attention {
            path: "blocks.0.attn".to_owned(),
            form: Form::Fused,
            weights: NodeId(3),
            mixed: NodeId(3),
            heads: 4,
            queries: tokens,
            keys: tokens,
            norm: None,
            block: None,
        };
        AttentionFacts {
            layers: vec![attention],
            tokens: Tokens::Grid(Grid {
                height: 2,
                width: cells.len() as i64 / 2,
                tokens,
                cells: cells.to_vec(),
                read: read.to_vec(),
            }),
        }
    }

    #[test]
    fn what_is_read_is_told_from_what_lies_on_the_photo() {
        let class = facts(&[1, 2, 3, 4], 5, &[0]);
        let grid = class.grid().unwrap();
        assert_eq!((grid.prefix(), grid.read_out()), (vec![0], ReadOut::Prefix));
        assert_eq!(
            class.to_string(),
            "1 layer of 4 heads, as one node each; 2 × 2 tokens on the photo and 1 beside them; \
             scores are read from the class token, number 0"
        );
        let read_out = |cells: &[i64], tokens, read: &[i64]| {
            facts(cells, tokens, read).grid().unwrap().read_out()
        };
        assert_eq!(read_out(&[0, 1, 2, 3], 4, &[0, 1, 2, 3]), ReadOut::Cells);
        assert_eq!(read_out(&[1, 2, 3, 4], 5, &[1, 2, 3, 4]), ReadOut::Cells);
        assert_eq!(read_out(&[1, 2, 3, 4], 5, &[0, 1, 2, 3, 4]), ReadOut::All);
        assert_eq!(read_out(&[2, 3, 4, 5], 6, &[0, 1]), ReadOut::Prefix);
        assert_eq!(read_out(&[1, 2, 3, 4], 5, &[0, 1]), ReadOut::Some);
    }
}
