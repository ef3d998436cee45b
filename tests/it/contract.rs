//! What must hold for every method, whoever adds one: these tests walk `cnn_report::methods()`, on networks of
//! several shapes. A new method is in them by its row.

mod cases;
mod keys;
mod said;
mod units;
mod without_layers;
