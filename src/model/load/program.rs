//! An exported program's graph: from the text of its JSON to a graph.

use serde_json::Value as Json;

use super::fault::Fault;
use super::graph_builder;
use super::program_json::ProgramJson;
use crate::model::graph::Graph;

/// The major versions of the schema that we read: 7 is PyTorch 2.5's, 8 that of 2.6 to 2.13. What we
/// read of them is the same in both; another one may mean anything.
const SCHEMA_MAJORS: &[i64] = &[7, 8];

pub struct Program {
    pub graph: Graph,
    pub torch_version: Option<String>,
}

/// Reads the graph of an exported program; `output` names the scores of a network that gives more.
pub fn read(json: &[u8], output: Option<&str>) -> Result<Program, Fault> {
    let malformed = |error: serde_json::Error| {
        Fault::damaged(format!("its graph is not a valid program ({error})"))
    };
    let json: Json = serde_json::from_slice(json)
        .or_else(|error| match quoted_infinities(json) {
            Some(quoted) => serde_json::from_slice(&quoted),
            None => Err(error),
        })
        .map_err(malformed)?;
    let major = json.pointer("/schema_version/major").and_then(Json::as_i64);
    if !major.is_some_and(|major| SCHEMA_MAJORS.contains(&major)) {
        let found = major.map_or("without a version".to_owned(), |major| {
            format!("of version {major}")
        });
        return Err(Fault::not_supported(
            format!("its graph is written in a schema {found}, we read versions 7 and 8"),
            "export it with a PyTorch from 2.5 to 2.13",
        ));
    }
    let program: ProgramJson = serde_json::from_value(json).map_err(malformed)?;
    let graph = graph_builder::build(program.graph_module, output)?;
    Ok(Program {
        graph: graph.with_channels_first(),
        torch_version: program.torch_version,
    })
}

/// PyTorch 2.5 writes bare `Infinity`, which is no JSON, for a size without a bound: the same with
/// quotation marks around, as later versions write it. `None` if there is none.
fn quoted_infinities(json: &[u8]) -> Option<Vec<u8>> {
    const WORD: &[u8] = b"Infinity";
    let mut quoted = Vec::with_capacity(json.len() + 64);
    let (mut in_text, mut escaped, mut at) = (false, false, 0);
    while let Some(byte) = json.get(at) {
        let rest = &json[at..];
        let signed = rest.strip_prefix(b"-").unwrap_or(rest);
        if !in_text && signed.starts_with(WORD) {
            let length = rest.len() - signed.len() + WORD.len();
            quoted.push(b'"');
            quoted.extend(&rest[..length]);
            quoted.push(b'"');
            at += length;
            continue;
        }
        in_text ^= *byte == b'"' && !escaped;
        escaped = in_text && *byte == b'\\' && !escaped;
        quoted.push(*byte);
        at += 1;
    }
    (quoted.len() > json.len()).then_some(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_are_quoted_outside_of_texts_only() {
        let quoted = quoted_infinities(br#"[Infinity, "a \"Infinity", -Infinity]"#).unwrap();
        assert_eq!(quoted, br#"["Infinity", "a \"Infinity", "-Infinity"]"#);
        assert_eq!(quoted_infinities(br#"["Infinity"]"#), None);
    }

    #[test]
    fn json_that_is_nested_a_hundred_thousand_deep_is_refused() {
        for open in ["[", "{\"a\":"] {
            let deep = open.repeat(100_000);
            assert!(matches!(
                read(deep.as_bytes(), None),
                Err(Fault::Damaged(_))
            ));
        }
    }
}
