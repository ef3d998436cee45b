//! The passes that a program can be asked for.

use tch::{Kind, TchError, Tensor};

use super::pass::{Change, Convolutions, Pass, no_change};
use super::program::Program;
use super::weights::Weights;
use crate::model::error::ModelError;
use crate::model::graph::{NodeId, ValueId};
use crate::model::memory_layout::channels_last;
use crate::model::operators::Value;

impl Program {
    /// The outputs of `nodes`; only what they depend on is run, and a node in `bypass` gives its first
    /// input. Gradients reach back to `input` if it asks for them.
    pub fn record(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            bypass,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, &mut no_change)
    }

    /// As [`Program::record`], for gradients that a picture climbs in few steps: they may be rounded another way than libtorch's.
    pub fn record_to_climb(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        bypass: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            bypass,
            convolutions: Convolutions::Fast,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, &mut no_change)
    }

    /// As [`Program::record`], and `change` may put another tensor in place of the output of each node of
    /// `changed` that is run: it is given the node, its first input and its output. What comes out keeps
    /// the way back to tensors of `change` that ask for gradients, even where `input` does not.
    pub fn record_changed(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        changed: &[NodeId],
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            changed,
            gradients: true,
            convolutions: Convolutions::Direct,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, change)
    }

    /// As [`Program::record_changed`], for the weights of attention: `change` is given those of each node of
    /// `attended`, which hold a whole attention, twice.
    pub fn record_attended(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
        (changed, attended): (&[NodeId], &[NodeId]),
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = Pass {
            changed,
            attended,
            gradients: true,
            convolutions: Convolutions::Direct,
            ..self.pass_of(input, nodes)?
        };
        self.run(&pass, &self.weights, change)
    }

    /// The outputs of `nodes` of a pass that starts in the middle: `from` are nodes with their outputs for
    /// `pictures` pictures, and nothing before them is run. Gradients reach back to the outputs that ask
    /// for them.
    pub fn resume(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let pass = self.pass_from(from, pictures, nodes)?;
        self.run(&pass, &self.weights, &mut no_change)
    }

    /// As [`Program::resume`] without gradients, with weights and activations in bfloat16; what comes out is float32 again.
    pub fn resume_lowered(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let lowered = from
            .iter()
            .map(|(node, output)| Ok((*node, output.f_detach()?.f_to_kind(Kind::BFloat16)?)));
        let lowered = lowered.collect::<Result<Vec<_>, TchError>>()?;
        let pass = self.pass_from(&lowered, pictures, nodes)?;
        raised(&self.run(&pass, self.lowered()?, &mut no_change)?)
    }

    fn pass_from<'a>(
        &self,
        from: &[(NodeId, Tensor)],
        pictures: i64,
        wanted: &'a [NodeId],
    ) -> Result<Pass<'a>, ModelError> {
        let given = from
            .iter()
            .map(|(node, output)| Ok((self.only_output(*node)?, output.shallow_clone())));
        let gradients = from.iter().any(|(_, output)| output.requires_grad());
        Ok(Pass {
            given: given.collect::<Result<_, ModelError>>()?,
            pictures,
            wanted,
            bypass: &[],
            changed: &[],
            attended: &[],
            gradients,
            convolutions: Convolutions::usual(gradients),
        })
    }

    /// As [`Program::record`] without gradients, with weights and activations in bfloat16; what comes out
    /// is float32 again.
    pub fn record_lowered(
        &self,
        input: &Tensor,
        nodes: &[NodeId],
    ) -> Result<Vec<Tensor>, ModelError> {
        let weights = self.lowered()?;
        let input = input.f_detach()?.f_to_kind(Kind::BFloat16)?;
        raised(&self.run(&self.pass_of(&input, nodes)?, weights, &mut no_change)?)
    }

    /// The weights in bfloat16.
    fn lowered(&self) -> Result<&Weights, ModelError> {
        match self.lowered.get() {
            Some(weights) => Ok(weights),
            None => {
                let lowered = self.weights.lowered(&self.graph, Kind::BFloat16)?;
                Ok(self.lowered.get_or_init(|| lowered))
            }
        }
    }

    /// Runs every node and shows the output of each that gives one tensor and reads another. Gradients are
    /// kept where `input` asks for them.
    pub fn observe(
        &self,
        input: &Tensor,
        see: &mut dyn FnMut(NodeId, &Tensor) -> Result<(), TchError>,
    ) -> Result<(), ModelError> {
        let all: Vec<_> = (0..self.graph.nodes.len()).map(NodeId).collect();
        let pass = Pass {
            changed: &all,
            ..self.pass_of(input, &all)?
        };
        self.execute(&pass, &self.weights, &mut |node, _, output| {
            see(node, output)?;
            Ok(None)
        })?;
        Ok(())
    }

    /// Shape of the output of every node that [`Program::observe`] shows, by node.
    pub fn shapes(&self, input: &Tensor) -> Result<Vec<Option<Vec<i64>>>, ModelError> {
        let mut shapes = vec![None; self.graph.nodes.len()];
        self.observe(input, &mut |node, output| {
            shapes[node.0] = Some(output.size());
            Ok(())
        })?;
        Ok(shapes)
    }

    pub(super) fn pass_of<'a>(
        &self,
        input: &Tensor,
        wanted: &'a [NodeId],
    ) -> Result<Pass<'a>, ModelError> {
        Ok(Pass {
            given: vec![(self.graph.input, channels_last(input)?)],
            pictures: input.size().first().copied().unwrap_or(0),
            wanted,
            bypass: &[],
            changed: &[],
            attended: &[],
            gradients: input.requires_grad(),
            convolutions: Convolutions::usual(input.requires_grad()),
        })
    }

    /// The outputs of the nodes that the pass wants.
    fn run(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        if pass.pictures > 1 && self.is_one_by_one() {
            return self.run_one_by_one(pass, weights, change);
        }
        self.run_at_once(pass, weights, change)
    }

    pub(super) fn run_at_once(
        &self,
        pass: &Pass,
        weights: &Weights,
        change: Change<'_>,
    ) -> Result<Vec<Tensor>, ModelError> {
        let values = self.execute(pass, weights, change)?;
        self.wanted(pass, &values)
    }

    /// The outputs of the nodes that the pass wants, of all values.
    pub(super) fn wanted(
        &self,
        pass: &Pass,
        values: &[Option<Value>],
    ) -> Result<Vec<Tensor>, ModelError> {
        let output = |node: &NodeId| match &values[self.only_output(*node)?.0] {
            Some(Value::Tensor(tensor)) => Ok(tensor.shallow_clone()),
            _ => Err(self.not_one_tensor(*node)),
        };
        pass.wanted.iter().map(output).collect()
    }

    fn only_output(&self, node: NodeId) -> Result<ValueId, ModelError> {
        let count = self.graph.nodes.len();
        let described = self.graph.nodes.get(node.0);
        let described = described.ok_or(ModelError::NodeUnknown {
            node: node.0,
            nodes: count,
        })?;
        match described.outputs.as_slice() {
            [output] => Ok(*output),
            _ => Err(self.not_one_tensor(node)),
        }
    }

    fn not_one_tensor(&self, node: NodeId) -> ModelError {
        ModelError::NotOneTensor {
            node: self.graph.nodes[node.0].name.clone(),
        }
    }
}

/// The same in float32.
fn raised(outputs: &[Tensor]) -> Result<Vec<Tensor>, ModelError> {
    let outputs = outputs.iter().map(|output| output.f_to_kind(Kind::Float));
    Ok(outputs.collect::<Result<_, _>>()?)
}
