//! The one output that holds the scores, of a network that has several.

/// An output as the file describes it.
pub struct Found {
    pub name: String,
    /// `None` where the file does not say; entries that may vary are `None`.
    pub sizes: Option<Vec<Option<i64>>>,
}

impl Found {
    /// Whether its shape is that of scores: a row for each picture.
    fn is_scores(&self) -> bool {
        self.sizes.as_ref().is_some_and(|sizes| sizes.len() == 2)
    }

    /// Name and shape: `` `logits` [N, 4] ``.
    fn describe(&self) -> String {
        let size = |size: &Option<i64>| size.map_or("N".to_owned(), |size| size.to_string());
        match &self.sizes {
            Some(sizes) => {
                let sizes: Vec<_> = sizes.iter().map(size).collect();
                format!("`{}` [{}]", self.name, sizes.join(", "))
            }
            None => format!("`{}`", self.name),
        }
    }
}

/// Why none of the outputs is taken, and what would be right.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{fault}; {hint}")]
pub struct NotChosen {
    pub fault: String,
    pub hint: String,
}

/// The output of the name `wanted`, the only one, or the only one that has the shape of scores.
pub fn choose<T>(mut outputs: Vec<(Found, T)>, wanted: Option<&str>) -> Result<T, NotChosen> {
    let described: Vec<_> = outputs.iter().map(|(found, _)| found.describe()).collect();
    let described = described.join(", ");
    let place = match wanted {
        Some(wanted) => outputs.iter().position(|(found, _)| found.name == wanted),
        None if outputs.len() == 1 => Some(0),
        None => {
            let mut scores = outputs.iter().enumerate();
            let mut scores = scores.by_ref().filter(|(_, (found, _))| found.is_scores());
            let first = scores.next().map(|(place, _)| place);
            first.filter(|_| scores.next().is_none())
        }
    };
    match (place, wanted) {
        (Some(place), _) => Ok(outputs.swap_remove(place).1),
        (None, _) if outputs.is_empty() => Err(not_chosen(
            "the network has no output that is a tensor",
            "a classifier takes one tensor of pictures and gives one of scores",
        )),
        (None, Some(wanted)) => Err(not_chosen(
            format!("the network has no output `{wanted}`"),
            format!("it has {described}"),
        )),
        (None, None) => Err(not_chosen(
            format!("the network has {} outputs: {described}", outputs.len()),
            "name the one that holds the scores in `model: output:`, or with `--model-output`",
        )),
    }
}

fn not_chosen(fault: impl Into<String>, hint: impl Into<String>) -> NotChosen {
    NotChosen {
        fault: fault.into(),
        hint: hint.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(shapes: &[(&str, &[Option<i64>])]) -> Vec<(Found, usize)> {
        let found = |(index, (name, sizes)): (usize, &(&str, &[Option<i64>]))| {
            let (name, sizes) = ((*name).to_owned(), Some(sizes.to_vec()));
            (Found { name, sizes }, index)
        };
        shapes.iter().enumerate().map(found).collect()
    }

    #[test]
    fn the_only_row_for_each_picture_is_taken() {
        let maps: &[_] = &[None, Some(8), Some(8), Some(8)];
        let row: &[_] = &[None, Some(4)];
        let one = outputs(&[("features", maps), ("logits", row)]);
        assert_eq!(choose(one, None).unwrap(), 1);
        let two = || outputs(&[("embedding", row), ("logits", row)]);
        assert_eq!(choose(two(), Some("logits")).unwrap(), 1);
        let NotChosen { fault, hint } = choose(two(), None).unwrap_err();
        assert_eq!(
            fault,
            "the network has 2 outputs: `embedding` [N, 4], `logits` [N, 4]"
        );
        assert!(hint.contains("`model: output:`"), "{hint}");
        assert!(choose(two(), Some("logit")).is_err());
    }
}
