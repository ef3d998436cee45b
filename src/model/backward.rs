//! The backward pass with a rule of its own at the rectifiers.

use tch::{Kind, Tensor};

use super::NodeId;
use super::error::ModelError;
use super::rectifiers::is_rectifier;
use super::run::Program;

/// What becomes of a gradient `g` on its way back through a rectifier `y = max(x, 0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RectifierRule {
    /// `g · [x > 0]`: the gradient itself.
    Plain,
    /// `max(g, 0) · [x > 0]`: guided backpropagation (Springenberg et al., 2015, section 3.4).
    Guided,
    /// `max(g, 0)`: the deconvnet (Zeiler and Fergus, 2014).
    Deconvnet,
}

/// A rectifier at which the graph was cut.
struct Cut {
    input: Tensor,
    output: Tensor,
    /// A copy of `output` that the rest of the network goes on with.
    leaf: Tensor,
}

/// Gradient of `score(output of node)` with respect to `input` [N, C, H, W].
///
/// The network is cut behind every rectifier, so that autograd runs from cut to cut and the rule is
/// applied in between. No hooks are needed, and branches add up as they do in autograd.
pub fn gradient(
    program: &Program,
    input: &Tensor,
    node: NodeId,
    rule: RectifierRule,
    score: &dyn Fn(&Tensor) -> Tensor,
) -> Result<Tensor, ModelError> {
    let input = input.f_detach()?.f_set_requires_grad(true)?;
    let mut cuts: Vec<Cut> = Vec::new();
    let output = tch::with_grad(|| {
        program.record_changed(&input, &[node], &mut |id, before, after| {
            let cut = rule != RectifierRule::Plain && is_rectifier(&program.graph().nodes[id.0]);
            // What does not depend on the input has no gradient to change.
            if !cut || !after.requires_grad() {
                return None;
            }
            let leaf = after.detach().set_requires_grad(true);
            let changed = leaf.shallow_clone();
            cuts.push(Cut {
                input: before.shallow_clone(),
                output: after.shallow_clone(),
                leaf,
            });
            Some(changed)
        })
    })?
    .remove(0);

    // Gradients reach the leaves of all cuts before the one they start from, and the input.
    let mut gradients: Vec<Option<Tensor>> = cuts.iter().map(|_| None).collect();
    let mut of_input = input.f_zeros_like()?;
    let mut back = |from: Tensor, before: usize, gradients: &mut [Option<Tensor>]| {
        let mut leaves: Vec<&Tensor> = cuts[..before].iter().map(|cut| &cut.leaf).collect();
        leaves.push(&input);
        let mut found = Tensor::f_run_backward(&[from], &leaves, true, false)?;
        if let Some(gradient) = found.pop().filter(Tensor::defined) {
            of_input = of_input.f_add(&gradient)?;
        }
        for (sum, gradient) in gradients.iter_mut().zip(found) {
            if gradient.defined() {
                *sum = Some(match sum.take() {
                    Some(sum) => sum.f_add(&gradient)?,
                    None => gradient,
                });
            }
        }
        Ok::<(), tch::TchError>(())
    };
    tch::with_grad(|| {
        back(score(&output), cuts.len(), &mut gradients)?;
        for index in (0..cuts.len()).rev() {
            let Some(gradient) = gradients[index].take() else {
                continue;
            };
            let cut = &cuts[index];
            let (through, gradient) = match rule {
                RectifierRule::Plain => (&cut.output, gradient),
                RectifierRule::Guided => (&cut.output, gradient.f_relu()?),
                RectifierRule::Deconvnet => (&cut.input, gradient.f_relu()?),
            };
            back(
                through.f_mul(&gradient)?.f_sum(Kind::Float)?,
                index,
                &mut gradients,
            )?;
        }
        Ok::<(), tch::TchError>(())
    })?;
    Ok(of_input)
}
