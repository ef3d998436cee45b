//! The backward pass with a rule of its own at the ReLUs, down to the input or to any node.

#[cfg(test)]
mod tests;

use tch::{TchError, Tensor};

use super::error::ModelError;
use super::gradient::{Again, gradients};
use super::graph::NodeId;
use super::relus;
use super::run::Program;

/// What becomes of a gradient `g` on its way back through a ReLU `y = max(x, 0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReluRule {
    /// `g · [x > 0]`: the gradient itself.
    Plain,
    /// `max(g, 0) · [x > 0]`: guided backpropagation (Springenberg et al., 2015, section 3.4).
    Guided,
    /// `max(g, 0)`: the deconvnet (Zeiler and Fergus, 2014).
    Deconvnet,
}

/// What is differentiated: `score(output of node)`, which is one number.
pub struct Differentiated<'a> {
    pub node: NodeId,
    pub rule: ReluRule,
    pub score: &'a dyn Fn(&Tensor) -> Tensor,
}

/// A ReLU at which the graph was cut.
struct Cut {
    input: Tensor,
    output: Tensor,
    /// A copy of `output` that the rest of the network goes on with.
    leaf: Tensor,
}

/// A forward pass, ready to be gone back through.
struct Forward {
    output: Tensor,
    /// In the order in which they ran.
    cuts: Vec<Cut>,
    /// The outputs of the nodes that gradients are asked for: none of one that did not run, and those of each picture
    /// where pictures run one by one.
    targets: Vec<Vec<Tensor>>,
}

/// The gradient with respect to `input` [N, C, H, W].
pub fn of_input(
    program: &Program,
    input: &Tensor,
    of: &Differentiated,
) -> Result<Tensor, ModelError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let forward = forward(program, &input, of, &[])?;
    let mut found = backward(forward, of, vec![input])?;
    Ok(found.remove(0))
}

/// The gradients with respect to the outputs of `nodes`, each of the output's shape.
pub fn of_nodes(
    program: &Program,
    input: &Tensor,
    of: &Differentiated,
    nodes: &[NodeId],
) -> Result<Vec<Tensor>, ModelError> {
    let mut forward = forward(program, &input.f_detach()?, of, nodes)?;
    let name = |node: NodeId| program.graph().nodes[node.0].name.clone();
    let targets = std::mem::take(&mut forward.targets);
    if let Some(at) = targets.iter().position(Vec::is_empty) {
        return Err(ModelError::NotDownstream {
            node: name(of.node),
            before: name(nodes[at]),
        });
    }
    let counts: Vec<usize> = targets.iter().map(Vec::len).collect();
    let mut found = backward(forward, of, targets.into_iter().flatten().collect())?.into_iter();
    let of_node = |count: usize| Ok(joined(found.by_ref().take(count).collect())?);
    counts.into_iter().map(of_node).collect()
}

/// The parts of pictures that ran one by one, as one tensor.
fn joined(mut parts: Vec<Tensor>) -> Result<Tensor, TchError> {
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Tensor::f_cat(&parts, 0),
    }
}

/// The gradient g with respect to the output A of `node`, and the product H · A of the second derivatives H = ∂g / ∂A
/// with A itself; each of the output's shape. The rule of `of` is that of the gradient itself, whatever it says.
pub fn with_curvature(
    program: &Program,
    input: &Tensor,
    of: &Differentiated,
    node: NodeId,
) -> Result<(Tensor, Tensor), ModelError> {
    let plain = Differentiated {
        rule: ReluRule::Plain,
        ..*of
    };
    let mut forward = forward(program, &input.f_detach()?, &plain, &[node])?;
    let Some(target) = forward.targets.pop().and_then(|mut of| of.pop()) else {
        let name = |node: NodeId| program.graph().nodes[node.0].name.clone();
        return Err(ModelError::NotDownstream {
            node: name(of.node),
            before: name(node),
        });
    };
    tch::with_grad(|| {
        let score = (of.score)(&forward.output);
        let gradient = gradients(&score, &[&target], Again::Differentiated)?.remove(0);
        let Some(gradient) = gradient else {
            return Ok((target.f_zeros_like()?, target.f_zeros_like()?));
        };
        let along = gradient.f_mul(&target.f_detach()?)?;
        let along = along.f_sum(along.f_kind()?)?;
        // Where all is linear behind the node the gradient depends on nothing.
        let product = gradients(&along, &[&target], Again::No)?.remove(0);
        let product = product.map_or_else(|| target.f_zeros_like(), Ok)?;
        Ok((gradient.f_detach()?, product))
    })
}

/// Runs the network up to the node that is differentiated. It is cut behind every ReLU where a rule
/// asks for that, so that autograd runs from cut to cut and the rule is applied in between. No hooks are
/// needed, and branches add up as they do in autograd.
fn forward(
    program: &Program,
    input: &Tensor,
    of: &Differentiated,
    nodes: &[NodeId],
) -> Result<Forward, ModelError> {
    let relus = match of.rule {
        ReluRule::Plain => Vec::new(),
        ReluRule::Guided | ReluRule::Deconvnet => relus::all(program.graph()),
    };
    let changed = [&relus, nodes].concat();
    let mut cuts = Vec::new();
    let mut targets: Vec<Vec<Tensor>> = nodes.iter().map(|_| Vec::new()).collect();
    let mut change = |id: NodeId, before: &Tensor, after: &Tensor| {
        let mut passed = after.shallow_clone();
        // What does not depend on anything asked for has no gradient to change.
        if relus.contains(&id) && after.requires_grad() {
            let leaf = leaf(after)?;
            passed = leaf.shallow_clone();
            cuts.push(Cut {
                input: before.shallow_clone(),
                output: after.shallow_clone(),
                leaf,
            });
        }
        if nodes.contains(&id) {
            // A tensor of its own: operators that do nothing hand on the very one they were given, and
            // its gradient would count other ways round this node.
            passed = match passed.requires_grad() {
                true => passed.f_alias()?,
                false => leaf(&passed)?,
            };
            for (target, node) in targets.iter_mut().zip(nodes) {
                if *node == id {
                    target.push(passed.shallow_clone());
                }
            }
        }
        Ok(Some(passed))
    };
    let recorded =
        tch::with_grad(|| program.record_changed(input, &[of.node], &changed, &mut change));
    Ok(Forward {
        output: recorded?.remove(0),
        cuts,
        targets,
    })
}

fn leaf(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_detach()?.f_set_requires_grad(true)
}

/// The gradients with respect to `targets`, cut by cut from the score.
fn backward(
    forward: Forward,
    of: &Differentiated,
    targets: Vec<Tensor>,
) -> Result<Vec<Tensor>, ModelError> {
    let cuts = forward.cuts;
    let zeros = targets.iter().map(Tensor::f_zeros_like);
    let mut of_targets = zeros.collect::<Result<Vec<_>, _>>()?;
    // Gradients reach the leaves of all cuts before the one they start from, and the targets.
    let mut of_leaves: Vec<Option<Tensor>> = cuts.iter().map(|_| None).collect();
    let mut back = |from: Tensor, before: usize, of_leaves: &mut [Option<Tensor>]| {
        let leaves = cuts[..before].iter().map(|cut| &cut.leaf);
        let reached: Vec<&Tensor> = leaves.chain(&targets).collect();
        let mut found = gradients(&from, &reached, Again::Yes)?;
        let of_these_targets = found.split_off(before);
        for (sum, gradient) in of_targets.iter_mut().zip(of_these_targets) {
            if let Some(gradient) = gradient {
                *sum = sum.f_add(&gradient)?;
            }
        }
        for (sum, gradient) in of_leaves.iter_mut().zip(found) {
            if let Some(gradient) = gradient {
                *sum = Some(match sum.take() {
                    Some(sum) => sum.f_add(&gradient)?,
                    None => gradient,
                });
            }
        }
        Ok::<(), ModelError>(())
    };
    tch::with_grad(|| {
        back((of.score)(&forward.output), cuts.len(), &mut of_leaves)?;
        for index in (0..cuts.len()).rev() {
            let Some(gradient) = of_leaves[index].take() else {
                continue;
            };
            let cut = &cuts[index];
            let (through, gradient) = match of.rule {
                ReluRule::Plain => (&cut.output, gradient),
                ReluRule::Guided => (&cut.output, gradient.f_relu()?),
                ReluRule::Deconvnet => (&cut.input, gradient.f_relu()?),
            };
            let kind = through.f_kind()?;
            back(
                through.f_mul(&gradient)?.f_sum(kind)?,
                index,
                &mut of_leaves,
            )?;
        }
        Ok::<(), ModelError>(())
    })?;
    Ok(of_targets)
}
