//! The handler behind the gate: annotated functions, looked up by what clients say, and run.

mod describe;

use std::collections::HashMap;

use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::*;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::extract::{App, Call};
use crate::gate::{Arguments, Operation, Rule, unknown};
use crate::registry::{Entry, Part, PromptPart, ToolPart};

type Context = RequestContext<RoleServer>;

/// The handler behind a server of annotated functions.
pub struct Annotated {
    app: App,
    info: ServerConfig,
    tools: Table<ToolPart, Tool>,
    prompts: Table<PromptPart, Prompt>,
}

impl Annotated {
    pub(super) fn new(
        app: App,
        mut info: ServerConfig,
        tools: &[Entry<ToolPart>],
        prompts: &[Entry<PromptPart>],
    ) -> Self {
        // Only what there is: a client would ask for the rest in vain.
        info.capabilities.tools = (!tools.is_empty()).then(ToolsCapability::default);
        info.capabilities.prompts = (!prompts.is_empty()).then(PromptsCapability::default);
        Self {
            app,
            info,
            tools: Table::new(tools, describe::tool),
            prompts: Table::new(prompts, describe::prompt),
        }
    }
}

/// The functions of one kind.
struct Table<P: 'static, L> {
    /// In the order in which they are listed.
    listed: Vec<L>,
    by_key: HashMap<&'static str, Guarded<P>>,
}

/// A function and what it is under.
struct Guarded<P: 'static> {
    entry: Entry<P>,
    rule: Rule,
}

impl<P: Part, L: Clone> Table<P, L> {
    fn new(entries: &[Entry<P>], describe: impl Fn(&Entry<P>) -> L) -> Self {
        let guarded = |entry: &Entry<P>| {
            let rule = entry.rule();
            (
                entry.key(),
                Guarded {
                    entry: *entry,
                    rule,
                },
            )
        };
        Self {
            listed: entries.iter().map(describe).collect(),
            by_key: entries.iter().map(guarded).collect(),
        }
    }

    /// All of them, or the answer of a server that has none.
    fn list<R, M: ConstString>(&self, page: impl FnOnce(Vec<L>) -> R) -> Result<R, ErrorData> {
        match self.listed.is_empty() {
            true => Err(ErrorData::method_not_found::<M>()),
            false => Ok(page(self.listed.clone())),
        }
    }
}

impl<P: Part> Guarded<P> {
    /// A call of the function, which sees every request as if it were one of a tool.
    fn call<'a>(
        &'a self,
        app: &'a App,
        request: CallToolRequestParams,
        context: Context,
        operation: Operation<'a>,
    ) -> Call<'a> {
        let context = ToolCallContext::new(app, request, context);
        Call::new(context, &self.rule, operation)
    }
}

impl ServerHandler for Annotated {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        self.tools
            .list::<_, ListToolsRequestMethod>(ListToolsResult::with_all_items)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let mut tools = self.tools.listed.iter();
        tools.find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.by_key.get(&*request.name) else {
            return Err(unknown(Operation::Tool(&request.name, Arguments::Some)));
        };
        let operation = Operation::Tool(tool.entry.key(), Arguments::Some);
        let call = tool.call(&self.app, request, context, operation);
        (tool.entry.spec().part.call)(call).await
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.prompts
            .list::<_, ListPromptsRequestMethod>(ListPromptsResult::with_all_items)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let Some(prompt) = self.prompts.by_key.get(&*request.name) else {
            return Err(unknown(Operation::Prompt(&request.name, Arguments::Some)));
        };
        let operation = Operation::Prompt(prompt.entry.key(), Arguments::Some);
        let mut params = CallToolRequestParams::new(request.name);
        params.arguments = request.arguments;
        params.input_responses = request.input_responses;
        params.request_state = request.request_state;
        let call = prompt.call(&self.app, params, context, operation);
        (prompt.entry.spec().part.call)(call).await
    }
}
