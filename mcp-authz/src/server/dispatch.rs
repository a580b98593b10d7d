//! The handler behind the gate: annotated tools, looked up by name and run.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::handler::server::common::schema_for_empty_input;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, JsonObject, ListToolsResult, PaginatedRequestParams,
    ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::extract::{App, Call, Signature};
use crate::gate::Admitted;
use crate::registry::{Hints, ToolEntry};

/// The handler behind a server of annotated functions.
pub struct Annotated {
    app: App,
    info: ServerConfig,
    /// In the order in which they are listed.
    listed: Vec<Tool>,
    by_name: HashMap<&'static str, ToolEntry>,
}

impl Annotated {
    pub(super) fn new(app: App, info: ServerConfig, tools: &[ToolEntry]) -> Self {
        Self {
            app,
            info,
            listed: tools.iter().map(describe).collect(),
            by_name: tools.iter().map(|tool| (tool.name(), *tool)).collect(),
        }
    }
}

/// What `tools/list` says of a tool.
fn describe(entry: &ToolEntry) -> Tool {
    let spec = entry.spec();
    let mut tool = Tool::new_with_raw(
        spec.name,
        spec.description.map(Into::into),
        input_schema(entry).unwrap_or_else(schema_for_empty_input),
    );
    tool.title = spec.title.map(str::to_owned);
    tool.output_schema = (spec.output_schema)();
    tool.annotations = annotations(spec.hints);
    tool
}

fn input_schema(entry: &ToolEntry) -> Option<Arc<JsonObject>> {
    let mut signature = Signature::default();
    (entry.spec().signature)(&mut signature);
    signature.input.into_iter().find_map(Result::ok)
}

fn annotations(hints: Hints) -> Option<ToolAnnotations> {
    let mut annotations = ToolAnnotations::default();
    annotations.read_only_hint = hints.read_only;
    annotations.destructive_hint = hints.destructive;
    annotations.idempotent_hint = hints.idempotent;
    annotations.open_world_hint = hints.open_world;
    (annotations != ToolAnnotations::default()).then_some(annotations)
}

impl ServerHandler for Annotated {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.listed.clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.listed.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.by_name.get(request.name.as_ref()) else {
            return Err(ErrorData::invalid_params("tool not found", None));
        };
        let admitted = Admitted::find(&context.extensions);
        let caller = admitted.and_then(Admitted::in_call);
        let context = ToolCallContext::new(&self.app, request, context);
        (tool.spec().call)(Call::new(context, caller)).await
    }
}
