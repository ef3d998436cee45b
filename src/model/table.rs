//! The numbered table of layers, as `cnn-report layers` prints it.

use super::Layer;

const HEADER: [&str; 5] = ["number", "name", "kind", "output shape", "parameters"];

/// One line a layer, columns aligned; numbers flush right.
pub fn layer_table(layers: &[Layer]) -> String {
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(layers.iter().map(cells));
    let mut widths = [0; HEADER.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [number, name, kind, shape, parameters] = widths;
    let line = |[a, b, c, d, e]: &[String; 5]| {
        format!("{a:>number$}  {b:<name$}  {c:<kind$}  {d:<shape$}  {e:>parameters$}\n")
    };
    rows.iter().map(line).collect()
}

fn cells(layer: &Layer) -> [String; 5] {
    let shape: Vec<String> = layer
        .output_shape
        .iter()
        .skip(1)
        .map(i64::to_string)
        .collect();
    [
        layer.number.to_string(),
        layer.path.clone(),
        layer.kind.clone(),
        shape.join(" × "),
        layer.parameters.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeId;

    #[test]
    fn columns_are_aligned() {
        let layer = |number: usize, path: &str, parameters: usize| Layer {
            number,
            path: path.to_owned(),
            kind: "Conv2d".to_owned(),
            node: NodeId(0),
            output_shape: vec![1, 64, 7, 7],
            parameters,
        };
        let table = layer_table(&[layer(0, "conv", 1792), layer(1, "features.3.squeeze", 9)]);
        let expected = "\
number  name                kind    output shape  parameters
     0  conv                Conv2d  64 × 7 × 7          1792
     1  features.3.squeeze  Conv2d  64 × 7 × 7             9
";
        assert_eq!(table, expected);
    }
}
