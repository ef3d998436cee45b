//! The numbered table of layers, as `cnn-report layers` prints it: aligned text or JSON.

use serde_json::{Value, json};

use crate::diagnostic::visible;
use crate::model::receptive_field::{Extent, ReceptiveField};
use crate::model::{Layer, ModelFacts};

const HEADER: [&str; 7] = [
    "number",
    "name",
    "kind",
    "output shape",
    "filters",
    "parameters",
    "receptive field",
];

/// What stands where there is nothing to say.
const NOTHING: &str = "—";

/// One line a layer, columns aligned; numbers flush right.
pub fn layer_table(facts: &ModelFacts, layers: &[Layer]) -> String {
    table(
        layers
            .iter()
            .map(|layer| cells(layer, filters(facts, layer), facts.receptive_field(layer))),
    )
}

/// A layer as an object: `number`, `name`, `kind`, `output_shape` (for a batch of 1), `filters`,
/// `parameters` and `receptive_field`.
pub fn layer_json(facts: &ModelFacts, layers: &[Layer]) -> Value {
    let of_layer = |layer: &Layer| {
        let field = facts.receptive_field(layer);
        json!({
            "number": layer.number,
            "name": layer.path,
            "kind": layer.kind,
            "output_shape": layer.output_shape,
            "filters": filters(facts, layer),
            "parameters": layer.parameters,
            "receptive_field": field.map_or(Value::Null, |field| field_json(field.extents)),
        })
    };
    layers.iter().map(of_layer).collect()
}

fn table(rows: impl Iterator<Item = [String; 7]>) -> String {
    let mut all = vec![HEADER.map(str::to_owned)];
    all.extend(rows);
    let mut widths = [0; HEADER.len()];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [number, name, kind, shape, filters, parameters, field] = widths;
    let line = |[a, b, c, d, e, f, g]: &[String; 7]| {
        format!(
            "{a:>number$}  {b:<name$}  {c:<kind$}  {d:<shape$}  {e:>filters$}  {f:>parameters$}  {g:>field$}\n"
        )
    };
    all.iter().map(line).collect()
}

fn cells(layer: &Layer, filters: Option<i64>, field: Option<ReceptiveField>) -> [String; 7] {
    let shape = layer.output_shape.iter().skip(1).map(i64::to_string);
    let extents = field.map(|field| field_text(field.extents));
    let filters = filters.map(|count| count.to_string());
    [
        layer.number.to_string(),
        visible(&layer.path).into_owned(),
        visible(&layer.kind).into_owned(),
        shape.collect::<Vec<_>>().join(" × "),
        filters.unwrap_or_else(|| NOTHING.to_owned()),
        layer.parameters.to_string(),
        extents.unwrap_or_else(|| NOTHING.to_owned()),
    ]
}

/// Number of maps over the photo; other outputs have no filters.
fn filters(facts: &ModelFacts, layer: &Layer) -> Option<i64> {
    facts.receptive_field(layer)?;
    facts.maps(layer).map(|maps| maps.channels)
}

/// In px: one number where height and width agree.
fn field_text([height, width]: [Extent; 2]) -> String {
    let text = |extent: Extent| match extent {
        Extent::Pixels { size, .. } => size.to_string(),
        Extent::All => "all".to_owned(),
        Extent::Unknown => NOTHING.to_owned(),
    };
    let (height, width) = (text(height), text(width));
    if height == width {
        height
    } else {
        format!("{height} × {width}")
    }
}

fn field_json([height, width]: [Extent; 2]) -> Value {
    let value = |extent: Extent| match extent {
        Extent::Pixels { size, .. } => json!(size),
        Extent::All => json!("all"),
        Extent::Unknown => Value::Null,
    };
    let (height, width) = (value(height), value(width));
    if height == width {
        height
    } else {
        json!([height, width])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeId;

    fn layer(number: usize, path: &str, output_shape: &[i64]) -> Layer {
        Layer {
            number,
            path: path.to_owned(),
            kind: "Conv2d".to_owned(),
            node: NodeId(0),
            output_shape: output_shape.to_vec(),
            parameters: 1792,
        }
    }

    fn pixels(size: i64) -> Extent {
        Extent::Pixels {
            size,
            start: 0,
            jump: 1,
        }
    }

    #[test]
    fn columns_are_aligned() {
        let field = |extents| ReceptiveField {
            extents,
            filters: Some(64),
        };
        let rows = [
            cells(
                &layer(0, "conv", &[1, 64, 7, 7]),
                Some(64),
                Some(field([pixels(3), pixels(3)])),
            ),
            cells(
                &layer(1, "features.3.fc", &[1, 10]),
                None,
                Some(field([Extent::All, Extent::All])),
            ),
        ];
        let expected = "\
number  name           kind    output shape  filters  parameters  receptive field
     0  conv           Conv2d  64 × 7 × 7         64        1792                3
     1  features.3.fc  Conv2d  10                  —        1792              all
";
        assert_eq!(table(rows.into_iter()), expected);
    }

    #[test]
    fn a_field_is_one_number_or_one_an_axis() {
        assert_eq!(field_text([pixels(7), pixels(7)]), "7");
        assert_eq!(field_text([pixels(7), Extent::All]), "7 × all");
        assert_eq!(field_json([pixels(7), pixels(9)]), json!([7, 9]));
        assert_eq!(field_json([Extent::Unknown; 2]), Value::Null);
    }
}
