//! What one caller left behind for its next request is nobody else's: tasks, states, cursors, and
//! news of resources.

use http_client::{Client, RequestBuilder};
use json::{Value, json};
use mcp_authz::SessionLimits;
use mcp_authz::rmcp::model::TASKS_EXTENSION_ID;
use support::{MODERN, Reply, Result, modern_headers};

use crate::place::{Guarded, Replies};
use crate::rules;
use crate::stream::{messages, read};

/// Somebody with a token, who knows everything that a client can know.
struct Caller {
    url: String,
    token: String,
    http: Client,
}

impl Caller {
    fn of(guarded: &Guarded, person: &str, client: &str, scopes: &str) -> Result<Self> {
        Ok(Self {
            url: guarded.url.clone(),
            token: guarded.token(person, client, scopes)?,
            http: Client::builder().no_proxy().build()?,
        })
    }

    fn request(&self, method: &str, params: &Value) -> RequestBuilder {
        let mut params = params.clone();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {
                "elicitation": {},
                "extensions": { TASKS_EXTENSION_ID: {} },
            },
        });
        let item = ["name", "uri", "taskId"].map(|key| params[key].as_str());
        let item = item.into_iter().flatten().next();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.http
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .headers(modern_headers(method, item))
            .body(body.to_string())
    }

    async fn ask(&self, method: &str, params: &Value) -> Reply {
        Reply::of(self.request(method, params)).await
    }

    async fn result(&self, method: &str, params: &Value) -> Value {
        let reply = self.ask(method, params).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.message()["result"].clone()
    }
}

struct House {
    guarded: Guarded,
    alice: Caller,
    /// Another person, and the same person's other agent.
    strangers: [Caller; 2],
    /// Alice, who has allowed less meanwhile.
    narrower: Caller,
}

impl House {
    async fn open() -> Result<Self> {
        let guarded = Guarded::open(Replies::Json, SessionLimits::new()).await?;
        Ok(Self {
            alice: Caller::of(&guarded, "alice", "smartmail", rules::ALL)?,
            strangers: [
                Caller::of(&guarded, "bob", "smartmail", rules::ALL)?,
                Caller::of(&guarded, "alice", "another-agent", rules::ALL)?,
            ],
            narrower: Caller::of(&guarded, "alice", "smartmail", "everything:prompts")?,
            guarded,
        })
    }
}

#[track_caller]
fn asks_for(reply: &Reply, scope: &str) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let asked = format!(r#"error="insufficient_scope", scope="{scope}""#);
    assert!(reply.challenge().contains(&asked), "{reply:?}");
}

#[tokio::test]
async fn a_foreign_task_is_an_unknown_one() -> Result<()> {
    let house = House::open().await?;
    let job = json!({ "name": "slow_compute", "arguments": { "seconds": 30 } });
    let created = house.alice.result("tools/call", &job).await;
    let task = created["taskId"].as_str().expect("a task").to_owned();
    let before = house.guarded.ran.times();
    let about = |id: &str, method: &str| match method {
        "tasks/update" => json!({ "taskId": id, "inputResponses": {} }),
        _ => json!({ "taskId": id }),
    };
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let nowhere = about("5f0c6f2e-0000-4000-8000-000000000000", method);
        let unknown = house.alice.ask(method, &nowhere).await;
        assert_eq!(unknown.error_code(), -32602, "{unknown:?}");
        for stranger in &house.strangers {
            let foreign = stranger.ask(method, &about(&task, method)).await;
            assert_eq!(foreign.status, unknown.status);
            assert_eq!(foreign.body, unknown.body, "{method}");
        }
        let narrower = house.narrower.ask(method, &about(&task, method)).await;
        asks_for(&narrower, "everything:tools");
    }
    assert_eq!(house.guarded.ran.times(), before, "nothing ran");
    let state = house
        .alice
        .result("tasks/get", &about(&task, "tasks/get"))
        .await;
    assert_eq!(state["status"], "working", "nobody cancelled it: {state}");
    Ok(())
}

#[tokio::test]
async fn a_state_is_good_for_its_owner_and_its_call_alone() -> Result<()> {
    let house = House::open().await?;
    let call = json!({ "name": "test_input_required_result_request_state", "arguments": {} });
    let asked = house.alice.result("tools/call", &call).await;
    let mut answer = call.clone();
    answer["requestState"] = asked["requestState"].clone();
    answer["inputResponses"] =
        json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
    let before = house.guarded.ran.times();

    let mut forged = answer.clone();
    forged["requestState"] = json!("rs1.AAAA.AAAA");
    let refused = house.alice.ask("tools/call", &forged).await;
    assert_eq!(refused.error_code(), -32602, "{refused:?}");
    for stranger in &house.strangers {
        let reply = stranger.ask("tools/call", &answer).await;
        assert_eq!(
            (reply.status, reply.body),
            (refused.status, refused.body.clone())
        );
    }
    let with = |key: &str, value: Value| {
        let mut other = answer.clone();
        other[key] = value;
        other
    };
    let tool = "test_input_required_result_tampered_state";
    for other in [
        with("name", json!(tool)),
        with("arguments", json!({ "more": true })),
    ] {
        let reply = house.alice.ask("tools/call", &other).await;
        assert_eq!(
            (reply.status, reply.body),
            (refused.status, refused.body.clone())
        );
    }
    asks_for(
        &house.narrower.ask("tools/call", &answer).await,
        "everything:tools",
    );
    assert_eq!(house.guarded.ran.times(), before, "nothing ran");

    let refreshed = Caller::of(&house.guarded, "alice", "smartmail", rules::ALL)?;
    let done = refreshed.result("tools/call", &answer).await;
    assert_eq!(done["content"][0]["text"], "state-ok");
    Ok(())
}

#[tokio::test]
async fn a_cursor_is_good_for_its_owner_and_its_list_alone() -> Result<()> {
    let house = House::open().await?;
    let first = house.alice.result("prompts/list", &json!({})).await;
    let next = json!({ "cursor": first["nextCursor"] });
    for stranger in &house.strangers {
        let reply = stranger.ask("prompts/list", &next).await;
        assert_eq!(reply.error_code(), -32602, "{reply:?}");
    }
    for list in ["resources/list", "skills/list"] {
        let reply = house.alice.ask(list, &next).await;
        assert_eq!(reply.error_code(), -32602, "{list}: {reply:?}");
    }
    let plain = house
        .alice
        .ask("prompts/list", &json!({ "cursor": "3" }))
        .await;
    assert_eq!(
        plain.error_code(),
        -32602,
        "the handler's own cursor: {plain:?}"
    );
    let second = house.alice.result("prompts/list", &next).await;
    let names = |page: &Value| page["prompts"].as_array().map_or(0, Vec::len);
    assert_eq!((names(&first), names(&second)), (3, 2));
    Ok(())
}

#[tokio::test]
async fn news_of_a_resource_is_for_whoever_may_read_it() -> Result<()> {
    let house = House::open().await?;
    let watched = [
        "test://static-text",
        "test://nowhere",
        "test://template/123/data",
    ];
    let wanted = json!({
        "notifications": { "promptsListChanged": true, "resourceSubscriptions": watched },
    });
    for (caller, expected) in [
        (&house.alice, json!([watched[0], watched[2]])),
        (&house.narrower, Value::Null),
    ] {
        let mut stream = caller
            .request("subscriptions/listen", &wanted)
            .send()
            .await?;
        assert_eq!(stream.status(), 200);
        let beginning = read(&mut stream, |text| !messages(text).is_empty()).await?;
        let accepted = &messages(&beginning)[0]["params"]["notifications"];
        assert_eq!(accepted["promptsListChanged"], true, "{accepted}");
        assert_eq!(accepted["resourceSubscriptions"], expected, "{accepted}");
    }
    Ok(())
}
