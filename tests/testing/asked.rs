//! Whatever else a client asks: tasks, the rounds of an exchange, names that no header can hold.

use json::json;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{Authz, Rules, scopes};

type Context = RequestContext<RoleServer>;

/// Takes long, asks back, and has a note whose name is no ASCII.
struct Jobs;

fn job() -> Task {
    const TIME: &str = "2026-11-24T00:00:00Z";
    Task::new("job-1", TaskStatus::Working, TIME, TIME)
}

impl ServerHandler for Jobs {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources();
        ServerConfig::new(capabilities.enable_tasks().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = ["long", "confirm"].map(|name| Tool::new(name, name, JsonObject::new()));
        Ok(ListToolsResult::with_all_items(tools.into()))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::default())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(match (&*request.name, request.request_state) {
            ("long", _) => CallToolResponse::Task(CreateTaskResult::new(job())),
            (_, Some(state)) => CallToolResult::success(vec![ContentBlock::text(state)]).into(),
            _ => CallToolResponse::InputRequired(InputRequiredResult::from_request_state("asked")),
        })
    }

    async fn get_task(&self, _: GetTaskParams, _: Context) -> Result<GetTaskResult, ErrorData> {
        let detailed = DetailedTask::new(job(), TaskPayload::Working);
        Ok(GetTaskResult::new(detailed))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = ResourceContents::text("a note", request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}

async fn jobs() -> TestServer {
    let rules = Rules::new()
        .tools(["long", "confirm"], scopes!["jobs"])
        .unlisted_resource("note:///größe", scopes!["notes"]);
    let server = TestServer::start(Authz::new().protect(Jobs, rules));
    server.await.expect("a server")
}

#[tokio::test]
async fn a_client_that_can_do_tasks_has_its_own() {
    let server = jobs().await;
    let tasks = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let able = json!({ "io.modelcontextprotocol/clientCapabilities": tasks });
    let alice = server.as_user("alice").scopes(["jobs"]);
    assert_eq!(alice.call("long").await.unwrap_err().code(), Some(-32021));
    let call = json!({ "name": "long", "arguments": {}, "_meta": able });
    let made = alice.ask("tools/call", call).await.unwrap();
    let get = json!({ "taskId": made.result()["taskId"], "_meta": able });
    let got = alice.ask("tasks/get", get.clone()).await.unwrap();
    assert_eq!(got.result()["status"], "working");
    let bob = server.as_user("bob").scopes(["jobs"]);
    assert_eq!(
        bob.ask("tasks/get", get).await.unwrap_err().code(),
        Some(-32602)
    );
}

#[tokio::test]
async fn an_exchange_goes_on_for_whoever_it_was_begun_with() {
    let server = jobs().await;
    let alice = server.as_user("alice").scopes(["jobs"]);
    let asked = alice.call("confirm").await.unwrap();
    let state = &asked.result()["requestState"];
    let again =
        json!({ "name": "confirm", "arguments": {}, "requestState": state, "inputResponses": {} });
    let bob = server.as_user("bob").scopes(["jobs"]);
    let refused = bob.ask("tools/call", again.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Some(-32602), "{refused}");
    assert_eq!(
        alice.ask("tools/call", again).await.unwrap().text(),
        "asked"
    );
}

#[tokio::test]
async fn a_name_that_no_header_can_hold_is_asked_for_all_the_same() {
    let server = jobs().await;
    let alice = server.as_user("alice");
    let refused = alice.read("note:///größe").await;
    assert_challenge!(refused, 403, "insufficient_scope", ["notes"]);
    let reader = alice.scopes(["notes"]);
    assert_eq!(reader.read("note:///größe").await.unwrap().text(), "a note");
}
