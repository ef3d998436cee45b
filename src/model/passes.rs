//! What a model can be asked to compute.

use tch::{Kind, Tensor};

use super::attention::Form;
use super::backward::{self, Differentiated, ReluRule};
use super::batches::lanes::Spread;
use super::batches::{BatchSize, ROOM_BYTES, ROOM_OF_LANES_BYTES, first_size};
use super::error::ModelError;
use super::finite::all_finite_or_negative;
use super::graph::NodeId;
use super::network::Model;
use super::precision::Precision;
use super::propagate::{self, Composite, Gammas, ThroughAttention};
use super::relus;
use super::run::pass::Change;
use super::scores::{OutputActivation, ScoresTaken};

/// Room for what libtorch takes besides the outputs of nodes: buffers of its convolutions, copies in
/// another order. SqueezeNet 1.1 and ResNet-18 took 1.05 and 0.95 times their outputs on the CPU, 32
/// pictures of 224 px at once; a graphics card's buffers were not measured.
const WITH_BUFFERS: u64 = 2;
const BYTES_OF_FLOAT32: u64 = 4;

/// With fewer threads batches do not run beside each other. LIME of SqueezeNet 1.1, MobileNetV2 and ResNet-50, threads at each
/// operator and batches beside each other: 3.4 and 2.7, 5.4 and 3.6, 4.1 and 3.5 s on 16 threads; 9.0 and 6.6, 10.0 and 8.9, 7.6
/// and 9.2 s on four of these; 6.5 and 6.4, 6.8 and 7.1, 8.3 and 8.7 s on a machine with two (docs/performance.md).
const FEWEST_THREADS: usize = 8;

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
    /// `composite`. An error at a node that is in [`super::Limits::no_relevance`].
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
    /// [`super::Limits::no_relevance_by_gradient`] pass gradients.
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

    /// The ReLUs that decide whether `node` can be above zero: itself or those before it, seen
    /// through pooling, dropout and concatenation only. Bypassing them records the pre-activation.
    pub fn gates(&self, node: NodeId) -> Vec<NodeId> {
        relus::gates(self.graph(), node)
    }

    /// All ReLUs of the network in the order they run.
    pub fn relus(&self) -> Vec<NodeId> {
        relus::all(self.graph())
    }

    /// How many inputs of the model's own shape a loop over batches begins with, for passes without
    /// gradients: `fastest_on_cpu` is what was measured for the caller's work. See [`super::in_batches`].
    pub fn batch_size(
        &self,
        requested: BatchSize,
        fastest_on_cpu: usize,
    ) -> Result<usize, ModelError> {
        self.size_within(requested, fastest_on_cpu, ROOM_BYTES)
    }

    fn size_within(
        &self,
        requested: BatchSize,
        fastest_on_cpu: usize,
        room_bytes: u64,
    ) -> Result<usize, ModelError> {
        let facts = &self.facts;
        let peak =
            self.program
                .peak_numbers(&facts.layers, facts.input_shape, facts.output.scores)?;
        let bytes_each = peak.saturating_mul(WITH_BUFFERS * BYTES_OF_FLOAT32);
        let memory = (bytes_each, room_bytes);
        Ok(first_size(requested, fastest_on_cpu, self.device, memory))
    }

    /// How a loop over batches without gradients is spread over the processor's cores: as many inputs at once as `requested`,
    /// or as are fastest there and fit into memory. Where batches do not run beside each other, `fastest_alone` is what was
    /// measured for the caller's work, see [`Model::batch_size`].
    pub fn spread(&self, requested: BatchSize, fastest_alone: usize) -> Result<Spread, ModelError> {
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1);
        let lanes = match self.program.may_run_beside_itself() {
            true if threads >= FEWEST_THREADS => threads,
            _ => 1,
        };
        let (fastest, room) = match lanes {
            1 => (fastest_alone, ROOM_BYTES),
            _ => (Spread::auto_size(lanes), ROOM_OF_LANES_BYTES),
        };
        let at_once = self.size_within(requested, fastest, room)?;
        Ok(Spread::new(at_once, lanes))
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
