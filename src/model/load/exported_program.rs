//! PyTorch's exported program, a zip archive: `<name>/models/model.json` is the graph,
//! `<name>/data/weights/` and `<name>/data/constants/` hold raw tensors, each folder with a JSON table
//! of their shapes.

use std::collections::BTreeMap;

use serde::Deserialize;
use tch::{Kind, Tensor};

use super::archive::Archive;
use super::program_json::{self, TensorMetaJson};
use super::{Fault, tensor};
use crate::model::graph::Graph;

pub struct ExportedProgram {
    pub graph: Graph,
    /// Parameters, buffers and constants by name.
    pub weights: BTreeMap<String, Tensor>,
    pub torch_version: Option<String>,
}

#[derive(Deserialize)]
struct Table {
    config: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path_name: String,
    #[serde(default)]
    use_pickle: bool,
    tensor_meta: Option<TensorMetaJson>,
}

pub fn read(bytes: &[u8]) -> Result<ExportedProgram, Fault> {
    let mut archive = Archive::open(bytes)?;
    let (root, model) = model_name(&archive)?;
    let byte_order = format!("{root}byteorder");
    if archive.names().any(|name| name == byte_order) {
        let order = archive.read(&byte_order)?;
        if order.trim_ascii() != b"little" {
            return Err(Fault::not_supported(
                "its numbers are not little-endian",
                "export it on a little-endian machine",
            ));
        }
    }
    let program = program_json::read(&archive.read(&format!("{root}models/{model}.json"))?)?;
    // Only what the graph names is read.
    let mut wanted: BTreeMap<String, Tensor> = BTreeMap::new();
    for folder in ["weights", "constants"] {
        let folder_path = format!("{root}data/{folder}/");
        let table = format!("{folder_path}{model}_{folder}_config.json");
        if !archive.names().any(|name| name == table) {
            continue;
        }
        let table: Table = serde_json::from_slice(&archive.read(&table)?).map_err(|error| {
            Fault::damaged(format!("the table of {folder} is not valid ({error})"))
        })?;
        for stored in &program.graph.stored {
            if let Some(entry) = table.config.get(&stored.name) {
                let tensor = read_tensor(&mut archive, &folder_path, entry)
                    .map_err(|fault| fault.of_tensor(&stored.name))?;
                wanted.insert(stored.name.clone(), tensor);
            }
        }
    }
    let missing = program.graph.stored.iter().find(|stored| {
        let read = |value| {
            program
                .graph
                .nodes
                .iter()
                .any(|node| node.inputs().contains(&value))
        };
        !wanted.contains_key(&stored.name) && read(stored.value)
    });
    if let Some(missing) = missing {
        return Err(Fault::damaged(format!(
            "the tensor `{}` is missing",
            missing.name
        )));
    }
    Ok(ExportedProgram {
        graph: program.graph,
        weights: wanted,
        torch_version: program.torch_version,
    })
}

/// The folder that everything lies in, with a slash behind it, and the name of the model.
fn model_name(archive: &Archive) -> Result<(String, String), Fault> {
    let graphs = archive.names().filter_map(|name| {
        let (folder, file) = name.rsplit_once('/')?;
        let root = folder.strip_suffix("models")?;
        (root.is_empty() || root.ends_with('/')).then_some(())?;
        Some((root.to_owned(), file.strip_suffix(".json")?.to_owned()))
    });
    let graphs: Vec<_> = graphs.collect();
    match graphs.as_slice() {
        [one] => Ok(one.clone()),
        several => Err(Fault::not_supported(
            format!("the archive holds {} models", several.len()),
            "export one model into one file",
        )),
    }
}

fn read_tensor(archive: &mut Archive, folder: &str, entry: &Entry) -> Result<Tensor, Fault> {
    let meta = match &entry.tensor_meta {
        Some(meta) if !entry.use_pickle => meta,
        _ => {
            return Err(Fault::not_supported(
                "it is stored as a pickle, which could run code",
                "make it a plain tensor before exporting",
            ));
        }
    };
    let numbers = |sizes: &[program_json::SizeJson]| {
        let known = sizes
            .iter()
            .map(|size| size.as_int)
            .collect::<Option<Vec<i64>>>();
        known.ok_or_else(|| Fault::damaged("its shape is not known"))
    };
    let (sizes, strides) = (numbers(&meta.sizes)?, numbers(&meta.strides)?);
    let layout = tensor::Layout {
        kind: kind(meta.dtype)?,
        sizes: &sizes,
        strides: &strides,
        offset: meta.storage_offset.as_int.unwrap_or(0),
    };
    tensor::strided(
        &archive.read(&format!("{folder}{}", entry.path_name))?,
        &layout,
    )
}

/// Numbering of `torch._export.serde.schema.ScalarType`. Truth values are read as bytes.
fn kind(code: i64) -> Result<Kind, Fault> {
    Ok(match code {
        1 | 12 => Kind::Uint8,
        2 => Kind::Int8,
        3 => Kind::Int16,
        4 => Kind::Int,
        5 => Kind::Int64,
        6 => Kind::Half,
        7 => Kind::Float,
        8 => Kind::Double,
        13 => Kind::BFloat16,
        code => {
            return Err(Fault::not_supported(
                format!("numbers of the type with code {code}"),
                "export the model in float32",
            ));
        }
    })
}
