//! How far scores in bfloat16 are from those in float32, on the photos of the report.

/// Probabilities that differ by less count as the same.
const CLOSE: f64 = 0.02;

/// Of the photos that were tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agreement {
    pub photos: usize,
    /// Names of those of which another class is the most probable one.
    pub other_class: Vec<String>,
    /// The largest difference of a probability.
    pub largest_difference: f64,
}

impl Agreement {
    /// Whether bfloat16 may be taken unasked: not where no photo was there to compare.
    pub fn is_close(&self) -> bool {
        self.photos > 0 && self.other_class.is_empty() && self.largest_difference < CLOSE
    }

    /// What disagrees, in words.
    pub fn said(&self) -> String {
        let difference = self.largest_difference;
        match self.other_class.as_slice() {
            [] if self.photos == 0 => "no photo of the report could be compared".to_owned(),
            [] => format!("a probability differs from float32's by {difference:.3}"),
            photos => format!(
                "the network predicts another class than in float32 for {} of {} photos: {}",
                photos.len(),
                self.photos,
                photos.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_class_or_another_probability_is_no_agreement() {
        let agreement = |other: &[&str], largest_difference| Agreement {
            photos: 4,
            other_class: other.iter().map(|name| (*name).to_owned()).collect(),
            largest_difference,
        };
        assert!(agreement(&[], 0.004).is_close());
        let far = agreement(&[], 0.03);
        assert!(!far.is_close() && far.said().contains("by 0.030"));
        let other = agreement(&["bee", "coffee"], 0.001);
        assert!(!other.is_close() && other.said().ends_with("for 2 of 4 photos: bee, coffee"));
        let nothing = Agreement::default();
        assert!(!nothing.is_close() && nothing.said().contains("no photo"));
    }
}
