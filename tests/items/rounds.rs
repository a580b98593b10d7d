//! Annotated functions that ask something first: what they remember meanwhile is sealed for the caller
//! and for what was asked.

use json::{Value, json};
use mcp_authz::rmcp::handler::server::tool::RequestState;
use mcp_authz::rmcp::model::*;
use mcp_authz::{Parameters, State, prompt, resource, schemars, serde, tool};
use support::{Lab, Ran, Reply, modern_body, modern_headers};

use crate::client::bare;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Letter {
    to: String,
}

fn first() -> InputRequiredResult {
    InputRequiredResult::from_request_state("step 1")
}

/// Send a letter, once it is confirmed.
#[tool(scopes = ["chat"], toolset = "rounds")]
fn send(
    RequestState(state): RequestState,
    Parameters(letter): Parameters<Letter>,
    ran: State<Ran>,
) -> CallToolResponse {
    ran.note();
    match state {
        Some(state) => {
            let told = format!("{state} to {}", letter.to);
            CallToolResult::success(vec![ContentBlock::text(told)]).into()
        }
        None => first().into(),
    }
}

/// Draft a letter, once it is said how.
#[prompt(scopes = ["chat"], toolset = "rounds")]
fn draft(
    RequestState(state): RequestState,
    Parameters(letter): Parameters<Letter>,
    ran: State<Ran>,
) -> GetPromptResponse {
    ran.note();
    match state {
        Some(state) => {
            let told = format!("{state} to {}", letter.to);
            GetPromptResult::new(vec![PromptMessage::new_text(Role::User, told)]).into()
        }
        None => first().into(),
    }
}

/// A letter, once a reason is given.
#[resource(uri = "letter:///{to}", scopes = ["chat"], toolset = "rounds")]
fn letter(RequestState(state): RequestState, to: String, ran: State<Ran>) -> ReadResourceResponse {
    ran.note();
    match state {
        Some(state) => {
            let told =
                ResourceContents::text(format!("{state} to {to}"), format!("letter:///{to}"));
            ReadResourceResult::new(vec![told]).into()
        }
        None => first().into(),
    }
}

type Request = (&'static str, &'static str, Value);

/// By method and name, to whom.
fn request(method: &'static str, to: &str) -> Request {
    let named = |name| json!({ "name": name, "arguments": { "to": to } });
    match method {
        "tools/call" => (method, "send", named("send")),
        "prompts/get" => (method, "draft", named("draft")),
        _ => {
            let uri = if to == "bob" {
                "letter:///bob"
            } else {
                "letter:///eve"
            };
            (method, uri, json!({ "uri": uri }))
        }
    }
}

async fn ask(lab: &Lab, token: &str, (method, name, params): Request) -> Reply {
    let request = lab.post(Some(token));
    let request = request.headers(modern_headers(method, Some(name)));
    Reply::of(request.body(modern_body(method, params))).await
}

async fn go_on(lab: &Lab, token: &str, (method, name, mut params): Request, state: &str) -> Reply {
    params["requestState"] = state.into();
    params["inputResponses"] = json!({});
    ask(lab, token, (method, name, params)).await
}

#[tokio::test]
async fn what_a_function_remembers_is_its_callers_and_for_the_same_call() {
    let lab = Lab::start(|server| {
        bare(server)
            .tool(send::tool())
            .prompt(draft::prompt())
            .mcp_resource(letter::resource())
    })
    .await;
    let alice = lab.token("chat");
    let methods = ["tools/call", "prompts/get", "resources/read"];
    for method in methods {
        let own = || request(method, "bob");
        let first = ask(&lab, &alice, own()).await;
        let state = first.message()["result"]["requestState"].clone();
        let state = state.as_str().unwrap_or_else(|| panic!("{first:?}"));
        assert!(!state.contains("step 1"), "{state}");
        assert_eq!(lab.ran.reset(), 1);
        let bob = lab.token_of("bob", "smartmail", "chat");
        let agent = lab.token_of("alice", "webmail", "chat");
        let mut refused = vec![
            go_on(&lab, &bob, own(), state).await,
            go_on(&lab, &agent, own(), state).await,
            go_on(&lab, &alice, own(), "step 1").await,
            go_on(&lab, &alice, request(method, "eve"), state).await,
        ];
        for other in methods.iter().filter(|other| **other != method) {
            refused.push(go_on(&lab, &alice, request(other, "bob"), state).await);
        }
        for reply in refused {
            assert_eq!(reply.error_code(), -32602, "{method}: {reply:?}");
        }
        let narrow = go_on(&lab, &lab.token(""), own(), state).await;
        assert_eq!(narrow.status, 403, "{method}: {narrow:?}");
        assert_eq!(lab.ran.times(), 0, "{method}");
        let reply = go_on(&lab, &alice, own(), state).await;
        let result = reply.message()["result"].to_string();
        assert!(result.contains("step 1 to bob"), "{method}: {reply:?}");
        assert_eq!(lab.ran.reset(), 1, "{method}");
    }
}
