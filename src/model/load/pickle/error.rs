//! What can be wrong with a file of `torch.save`.

/// What is wrong with a pickle, a storage or a tensor; positions are bytes from the start of the pickle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    #[error("the pickle ends at byte {at}, in the middle of {of}")]
    Cut { at: usize, of: &'static str },
    #[error("the pickle has {found} at byte {at} instead of {expected}")]
    Unexpected {
        at: usize,
        found: &'static str,
        expected: &'static str,
    },
    #[error("the pickle has {fault} at byte {at}")]
    Malformed { at: usize, fault: &'static str },
    #[error("the pickle has the opcode {code:#04x} at byte {at}, which PyTorch never writes")]
    Opcode { at: usize, code: u8 },
    #[error("the pickle holds more than {limit} values")]
    TooManyValues { limit: usize },
    /// A class of the user or of a library: its code would have to be run.
    #[error("it holds a whole Python object, of the class `{name}`, which needs code to be loaded")]
    Object { name: String },
    /// A function or a class that no checkpoint needs.
    #[error("it asks Python to run `{name}`, which no state dict does; nothing of it was executed")]
    Code { name: String },
    /// Quantised, sparse, complex and other tensors that are no plain arrays of numbers.
    #[error("it holds tensors of a kind that is not supported (`{name}`)")]
    TensorKind { name: String },
    #[error("it is a pickle that `torch.save` did not write")]
    NotTorch,
    #[error("expected tensors by name, found {found}")]
    NoStateDict { found: String },
    #[error("it holds several sets of weights: {keys}")]
    SeveralStateDicts { keys: String },
    #[error("it holds no weights under `{key}`; there are some under {known}")]
    NoSuchKey { key: String, known: String },
    #[error("the storage `{key}` {fault}")]
    Storage { key: String, fault: String },
    #[error("the tensor `{name}` {fault}")]
    Tensor { name: String, fault: String },
}

/// A name out of a file as an error text can show it: short and without control characters.
pub fn shown(name: &str) -> String {
    const SHOWN_CHARACTERS: usize = 100;
    let mut text: String = name.chars().take(SHOWN_CHARACTERS).collect();
    if text.len() < name.len() {
        text.push('…');
    }
    text.escape_debug().to_string().replace('`', "'")
}
