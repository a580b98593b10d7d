//! Tools that tell the client something, or ask it, while they run.

use std::time::Duration;

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::ServiceError;
use tokio::time::sleep;

use super::content::{argument, text};
use super::{Answer, Changed, Context, Everything, model};

/// How long a step of work takes.
const STEP: Duration = Duration::from_millis(50);

pub(super) async fn call(
    server: &Everything,
    request: &CallToolRequestParams,
    context: &Context,
) -> Option<Answer<CallToolResult>> {
    let done = match &*request.name {
        "test_tool_with_logging" => log_steps(server, context).await,
        "test_logging_tool" => log_if_asked(context).await,
        "test_tool_with_progress" => progress(context).await,
        "test_sampling" => ask_model(argument(request, "prompt"), context).await,
        "test_elicitation" => ask(context, argument(request, "message").clone(), contact()).await,
        "test_elicitation_sep1034_defaults" => {
            ask(context, json!("Complete this"), defaults()).await
        }
        "test_elicitation_sep1330_enums" => ask(context, json!("Choose"), choices()).await,
        "test_reconnection" => {
            sleep(2 * STEP).await;
            Ok(text("It took a moment."))
        }
        "test_trigger_tool_change" => {
            server.announce(Changed::Tools).await;
            Ok(text("The tools have changed."))
        }
        "test_trigger_prompt_change" => {
            server.announce(Changed::Prompts).await;
            Ok(text("The prompts have changed."))
        }
        _ => return None,
    };
    // Nobody to talk to is the tool's failure, not the protocol's.
    Some(Ok(done.unwrap_or_else(|error| {
        CallToolResult::error(vec![ContentBlock::text(error.to_string())])
    })))
}

async fn log_steps(server: &Everything, context: &Context) -> Result<CallToolResult, ServiceError> {
    let loudest = severity(*server.level.lock().expect("no panic holds it"));
    for step in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        if severity(LoggingLevel::Info) >= loudest {
            log(LoggingLevel::Info, step, context).await?;
        }
        sleep(STEP).await;
    }
    Ok(text("Three steps were logged."))
}

async fn log_if_asked(context: &Context) -> Result<CallToolResult, ServiceError> {
    if let Some(level) = context.meta.log_level() {
        log(level, "Somebody asked for a log", context).await?;
    }
    Ok(text("Done."))
}

async fn log(level: LoggingLevel, what: &str, context: &Context) -> Result<(), ServiceError> {
    let message = LoggingMessageNotificationParam::new(level, json!(what));
    context.peer.notify_logging_message(message).await
}

fn severity(level: LoggingLevel) -> u8 {
    level as u8
}

async fn progress(context: &Context) -> Result<CallToolResult, ServiceError> {
    let token = context.meta.get_progress_token();
    for done in [0.0, 50.0, 100.0] {
        if let Some(token) = &token {
            let step = ProgressNotificationParam::new(token.clone(), done).with_total(100.0);
            context.peer.notify_progress(step).await?;
        }
        sleep(STEP).await;
    }
    Ok(text("All of it is done."))
}

async fn ask_model(prompt: &Value, context: &Context) -> Result<CallToolResult, ServiceError> {
    let question = json!({
        "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
        "maxTokens": 100,
    });
    let answer = context.peer.create_message(model(question)).await?;
    let said = json::to_value(&answer.message.content).unwrap_or_default();
    Ok(text(format!("LLM response: {}", said["text"])))
}

async fn ask(
    context: &Context,
    message: Value,
    schema: Value,
) -> Result<CallToolResult, ServiceError> {
    let question = model(json!({ "message": message, "requestedSchema": schema }));
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(question));
    let ClientResult::ElicitResult(answer) = context.peer.send_request(request).await? else {
        return Err(ServiceError::UnexpectedResponse);
    };
    let content = answer.content.unwrap_or_default();
    Ok(text(format!(
        "Elicitation completed: action={:?}, content={content}",
        answer.action
    )))
}

fn contact() -> Value {
    json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    })
}

fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": {
                "type": "string",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": { "type": "boolean", "default": true },
        },
    })
}

fn choices() -> Value {
    let plain = json!(["option1", "option2", "option3"]);
    let titled = json!([
        { "const": "value1", "title": "First" },
        { "const": "value2", "title": "Second" },
        { "const": "value3", "title": "Third" },
    ]);
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": plain },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } },
        },
    })
}

/// The error for a client that lacks what a tool cannot do without.
pub(super) fn cannot_do_without(capabilities: Value) -> ErrorData {
    ErrorData::missing_required_client_capability(model(capabilities))
}
