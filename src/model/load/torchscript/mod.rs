//! TorchScript (`torch.jit.save`): a zip archive of code in a language like Python, objects and raw
//! tensors. libtorch reads and runs it; before it is handed over, every text of code is read against a
//! list of what it may call (`code`) and every pickle by our own restricted machine. What was read is
//! packed anew for libtorch, whose own reading of the same bytes might come to other entries: of two of
//! one name, or of one with two names, it might take the other.
//!
//! The graph that comes out has one node, which runs the module: there are no layers in it.

mod allowed;
mod bounds;
mod chains;
mod code;
mod growth;
mod loops;
pub mod memory;
mod tokens;

use std::borrow::Cow;
use std::io::{Cursor, Write};

use tch::{CModule, Device, TchError, Tensor};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::archive::Archive;
use super::fault::Fault;
use super::pickle;
use crate::fs::Mapped;
use crate::model::error::ModelError;
use crate::model::export::EXPORT;
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
    let entries = checked(file)?;
    let module = load(&packed(&entries, Device::Cpu)?, Device::Cpu).map_err(torch)?;
    Ok(TorchScript {
        module,
        file: file.clone(),
    })
}

impl TorchScript {
    /// The network on a device. It is read again there: moving a module would turn its whole numbers
    /// into floating point.
    pub fn on(self, device: Device) -> Result<CModule, ModelError> {
        if device == Device::Cpu {
            return Ok(self.module);
        }
        let entries = checked(&self.file).and_then(|entries| packed(&entries, device));
        let entries = entries.map_err(|fault| fault.in_file(self.file.path()))?;
        Ok(load(&entries, device)?)
    }
}

fn load(mut archive: &[u8], device: Device) -> Result<CModule, TchError> {
    let mut module = CModule::load_data_on_device(&mut archive, device)?;
    module.f_set_eval()?;
    for (_, parameter) in module.named_parameters()? {
        let _frozen: Tensor = parameter.f_set_requires_grad(false)?;
    }
    Ok(module)
}

/// Everything that can be told of an archive without libtorch.
pub fn check(bytes: &[u8]) -> Result<(), Fault> {
    checked(bytes).map(drop)
}

/// What libtorch needs of an archive, by its name within the archive's folder.
type Entries<'a> = Vec<(String, Cow<'a, [u8]>)>;

fn packed(entries: &Entries, device: Device) -> Result<Vec<u8>, Fault> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut write = || -> Result<(), zip::result::ZipError> {
        for (name, content) in entries {
            let large = content.len() >= u32::MAX as usize;
            zip.start_file(format!("network/{name}"), stored.large_file(large))?;
            match name.starts_with("code/") {
                true => zip.write_all(&on_device(content, device))?,
                false => zip.write_all(content)?,
            }
        }
        Ok(())
    };
    let unpackable = |error| Fault::damaged(format!("the archive cannot be repacked ({error})"));
    write().map_err(unpackable)?;
    Ok(zip.finish().map_err(unpackable)?.into_inner())
}

/// Code with every device that it names replaced: tracing writes down the one that it ran on, and a network that was
/// traced on a card would not run on the CPU, or the other way round.
fn on_device(code: &[u8], device: Device) -> Vec<u8> {
    const BEGIN: &[u8] = b"torch.device(\"";
    let named = match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        Device::Mps => "mps".to_owned(),
        _ => "cpu".to_owned(),
    };
    let mut changed = Vec::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.windows(BEGIN.len()).position(|part| part == BEGIN) {
        let (before, behind) = rest.split_at(at + BEGIN.len());
        changed.extend_from_slice(before);
        changed.extend_from_slice(named.as_bytes());
        let end = behind.iter().position(|byte| *byte == b'"');
        rest = &behind[end.unwrap_or(behind.len())..];
    }
    changed.extend_from_slice(rest);
    changed
}

fn checked(bytes: &[u8]) -> Result<Entries<'_>, Fault> {
    let mut archive = Archive::open(bytes)?;
    let root = archive.names().find_map(|name| {
        let root = name.strip_suffix("constants.pkl")?;
        (root.is_empty() || root.ends_with('/')).then(|| root.to_owned())
    });
    let root = root.ok_or_else(|| Fault::damaged("the archive has no `constants.pkl`"))?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut texts = Vec::new();
    let mut entries = Entries::new();
    let mut chains = chains::Chains::default();
    let refused = |what: String| {
        Fault::not_supported(
            format!("its code {what}; nothing of it was executed"),
            format!("export the model with `{EXPORT}`, which holds no code"),
        )
    };
    let mut left = TEXT_LIMIT_BYTES;
    for name in &names {
        let Some(inner) = name.strip_prefix(&root) else {
            return Err(unknown(name));
        };
        // Places in code, which libtorch can do without.
        if inner.starts_with("code/") && inner.ends_with(".debug_pkl") {
            continue;
        }
        if inner.starts_with("code/") && inner.ends_with(".py") {
            let text = archive.unpacked(name, left)?;
            left = left.saturating_sub(text.len() as u64);
            entries.push((inner.to_owned(), Cow::Owned(text.clone())));
            let text = String::from_utf8(text);
            let text =
                text.map_err(|_| Fault::damaged(format!("the code in `{name}` is not UTF-8")))?;
            let module = inner["code/".len()..inner.len() - ".py".len()].replace('/', ".");
            chains.add(&module, &text).map_err(refused)?;
            texts.push(text);
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
            _ if begins(inner, &["data/", "constants/"]) => {}
            _ if ["version", "byteorder", ".data/version"].contains(&inner) => {}
            // What it was traced with and what its author put beside it: not loaded.
            _ if begins(inner, &["traced_inputs", ".data/", "extra/"]) => continue,
            _ => return Err(unknown(name)),
        }
        entries.push((inner.to_owned(), Cow::Borrowed(content)));
    }
    code::check(&texts)
        .and_then(|()| chains.check())
        .map_err(refused)?;
    Ok(entries)
}

fn begins(name: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| name.starts_with(folder))
}

fn unknown(name: &str) -> Fault {
    Fault::not_supported(
        format!("it is TorchScript with an unknown entry `{name}`"),
        format!("export the model with `{EXPORT}`"),
    )
}

fn torch(error: tch::TchError) -> Fault {
    Fault::damaged(format!(
        "libtorch cannot load it ({})",
        crate::model::libtorch::first_line(&error)
    ))
}

/// Picture in, scores out; `output` names them where the network gives more.
pub fn graph(output: Option<&str>) -> Graph {
    let output = output.map_or(Argument::None, |name| Argument::Text(name.to_owned()));
    let node = Node {
        name: "forward".to_owned(),
        operator: "torchscript.forward".to_owned(),
        arguments: vec![
            ("self".to_owned(), Argument::Tensor(ValueId(0))),
            ("module".to_owned(), Argument::Tensor(MODULE)),
            ("output".to_owned(), output),
        ],
        outputs: vec![ValueId(2)],
        modules: Vec::new(),
    };
    Graph {
        values: ["input", "module", "scores"].map(str::to_owned).into(),
        nodes: vec![node],
        input: ValueId(0),
        input_sizes: Vec::new(), // the file does not say
        stored: Vec::new(),
        output: ValueId(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_that_the_code_names_is_the_networks() {
        let code = br#"a = torch.to(x, torch.device("cuda:0"), 6); b = torch.device("cpu"); c = torch.device(""#;
        let changed = |device| String::from_utf8(on_device(code, device)).unwrap();
        assert_eq!(
            changed(Device::Cpu),
            r#"a = torch.to(x, torch.device("cpu"), 6); b = torch.device("cpu"); c = torch.device("cpu"#
        );
        assert!(changed(Device::Cuda(1)).contains(r#"x, torch.device("cuda:1"), 6"#));
        assert_eq!(on_device(b"x = 1\n", Device::Cpu), b"x = 1\n");
    }
}
