//! Numbers that the author's text may quote, by name: `coffee.r_squared` of a figure `lime`.

mod known;
mod of_checks;
mod of_data_sets;
mod of_results;
mod quantity;

pub use known::{Names, known};
pub use of_results::named;
pub use quantity::{FormatError, Quantity, Share};
