//! What a model can be asked to compute.

mod back;
mod spread;

use tch::{Kind, Tensor};

use super::error::ModelError;
use super::finite::all_finite_or_negative;
use super::graph::NodeId;
use super::network::Model;
use super::precision::Precision;
use super::relus;
use super::run::pass::Change;
use super::scores::{OutputActivation, ScoresTaken};

impl Model {
    /// Scores [N, classes] of a normalised input [N, C, H, W], float32, of which [`Model::activation`] makes
    /// the probabilities. They are computed in the model's [`Precision`] where `input` asks for no gradient,
    /// else in float32. A network whose softmax or sigmoid cannot be left out gives their inverse, and one of
    /// a single number s gives −s and s.
    pub fn scores(&self, input: &Tensor) -> Result<Tensor, ModelError> {
        self.scores_in(self.precision, input)
    }

    /// As [`Model::scores`], in a given precision.
    pub fn scores_in(&self, precision: Precision, input: &Tensor) -> Result<Tensor, ModelError> {
        let recorded = self.record_in(precision, input, self.facts.output.scores)?;
        self.check_finite(input, &recorded)?;
        self.class_scores(&recorded)
    }

    /// The output of `node`, float32, on the way to the scores: as they are computed.
    pub fn record_for_scores(&self, input: &Tensor, node: NodeId) -> Result<Tensor, ModelError> {
        self.record_in(self.precision, input, node)
    }

    fn record_in(
        &self,
        precision: Precision,
        input: &Tensor,
        node: NodeId,
    ) -> Result<Tensor, ModelError> {
        let mut recorded = match precision {
            Precision::Bf16 if !input.requires_grad() => {
                self.check_input(input)?;
                self.program.record_lowered(input, &[node])?
            }
            Precision::Fp32 | Precision::Bf16 => self.record(input, &[node], &[])?,
        };
        Ok(recorded.remove(0))
    }

    /// The scores [N, classes] as [`Model::scores`] gives them, of a pass without gradients that starts from the output of
    /// `node`, which must cut the network as for [`Model::resume`]; `None` where they are not finite.
    pub fn scores_behind(
        &self,
        node: NodeId,
        output: &Tensor,
    ) -> Result<Option<Tensor>, ModelError> {
        let from = [(node, output.shallow_clone())];
        let scores = [self.facts.output.scores];
        let recorded = match self.precision {
            Precision::Fp32 => self.resume(&from, &scores)?,
            Precision::Bf16 => {
                let pictures = self.pictures(node, output)?;
                self.program.resume_lowered(&from, pictures, &scores)?
            }
        };
        match all_finite_or_negative(&recorded[0])? {
            true => Ok(Some(self.class_scores(&recorded[0])?)),
            false => Ok(None),
        }
    }

    /// The scores [N, classes] as [`Model::scores`] gives them, of the output of [`Model::scores_node`] that a
    /// pass recorded. Differentiable.
    pub fn class_scores(&self, numbers: &Tensor) -> Result<Tensor, ModelError> {
        /// The largest float32 below 1.
        const BELOW_ONE: f64 = 1.0 - f32::EPSILON as f64 / 2.0;
        let rows = as_rows(numbers)?.f_to_kind(Kind::Float)?;
        let least = f64::from(f32::MIN_POSITIVE);
        let scores = match self.facts.scores.taken {
            ScoresTaken::AsGiven | ScoresTaken::BeforeClosing => rows,
            ScoresTaken::Logarithms => rows.f_clamp_min(least)?.f_log()?,
            ScoresTaken::Logits => {
                let p = rows.f_clamp(least, BELOW_ONE)?;
                p.f_log()?.f_sub(&p.f_neg()?.f_log1p()?)?
            }
            ScoresTaken::LogitsOfLogarithms => {
                let log = rows.f_clamp(least.ln(), BELOW_ONE.ln())?;
                log.f_sub(&log.f_expm1()?.f_neg()?.f_log()?)?
            }
        };
        Ok(match self.activation() {
            OutputActivation::Softmax | OutputActivation::Sigmoid => scores,
            OutputActivation::SigmoidOfOne => Tensor::f_cat(&[scores.f_neg()?, scores], 1)?,
        })
    }

    /// What the file itself gives [N, numbers], a closing softmax or sigmoid included.
    pub fn output(&self, input: &Tensor) -> Result<Tensor, ModelError> {
        let graph = self.graph();
        let node = graph.producers()[graph.output.0].unwrap_or(self.facts.output.scores);
        as_rows(&self.record(input, &[node], &[])?.remove(0))
    }

    /// Outputs of `nodes`, running no further than the last of them. Nodes in `bypass` give their
    /// input (an open ReLU). Gradients flow to `input` [N, C, H, W] if it asks for them.
    ///
    /// A batch norm that nobody asks for runs as part of the convolution before it; outputs behind it
    /// then differ by rounding from those of a pass that records the convolution.
    pub fn record(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        self.program.record(input, nodes, bypass)
    }

    /// As [`Model::record`], for gradients that a picture climbs in few steps, which may be rounded another way
    /// than libtorch's: faster, but of equal numbers in a window of a pooling another one may be the largest, and many steps
    /// multiply a difference.
    pub fn record_to_climb(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        self.program.record_to_climb(input, nodes, bypass)
    }

    /// As [`Model::record`], and `change(node, first input, output)` may put another tensor in place of
    /// the output of each node of `changed` that is run. Gradients flow to `input` and to tensors of
    /// `change` if they ask for them.
    pub fn record_changed(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        changed: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        self.check_input(input)?;
        self.program.record_changed(input, nodes, changed, change)
    }

    /// Outputs of `nodes` of a pass that starts in the middle: `from` are nodes with their outputs, as
    /// [`Model::record`] gave them or changed since. Nothing before them is run, so together they must cut
    /// the network: where a branch leads round them, its output must be handed in as well. Gradients flow
    /// to the outputs that ask for them.
    ///
    /// Gives what a pass that records the nodes of `from` as well gives, bit for bit.
    pub fn resume(
        &self,
        from: &[(NodeId, Tensor)],
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let mut pictures = None;
        for (node, output) in from {
            let count = self.pictures(*node, output)?;
            if *pictures.get_or_insert(count) != count {
                return Err(self.activation_shape(*node, output));
            }
        }
        self.program.resume(from, pictures.unwrap_or(0), nodes)
    }

    /// The ReLUs that decide whether `node` can be above zero: itself or those before it, seen
    /// through pooling, dropout and concatenation only. Bypassing them records the pre-activation.
    pub fn gates(&self, node: NodeId) -> Vec<NodeId> {
        relus::gates(self.graph(), node)
    }

    /// All ReLUs of the network in the order they run.
    pub fn relus(&self) -> Vec<NodeId> {
        relus::all(self.graph())
    }

    /// Any height and width: many networks run on others than those they were made for.
    fn check_input(&self, input: &Tensor) -> Result<(), ModelError> {
        let got = input.size();
        if got.len() == 4 && got[1] == self.facts.input_shape[0] {
            return Ok(());
        }
        Err(ModelError::InputShape {
            got,
            expected: self.facts.input_shape,
        })
    }

    /// How many pictures an output is of: the first size of maps [N, C, H, W], and for any other how many
    /// times as many numbers it holds as for one picture (a transformer's may have the batch elsewhere).
    fn pictures(&self, node: NodeId, output: &Tensor) -> Result<i64, ModelError> {
        let nodes = self.graph().nodes.len();
        if node.0 >= nodes {
            return Err(ModelError::NodeUnknown {
                node: node.0,
                nodes,
            });
        }
        let Some(one) = self.facts.layers.output_shape(node) else {
            return Err(ModelError::NotOneTensor {
                node: self.graph().nodes[node.0].name.clone(),
            });
        };
        let got = output.size();
        let count = match (one, got.as_slice()) {
            ([1, channels, _, _], [pictures, same, _, _]) if channels == same => Some(*pictures),
            ([1, _, _, _], _) => None,
            (one, got) if one.len() == got.len() => {
                let (one, got): (i64, i64) = (one.iter().product(), got.iter().product());
                (one > 0 && got % one == 0).then(|| got / one)
            }
            _ => None,
        };
        count.ok_or_else(|| self.activation_shape(node, output))
    }

    fn activation_shape(&self, node: NodeId, output: &Tensor) -> ModelError {
        ModelError::ActivationShape {
            node: self.graph().nodes[node.0].name.clone(),
            got: output.size(),
            expected: self
                .facts
                .layers
                .output_shape(node)
                .unwrap_or_default()
                .to_vec(),
        }
    }
}

/// [N, …] as [N, numbers].
fn as_rows(numbers: &Tensor) -> Result<Tensor, ModelError> {
    match numbers.size().as_slice() {
        [_, _] => Ok(numbers.shallow_clone()),
        [pictures, ..] => Ok(numbers.f_reshape([*pictures, -1])?),
        [] => Err(ModelError::NotAClassifier { shape: Vec::new() }),
    }
}
