//! What keeps weights from fitting a graph.

/// One thing that keeps weights from fitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightFault {
    /// Name of the weight in the state dict.
    pub weight: String,
    /// The fault in words, with the name in it.
    pub text: String,
}

/// The first eight of them and how many more there are.
pub fn list(faults: &[WeightFault]) -> String {
    const LISTED: usize = 8;
    let listed = faults.iter().take(LISTED);
    let mut text = listed
        .map(|fault| fault.text.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    if faults.len() > LISTED {
        text.push_str(&format!("; and {} more", faults.len() - LISTED));
    }
    text
}
