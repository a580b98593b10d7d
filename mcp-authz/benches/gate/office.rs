//! A handler with much in it, and a rule for each: fifty items of three kinds.

use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResponse, ListPromptsResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, Prompt, Resource, ServerCapabilities, ServerConfig,
    Tool,
};
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rules, Scope};

use crate::tool::Bare;

const TOOLS: usize = 39;
const OTHERS: usize = 5;

/// [`Bare`], and what nobody calls.
#[derive(Clone)]
pub(crate) struct Office(Bare);

impl Office {
    pub(crate) fn new() -> Self {
        Self(Bare::new())
    }
}

/// Who may what: `add` needs what it needs alone.
pub(crate) fn rules() -> Rules {
    let scope = |kind: &str, number: usize| -> Scope {
        format!("{kind}:{number}").parse().expect("a scope")
    };
    let rules = Rules::new().tool("add", Scope::new("math"));
    let rules = (0..TOOLS).fold(rules, |rules, number| {
        rules.tool(format!("tool-{number}"), scope("tool", number))
    });
    (0..OTHERS).fold(rules, |rules, number| {
        rules
            .prompt(format!("prompt-{number}"), scope("prompt", number))
            .resource(format!("note://{number}"), scope("note", number))
    })
}

impl ServerHandler for Office {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.0.get_info();
        info.capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .build();
        info
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut all = self.0.list_tools(page, context).await?;
        let schema = all.tools[0].input_schema.clone();
        let more = (0..TOOLS).map(|n| Tool::new(format!("tool-{n}"), "", schema.clone()));
        all.tools.extend(more);
        Ok(all)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.get_tool(name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.call_tool(request, context).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let all = (0..OTHERS).map(|n| Prompt::new(format!("prompt-{n}"), None::<String>, None));
        Ok(ListPromptsResult::with_all_items(all.collect()))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let all = (0..OTHERS).map(|n| Resource::new(format!("note://{n}"), format!("note {n}")));
        Ok(ListResourcesResult::with_all_items(all.collect()))
    }
}
