//! TorchScript (`torch.jit.save`): a zip archive of code in a language like Python, objects and raw
//! tensors. libtorch reads and runs it; before it is handed over, every text of code is read against a
//! list of what it may call (`code`) and every pickle by our own restricted machine.
//!
//! The graph that comes out has one node, which runs the module: there are no layers in it.

mod allowed;
mod code;

use tch::{CModule, Device, TchError, Tensor};

use super::Fault;
use super::archive::Archive;
use super::pickle;
use crate::fs::Mapped;
use crate::model::error::EXPORT;
use crate::model::graph::{Argument, Graph, Node, ValueId};

/// All texts of code and of places in code together, unpacked: they are the only compressed entries.
const TEXT_LIMIT_BYTES: u64 = 64 << 20;

/// A network that was checked.
pub struct TorchScript {
    /// On the CPU.
    pub module: CModule,
    file: Mapped,
}

/// The value that the module stands for in the graph.
pub const MODULE: ValueId = ValueId(1);

pub fn read(file: &Mapped) -> Result<TorchScript, Fault> {
    check(file)?;
    Ok(TorchScript {
        module: load(file, Device::Cpu).map_err(torch)?,
        file: file.clone(),
    })
}

impl TorchScript {
    /// The network on a device. It is read again there: moving a module would turn its whole numbers
    /// into floating point.
    pub fn on(self, device: Device) -> Result<CModule, TchError> {
        match device {
            Device::Cpu => Ok(self.module),
            device => load(&self.file, device),
        }
    }
}

fn load(file: &Mapped, device: Device) -> Result<CModule, TchError> {
    let mut module = CModule::load_data_on_device(&mut &file[..], device)?;
    module.f_set_eval()?;
    for (_, parameter) in module.named_parameters()? {
        let _frozen: Tensor = parameter.f_set_requires_grad(false)?;
    }
    Ok(module)
}

/// Everything that can be told of an archive without libtorch.
pub fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut archive = Archive::open(bytes)?;
    let root = archive.names().find_map(|name| {
        let root = name.strip_suffix("constants.pkl")?;
        (root.is_empty() || root.ends_with('/')).then(|| root.to_owned())
    });
    let root = root.ok_or_else(|| Fault::damaged("the archive has no `constants.pkl`"))?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut texts = Vec::new();
    let mut left = TEXT_LIMIT_BYTES;
    for name in &names {
        let Some(inner) = name.strip_prefix(&root) else {
            return Err(unknown(name));
        };
        if inner.starts_with("code/") && (inner.ends_with(".py") || inner.ends_with(".debug_pkl")) {
            let text = archive.unpacked(name, left)?;
            left = left.saturating_sub(text.len() as u64);
            if inner.ends_with(".py") {
                let text = String::from_utf8(text);
                texts.push(
                    text.map_err(|_| Fault::damaged(format!("the code in `{name}` is not UTF-8")))?,
                );
            } else {
                pickle::check_script(&text, None)?;
            }
            continue;
        }
        let content = archive.read(name)?;
        match inner.rsplit_once('.') {
            Some((folder @ ("data" | "constants"), "pkl")) => {
                let mut length_bytes = |key: &str| {
                    let name = format!("{root}{folder}/{key}");
                    archive.read(&name).ok().map(|storage| storage.len() as u64)
                };
                pickle::check_script(content, Some(&mut length_bytes))?;
            }
            // What a network was traced with: shapes without numbers, which are not loaded.
            Some(("traced_inputs", "pkl")) => pickle::check_script(content, None)?,
            _ if ["data/", "constants/", "traced_inputs/", ".data/", "extra/"]
                .iter()
                .any(|folder| inner.starts_with(folder)) => {}
            _ if ["version", "byteorder"].contains(&inner) => {}
            _ => return Err(unknown(name)),
        }
    }
    code::check(&texts).map_err(|what| {
        Fault::not_supported(
            format!("its code {what}; nothing of it was executed"),
            format!("export the model with `{EXPORT}`, which holds no code"),
        )
    })
}

fn unknown(name: &str) -> Fault {
    Fault::not_supported(
        format!("it is TorchScript with an entry `{name}`, which we do not know"),
        format!("export the model with `{EXPORT}`"),
    )
}

fn torch(error: tch::TchError) -> Fault {
    Fault::damaged(format!(
        "libtorch cannot load it ({})",
        crate::model::error::first_line(&error)
    ))
}

/// Picture in, scores out.
pub fn graph([channels, height, width]: [i64; 3]) -> Graph {
    let node = Node {
        name: "forward".to_owned(),
        operator: "torchscript.forward".to_owned(),
        arguments: vec![
            ("self".to_owned(), Argument::Tensor(ValueId(0))),
            ("module".to_owned(), Argument::Tensor(MODULE)),
        ],
        outputs: vec![ValueId(2)],
        modules: Vec::new(),
    };
    Graph {
        values: ["input", "module", "scores"].map(str::to_owned).into(),
        nodes: vec![node],
        input: ValueId(0),
        // A trace may have frozen it: whether two pictures run is tried.
        input_sizes: [1, channels, height, width].map(Some).into(),
        stored: Vec::new(),
        output: ValueId(2),
    }
}
