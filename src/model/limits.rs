//! What keeps methods from a network, found by running it: gradients that are cut off, sizes that it does not
//! take, scores that are not finite.

use serde::{Deserialize, Serialize};

use super::graph::NodeId;

/// What keeps methods from a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Of the scores, and of layers that give maps: those from which no gradient reaches the photo.
    pub cut_off: Vec<CutOff>,
    /// Where the network does not run on a photo of five sevenths of its height and width.
    pub smaller: Option<OtherSize>,
    /// The same of seven fifths; only looked for where the smaller photo fails.
    pub larger: Option<OtherSize>,
    /// Where the scores of noise stop being finite numbers: operator, node and module.
    pub not_finite: Option<String>,
    /// What relevance does not get through on its way from the scores to the photo, in the order it runs: operator, node
    /// and module.
    pub no_relevance: Vec<String>,
    /// The same for the rules of AttnLRP.
    pub no_relevance_by_gradient: Vec<String>,
}

/// A node from which no gradient reaches the photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    pub node: NodeId,
    /// The node that cuts it off: operator, node and module.
    pub by: String,
}

/// A size on which a part of the network does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherSize {
    /// Height and width, in px.
    pub size: [i64; 2],
    /// Operator, node and module.
    pub at: String,
    /// Layers that give maps, and the scores, that cannot be reached.
    pub behind: Vec<NodeId>,
}

impl Limits {
    /// What cuts a node off from the photo, so that none of its gradients gets there.
    pub fn cut(&self, node: NodeId) -> Option<&str> {
        let found = self.cut_off.iter().find(|cut| cut.node == node);
        found.map(|cut| cut.by.as_str())
    }

    /// Where the network is known to fail before a layer, on photos of this height and width; `own` are those
    /// that it was tried with.
    pub fn fails_at(&self, layer: NodeId, size: [i64; 2], own: [i64; 2]) -> Option<&OtherSize> {
        let is_behind = |other: &&OtherSize| other.behind.contains(&layer);
        let smaller = self.smaller.as_ref().filter(is_behind)?;
        // Where a larger one runs, the smaller one was too small.
        let is_too_small = size[0] <= smaller.size[0] || size[1] <= smaller.size[1];
        let is_fixed = self.larger.as_ref().is_some_and(|other| is_behind(&other));
        (size != own && (is_fixed || is_too_small)).then_some(smaller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_is_fixed_is_told_from_one_that_is_too_small() {
        let other = |side, behind: &[usize]| OtherSize {
            size: [side; 2],
            at: "`aten.add.Tensor` (node `add` in the network itself)".to_owned(),
            behind: behind.iter().copied().map(NodeId).collect(),
        };
        let limits = Limits {
            smaller: Some(other(20, &[4, 5])),
            larger: Some(other(39, &[5])),
            ..Limits::default()
        };
        let fails = |node, side| limits.fails_at(NodeId(node), [side; 2], [28; 2]).is_some();
        assert!(fails(5, 20) && fails(5, 27) && fails(5, 40), "fixed");
        assert!(fails(4, 20) && !fails(4, 27) && !fails(4, 40), "too small");
        assert!(!fails(5, 28) && !fails(4, 28) && !fails(3, 20));
    }
}
