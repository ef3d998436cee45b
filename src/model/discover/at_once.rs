//! How many pictures a network can be given at once.

use crate::model::error::ModelError;
use crate::model::facts::AtOnce;
use crate::model::graph::NodeId;
use crate::model::run::Program;

use super::Trial;

/// Tries two pictures of zeros. A graph that holds for one only is run picture by picture from then on; one of another
/// number is an error.
pub fn at_once(
    program: &Program,
    trial: &Trial,
    scores: NodeId,
    numbers: usize,
) -> Result<AtOnce, ModelError> {
    let exported = program.graph().input_sizes.first().copied().flatten();
    let wanted = 2 * numbers as i64;
    let tried = || -> Result<(), String> {
        let two = trial.zeros(2).map_err(|error| error.to_string())?;
        let given = program.record(&two, &[scores], &[]);
        let size = given.map_err(|error| error.to_string())?[0].size();
        match size.first() == Some(&2) && size.iter().product::<i64>() == wanted {
            true => Ok(()),
            false => Err(format!("two pictures give {size:?}")),
        }
    };
    match (tried(), exported) {
        (Ok(()), _) => Ok(AtOnce::Any),
        (Err(_), None | Some(1)) => {
            program.go_one_by_one();
            let batch = 1;
            tried().map_err(|fault| ModelError::FixedBatch { batch, fault })?;
            Ok(AtOnce::One)
        }
        (Err(fault), Some(batch)) => Err(ModelError::FixedBatch { batch, fault }),
    }
}
