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

use crate::extract::{App, Call};
use crate::gate::{Arguments, Operation, Rule, unknown};
use crate::registry::{Entry, Hints, Part, ToolEntry, ToolPart};

/// The handler behind a server of annotated functions.
pub struct Annotated {
    app: App,
    info: ServerConfig,
    /// In the order in which they are listed.
    listed: Vec<Tool>,
    by_name: HashMap<&'static str, Declared<ToolPart>>,
}

/// An annotated function and what it is under.
struct Declared<P: 'static> {
    entry: Entry<P>,
    rule: Rule,
}

impl<P: Part> Declared<P> {
    fn of(entry: &Entry<P>) -> (&'static str, Self) {
        let rule = entry.rule();
        (
            entry.key(),
            Self {
                entry: *entry,
                rule,
            },
        )
    }
}

impl Annotated {
    pub(super) fn new(app: App, info: ServerConfig, tools: &[ToolEntry]) -> Self {
        Self {
            app,
            info,
            listed: tools.iter().map(describe).collect(),
            by_name: tools.iter().map(Declared::of).collect(),
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
    tool.output_schema = (spec.part.output_schema)();
    tool.annotations = annotations(spec.part.hints);
    tool
}

fn input_schema(entry: &ToolEntry) -> Option<Arc<JsonObject>> {
    let mut inputs = entry.signature().input.into_iter();
    inputs.find_map(Result::ok)
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
        let Some(Declared { entry, rule }) = self.by_name.get(request.name.as_ref()) else {
            return Err(unknown(Operation::Tool(&request.name, Arguments::Some)));
        };
        let operation = Operation::Tool(entry.name(), Arguments::Some);
        let context = ToolCallContext::new(&self.app, request, context);
        (entry.spec().part.call)(Call::new(context, rule, operation)).await
    }
}
