//! Prompts, and what completes their arguments.

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, Prompt, Reference,
};

use super::content::PNG;
use super::resources::{IDS, TEMPLATE};
use super::rounds::{Answers, ask, form};
use super::{Answer, model};

/// The names of all prompts.
pub(crate) const NAMES: [&str; 5] = [
    "test_simple_prompt",
    "test_prompt_with_arguments",
    "test_prompt_with_embedded_resource",
    "test_prompt_with_image",
    "test_input_required_result_prompt",
];

pub(super) fn all() -> Vec<Prompt> {
    let prompt = |name| {
        let arguments: &[&str] = match name {
            "test_prompt_with_arguments" => &["arg1", "arg2"],
            "test_prompt_with_embedded_resource" => &["resourceUri"],
            _ => &[],
        };
        let arguments: Vec<Value> = arguments
            .iter()
            .map(|name| json!({ "name": name, "required": true }))
            .collect();
        model(json!({ "name": name, "description": "A prompt for tests", "arguments": arguments }))
    };
    NAMES.into_iter().map(prompt).collect()
}

pub(super) fn get(request: &GetPromptRequestParams) -> Answer<GetPromptResponse> {
    let argument = |name: &str| {
        let given = request.arguments.as_ref().and_then(|all| all.get(name));
        given.and_then(Value::as_str).unwrap_or_default()
    };
    Ok(match &*request.name {
        "test_simple_prompt" => messages(&[words("This is a simple prompt for testing.")]),
        "test_prompt_with_arguments" => {
            let (one, two) = (argument("arg1"), argument("arg2"));
            let filled = format!("Prompt with arguments: arg1='{one}', arg2='{two}'");
            messages(&[words(&filled)])
        }
        "test_prompt_with_embedded_resource" => {
            let resource = json!({
                "uri": argument("resourceUri"),
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            });
            messages(&[
                json!({ "type": "resource", "resource": resource }),
                words("Please process the embedded resource above."),
            ])
        }
        "test_prompt_with_image" => messages(&[
            json!({ "type": "image", "data": PNG, "mimeType": "image/png" }),
            words("Please analyze the image above."),
        ]),
        "test_input_required_result_prompt" => {
            let answers = Answers(request.input_responses.as_ref());
            match answers.form("user_context", "context") {
                Some(context) => messages(&[words(&format!("The context is {context}."))]),
                None => ask(
                    json!({ "user_context": form("What context should the prompt use?", "context") }),
                ),
            }
        }
        _ => return Err(ErrorData::invalid_params("prompt not found", None)),
    })
}

fn words(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

fn messages(contents: &[Value]) -> GetPromptResponse {
    let messages = contents
        .iter()
        .map(|content| model(json!({ "role": "user", "content": content })))
        .collect();
    GetPromptResult::new(messages).into()
}

/// Words that begin with what was typed.
pub(super) fn complete(request: &CompleteRequestParams) -> Answer<CompleteResult> {
    let words: &[&str] = match &request.r#ref {
        Reference::Prompt(prompt) if NAMES.contains(&&*prompt.name) => {
            &["test", "testing", "other"]
        }
        Reference::Resource(resource) if resource.uri == TEMPLATE => &IDS,
        _ => return Err(ErrorData::invalid_params("nothing to complete", None)),
    };
    let typed = &request.argument.value;
    let values = words.iter().filter(|word| word.starts_with(&**typed));
    let values = values.map(|word| (*word).to_owned()).collect();
    let completion = CompletionInfo::with_all_values(values)
        .map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(completion))
}
