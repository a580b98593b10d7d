//! What the lists say of annotated functions.

use std::sync::Arc;

use rmcp::handler::server::common::schema_for_empty_input;
use rmcp::model::{
    JsonObject, Prompt, PromptArgument, Resource, ResourceTemplate, Tool, ToolAnnotations,
};
use serde_json::Value;

use crate::registry::{Entry, Hints, Part, PromptEntry, ResourceEntry, ToolEntry};

/// All that a server lists, in that order.
pub(super) struct Lists {
    pub(super) tools: Vec<Tool>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) resources: Vec<Resource>,
    pub(super) templates: Vec<ResourceTemplate>,
}

impl Lists {
    pub(super) fn new(
        tools: &[ToolEntry],
        prompts: &[PromptEntry],
        resources: &[ResourceEntry],
        templates: &[ResourceEntry],
    ) -> Self {
        Self {
            tools: tools.iter().map(tool).collect(),
            prompts: prompts.iter().map(prompt).collect(),
            resources: resources.iter().map(resource).collect(),
            templates: templates.iter().map(template).collect(),
        }
    }
}

fn tool(entry: &ToolEntry) -> Tool {
    let spec = entry.spec();
    let mut tool = Tool::new_with_raw(
        spec.name,
        spec.description.map(Into::into),
        input_schema(entry).unwrap_or_else(schema_for_empty_input),
    );
    tool.title = owned(spec.title);
    tool.output_schema = (spec.part.output_schema)();
    tool.annotations = annotations(spec.part.hints);
    tool
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
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

fn prompt(entry: &PromptEntry) -> Prompt {
    let spec = entry.spec();
    let arguments = input_schema(entry).map(|schema| arguments(&schema));
    let arguments = arguments.filter(|arguments| !arguments.is_empty());
    let mut prompt = Prompt::new(spec.name, spec.description, arguments);
    prompt.title = owned(spec.title);
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
        let text = |key| owned(property.get(key)?.as_str());
        let mut argument = PromptArgument::new(name).with_required(is_required(name));
        argument.title = text("title");
        argument.description = text("description");
        argument
    };
    properties.map(argument).collect()
}

fn resource(entry: &ResourceEntry) -> Resource {
    let spec = entry.spec();
    let mut resource = Resource::new(spec.part.uri, spec.name);
    resource.title = owned(spec.title);
    resource.description = owned(spec.description);
    resource.mime_type = owned(spec.part.mime_type);
    resource
}

fn template(entry: &ResourceEntry) -> ResourceTemplate {
    let spec = entry.spec();
    let mut template = ResourceTemplate::new(spec.part.uri, spec.name);
    template.title = owned(spec.title);
    template.description = owned(spec.description);
    template.mime_type = owned(spec.part.mime_type);
    template
}
