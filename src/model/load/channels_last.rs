//! Graphs that take pictures with channels last, as TensorFlow has them.

use crate::model::graph::{Argument, Graph, Node, Size, ValueId};

impl Graph {
    /// A network of [N, H, W, C] as one of [N, C, H, W]: a node before all others turns the input round. Of a
    /// shape that can be read both ways, channels come first.
    pub fn with_channels_first(mut self) -> Self {
        let of_channels = |size: Option<i64>| matches!(size, Some(1 | 3));
        let &[pictures, second, third, last] = self.input_sizes.as_slice() else {
            return self;
        };
        if of_channels(second) || !of_channels(last) {
            return self;
        }
        let mut name = "to_channels_last".to_owned();
        while self.nodes.iter().any(|node| node.name == name) || self.values.contains(&name) {
            name.push('_');
        }
        let turned = std::mem::replace(&mut self.input, ValueId(self.values.len()));
        self.values.push(self.values[turned.0].clone());
        self.values[turned.0].clone_from(&name);
        let dims = [0, 2, 3, 1].map(Size::Known).to_vec();
        let node = Node {
            name,
            operator: "aten.permute.default".to_owned(),
            arguments: vec![
                ("self".to_owned(), Argument::Tensor(self.input)),
                ("dims".to_owned(), Argument::Sizes(dims)),
            ],
            outputs: vec![turned],
            modules: Vec::new(),
        };
        self.nodes.insert(0, node);
        self.input_sizes = vec![pictures, last, second, third];
        self
    }
}
