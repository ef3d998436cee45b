//! Which cell of the photo each token is of. Cells are changed a group at a time, a group for each binary digit of
//! their numbers and one for its complement, while the weights of the first attention are the identity, so that no
//! token sees another one: the groups in which a token changes spell the number of its cell. This finds tokens in
//! any order, with any others beside them, in windows too.

use tch::{Kind, Tensor};

use super::find::ancestors;
use crate::model::attention::{Attention, record};
use crate::model::discover::tried::{Tried, base};
use crate::model::error::ModelError;
use crate::model::graph::NodeId;

pub enum Labels {
    Grid {
        height: i64,
        width: i64,
        /// The token of each cell.
        cells: Vec<i64>,
    },
    /// How many.
    Windows(i64),
    Unclear(String),
}

/// Of the largest change, above which one is no rounding.
const NOT_ROUNDING: f64 = 1e-4;

/// What is changed: the output of a node, or the network's input, in blocks.
struct Place {
    node: Option<NodeId>,
    height: i64,
    width: i64,
}

/// Of the first layer.
pub fn labels(tried: &Tried, layers: &[Attention], input: &Tensor) -> Result<Labels, ModelError> {
    let Some(first) = layers.first() else {
        return Ok(Labels::Unclear("do not exist".to_owned()));
    };
    let Some(place) = place(tried, first.mixed, input) else {
        let why = "do not come from a convolution or from patches cut out of the photo";
        return Ok(Labels::Unclear(why.to_owned()));
    };
    if tried.shape(first.mixed).is_none() {
        return Ok(Labels::Unclear("cannot be looked at".to_owned()));
    }
    let cells = place.height * place.width;
    let digits = i64::BITS - cells.leading_zeros(); // of cell + 1
    let plain = mixed(tried, layers, input, &place, None)?;
    let mut groups = Vec::with_capacity(2 * digits as usize);
    for digit in 0..digits {
        for complement in [false, true] {
            let is_in = |cell: i64| (((cell + 1) >> digit) & 1 == 1) != complement;
            let group: Vec<f32> = (0..cells).map(|cell| f32::from(is_in(cell))).collect();
            let group = Tensor::f_from_slice(&group)?.f_view([place.height, place.width])?;
            let changed = mixed(tried, layers, input, &place, Some(&group))?;
            groups.push(changes(&plain, &changed)?);
        }
    }
    Ok(read(&groups, &place, first.keys))
}

/// Whether each token of each window or head changed, [windows · heads][tokens].
fn changes(plain: &Tensor, changed: &Tensor) -> Result<Vec<Vec<bool>>, ModelError> {
    let size = plain.size();
    let [tokens, width] = size.last_chunk::<2>().copied().unwrap_or([1, 1]);
    let sizes = plain
        .f_sub(changed)?
        .f_abs()?
        .f_reshape([-1, tokens, width])?
        .f_amax([2_i64], false)?
        .f_to(tch::Device::Cpu)?
        .f_to_kind(Kind::Double)?;
    let rows = Vec::<Vec<f64>>::try_from(&sizes)?;
    let largest = rows.iter().flatten().copied().fold(0.0, f64::max);
    let row = |row: &Vec<f64>| row.iter().map(|c| *c > NOT_ROUNDING * largest).collect();
    Ok(rows.iter().map(row).collect())
}

/// The cells from the groups: first those of the digits, each followed by its complement.
fn read(groups: &[Vec<Vec<bool>>], place: &Place, tokens: i64) -> Labels {
    let unclear = |why: &str| Labels::Unclear(why.to_owned());
    let rows = groups.first().map_or(0, Vec::len);
    let width = groups
        .first()
        .and_then(|group| group.first())
        .map_or(0, Vec::len);
    if width as i64 != tokens {
        return unclear("do not stand in the last axis but one of what their attention gives");
    }
    let mut labels: Vec<Vec<Option<usize>>> = Vec::new();
    for row in 0..rows {
        let mut of_row = Vec::with_capacity(width);
        for token in 0..width {
            let mut number = 0_usize;
            let mut changed = 0;
            for (digit, pair) in groups.chunks(2).enumerate() {
                let (in_group, outside) = (pair[0][row][token], pair[1][row][token]);
                if in_group && outside {
                    return unclear("see several cells of the photo before their first attention");
                }
                changed += usize::from(in_group || outside);
                number |= usize::from(in_group) << digit;
            }
            of_row.push(match (changed == groups.len() / 2, number) {
                (true, 1..) => Some(number - 1),
                (false, _) if changed == 0 => None,
                _ => return unclear("see parts of cells of the photo"),
            });
        }
        if !labels.contains(&of_row) {
            labels.push(of_row);
        }
    }
    let [labels] = labels.as_slice() else {
        return Labels::Windows(labels.len() as i64);
    };
    let cells = 0..(place.height * place.width) as usize;
    let token = |cell: usize| labels.iter().position(|label| *label == Some(cell));
    let found: Option<Vec<i64>> = cells.map(|cell| token(cell).map(|t| t as i64)).collect();
    let distinct = labels.iter().flatten().count();
    match found {
        Some(cells) if cells.len() == distinct => Labels::Grid {
            height: place.height,
            width: place.width,
            cells,
        },
        _ => unclear("are not one for each cell of the photo"),
    }
}

/// The last convolution before the attention whose output is maps; or the patches that a view cuts the photo into.
fn place(tried: &Tried, attention: NodeId, input: &Tensor) -> Option<Place> {
    let before = ancestors(tried, attention);
    let map = |id: &NodeId| match tried.shape(*id) {
        Some([1, _, height, width])
            if height * width > 1 && base(tried.node(*id)).contains("conv") =>
        {
            Some(Place {
                node: Some(*id),
                height: *height,
                width: *width,
            })
        }
        _ => None,
    };
    let [_, channels, rows, columns] = input.size()[..] else {
        return None;
    };
    let patches = |id: &NodeId| match tried.shape(*id) {
        Some([1, c, height, y, width, x])
            if *c == channels && height * y == rows && width * x == columns =>
        {
            Some(Place {
                node: None,
                height: *height,
                width: *width,
            })
        }
        _ => None,
    };
    before
        .iter()
        .rev()
        .find_map(map)
        .or_else(|| before.iter().find_map(patches))
}

/// What the first attention gives where each token sees itself only; the cells of `group` [height, width] changed.
fn mixed(
    tried: &Tried,
    layers: &[Attention],
    input: &Tensor,
    place: &Place,
    group: Option<&Tensor>,
) -> Result<Tensor, ModelError> {
    let first = &layers[..1];
    let own = |_: NodeId, _: &Tensor, weights: &Tensor| {
        let tokens = weights.size().last().copied().unwrap_or(1);
        let identity = Tensor::f_eye(tokens, (weights.kind(), weights.device()))?;
        Ok(Some(identity.f_expand_as(weights)?.f_contiguous()?))
    };
    let changed = |map: &Tensor, group: &Tensor| {
        let (_, channels, height, width) = map.size4()?;
        let group = group
            .f_to(map.device())?
            .f_repeat_interleave_self_int(height / place.height, 0, None)?
            .f_repeat_interleave_self_int(width / place.width, 1, None)?;
        // Of each channel another number: a norm takes out what is the same in all.
        let places = Tensor::f_arange(channels, (Kind::Float, map.device()))?;
        let noise = places.f_add_scalar(1.0)?.f_multiply_scalar(2.3)?.f_sin()?;
        let size = map.f_abs()?.f_max()?.f_clamp_min(1e-3)?;
        let noise = noise.f_mul(&size)?.f_view([1, channels, 1, 1])?;
        map.f_add(&group.f_mul(&noise)?)
    };
    let _no_gradient = tch::no_grad_guard();
    let program = tried.program;
    let outputs = match (place.node, group) {
        (Some(node), Some(group)) => program.record_attended(
            input,
            &[first[0].mixed],
            (&changed_nodes(first, Some(node)), &fused_nodes(first)),
            &mut |id, before, output| match id == node {
                true => changed(output, group).map(Some),
                false => own(id, before, output),
            },
        ),
        (None, Some(group)) => {
            let input = changed(input, group)?;
            record(program, first, &input, &[first[0].mixed], &mut { own })
        }
        (_, None) => record(program, first, input, &[first[0].mixed], &mut { own }),
    };
    Ok(outputs?.remove(0))
}

fn fused_nodes(first: &[Attention]) -> Vec<NodeId> {
    let fused = first.iter().filter(|layer| layer.mixed == layer.weights);
    fused.map(|layer| layer.weights).collect()
}

fn changed_nodes(first: &[Attention], map: Option<NodeId>) -> Vec<NodeId> {
    let written = first.iter().filter(|layer| layer.mixed != layer.weights);
    written.map(|layer| layer.weights).chain(map).collect()
}
