//! What must not depend on the connection, on earlier requests, or on when a call ends.

use std::time::Duration;

use http_client::Client;
use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rules, scopes};
use support::{Lab, Ran, Reply, legacy_body, modern_body, modern_headers};

use crate::office::ALL;
use crate::{ask, lab};

#[tokio::test]
async fn a_list_is_the_same_on_every_connection_and_after_every_call() {
    let lab = lab().await;
    let (low, high) = (lab.token("prompts"), lab.token(ALL));
    let list = async |token: &str, method: &str| {
        let mut pages = Vec::new();
        let mut params = json!({});
        loop {
            // A connection of its own.
            let request = Client::builder().no_proxy().build().unwrap().post(&lab.url);
            let request = request
                .bearer_auth(token)
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .headers(modern_headers(method, None));
            let reply = Reply::of(request.body(modern_body(method, params))).await;
            // A cursor is sealed anew each time. All else is compared as it is written.
            let message = reply.message();
            let cursor = message["result"]["nextCursor"].as_str();
            pages.push(reply.body.replace(cursor.unwrap_or("none"), "a cursor"));
            match cursor {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return pages,
            }
        }
    };
    for method in [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ] {
        let (low_first, high_first) = (list(&low, method).await, list(&high, method).await);
        if method != "resources/templates/list" {
            assert_ne!(low_first, high_first, "{method}");
        }
        for _ in 0..3 {
            let params = json!({ "name": "greeting" });
            ask(&lab, Some(&low), "prompts/get", params).await;
            let params = json!({ "uri": "note:///secret" });
            ask(&lab, Some(&high), "resources/read", params.clone()).await;
            ask(&lab, Some(&low), "resources/read", params).await;
            assert_eq!(list(&low, method).await, low_first, "{method}");
            assert_eq!(list(&high, method).await, high_first, "{method}");
        }
    }
}

#[tokio::test]
async fn a_cursor_shows_what_its_bearer_is_shown_now() {
    let lab = lab().await;
    let names = |reply: &Reply| -> Vec<String> {
        let message = reply.message();
        let tools = message["result"]["tools"].as_array().cloned();
        let tools = tools.unwrap_or_else(|| panic!("{reply:?}"));
        let names = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let first = ask(&lab, Some(&lab.token("admin")), "tools/list", json!({})).await;
    let page = json!({ "cursor": first.message()["result"]["nextCursor"] });
    let wide = ask(&lab, Some(&lab.token("admin")), "tools/list", page.clone()).await;
    assert_eq!(names(&wide), ["long", "hidden"]);
    let narrow = ask(&lab, Some(&lab.token("tools")), "tools/list", page).await;
    assert_eq!(names(&narrow), ["long"]);
}

#[tokio::test]
async fn the_header_of_a_task_is_that_of_its_message() {
    let lab = lab().await;
    let call = json!({ "name": "long", "arguments": {} });
    let made = ask(&lab, Some(&lab.token("tasks")), "tools/call", call).await;
    let id = made.message()["result"]["taskId"].clone();
    assert!(id.is_string(), "{made:?}");
    lab.ran.reset();
    let mut body: Value =
        json::from_str(&modern_body("tasks/get", json!({ "taskId": id }))).unwrap();
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let request = lab
        .post(Some(&lab.token("tasks")))
        .headers(modern_headers("tasks/get", Some("task-9")));
    let reply = Reply::of(request.body(body.to_string())).await;
    assert_eq!(
        (reply.status.as_u16(), reply.error_code()),
        (400, -32020),
        "{reply:?}"
    );
    assert_eq!(lab.ran.times(), 0);
}

/// Takes longer than the token that it is called with.
struct Slow(Ran);

impl ServerHandler for Slow {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let slow = Tool::new("slow", "slow", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![slow]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        tokio::time::sleep(Duration::from_secs(4)).await;
        self.0.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
    }
}

#[tokio::test]
async fn a_call_that_was_let_in_finishes_though_its_token_ends() {
    let rules = Rules::new().tool("slow", scopes!["tools"]);
    for json_replies in [true, false] {
        let lab = Lab::protecting(Slow, rules.clone(), |authz| {
            authz.json_replies(json_replies)
        })
        .await;
        // Over for a while, and still good for three seconds of leeway.
        let token = lab.expired("tools", Duration::from_secs(57));
        let params = json!({ "name": "slow", "arguments": {} });
        // In the older revisions the stream is open all the while.
        let legacy = lab.post(Some(&token));
        let legacy = legacy.body(legacy_body("tools/call", params.clone()));
        let (modern, legacy) = tokio::join!(
            ask(&lab, Some(&token), "tools/call", params.clone()),
            Reply::of(legacy)
        );
        for reply in [modern, legacy] {
            assert_eq!(reply.text(), "done", "{reply:?}");
        }
        assert_eq!(lab.ran.reset(), 2);
        let late = ask(&lab, Some(&token), "tools/call", params).await;
        assert_eq!(late.status, 401, "{late:?}");
        assert_eq!(lab.ran.times(), 0);
    }
}
