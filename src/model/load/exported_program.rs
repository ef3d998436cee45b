//! PyTorch's exported program, a zip archive, in its three shapes. Since PyTorch 2.9
//! `<name>/models/model.json` is the graph and `<name>/data/weights/` and `<name>/data/constants/` hold
//! raw tensors, each folder with a JSON table of their shapes. PyTorch 2.8 has a file of `torch.save` in
//! each of the two folders instead, and 2.5 to 2.7 three entries at the top: the graph and two such files.

use std::collections::BTreeMap;

use serde::Deserialize;
use tch::{Kind, Tensor};

use super::archive::Archive;
use super::fault::Fault;
use super::program_json::{SizeJson, TensorMetaJson};
use super::tensor::{self, Tensors};
use super::{pickle, program};
use crate::fs::Mapped;
use crate::model::graph::Graph;

pub struct ExportedProgram {
    pub graph: Graph,
    /// Parameters, buffers and constants by name.
    pub weights: BTreeMap<String, Tensor>,
    pub torch_version: Option<String>,
}

/// The graph as PyTorch 2.5 to 2.7 name it.
pub const OLD_GRAPH: &str = "serialized_exported_program.json";

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

pub fn read(file: &Mapped, output: Option<&str>) -> Result<ExportedProgram, Fault> {
    let mut archive = Archive::open(file)?;
    let tensors = Tensors::of(file);
    let Entries {
        root,
        graph,
        folders,
    } = entries(&archive)?;
    let byte_order = format!("{root}byteorder");
    if archive.holds(&byte_order) {
        let order = archive.read(&byte_order)?;
        if order.trim_ascii() != b"little" {
            return Err(Fault::not_supported(
                "its tensors are not little-endian",
                "export it on a little-endian machine",
            ));
        }
    }
    let program = program::read(archive.read(&graph)?, output)?;
    // Only what the graph names is kept.
    let mut wanted: BTreeMap<String, Tensor> = BTreeMap::new();
    for Folder { path, table, saved } in &folders {
        if archive.holds(table) {
            let table: Table = serde_json::from_slice(archive.read(table)?)
                .map_err(|error| Fault::damaged(format!("`{table}` is not valid ({error})")))?;
            for stored in &program.graph.stored {
                if let Some(entry) = table.config.get(&stored.name) {
                    let tensor = read_tensor(&mut archive, &tensors, path, entry)
                        .map_err(|fault| fault.of_tensor(&stored.name))?;
                    wanted.insert(stored.name.clone(), tensor);
                }
            }
        } else if archive.holds(saved) {
            let mut found = pickle::beside_graph(archive.read(saved)?, &tensors)?;
            for stored in &program.graph.stored {
                let tensor = found.remove_entry(&stored.name);
                wanted.extend(tensor);
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

/// Where things lie in the archive.
struct Entries {
    /// The folder that everything lies in, with a slash behind it.
    root: String,
    graph: String,
    folders: Vec<Folder>,
}

/// Weights, or constants.
struct Folder {
    /// With a slash behind it.
    path: String,
    /// Shapes and files of raw tensors, since PyTorch 2.9.
    table: String,
    /// All of them in one file of `torch.save`, as before.
    saved: String,
}

fn entries(archive: &Archive) -> Result<Entries, Fault> {
    let old = archive
        .names()
        .find_map(|name| name.strip_suffix(OLD_GRAPH));
    if let Some(root) = old.filter(|root| root.is_empty() || root.ends_with('/')) {
        let folder = |saved: &str| Folder {
            path: String::new(),
            table: String::new(),
            saved: format!("{root}{saved}"),
        };
        return Ok(Entries {
            root: root.to_owned(),
            graph: format!("{root}{OLD_GRAPH}"),
            folders: ["serialized_state_dict.pt", "serialized_constants.pt"]
                .map(folder)
                .into(),
        });
    }
    let (root, model) = model_name(archive)?;
    let folder = |name: &str| {
        let path = format!("{root}data/{name}/");
        Folder {
            table: format!("{path}{model}_{name}_config.json"),
            saved: format!("{path}{model}.pt"),
            path,
        }
    };
    Ok(Entries {
        folders: ["weights", "constants"].map(folder).into(),
        graph: format!("{root}models/{model}.json"),
        root,
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

fn read_tensor(
    archive: &mut Archive,
    tensors: &Tensors,
    folder: &str,
    entry: &Entry,
) -> Result<Tensor, Fault> {
    let meta = match &entry.tensor_meta {
        Some(meta) if !entry.use_pickle => meta,
        _ => {
            return Err(Fault::not_supported(
                "it is stored as a pickle, which could run code",
                "make it a plain tensor before exporting",
            ));
        }
    };
    let numbers = |sizes: &[SizeJson]| {
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
    let bytes = archive.read(&format!("{folder}{}", entry.path_name))?;
    let tensor = tensors.strided(bytes, &layout)?;
    match meta.dtype {
        TRUTHS => Ok(tensor
            .f_to_kind(Kind::Bool)
            .map_err(|error| Fault::damaged(crate::model::libtorch::first_line(&error)))?),
        _ => Ok(tensor),
    }
}

/// The code of truth values.
const TRUTHS: i64 = 12;

/// Numbering of `torch._export.serde.schema.ScalarType`. Truth values are bytes.
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
                format!("elements of the type with code {code}"),
                "export the model in float32",
            ));
        }
    })
}
