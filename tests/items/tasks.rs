//! Annotated functions leave no tasks: nobody could come back to one, and nothing would be asked.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::{AuthInfo, Parameters, PolicyError, State, schemars, serde, tool};
use support::{Lab, MODERN, Ran, Reply, legacy_body, modern_headers};

use crate::client::bare;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Report {
    of: String,
}

fn own(auth: &AuthInfo, report: &Report) -> Result<(), PolicyError> {
    match auth.subject() == Some(&*report.of) {
        true => Ok(()),
        false => Err(PolicyError::denied("This is not yours.")),
    }
}

/// Write a report, which takes a while.
#[tool(scopes = ["reports"], policy = own, toolset = "tasks")]
fn write(_: Parameters<Report>, ran: State<Ran>) -> CallToolResponse {
    const TIME: &str = "2026-11-24T00:00:00Z";
    ran.note();
    let task = Task::new("task-0", TaskStatus::Working, TIME, TIME);
    CallToolResponse::Task(CreateTaskResult::new(task))
}

/// A request of a client that knows tasks.
async fn ask(lab: &Lab, method: &str, name: &str, mut params: Value) -> Reply {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "lab", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {
            "extensions": { "io.modelcontextprotocol/tasks": {} },
        },
    });
    let token = lab.token("reports");
    let request = lab.post(Some(&token));
    let request = request.headers(modern_headers(method, Some(name)));
    Reply::of(request.body(legacy_body(method, params))).await
}

#[tokio::test]
async fn a_function_that_returns_a_task_gives_no_handle_and_none_leads_anywhere() {
    let lab = Lab::start(|server| bare(server).tool(write::tool())).await;
    let call = json!({ "name": "write", "arguments": { "of": "alice" } });
    let reply = ask(&lab, "tools/call", "write", call).await;
    assert_eq!(reply.error_code(), -32603, "{reply:?}");
    assert!(reply.body.contains("this server has no tasks"), "{reply:?}");
    assert!(!reply.body.contains("task-0"), "{reply:?}");
    assert_eq!(lab.ran.reset(), 1);
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let params = json!({ "taskId": "task-0", "inputResponses": {} });
        let reply = ask(&lab, method, "task-0", params).await;
        assert_eq!(reply.error_code(), -32601, "{method}: {reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
}
