//! The values that the stack machine works on, and what it says of those that it did not expect.

use std::collections::BTreeMap;

use super::error::PickleError;
use super::globals::Names;
use super::input::Input;
use super::value::{Heap, Value};

pub(super) struct Machine<'a> {
    pub(super) names: Names,
    pub(super) input: Input<'a>,
    pub(super) stack: Vec<Value<'a>>,
    /// Lengths of the stack where marks were put.
    pub(super) marks: Vec<usize>,
    pub(super) memo: BTreeMap<u32, Value<'a>>,
    pub(super) heap: Heap<'a>,
    /// Values that may still be made.
    pub(super) budget: usize,
    pub(super) limit: usize,
}

impl<'a> Machine<'a> {
    /// Pays for values that are copied.
    pub(super) fn spend(&mut self, values: usize) -> Result<(), PickleError> {
        let left = self.budget.checked_sub(values);
        self.budget = left.ok_or(PickleError::TooManyValues { limit: self.limit })?;
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Value<'a>, PickleError> {
        let value = self.top()?;
        self.stack.pop();
        Ok(value)
    }

    pub(super) fn top(&self) -> Result<Value<'a>, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.get(floor..).and_then(<[_]>::last) {
            Some(value) => Ok(*value),
            None => Err(self.malformed("an empty stack")),
        }
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>, PickleError> {
        let Some(mark) = self.marks.pop() else {
            return Err(self.malformed("no mark"));
        };
        // Nothing is popped from below the last mark, so the stack reaches it.
        Ok(self.stack.drain(mark..).collect())
    }

    pub(super) fn malformed(&self, fault: &'static str) -> PickleError {
        PickleError::Malformed {
            at: self.input.at(),
            fault,
        }
    }

    pub(super) fn unexpected(&self, found: Value, expected: &'static str) -> PickleError {
        PickleError::Unexpected {
            at: self.input.at(),
            found: found.kind(),
            expected,
        }
    }
}
