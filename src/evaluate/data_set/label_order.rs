//! Sub-folders named by numbers: which class is `2`?
//!
//! torchvision's ImageFolder sorts names as text: of the folders 0 to 11 it makes the classes 0, 1, 10, 11,
//! 2, …, so that the folder `2` is class 4. A reader of numbers calls it class 2, and finds a network that
//! is right about everything wrong about nearly everything.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// Labels 0 to N−1 whose order as text is another than that as numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelOrder {
    /// The class of each label where the labels were sorted as text.
    pub class_in_text_order: Vec<usize>,
}

/// A warning where `labels` are exactly the numbers 0 to N−1 of a network of N classes, and N is so large
/// that text has another order. Which of the two the network learned, only its maker or a trial can tell.
pub fn label_order_warning<'a>(
    labels: impl IntoIterator<Item = &'a str>,
    classes: usize,
) -> Option<LabelOrder> {
    let labels: BTreeSet<&str> = labels.into_iter().collect(); // in the order of text
    let numbers: Vec<usize> = labels
        .iter()
        .map(|label| {
            label
                .parse()
                .ok()
                .filter(|n: &usize| n.to_string() == *label)
        })
        .collect::<Option<_>>()?;
    let is_all = numbers.len() == classes && numbers.iter().all(|number| *number < classes);
    if !is_all || numbers.is_sorted() {
        return None;
    }
    let mut class_in_text_order = vec![0; classes];
    for (class, number) in numbers.into_iter().enumerate() {
        class_in_text_order[number] = class;
    }
    Some(LabelOrder {
        class_in_text_order,
    })
}

impl fmt::Display for LabelOrder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let last = self.class_in_text_order.len() - 1;
        let two = self.class_in_text_order[2]; // there are more than ten
        write!(
            f,
            "the sub-folders 0 to {last} are read as class numbers; torchvision's ImageFolder sorts their \
             names as text (0, 1, 10, …), where `2` is class {two}. If the network was trained so, list the \
             names in that order in a file for `classes:`; `inspect --try` tries both"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(labels: impl Iterator<Item = usize>, classes: usize) -> Option<LabelOrder> {
        let labels: Vec<String> = labels.map(|label| label.to_string()).collect();
        label_order_warning(labels.iter().map(String::as_str), classes)
    }

    #[test]
    fn text_order_differs_from_eleven_classes_on() {
        let order = warning(0..12, 12).unwrap().class_in_text_order;
        assert_eq!(order, [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3]);
        assert_eq!(warning(0..10, 10), None);
        assert_eq!(warning(0..12, 1000), None); // not the network's own folders
        assert_eq!(warning(1..13, 12), None);
        let padded: Vec<String> = (0..12).map(|label| format!("{label:02}")).collect();
        assert_eq!(
            label_order_warning(padded.iter().map(String::as_str), 12),
            None
        );
        assert_eq!(label_order_warning(["cat", "dog"], 2), None);
        let text = warning(0..12, 12).unwrap().to_string();
        assert!(
            text.contains("0 to 11") && text.contains("`2` is class 4"),
            "{text}"
        );
    }
}
