//! The oracle's server once more, on rmcp: the same names, the same scopes.

use json::json;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rule, Rules, scopes};
use support::Ran;

type Context = RequestContext<RoleServer>;

/// The handler, which knows of no scopes.
pub(super) struct Mailbox(pub(super) Ran);

/// Who may have what.
pub(super) fn rules() -> Rules {
    Rules::new()
        .tool("about", Rule::authenticated())
        .tool("read_mail", scopes!["mail:read"])
        .tool("send_mail", scopes!["mail:send", "mail:read"])
        .tool("route_mail", scopes!["mail:send"])
        .prompt("summarize", scopes!["mail:read"])
        .resource("mail://folders", scopes!["mail:read"])
        .resource("mail://folders/{folder}", scopes!["folder:{folder}:read"])
}

impl Mailbox {
    fn tools() -> Vec<Tool> {
        let tool = |name: &str, properties| {
            let schema = json!({ "type": "object", "properties": properties });
            let tool = json!({ "name": name, "description": name, "inputSchema": schema });
            json::from_value(tool).expect("a tool")
        };
        vec![
            tool("about", json!({})),
            tool("read_mail", json!({})),
            tool("send_mail", json!({})),
            tool(
                "route_mail",
                json!({ "region": { "type": "string", "x-mcp-header": "Region" } }),
            ),
        ]
    }
}

impl ServerHandler for Mailbox {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_completions()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("mailbox", "1.0.0"))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(Self::tools()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        Self::tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("mail")]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let folder = vec![PromptArgument::new("folder").with_required(true)];
        let prompt = Prompt::new("summarize", Some("Sum up"), Some(folder));
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        _: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.0.note();
        let message = PromptMessage::new_text(Role::User, "Sum up");
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        self.0.note();
        Ok(CompleteResult::default())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let folders = Resource::new("mail://folders", "folders");
        Ok(ListResourcesResult::with_all_items(vec![folders]))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let folder = ResourceTemplate::new("mail://folders/{folder}", "folder");
        Ok(ListResourceTemplatesResult::with_all_items(vec![folder]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.0.note();
        let contents = ResourceContents::text("mail", request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }
}
