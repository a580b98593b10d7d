//! Tools that answer at once, with every kind of content.

use json::{Value, json};
use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResult, ContentBlock, ResourceContents,
};

/// One red pixel.
pub(super) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// A sound without samples.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

pub(super) fn text(text: impl Into<String>) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

pub(super) fn argument<'a>(request: &'a CallToolRequestParams, name: &str) -> &'a Value {
    let value = request.arguments.as_ref().and_then(|all| all.get(name));
    value.unwrap_or(&Value::Null)
}

pub(super) fn call(request: &CallToolRequestParams) -> Option<CallToolResult> {
    Some(match &*request.name {
        "test_simple_text" => text("This is a simple text response for testing."),
        "test_image_content" => CallToolResult::success(vec![image()]),
        "test_audio_content" => {
            CallToolResult::success(vec![ContentBlock::audio(WAV, "audio/wav")])
        }
        "test_embedded_resource" => CallToolResult::success(vec![embedded(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => CallToolResult::success(vec![
            ContentBlock::text("Multiple content types test:"),
            image(),
            embedded(
                "test://mixed-content-resource",
                "application/json",
                &json!({ "test": "data", "value": 123 }).to_string(),
            ),
        ]),
        "test_error_handling" => CallToolResult::error(vec![ContentBlock::text(
            "This tool intentionally returns an error for testing",
        )]),
        "json_schema_2020_12_tool" => text(argument(request, "name").to_string()),
        "test_custom_header" => text(argument(request, "region").to_string()),
        "greet" => {
            let name = argument(request, "name").as_str().unwrap_or("nobody");
            text(format!("Hello, {name}!"))
        }
        _ => return None,
    })
}

fn image() -> ContentBlock {
    ContentBlock::image(PNG, "image/png")
}

fn embedded(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}
