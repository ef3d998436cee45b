//! What can be wrong with the keys of `filters`.

use super::super::{Fault, Inputs, chosen};
use super::mode::Parameterisation;
use super::raised::Raised;
use super::{Filters, resolve};
use crate::model::NodeId;

/// Smallest side that the moves of `fourier` may leave, in pixels.
const SMALLEST_SIDE_PX: f64 = 8.0;

impl Filters {
    pub(super) fn faults(&self, inputs: &Inputs) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut nodes: Vec<(NodeId, String)> = Vec::new();
        if !self.filters.is_empty() || self.objectives.is_empty() {
            match chosen::map_layer(inputs, self.layer.as_ref()) {
                Ok(layer) => {
                    faults.extend(chosen::filter_faults(inputs.facts, layer, &self.filters));
                    faults.extend(chosen::layer_gradient_fault(inputs.facts, layer));
                    nodes.push((layer.node, chosen::named(layer)));
                }
                Err(fault) => faults.push(fault),
            }
        }
        let mut known = Vec::new();
        for (place, named) in self.objectives.iter().enumerate() {
            let pointer = format!("/objectives/{place}");
            match resolve::resolve(named, inputs, self.layer.as_ref(), &pointer) {
                Ok(raised) => {
                    if known.contains(&raised.key()) {
                        faults.push(listed_twice(pointer));
                    }
                    known.push(raised.key());
                    nodes.extend(read_by(&raised));
                }
                Err(found) => faults.extend(
                    found
                        .into_iter()
                        .filter(|one| !faults.contains(one))
                        .collect::<Vec<_>>(),
                ),
            }
        }
        let of_size = nodes
            .into_iter()
            .find_map(|(node, name)| self.size_fault(inputs, node, &name));
        faults.extend(of_size);
        faults.extend(self.maco_faults(inputs));
        faults.extend(self.misplaced());
        faults.extend(self.start_fault());
        faults.extend(self.moves_fault(inputs));
        faults
    }

    fn start_fault(&self) -> Option<Fault> {
        let start = self.start.filter(|start| start.low >= start.high)?;
        let message = format!("no level lies from {} to below {}", start.low, start.high);
        Some(Fault {
            pointer: "/start".to_owned(),
            message,
            hint: "`low` below `high`".to_owned(),
        })
    }

    fn moves_fault(&self, inputs: &Inputs) -> Option<Fault> {
        let (height, width) = self.picture_size(inputs);
        let left = self.transforms?.smallest_side(height.min(width));
        (left < SMALLEST_SIDE_PX).then(|| Fault {
            pointer: "/transforms".to_owned(),
            message: "the moves leave nothing of the picture".to_owned(),
            hint: "less `jitter` and `scale`, or a larger `pad` or `size`".to_owned(),
        })
    }

    /// Photos and crops of `maco`.
    fn maco_faults(&self, inputs: &Inputs) -> Vec<Fault> {
        if self.parameterisation() != Parameterisation::Maco {
            return Vec::new();
        }
        let no_photo = inputs.photos.is_empty().then(|| Fault {
            pointer: "/parameterisation".to_owned(),
            message: "`maco` takes the magnitudes of its spectrum from photos, and there is none"
                .to_owned(),
            hint: "list photos under `images`, or take `parameterisation: fourier`".to_owned(),
        });
        let crops = self.crops.filter(|crops| crops.smallest > crops.largest);
        let wrong_crops = crops.map(|crops| Fault {
            pointer: "/crops".to_owned(),
            message: format!("no share lies from {} to {}", crops.smallest, crops.largest),
            hint: "`smallest` up to `largest`".to_owned(),
        });
        no_photo.into_iter().chain(wrong_crops).collect()
    }

    /// A size, or moves, on which the network does not run up to a node.
    fn size_fault(&self, inputs: &Inputs, node: NodeId, name: &str) -> Option<Fault> {
        if self.parameterisation() == Parameterisation::Maco {
            return None; // crops are enlarged to the network's own input
        }
        let (height, width) = self.picture_size(inputs);
        let problem = |size| chosen::size_problem_of(inputs.facts, node, name, size);
        if let Some(message) = problem((height, width)) {
            let [_, height, width] = inputs.facts.input_shape;
            let hint = match height == width {
                true => format!("`size: {height}`, or a layer before that node"),
                false => "leave `size` out, or choose a layer before that node".to_owned(),
            };
            return Some(Fault {
                pointer: "/size".to_owned(),
                message,
                hint,
            });
        }
        if self.parameterisation() == Parameterisation::Pixels {
            return None;
        }
        // The moves change the size by a few pixels; one more tells whether it is fixed.
        let message = problem((height + 1, width + 1))?;
        Some(Fault {
            pointer: "/parameterisation".to_owned(),
            message: format!("the moves change the size of the picture, and {message}"),
            hint: "`parameterisation: pixels`, or a layer before that node".to_owned(),
        })
    }
}

fn listed_twice(pointer: String) -> Fault {
    Fault {
        pointer,
        message: "the objective is listed twice".to_owned(),
        hint: "list it once; `variants` grows several pictures of it".to_owned(),
    }
}

/// The nodes that an objective reads, as faults name them.
fn read_by(raised: &Raised) -> Vec<(NodeId, String)> {
    let each = raised.terms.iter().map(|(_, number)| {
        let name = match number.layer() {
            Some(layer) => chosen::named(layer),
            None => "the output".to_owned(),
        };
        (number.node(), name)
    });
    each.collect()
}
