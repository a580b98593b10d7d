//! The list of tools, and the way from a name to what runs.

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{CallToolRequestParams, CallToolResponse, Tool};

use super::{Answer, Context, Everything, content, dialogue, jobs, model, rounds};

/// Names and what they are for. The first one takes no arguments: the suite calls whatever comes
/// first with none.
const PLAIN: [(&str, &str); 28] = [
    ("test_simple_text", "Answers with a text"),
    ("test_image_content", "Answers with an image"),
    ("test_audio_content", "Answers with a sound"),
    ("test_embedded_resource", "Answers with a resource"),
    ("test_multiple_content_types", "Answers with all of them"),
    ("test_error_handling", "Fails"),
    ("test_tool_with_logging", "Logs what it does"),
    ("test_logging_tool", "Logs when the request asks for it"),
    ("test_tool_with_progress", "Says how far it has come"),
    ("test_elicitation_sep1034_defaults", "Asks with defaults"),
    ("test_elicitation_sep1330_enums", "Asks for a choice"),
    ("test_reconnection", "Takes a moment"),
    ("test_missing_capability", "Cannot do without sampling"),
    ("test_streaming_elicitation", "Asks on the stream"),
    ("test_trigger_tool_change", "Changes the list of tools"),
    ("test_trigger_prompt_change", "Changes the list of prompts"),
    ("test_input_required_result_elicitation", "Needs a name"),
    ("test_input_required_result_sampling", "Needs a model"),
    ("test_input_required_result_list_roots", "Needs the roots"),
    ("test_input_required_result_request_state", "Remembers"),
    ("test_input_required_result_multiple_inputs", "Needs a lot"),
    ("test_input_required_result_multi_round", "Asks twice"),
    ("test_input_required_result_tampered_state", "Trusts nobody"),
    (
        "test_input_required_result_capabilities",
        "Asks who can answer",
    ),
    ("failing_job", "A job that fails, as a task only"),
    ("protocol_error_job", "A job that breaks, as a task only"),
    ("multi_input", "A job that needs two answers"),
    ("test_tool_with_task", "Asks, and then works as a task"),
];

/// Names, what they are for, and their arguments as `name: schema`.
fn with_arguments() -> Vec<(&'static str, &'static str, Value)> {
    let text = json!({ "type": "string" });
    vec![
        ("test_sampling", "Asks a model", json!({ "prompt": text })),
        (
            "test_elicitation",
            "Asks a person",
            json!({ "message": text }),
        ),
        (
            "test_custom_header",
            "Has an argument that a header repeats",
            json!({ "region": { "type": "string", "x-mcp-header": "Region" } }),
        ),
        ("greet", "Greets, at once", json!({ "name": text })),
        (
            "slow_compute",
            "Takes its time, as a task for those who know tasks",
            json!({ "seconds": { "type": "number" }, "label": text }),
        ),
        (
            "confirm_delete",
            "A job that needs an answer",
            json!({ "filename": text }),
        ),
    ]
}

/// The schema that the scenario about JSON Schema 2020-12 looks at.
fn vocabulary() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}

fn tool(name: &str, description: &str, schema: Value) -> Tool {
    model(json!({ "name": name, "description": description, "inputSchema": schema }))
}

/// Every tool, always in this order.
pub(super) fn all() -> Vec<Tool> {
    let plain = PLAIN.map(|(name, what)| tool(name, what, json!({ "type": "object" })));
    let with_arguments = with_arguments().into_iter().map(|(name, what, arguments)| {
        let schema = json!({ "type": "object", "properties": arguments });
        tool(name, what, schema)
    });
    let mut all: Vec<Tool> = plain.into_iter().chain(with_arguments).collect();
    all.push(tool(
        "json_schema_2020_12_tool",
        "Has every keyword",
        vocabulary(),
    ));
    all
}

/// Their names.
pub(crate) fn names() -> Vec<String> {
    let all = all().into_iter();
    all.map(|tool| tool.name.into_owned()).collect()
}

/// Runs the tool of the request, whichever part has it.
pub(super) async fn call(
    server: &Everything,
    request: &CallToolRequestParams,
    context: &Context,
) -> Answer<CallToolResponse> {
    if let Some(result) = content::call(request) {
        return Ok(result.into());
    }
    if let Some(result) = dialogue::call(server, request, context).await {
        return result.map(Into::into);
    }
    if let Some(response) = rounds::call(server, request, context) {
        return response;
    }
    if let Some(response) = jobs::call(server, request, context).await {
        return response;
    }
    Err(ErrorData::invalid_params("tool not found", None))
}
