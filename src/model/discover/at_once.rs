//! How many pictures a network can be given at once.

use crate::model::batches::memory_error::MemoryError;
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
    // What is wrong with two pictures; an error where there was no memory for them, which says nothing of the graph.
    let tried = || -> Result<Option<String>, ModelError> {
        let given = program.record(&trial.zeros(2)?, &[scores], &[]);
        let size = match given {
            Ok(outputs) => outputs[0].size(),
            Err(error) if error.out_of_memory().is_some() => return Err(error),
            Err(error) => return Ok(Some(error.to_string())),
        };
        let is_right = size.first() == Some(&2) && size.iter().product::<i64>() == wanted;
        Ok((!is_right).then(|| format!("two pictures give {size:?}")))
    };
    let fixed = |batch, fault| Err(ModelError::FixedBatch { batch, fault });
    match (tried()?, exported) {
        (None, _) => Ok(AtOnce::Any),
        (Some(_), None | Some(1)) => {
            program.go_one_by_one();
            match tried()? {
                None => Ok(AtOnce::One),
                Some(fault) => fixed(1, fault),
            }
        }
        (Some(fault), Some(batch)) => fixed(batch, fault),
    }
}
