//! The stack machine of the pickle format, with the opcodes that `torch.save` writes in any protocol
//! and no other. Opcodes and their meaning: `pickletools.py` of CPython.
//!
//! It builds dicts, lists, tuples, numbers, strings and descriptions of tensors. Every opcode makes at
//! most one value, lengths are checked against the bytes that are there, and what copies values pays
//! for each from a budget: memory stays below about 150 bytes for each byte of the file and 300 MB.

use std::collections::BTreeMap;

use super::error::{PickleError, shown};
use super::globals::{self, Global, Names};
use super::input::Input;
use super::stack::Machine;
use super::value::{Heap, Value};
use super::{rebuild, scalar};

/// A state dict makes some 30 values for each of its tensors; logs of losses may make more.
const VALUES_LIMIT: usize = 2 << 20;

pub struct Unpickled<'a> {
    pub heap: Heap<'a>,
    pub value: Value<'a>,
    /// Bytes up to the end of the pickle.
    pub length: usize,
}

impl Unpickled<'_> {
    pub fn is_empty_dict(&self) -> bool {
        matches!(self.value, Value::Dict(index) if self.heap.dicts[index].is_empty())
    }
}

/// The first pickle in the bytes.
pub fn unpickle(bytes: &[u8], names: Names) -> Result<Unpickled<'_>, PickleError> {
    let mut machine = Machine {
        names,
        input: Input::new(bytes),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        heap: Heap::default(),
        budget: bytes.len().min(VALUES_LIMIT),
        limit: bytes.len().min(VALUES_LIMIT),
    };
    let value = machine.run().map_err(|error| machine.explained(error))?;
    Ok(Unpickled {
        heap: machine.heap,
        value,
        length: machine.input.at(),
    })
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value<'a>, PickleError> {
        loop {
            let at = self.input.at();
            let code = self.input.byte("its opcodes")?;
            self.spend(1)?;
            match code {
                b'.' => return self.pop(),
                b'(' => self.marks.push(self.stack.len()),
                0x80 => drop(self.input.byte("the protocol")?),
                0x95 => drop(self.input.array::<8>("a frame")?),
                b'N' => self.stack.push(Value::None),
                0x88 => self.stack.push(Value::Bool(true)),
                0x89 => self.stack.push(Value::Bool(false)),
                b'K' | b'M' | b'J' | b'I' | b'L' | 0x8a | 0x8b | b'G' => {
                    self.stack.push(scalar::number(&mut self.input, code)?);
                }
                b'X' | 0x8c | 0x8d | b'U' | b'T' | b'C' | b'B' | 0x8e => {
                    self.stack.push(scalar::string(&mut self.input, code)?);
                }
                b'}' => self.make(Heap::add_dict),
                b']' | 0x8f => self.make(Heap::add_list),
                b')' => self.make(Heap::add_tuple),
                0x85..=0x87 => self.short_tuple(usize::from(code - 0x84))?,
                b't' | 0x91 => {
                    let content = self.pop_to_mark()?;
                    let tuple = self.heap.add_tuple(content);
                    self.stack.push(tuple);
                }
                b'l' => {
                    let content = self.pop_to_mark()?;
                    let list = self.heap.add_list(content);
                    self.stack.push(list);
                }
                b'd' => {
                    let content = self.pop_to_mark()?;
                    let pairs = self.pairs(content)?;
                    let dict = self.heap.add_dict(pairs);
                    self.stack.push(dict);
                }
                b'a' => {
                    let item = self.pop()?;
                    self.append(vec![item])?;
                }
                b'e' | 0x90 => {
                    let items = self.pop_to_mark()?;
                    self.append(items)?;
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set(vec![key, value])?;
                }
                b'u' => {
                    let content = self.pop_to_mark()?;
                    self.set(content)?;
                }
                b'q' | b'r' | 0x94 => self.put(code)?,
                b'h' | b'j' => self.get(code)?,
                b'c' | 0x93 | b'i' => self.global(code)?,
                b'R' | 0x81 => {
                    let arguments = self.pop()?;
                    let callee = self.pop()?;
                    let made = rebuild::call(self, callee, arguments)?;
                    self.stack.push(made);
                }
                b'b' => self.build()?,
                b'Q' => {
                    let identity = self.pop()?;
                    let storage = rebuild::storage(self, identity)?;
                    self.stack.push(storage);
                }
                _ => return Err(PickleError::Opcode { at, code }),
            }
        }
    }

    fn make<T>(&mut self, add: impl Fn(&mut Heap<'a>, Vec<T>) -> Value<'a>) {
        let made = add(&mut self.heap, Vec::new());
        self.stack.push(made);
    }

    fn short_tuple(&mut self, length: usize) -> Result<(), PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let start = self.stack.len().checked_sub(length);
        let start = start.filter(|start| *start >= floor);
        let Some(start) = start else {
            return Err(self.malformed("an empty stack"));
        };
        // `drain` allocates what it collects, where `split_off` may hand over the whole capacity.
        let content = self.stack.drain(start..).collect();
        let tuple = self.heap.add_tuple(content);
        self.stack.push(tuple);
        Ok(())
    }

    fn append(&mut self, items: Vec<Value<'a>>) -> Result<(), PickleError> {
        match self.top()? {
            Value::List(index) => {
                self.heap.sequences[index].extend(items);
                Ok(())
            }
            Value::Opaque => Ok(()), // a kind of list that is left out
            other => Err(self.unexpected(other, "a list")),
        }
    }

    fn set(&mut self, content: Vec<Value<'a>>) -> Result<(), PickleError> {
        let pairs = self.pairs(content)?;
        match self.top()? {
            Value::Dict(index) => {
                self.heap.dicts[index].extend(pairs);
                Ok(())
            }
            Value::Opaque => Ok(()), // a kind of dict that is left out
            other => Err(self.unexpected(other, "a dict")),
        }
    }

    fn pairs(&self, content: Vec<Value<'a>>) -> Result<Vec<(Value<'a>, Value<'a>)>, PickleError> {
        if content.len() % 2 == 1 {
            return Err(self.malformed("a key without a value"));
        }
        Ok(content
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect())
    }

    fn put(&mut self, code: u8) -> Result<(), PickleError> {
        let place = self.place(code)?;
        let value = self.top()?;
        self.memo.insert(place, value);
        Ok(())
    }

    fn get(&mut self, code: u8) -> Result<(), PickleError> {
        let place = self.place(code)?;
        let Some(value) = self.memo.get(&place) else {
            return Err(self.malformed("a reference to a value that was not kept"));
        };
        self.stack.push(*value);
        Ok(())
    }

    fn place(&mut self, code: u8) -> Result<u32, PickleError> {
        const OF: &str = "a reference";
        Ok(match code {
            b'q' | b'h' => u32::from(self.input.byte(OF)?),
            b'r' | b'j' => u32::from_le_bytes(self.input.array(OF)?),
            _ => self.memo.len() as u32, // below the limit of values
        })
    }

    fn global(&mut self, code: u8) -> Result<(), PickleError> {
        const OF: &str = "a name";
        let at = self.input.at();
        let (module, name) = if code == 0x93 {
            let name = self.pop()?;
            match (self.pop()?, name) {
                (Value::Text(module), Value::Text(name)) => (module, name),
                (other, _) => return Err(self.unexpected(other, "the name of a function")),
            }
        } else {
            (self.input.line(OF)?, self.input.line(OF)?)
        };
        let global = globals::resolve(module, name, self.names)?;
        if code == b'i' {
            // A call in protocol 0; read only to refuse its function by name.
            return Err(PickleError::Opcode { at, code });
        }
        const KEPT: usize = 8;
        if global == Global::Class && self.heap.objects.len() < KEPT {
            self.heap.objects.push(shown(&format!("{module}.{name}")));
        }
        self.stack.push(Value::Global(global));
        Ok(())
    }

    /// What a checkpoint never needs but an object of some class does is the object's: a whole model was saved.
    fn explained(&self, error: PickleError) -> PickleError {
        match (&error, self.heap.objects.first()) {
            (PickleError::Code { name }, Some(_)) if globals::reaches_out(name) => error,
            (
                PickleError::Object { .. }
                | PickleError::Code { .. }
                | PickleError::Opcode { .. }
                | PickleError::Unexpected { .. },
                Some(class),
            ) => PickleError::Object {
                name: class.clone(),
            },
            _ => error,
        }
    }

    /// Sets attributes of the value on the stack: those of dicts hold versions of modules
    /// (`_metadata`), which nothing here needs.
    fn build(&mut self) -> Result<(), PickleError> {
        self.pop()?;
        match self.top()? {
            Value::Dict(_) | Value::Opaque => Ok(()),
            other => Err(self.unexpected(other, "a dict")),
        }
    }
}
