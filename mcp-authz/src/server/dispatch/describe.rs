//! What the lists say of annotated functions.

use std::sync::Arc;

use rmcp::handler::server::common::schema_for_empty_input;
use rmcp::model::{JsonObject, Prompt, PromptArgument, Tool, ToolAnnotations};
use serde_json::Value;

use crate::registry::{Entry, Hints, Part, PromptEntry, ToolEntry};

pub(super) fn tool(entry: &ToolEntry) -> Tool {
    let spec = entry.spec();
    let mut tool = Tool::new_with_raw(
        spec.name,
        spec.description.map(Into::into),
        input_schema(entry).unwrap_or_else(schema_for_empty_input),
    );
    tool.title = spec.title.map(str::to_owned);
    tool.output_schema = (spec.part.output_schema)();
    tool.annotations = annotations(spec.part.hints);
    tool
}

fn input_schema<P: Part>(entry: &Entry<P>) -> Option<Arc<JsonObject>> {
    let mut inputs = entry.signature().input.into_iter();
    inputs.find_map(Result::ok)
}

fn annotations(hints: Hints) -> Option<ToolAnnotations> {
    let mut annotations = ToolAnnotations::default();
    annotations.read_only_hint = hints.read_only;
    annotations.destructive_hint = hints.destructive;
    annotations.idempotent_hint = hints.idempotent;
    annotations.open_world_hint = hints.open_world;
    (annotations != ToolAnnotations::default()).then_some(annotations)
}

pub(super) fn prompt(entry: &PromptEntry) -> Prompt {
    let spec = entry.spec();
    let arguments = input_schema(entry).map(|schema| arguments(&schema));
    let arguments = arguments.filter(|arguments| !arguments.is_empty());
    let mut prompt = Prompt::new(spec.name, spec.description, arguments);
    prompt.title = spec.title.map(str::to_owned);
    prompt
}

/// The properties of a schema as arguments of a prompt, which know no types.
fn arguments(schema: &JsonObject) -> Vec<PromptArgument> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    let argument = |(name, property): (&String, &Value)| {
        let text = |key| property.get(key)?.as_str().map(str::to_owned);
        let mut argument = PromptArgument::new(name).with_required(is_required(name));
        argument.title = text("title");
        argument.description = text("description");
        argument
    };
    properties.map(argument).collect()
}
