//! What needs an answer first, in the manner of 2026-07-28 (SEP-2322): the request ends, and comes
//! again with the answer.

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResponse, InputRequests, InputRequiredResult, InputResponses,
};

use super::content::text;
use super::dialogue::cannot_do_without;
use super::{Answer, Context, Everything, model};

pub(super) fn call(
    server: &Everything,
    request: &CallToolRequestParams,
    context: &Context,
) -> Option<Answer<CallToolResponse>> {
    let answers = Answers(request.input_responses.as_ref());
    Some(match &*request.name {
        "test_missing_capability" => without_sampling(context),
        "test_streaming_elicitation" | "test_input_required_result_elicitation" => {
            Ok(match answers.form("user_name", "name") {
                Some(name) => text(format!("Hello, {name}!")).into(),
                None => ask(json!({ "user_name": form("What is your name?", "name") })),
            })
        }
        "test_input_required_result_sampling" => Ok(match answers.get("capital_question") {
            Some(answer) => text(answer["content"]["text"].to_string()).into(),
            None => ask(json!({ "capital_question": sampling("What is the capital of France?") })),
        }),
        "test_input_required_result_list_roots" => Ok(match answers.get("client_roots") {
            Some(answer) => text(format!("The roots are {}.", answer["roots"])).into(),
            None => ask(json!({ "client_roots": { "method": "roots/list" } })),
        }),
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => confirm(server, request, &answers),
        "test_input_required_result_multiple_inputs" => several(server, request, &answers),
        "test_input_required_result_multi_round" => in_steps(server, request, &answers),
        "test_input_required_result_capabilities" => Ok(whoever_can_answer(context)),
        _ => return None,
    })
}

/// What came with the request.
pub(super) struct Answers<'a>(pub(super) Option<&'a InputResponses>);

impl Answers<'_> {
    /// The answer to the question of this name, if it is one.
    fn get(&self, key: &str) -> Option<&Value> {
        self.0?.get(key).filter(|answer| answer.is_object())
    }

    /// A field of a form that the person accepted.
    pub(super) fn form(&self, key: &str, field: &str) -> Option<&str> {
        let answer = self
            .get(key)
            .filter(|answer| answer["action"] == "accept")?;
        answer["content"][field].as_str()
    }
}

pub(super) fn form(message: &str, field: &str) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "message": message,
            "requestedSchema": {
                "type": "object",
                "properties": { field: { "type": "string" } },
                "required": [field],
            },
        },
    })
}

fn sampling(question: &str) -> Value {
    json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{ "role": "user", "content": { "type": "text", "text": question } }],
            "maxTokens": 100,
        },
    })
}

pub(super) fn ask<T: From<InputRequiredResult>>(questions: Value) -> T {
    InputRequiredResult::from_input_requests(model(questions)).into()
}

impl Everything {
    /// The same with something to remember, that nobody can change on the way.
    fn ask_and_remember(&self, questions: Value, state: &str) -> CallToolResponse {
        let questions: InputRequests = model(questions);
        let sealed = self.codec.seal(state.as_bytes());
        InputRequiredResult::new(Some(questions), Some(sealed)).into()
    }

    /// What was to be remembered, none on the first round.
    fn remembered(&self, request: &CallToolRequestParams) -> Answer<Option<String>> {
        let Some(sealed) = &request.request_state else {
            return Ok(None);
        };
        let opened = self.codec.open(sealed).ok();
        let state = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        state
            .map(Some)
            .ok_or_else(|| ErrorData::invalid_params("the state was tampered with", None))
    }
}

fn without_sampling(context: &Context) -> Answer<CallToolResponse> {
    let capabilities = context.client_capabilities().unwrap_or_default();
    match capabilities.sampling {
        Some(_) => Ok(text("The client can sample.").into()),
        None => Err(cannot_do_without(json!({ "sampling": {} }))),
    }
}

fn confirm(
    server: &Everything,
    request: &CallToolRequestParams,
    answers: &Answers<'_>,
) -> Answer<CallToolResponse> {
    let state = server.remembered(request)?;
    let confirmed = answers.get("confirm");
    if state.as_deref() == Some("confirm") && confirmed.is_some() {
        return Ok(text("state-ok").into());
    }
    let question = json!({
        "method": "elicitation/create",
        "params": {
            "message": "Please confirm",
            "requestedSchema": {
                "type": "object",
                "properties": { "ok": { "type": "boolean" } },
                "required": ["ok"],
            },
        },
    });
    Ok(server.ask_and_remember(json!({ "confirm": question }), "confirm"))
}

fn several(
    server: &Everything,
    request: &CallToolRequestParams,
    answers: &Answers<'_>,
) -> Answer<CallToolResponse> {
    let state = server.remembered(request)?;
    let all = ["user_name", "greeting", "client_roots"];
    if state.is_some() && all.iter().all(|key| answers.get(key).is_some()) {
        return Ok(text("All of it was answered.").into());
    }
    let questions = json!({
        "user_name": form("What is your name?", "name"),
        "greeting": sampling("Generate a greeting"),
        "client_roots": { "method": "roots/list" },
    });
    Ok(server.ask_and_remember(questions, "several"))
}

fn in_steps(
    server: &Everything,
    request: &CallToolRequestParams,
    answers: &Answers<'_>,
) -> Answer<CallToolResponse> {
    let state = server.remembered(request)?;
    let (name, color) = (
        answers.form("step1", "name"),
        answers.form("step2", "color"),
    );
    Ok(match (state.as_deref(), name, color) {
        (Some("step1"), Some(name), _) => server.ask_and_remember(
            json!({ "step2": form("Step 2: What is your favorite color?", "color") }),
            &format!("step2 {name}"),
        ),
        (Some(state), _, Some(color)) if state.starts_with("step2 ") => {
            text(format!("{} likes {color}.", &state["step2 ".len()..])).into()
        }
        _ => server.ask_and_remember(
            json!({ "step1": form("Step 1: What is your name?", "name") }),
            "step1",
        ),
    })
}

fn whoever_can_answer(context: &Context) -> CallToolResponse {
    let capabilities = context.client_capabilities().unwrap_or_default();
    let mut questions = json!({});
    if capabilities.sampling.is_some() {
        questions["model"] = sampling("Anybody there?");
    }
    if capabilities.elicitation.is_some() {
        questions["person"] = form("Anybody there?", "name");
    }
    ask(questions)
}
