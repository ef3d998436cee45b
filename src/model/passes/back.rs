//! What goes back through the network: gradients, differences, relevance.

use tch::Tensor;

use crate::model::attention::Form;
use crate::model::backward::{self, Differentiated, ReluRule};
use crate::model::error::ModelError;
use crate::model::graph::NodeId;
use crate::model::network::Model;
use crate::model::propagate::{self, Composite, Gammas, ThroughAttention};

impl Model {
    /// Gradient of `score(output of node)`, which is one number, with respect to `input` [N, C, H, W],
    /// where the ReLUs pass gradients back as `rule` says.
    pub fn gradient(
        &self,
        input: &Tensor,
        node: NodeId,
        rule: ReluRule,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Tensor, ModelError> {
        self.check_input(input)?;
        let of = Differentiated { node, rule, score };
        backward::of_input(&self.program, input, &of)
    }

    /// Gradients of `score(output of node)`, which is one number, for `input` [N, C, H, W] with respect to
    /// the outputs of the nodes `with_respect_to`, each of the output's shape; the ReLUs between them
    /// pass gradients back as `rule` says. That of a ReLU's output is the one that reaches it, before
    /// its own rule.
    pub fn gradient_at(
        &self,
        input: &Tensor,
        node: NodeId,
        with_respect_to: &[NodeId],
        rule: ReluRule,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        let of = Differentiated { node, rule, score };
        backward::of_nodes(&self.program, input, &of, with_respect_to)
    }

    /// The gradient g of `score(output of node)`, which is one number, for one picture with respect to the output A of the
    /// node `at`, and H · A with the second derivatives H = ∂g / ∂A. Each has the output's shape.
    pub fn gradient_with_curvature(
        &self,
        input: &Tensor,
        node: NodeId,
        at: NodeId,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<(Tensor, Tensor), ModelError> {
        self.check_input(input)?;
        let rule = ReluRule::Plain;
        let of = Differentiated { node, rule, score };
        backward::with_curvature(&self.program, input, &of, at)
    }

    /// DeepLIFT's multipliers m [1, C, H, W] for `score(output of node)`, which is one number: that of `input` less that of
    /// `baseline` is Σ m · (input − baseline), but for nodes that pass gradients only, see [`propagate::multipliers`].
    pub fn multipliers(
        &self,
        (input, baseline): (&Tensor, &Tensor),
        node: NodeId,
        score: &dyn Fn(&Tensor) -> Tensor,
    ) -> Result<Tensor, ModelError> {
        self.check_input(input)?;
        self.check_input(baseline)?;
        propagate::multipliers(&self.program, (input, baseline), node, score)
    }

    /// The relevance [1, C, H, W] of `input` for `score(output of node)`, which is one number, by the rules of
    /// `composite`. An error at a node that is in [`crate::model::Limits::no_relevance`].
    pub fn relevance(
        &self,
        input: &Tensor,
        node: NodeId,
        score: &dyn Fn(&Tensor) -> Tensor,
        composite: &Composite,
    ) -> Result<Tensor, ModelError> {
        self.check_input(input)?;
        propagate::relevance(&self.program, input, node, score, composite)
    }

    /// The relevance [1, C, H, W] of `input` for `score(output of node)`, which is one number, by the rules of AttnLRP: the
    /// input times a gradient that is changed at attention, norms, functions of one number, and by γ at weights. Nodes in
    /// [`crate::model::Limits::no_relevance_by_gradient`] pass gradients.
    pub fn relevance_by_gradient(
        &self,
        input: &Tensor,
        node: NodeId,
        score: &dyn Fn(&Tensor) -> Tensor,
        rules: (ThroughAttention, Gammas),
    ) -> Result<Tensor, ModelError> {
        self.check_input(input)?;
        let written_out = self.facts.attention.layers.iter();
        let written_out = written_out.filter(|layer| layer.form == Form::WrittenOut);
        let weights: Vec<NodeId> = written_out.map(|layer| layer.weights).collect();
        let of = (node, weights.as_slice());
        propagate::relevance_by_gradient(&self.program, input, of, score, rules)
    }
}
