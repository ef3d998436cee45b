//! How many photos of a data set may be unreadable.

use std::path::PathBuf;

use serde::Serialize;

/// The share of photos that may be unreadable where the user gives none.
pub const DEFAULT_MAX_UNREADABLE: f64 = 0.01;

/// Of fewer photos than these, one may be unreadable: a share of them would allow none.
const FEW_PHOTOS: usize = 100;

/// A photo that counts for nothing, as it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    pub path: PathBuf,
    /// Index of its group.
    pub truth: usize,
    /// Names the file.
    pub reason: String,
}

/// An error where more than the share `max` (0..1) of `total` photos are unreadable. Of fewer than 100
/// photos one is allowed, unless `max` is 0; all of them never are.
pub fn check_unreadable(unreadable: usize, total: usize, max: f64) -> Result<(), String> {
    /// A share such as 0.29 of 100 is a little below 29 in binary.
    const ROUNDING: f64 = 1e-9;
    let by_share = (max * total as f64 + ROUNDING).floor() as usize;
    let few = usize::from(total < FEW_PHOTOS && max > 0.0);
    let allowed = by_share.max(few);
    if unreadable > 0 && unreadable == total {
        return Err(match total {
            1 => "the only photo cannot be read".to_owned(),
            total => format!("none of the {total} photos can be read"),
        });
    }
    if unreadable <= allowed {
        return Ok(());
    }
    Err(format!(
        "{unreadable} of {total} photos cannot be read; `max_unreadable: {max}` allows {allowed}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_many_or_one_of_few() {
        let is_allowed = |unreadable, total, max| check_unreadable(unreadable, total, max).is_ok();
        assert!(is_allowed(1, 99, 0.01) && !is_allowed(2, 99, 0.01));
        assert!(is_allowed(1, 100, 0.01) && !is_allowed(2, 199, 0.01) && is_allowed(2, 200, 0.01));
        assert!(is_allowed(29, 100, 0.29) && !is_allowed(30, 100, 0.29));
        assert!(is_allowed(0, 5, 0.0) && !is_allowed(1, 5, 0.0) && !is_allowed(1, 500, 0.001));
        assert!(is_allowed(0, 0, 0.01) && !is_allowed(1, 1, 1.0) && is_allowed(2, 3, 1.0));
        assert_eq!(
            check_unreadable(3, 200, 0.01).unwrap_err(),
            "3 of 200 photos cannot be read; `max_unreadable: 0.01` allows 2"
        );
    }
}
