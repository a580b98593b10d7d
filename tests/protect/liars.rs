//! Handlers that do not say what they have, or say it in another way than they do it.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Authz, Error, Rule, Rules, scopes};
use support::{Lab, Ran, legacy_body};

use crate::ask;

type Context = RequestContext<RoleServer>;

/// Says that it has nothing, and does everything.
struct Modest(Ran);

impl ServerHandler for Modest {
    fn get_tool(&self, name: &str) -> Option<Tool> {
        Some(Tool::new(name.to_owned(), "modest", JsonObject::new()))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("ran")]).into())
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.0.note();
        let message = PromptMessage::new_text(Role::User, request.name);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.0.note();
        let contents = ResourceContents::text("text", request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        self.0.note();
        Ok(CompleteResult::default())
    }

    async fn on_custom_request(
        &self,
        _: CustomRequest,
        _: Context,
    ) -> Result<CustomResult, ErrorData> {
        self.0.note();
        Ok(CustomResult::new(Value::Null))
    }
}

#[tokio::test]
async fn what_a_handler_does_not_list_has_no_rule_and_does_not_run() {
    let rules = Rules::new().method("acme/hello", scopes!["tools"]);
    let lab = Lab::protecting(Modest, rules, |authz| authz).await;
    let token = lab.token("tools");
    let prompt = json!({ "type": "ref/prompt", "name": "x" });
    for (method, params) in [
        ("tools/call", json!({ "name": "x" })),
        ("prompts/get", json!({ "name": "x" })),
        ("resources/read", json!({ "uri": "x:///y" })),
        ("skills/get", json!({ "uri": "skill://x/SKILL.md" })),
        (
            "completion/complete",
            json!({ "ref": prompt, "argument": { "name": "x", "value": "" } }),
        ),
        ("tasks/get", json!({ "taskId": "x" })),
        ("acme/bye", json!({})),
    ] {
        let modern = ask(&lab, Some(&token), method, params.clone()).await;
        let legacy = lab.post(Some(&token)).body(legacy_body(method, params));
        for reply in [modern, support::Reply::of(legacy).await] {
            assert!(reply.message()["result"].is_null(), "{method}: {reply:?}");
            assert_eq!(reply.challenge(), "", "{method}");
        }
    }
    assert_eq!(lab.ran.times(), 0);
    ask(&lab, Some(&token), "acme/hello", json!({})).await;
    assert_eq!(lab.ran.times(), 1);
}

/// Has always one more page.
struct Endless;

impl ServerHandler for Endless {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("again", "and again", JsonObject::new());
        let mut page = ListToolsResult::with_all_items(vec![tool]);
        page.next_cursor = Some("next".to_owned());
        Ok(page)
    }
}

/// Cannot say what it has.
struct Mute;

impl ServerHandler for Mute {
    fn get_info(&self) -> ServerConfig {
        Endless.get_info()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Err(ErrorData::internal_error("the table is locked", None))
    }
}

#[tokio::test]
async fn a_handler_whose_lists_cannot_be_read_does_not_start() {
    let authz = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer("http://127.0.0.1:1");
    let rules = Rules::new().tool("again", Rule::authenticated());
    let endless = authz.clone().protect(Endless, rules.clone()).build().await;
    let mute = authz.protect(Mute, rules).build().await;
    for (built, words) in [
        (endless.err(), "does not end"),
        (mute.err(), "the table is locked"),
    ] {
        let Some(Error::Config(error)) = built else {
            panic!("{built:?}");
        };
        assert!(error.problems()[0].contains(words), "{error}");
    }
}
