//! Which tools have arguments that clients repeat in headers (SEP-2243, `x-mcp-header`).

use std::collections::BTreeSet;

use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

/// The tools whose calls are compared with `Mcp-Param-*` headers. rmcp asks for the description of every
/// tool that is called, before the gate; for all others there is nothing to compare, and so nothing to
/// decide twice.
#[derive(Clone)]
pub(crate) struct Mirrored(Option<BTreeSet<String>>);

impl Mirrored {
    /// A handler that may say something else tomorrow: any of its tools.
    pub(crate) const fn perhaps_all() -> Self {
        Self(None)
    }

    /// Of tools that stay as they are.
    pub(crate) fn of(tools: &[Tool]) -> Self {
        let mirrored = tools.iter().filter(|tool| names_header(&tool.input_schema));
        Self(Some(mirrored.map(|tool| tool.name.to_string()).collect()))
    }

    /// Whether it is certain that no tool is.
    pub(crate) fn is_none(&self) -> bool {
        self.0.as_ref().is_some_and(BTreeSet::is_empty)
    }

    pub(super) fn may_be(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// Anywhere at all: where it counts is for rmcp to say.
fn names_header(schema: &JsonObject) -> bool {
    schema
        .iter()
        .any(|(key, value)| key == "x-mcp-header" || within(value))
}

fn within(value: &Value) -> bool {
    match value {
        Value::Object(schema) => names_header(schema),
        Value::Array(schemas) => schemas.iter().any(within),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn tool(name: &'static str, schema: Value) -> Tool {
        let Value::Object(schema) = schema else {
            unreachable!()
        };
        Tool::new_with_raw(name, None, Arc::new(schema))
    }

    #[test]
    fn a_tool_is_left_out_only_where_no_header_is_named() {
        let region = json!({ "type": "string", "x-mcp-header": "Region" });
        let tools = [
            tool(
                "plain",
                json!({ "properties": { "to": { "type": "string" } } }),
            ),
            tool("flat", json!({ "properties": { "region": region } })),
            tool(
                "deep",
                json!({ "properties": { "at": { "anyOf": [{ "properties": { "region": region } }] } } }),
            ),
        ];
        let mirrored = Mirrored::of(&tools);
        assert!(!mirrored.may_be("plain"));
        assert!(mirrored.may_be("flat") && mirrored.may_be("deep"));
        assert!(Mirrored::perhaps_all().may_be("plain"));
        assert!(Mirrored::of(&tools[..1]).is_none());
        assert!(!mirrored.is_none() && !Mirrored::perhaps_all().is_none());
    }
}
