//! A handler that finds out while it runs that a caller needs more, and says so with `?`.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{AuthInfo, Authz, ChallengeForm, Rule, Rules, Scope};
use support::{Lab, Ran, Reply};

use crate::ask;

/// Counts what it gives away.
struct Archive(Ran);

impl Archive {
    fn open(&self, context: &RequestContext<RoleServer>) -> Result<&'static str, ErrorData> {
        let Some(auth) = AuthInfo::find(context) else {
            return Err(ErrorData::internal_error("nobody calls", None));
        };
        auth.require(Scope::new("secret"))?;
        self.0.note();
        Ok("the secret")
    }
}

impl ServerHandler for Archive {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .build();
        ServerConfig::new(capabilities)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("open", "Opens.", JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = Prompt::new("open", Some("Opens."), None);
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = self.open(&context)?;
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }

    async fn get_prompt(
        &self,
        _request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let text = self.open(&context)?;
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = ResourceContents::text(self.open(&context)?, request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}

async fn lab(configure: impl FnOnce(Authz) -> Authz) -> Lab {
    let rules = Rules::new()
        .tool("open", Rule::authenticated())
        .prompt("open", Rule::authenticated())
        .unlisted_resource("archive:///secret", Rule::authenticated());
    Lab::protecting(Archive, rules, configure).await
}

fn requests() -> [(&'static str, Value); 3] {
    [
        ("tools/call", json!({ "name": "open", "arguments": {} })),
        ("prompts/get", json!({ "name": "open" })),
        ("resources/read", json!({ "uri": "archive:///secret" })),
    ]
}

fn assert_challenged(reply: &Reply) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let challenge = reply.challenge();
    assert!(
        challenge.contains(r#"error="insufficient_scope", scope="secret""#),
        "{reply:?}"
    );
}

#[tokio::test]
async fn what_a_handler_asks_for_with_a_question_mark_is_a_challenge() {
    let lab = lab(|authz| authz).await;
    for (method, params) in requests() {
        let refused = ask(&lab, Some(&lab.token("")), method, params.clone()).await;
        assert_challenged(&refused);
        assert_eq!(lab.ran.times(), 0);
        let granted = ask(&lab, Some(&lab.token("secret")), method, params).await;
        assert!(granted.body.contains("the secret"), "{granted:?}");
        assert_eq!(lab.ran.times(), 1);
        lab.ran.reset();
    }
}

#[tokio::test]
async fn a_client_that_reads_results_is_told_there_where_there_is_one() {
    let lab = lab(|authz| authz.challenge_form(ChallengeForm::ToolResult)).await;
    for (method, params) in requests() {
        let refused = ask(&lab, Some(&lab.token("")), method, params).await;
        if method != "tools/call" {
            assert_challenged(&refused);
            continue;
        }
        assert_eq!(refused.status, 200, "{refused:?}");
        let result = &refused.message()["result"];
        assert_eq!(result["isError"], true, "{refused:?}");
        let challenge = result["_meta"]["mcp/www_authenticate"][0].as_str();
        let challenge = challenge.unwrap_or_else(|| panic!("{refused:?}"));
        assert!(challenge.contains(r#"scope="secret""#), "{challenge}");
    }
    assert_eq!(lab.ran.times(), 0);
}
