//! How the output of a layer holds maps over the photo: channels first, channels last, or tokens on a grid.

use tch::{TchError, Tensor};

use super::attention::{Grid, Tokens};
use super::error::ModelError;
use super::facts::ModelFacts;
use super::graph::NodeId;
use super::layers::Layer;
use super::network::Model;

/// The maps of a layer's output for one photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maps<'a> {
    pub layout: Layout<'a>,
    /// Number of maps, the layer's filters.
    pub channels: i64,
    pub height: i64,
    pub width: i64,
}

/// Where in a tensor the maps stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout<'a> {
    /// \[N, C, h, w\].
    ChannelsFirst,
    /// \[N, h, w, C\].
    ChannelsLast,
    /// \[N, tokens, C\]; tokens without a cell are in no map.
    Tokens(&'a Grid),
    /// \[tokens, N, C\].
    TokensFirst(&'a Grid),
}

impl ModelFacts {
    /// The maps that a layer gives; `None` for any other output.
    pub fn maps(&self, layer: &Layer) -> Option<Maps<'_>> {
        self.maps_at(layer.node, &layer.output_shape)
    }

    /// By what works on the last axis, or by the axes of the photo that have come through to the node.
    fn has_channels_last(&self, node: NodeId, shape: &[i64]) -> bool {
        let filters = self
            .layers
            .receptive_field(node)
            .and_then(|field| field.filters);
        let by_field = filters.is_some_and(|count| shape[1] != count && shape[3] == count);
        by_field || self.layers.has_channels_last(node)
    }

    fn maps_at(&self, node: NodeId, shape: &[i64]) -> Option<Maps<'_>> {
        let grid = match &self.attention.tokens {
            Tokens::Grid(grid) => Some(grid),
            Tokens::None | Tokens::Windows { .. } | Tokens::Unclear(_) => None,
        };
        let maps = |layout, channels: &i64, height: &i64, width: &i64| Maps {
            layout,
            channels: *channels,
            height: *height,
            width: *width,
        };
        match (shape, grid) {
            ([_, height, width, channels], _) if self.has_channels_last(node, shape) => {
                Some(maps(Layout::ChannelsLast, channels, height, width))
            }
            ([_, channels, height, width], _) => {
                Some(maps(Layout::ChannelsFirst, channels, height, width))
            }
            ([1, tokens, channels], Some(grid)) if *tokens == grid.tokens => Some(maps(
                Layout::Tokens(grid),
                channels,
                &grid.height,
                &grid.width,
            )),
            ([tokens, 1, channels], Some(grid)) if *tokens == grid.tokens => Some(maps(
                Layout::TokensFirst(grid),
                channels,
                &grid.height,
                &grid.width,
            )),
            _ => None,
        }
    }
}

impl Maps<'_> {
    /// The maps [N, C, h, w] of an output, or of a gradient with respect to one. Differentiable.
    pub fn of(&self, output: &Tensor) -> Result<Tensor, TchError> {
        let on_grid = |tokens: &Tensor, grid: &Grid| {
            let cells = Tensor::f_from_slice(&grid.cells)?.f_to(tokens.device())?;
            let of_cells = tokens.f_index_select(1, &cells)?.f_transpose(1, 2)?;
            of_cells.f_unflatten(2, [grid.height, grid.width])
        };
        match self.layout {
            Layout::ChannelsFirst => Ok(output.shallow_clone()),
            Layout::ChannelsLast => output.f_permute([0, 3, 1, 2]),
            Layout::Tokens(grid) => on_grid(output, grid),
            Layout::TokensFirst(grid) => on_grid(&output.f_transpose(0, 1)?, grid),
        }
    }

    /// The output with one of its maps set to zero; tokens without a cell are left as they are.
    pub fn without(&self, output: &Tensor, channel: i64) -> Result<Tensor, TchError> {
        let output = output.f_detach_copy()?;
        let (axis, grid) = match self.layout {
            Layout::ChannelsFirst => (1, None),
            Layout::ChannelsLast => (3, None),
            Layout::Tokens(grid) | Layout::TokensFirst(grid) => (2, Some(grid)),
        };
        let mut map = output.f_select(axis, channel)?;
        match grid {
            None => drop(map.f_zero_()?),
            Some(grid) => {
                let cells = Tensor::f_from_slice(&grid.cells)?.f_to(output.device())?;
                let tokens = i64::from(matches!(self.layout, Layout::Tokens(_)));
                drop(map.f_index_fill_(tokens, &cells, 0.0)?);
            }
        }
        Ok(output)
    }

    /// The output with these maps [C, h, w] in the place of its own; tokens without a cell are left as they are.
    pub fn with(&self, output: &Tensor, maps: &Tensor) -> Result<Tensor, TchError> {
        let maps = maps.f_to(output.device())?.f_to_kind(output.kind())?;
        let on_tokens = |grid: &Grid, axis: i64| {
            let cells = Tensor::f_from_slice(&grid.cells)?.f_to(output.device())?;
            let of_cells = maps.f_flatten(1, 2)?.f_transpose(0, 1)?;
            output.f_index_copy(axis, &cells, &of_cells.f_unsqueeze(1 - axis)?)
        };
        match self.layout {
            Layout::ChannelsFirst => maps.f_unsqueeze(0),
            Layout::ChannelsLast => maps.f_permute([1, 2, 0])?.f_unsqueeze(0),
            Layout::Tokens(grid) => on_tokens(grid, 1),
            Layout::TokensFirst(grid) => on_tokens(grid, 0),
        }
    }

    /// The axis of an output over which a batch runs.
    pub fn batch_axis(&self) -> i64 {
        match self.layout {
            Layout::TokensFirst(_) => 1,
            Layout::ChannelsFirst | Layout::ChannelsLast | Layout::Tokens(_) => 0,
        }
    }
}

impl Model {
    /// The maps [N, C, h, w] of the output of a node that has some; any other output as it is.
    pub fn maps_of(&self, node: NodeId, output: &Tensor) -> Result<Tensor, ModelError> {
        let shape = self.facts.layers.output_shape(node);
        match shape.and_then(|shape| self.facts.maps_at(node, shape)) {
            Some(maps) => Ok(maps.of(output)?),
            None => Ok(output.shallow_clone()),
        }
    }

    /// The nodes that ran when `node` has, and whose outputs are read behind it on the way to the scores: with
    /// these given, a pass can start behind the node. `node` is among them.
    pub fn frontier(&self, node: NodeId) -> Vec<NodeId> {
        let graph = self.graph();
        let scores = self.scores_node();
        let producers = graph.producers();
        let mut found = vec![node];
        let mut seen = vec![false; graph.nodes.len()];
        let mut open = vec![scores];
        while let Some(id) = open.pop() {
            if id <= node {
                found.push(id);
                continue;
            }
            let inputs = graph.nodes[id.0].inputs();
            for before in inputs.iter().filter_map(|value| producers[value.0]) {
                if !std::mem::replace(&mut seen[before.0], true) {
                    open.push(before);
                }
            }
        }
        let of_photo =
            |id: &NodeId| *id == node || self.facts.layers.receptive_field(*id).is_some();
        found.retain(of_photo);
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn grid() -> Grid {
        Grid {
            height: 1,
            width: 2,
            tokens: 3,
            cells: vec![2, 1],
            read: vec![0],
        }
    }

    /// Three tokens of two channels; the first cell is token 2, the second token 1.
    #[test]
    fn tokens_are_put_where_their_cells_are() {
        let grid = grid();
        let output = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([1, 3, 2]);
        let maps = |layout| Maps {
            layout,
            channels: 2,
            height: 1,
            width: 2,
        };
        let expected = Tensor::from_slice(&[4.0_f32, 2.0, 5.0, 3.0]).view([1, 2, 1, 2]);
        let tokens = maps(Layout::Tokens(&grid));
        assert_eq!(tokens.of(&output).unwrap(), expected);
        let first = maps(Layout::TokensFirst(&grid));
        assert_eq!(first.of(&output.transpose(0, 1)).unwrap(), expected);
        let without = tokens.without(&output, 1).unwrap();
        let zeroed = Tensor::from_slice(&[0.0_f32, 1.0, 2.0, 0.0, 4.0, 0.0]).view([1, 3, 2]);
        assert_eq!(without, zeroed);
        let without = first.without(&output.transpose(0, 1), 1).unwrap();
        assert_eq!(without, zeroed.transpose(0, 1));
    }

    #[test]
    fn channels_may_stand_last() {
        let output = Tensor::arange(8, (Kind::Float, Device::Cpu)).view([1, 2, 2, 2]);
        let maps = Maps {
            layout: Layout::ChannelsLast,
            channels: 2,
            height: 2,
            width: 2,
        };
        assert_eq!(
            maps.of(&output).unwrap().get(0).get(1),
            output.get(0).select(2, 1)
        );
        let without = maps.without(&output, 0).unwrap();
        assert_eq!(
            maps.of(&without)
                .unwrap()
                .get(0)
                .get(0)
                .abs()
                .max()
                .double_value(&[]),
            0.0
        );
        assert_eq!(without.get(0).select(2, 1), output.get(0).select(2, 1));
    }
}
