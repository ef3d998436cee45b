//! The JSON Schema of `report.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Report;

/// Draft 2020-12, as `docs/report.schema.json` has it.
pub fn json_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Report>();
    schema.to_value()
}
