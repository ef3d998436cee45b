//! The names that a pickle may ask for. None of them is ever called: each stands for a rule in
//! `rebuild.rs`, and every other name is refused.

use super::dtype::Dtype;
use super::error::{PickleError, shown};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Global {
    OrderedDict,
    /// `_rebuild_tensor_v2` and `_rebuild_tensor`: storage, offset, sizes, strides, and what only
    /// training needs.
    RebuildTensor,
    RebuildParameter,
    Storage(Dtype),
    Size,
    /// Makes something that no state dict needs.
    Opaque,
    /// A class of another program: its objects are left out, with all that is in them.
    Class,
}

/// Names of `torch` that stand for types of numbers.
const DTYPES: &[&str] = &[
    "float16", "bfloat16", "float32", "float64", "half", "float", "double", "int8", "uint8",
    "int16", "int32", "int64", "short", "int", "long", "bool",
];

/// Whose names a pickle may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    StateDict,
    /// Those of a state dict, classes of the archive's own code as plain objects, and what marks the
    /// types of lists and of tensors beside the code.
    TorchScript,
}

/// The global of this name, or why it is refused.
pub fn resolve(module: &str, name: &str, names: Names) -> Result<Global, PickleError> {
    let own = module == "__torch__" || module.starts_with("__torch__.");
    let marks = module == "torch.jit._pickle"
        && [
            "restore_type_tag",
            "build_intlist",
            "build_tensorlist",
            "build_doublelist",
            "build_boollist",
        ]
        .contains(&name);
    if names == Names::TorchScript && (own || marks) {
        return Ok(Global::Opaque);
    }
    let global = match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
        ("torch", "Size") => Global::Size,
        ("torch", "HalfStorage") => Global::Storage(Dtype::Float16),
        ("torch", "BFloat16Storage") => Global::Storage(Dtype::BFloat16),
        ("torch", "FloatStorage") => Global::Storage(Dtype::Float32),
        ("torch", "DoubleStorage") => Global::Storage(Dtype::Float64),
        ("torch", "CharStorage") => Global::Storage(Dtype::Int8),
        ("torch", "ByteStorage") => Global::Storage(Dtype::UInt8),
        ("torch", "ShortStorage") => Global::Storage(Dtype::Int16),
        ("torch", "IntStorage") => Global::Storage(Dtype::Int32),
        ("torch", "LongStorage") => Global::Storage(Dtype::Int64),
        ("torch", "BoolStorage") => Global::Storage(Dtype::Bool),
        ("torch", "device") => Global::Opaque,
        ("torch", name) if DTYPES.contains(&name) => Global::Opaque,
        // Accuracies and class weights beside the state dict are often NumPy's; their bytes come
        // through `_codecs.encode`. Like everything opaque they are left out.
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar" | "_reconstruct") => {
            Global::Opaque
        }
        ("numpy", "dtype" | "ndarray") | ("_codecs", "encode") => Global::Opaque,
        ("datetime", "datetime" | "date" | "timedelta")
        | ("collections", "defaultdict" | "deque") => Global::Opaque,
        (
            "builtins" | "__builtin__",
            "set" | "frozenset" | "list" | "dict" | "tuple" | "complex" | "slice" | "range"
            | "object",
        ) => Global::Opaque,
        _ => {
            return match (refusal(module, name), names) {
                // Arguments of a training script beside the weights. Nothing of a class is executed.
                (PickleError::Object { .. }, Names::StateDict) => Ok(Global::Class),
                (refusal, _) => Err(refusal),
            };
        }
    };
    Ok(global)
}

/// Modules whose classes and functions reach beyond the pickle: for the wording only, what is not
/// listed above is refused all the same.
const REACH_OUT: &[&str] = &[
    "__builtin__",
    "_io",
    "asyncio",
    "bdb",
    "builtins",
    "code",
    "commands",
    "ctypes",
    "http",
    "importlib",
    "io",
    "multiprocessing",
    "nt",
    "operator",
    "os",
    "pdb",
    "pickle",
    "pip",
    "posix",
    "pty",
    "requests",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "timeit",
    "types",
    "urllib",
    "webbrowser",
];

/// Whether a refused name is of a module that reaches beyond the pickle.
pub fn reaches_out(name: &str) -> bool {
    let package = name.split('.').next().unwrap_or_default();
    REACH_OUT.contains(&package)
}

fn refusal(module: &str, name: &str) -> PickleError {
    let full = shown(&format!("{module}.{name}"));
    let package = module.split('.').next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    let of_class = last.starts_with(char::is_uppercase)
        || package == "__main__"
        || matches!(module, "copyreg" | "copy_reg");
    if REACH_OUT.contains(&package) {
        PickleError::Code { name: full }
    } else if module == "torch" && name.ends_with("Storage")
        || module == "torch.storage"
        || module == "torch._utils" && name.starts_with("_rebuild")
        || module == "torch._tensor" && name.starts_with("_rebuild")
    {
        PickleError::TensorKind { name: full }
    } else if of_class {
        PickleError::Object { name: full }
    } else {
        PickleError::Code { name: full }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(module: &str, name: &str) -> Result<Global, PickleError> {
        super::resolve(module, name, Names::StateDict)
    }

    #[test]
    fn refuses_everything_that_is_not_listed() {
        let object = |module, name| {
            let script = super::resolve(module, name, Names::TorchScript);
            matches!(script, Err(PickleError::Object { .. }))
                && matches!(resolve(module, name), Ok(Global::Class))
        };
        let code = |module, name| matches!(resolve(module, name), Err(PickleError::Code { .. }));
        let kind =
            |module, name| matches!(resolve(module, name), Err(PickleError::TensorKind { .. }));
        assert!(object("torchvision.models.resnet", "ResNet"));
        assert!(object("__main__", "net"));
        assert!(object("argparse", "Namespace"));
        assert!(object("collections", "OrderedDict.fromkeys.X"));
        assert!(code("os", "system") && code("posix", "system") && code("nt", "system"));
        assert!(code("builtins", "eval") && code("__builtin__", "exec"));
        assert!(code("subprocess", "Popen") && code("torch.hub", "load"));
        assert!(code("collections", "OrderedDict.__init__"));
        assert!(code("torch", "load") && code("torch", "serialization.os.system"));
        assert!(kind("torch.storage", "_load_from_bytes"));
        assert!(kind("torch.storage", "UntypedStorage"));
        assert!(kind("torch._utils", "_rebuild_qtensor"));
        assert!(kind("torch", "ComplexFloatStorage"));
    }
}
