//! What is raised, measured on pictures: the objective of each, less what those lose that are alike.

use std::cell::RefCell;

use tch::Tensor;

use super::super::{ExplainError, Passes, chosen, numbers};
use super::Filters;
use super::raised::{Raised, similarity};
use crate::model::{Model, ModelError, NodeId};

/// The objective of pictures [N, C, H, W].
pub(super) struct Measure<'a> {
    model: &'a Model,
    raised: &'a Raised<'a>,
    /// ReLUs that hand their input through.
    bypass: &'a [NodeId],
    /// The layer whose maps must differ, and how much it counts; `None` of one picture by itself.
    diversity: Option<(NodeId, f64)>,
    /// Of each call the objective of each picture, and how alike they are, where several are grown.
    pub(super) seen: RefCell<Vec<Seen>>,
}

/// Of each picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) objectives: Vec<f64>,
    pub(super) similarities: Vec<f64>,
}

impl Seen {
    /// Of several parts of the same pictures; `None` of none.
    pub(super) fn mean(all: &[Self]) -> Option<Self> {
        let first = all.first()?;
        let mean = |of: &dyn Fn(&Self) -> &[f64]| -> Vec<f64> {
            let items = 0..of(first).len();
            let sum = |item: usize| all.iter().map(|one| of(one)[item]).sum::<f64>();
            items.map(|item| sum(item) / all.len() as f64).collect()
        };
        Some(Self {
            objectives: mean(&|one| &one.objectives),
            similarities: mean(&|one| &one.similarities),
        })
    }
}

impl<'a> Measure<'a> {
    pub(super) fn new(
        filters: &Filters,
        passes: &Passes<'a>,
        raised: &'a Raised<'a>,
        bypass: &'a [NodeId],
    ) -> Self {
        Self {
            model: passes.model,
            raised,
            bypass,
            diversity: filters.diversity(passes, raised),
            seen: RefCell::default(),
        }
    }

    /// Of each picture what is to be raised, [N]: the objective v, of several pictures v − w s |v| where s is how
    /// alike the picture is to the others. |v| is taken as it is, so that w means the same in every layer.
    pub(super) fn of(&self, pictures: &Tensor) -> Result<Tensor, ExplainError> {
        let nodes = self.raised.nodes();
        let Some((of_maps, weight)) = self.diversity else {
            let outputs = self.outputs(pictures, &nodes)?;
            return self
                .raised
                .values(self.model, &|node| found(&nodes, &outputs, node));
        };
        let mut nodes = nodes;
        if !nodes.contains(&of_maps) {
            nodes.push(of_maps);
        }
        let outputs = self.outputs(pictures, &nodes)?;
        let output = |node| found(&nodes, &outputs, node);
        let values = self.raised.values(self.model, &output)?;
        let alike = similarity(&output(of_maps))?;
        self.seen.borrow_mut().push(Seen {
            objectives: numbers::precise_values(&values)?,
            similarities: numbers::precise_values(&alike)?,
        });
        let size = values.f_detach()?.f_abs()?;
        Ok(values.f_sub(&alike.f_mul(&size)?.f_mul_scalar(weight)?)?)
    }

    /// What the nodes give, maps in the order of maps.
    fn outputs(&self, pictures: &Tensor, nodes: &[NodeId]) -> Result<Vec<Tensor>, ModelError> {
        let outputs = self.model.record_to_climb(pictures, nodes, self.bypass)?;
        let pairs = nodes.iter().zip(&outputs);
        pairs
            .map(|(node, output)| self.model.maps_of(*node, output))
            .collect()
    }
}

fn found(nodes: &[NodeId], outputs: &[Tensor], node: NodeId) -> Tensor {
    let at = nodes.iter().position(|one| *one == node);
    outputs[at.expect("every node that is read was recorded")].shallow_clone()
}

impl Filters {
    /// Of several pictures the layer whose maps must differ: that of the objective, else the figure's, else the last
    /// that gives maps.
    fn diversity(&self, passes: &Passes, raised: &Raised) -> Option<(NodeId, f64)> {
        if self.variants() == 1 {
            return None;
        }
        let own = raised.terms.iter().find_map(|(_, number)| number.layer());
        let inputs = &passes.inputs;
        let layer = own
            .or_else(|| chosen::map_layer(inputs, self.layer.as_ref()).ok())
            .or_else(|| chosen::last_map_layer(inputs.facts))?;
        Some((layer.node, self.diversity.unwrap_or(super::DIVERSITY)))
    }
}
