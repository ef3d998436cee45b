//! Tensors that a pass left behind and that another method asks for again: a layer's output, the gradient there.

use std::collections::VecDeque;
use std::rc::Rc;

use tch::Tensor;

/// What is kept at most: maps of a late layer of some dozens of photos, or of an early one of a few.
const MOST_BYTES: usize = 256 << 20;

/// The tensors that were kept or found last, in the device's memory.
#[derive(Debug)]
pub struct Recordings<K> {
    /// The last one was used last.
    kept: VecDeque<(K, Rc<Vec<Tensor>>, usize)>,
    bytes: usize,
    most_bytes: usize,
}

impl<K> Default for Recordings<K> {
    fn default() -> Self {
        Self::of_at_most(MOST_BYTES)
    }
}

impl<K> Recordings<K> {
    fn of_at_most(most_bytes: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            most_bytes,
        }
    }
}

impl<K: PartialEq> Recordings<K> {
    pub fn find(&mut self, key: &K) -> Option<Rc<Vec<Tensor>>> {
        let at = self.kept.iter().position(|(known, ..)| known == key)?;
        let used = self.kept.remove(at)?;
        let found = used.1.clone();
        self.kept.push_back(used);
        Some(found)
    }

    /// Keeps tensors, and forgets those that were not used for longest; what is larger than all that may be kept is not.
    pub fn keep(&mut self, key: K, tensors: Vec<Tensor>) -> Rc<Vec<Tensor>> {
        let size = |tensor: &Tensor| tensor.numel() * tensor.kind().elt_size_in_bytes();
        let bytes: usize = tensors.iter().map(size).sum();
        let tensors = Rc::new(tensors);
        if bytes > self.most_bytes {
            return tensors;
        }
        while self.bytes + bytes > self.most_bytes
            && let Some((_, _, freed)) = self.kept.pop_front()
        {
            self.bytes -= freed;
        }
        self.bytes += bytes;
        self.kept.push_back((key, tensors.clone(), bytes));
        tensors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten() {
        let tensor = || vec![Tensor::zeros([4], (tch::Kind::Float, tch::Device::Cpu))];
        let mut recordings = Recordings::of_at_most(32); // two of them
        recordings.keep("a", tensor());
        recordings.keep("b", tensor());
        assert!(recordings.find(&"a").is_some());
        recordings.keep("c", tensor());
        assert!(recordings.find(&"b").is_none());
        assert!(recordings.find(&"a").is_some() && recordings.find(&"c").is_some());
        let large = vec![Tensor::zeros([9], (tch::Kind::Float, tch::Device::Cpu))];
        assert_eq!(recordings.keep("d", large)[0].numel(), 9);
        assert!(recordings.find(&"d").is_none() && recordings.find(&"a").is_some());
        assert_eq!(recordings.bytes, 32);
    }
}
