//! One tool, twice: annotated, and written by hand on rmcp.

use std::sync::Arc;

use mcp_authz::rmcp::handler::server::common::schema_for_type;
use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Parameters, schemars, serde, tool};

/// What to add.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
pub(crate) struct Sum {
    a: i64,
    b: i64,
}

/// Add two numbers.
#[tool(scopes = ["math"])]
pub(crate) async fn add(Parameters(Sum { a, b }): Parameters<Sum>) -> String {
    (a + b).to_string()
}

/// The same tool without anything of ours.
#[derive(Clone)]
pub(crate) struct Bare(Arc<(ServerConfig, Tool)>);

impl Bare {
    pub(crate) fn new() -> Self {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let info =
            ServerConfig::new(capabilities).with_server_info(Implementation::new("bench", "0.0.0"));
        let schema: Arc<JsonObject> = schema_for_type::<Sum>();
        Self(Arc::new((
            info,
            Tool::new("add", "Add two numbers.", schema),
        )))
    }
}

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        self.0.0.clone()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![self.0.1.clone()]))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == "add").then(|| self.0.1.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name != "add" {
            return Err(ErrorData::invalid_params("tool not found", None));
        }
        let arguments = request.arguments.unwrap_or_default();
        let Sum { a, b } = serde_json::from_value(arguments.into())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let text = ContentBlock::text((a + b).to_string());
        Ok(CallToolResult::success(vec![text]).into())
    }
}
