//! The handler behind the gate: annotated functions, looked up by what clients say, and run.

mod describe;

use std::collections::BTreeMap;

use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::*;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};

use self::describe::Lists;
use super::toolsets::Toolsets;
use crate::extract::{App, Call};
use crate::gate::{Arguments, Mirrored, Operation, Rule, Template, unknown};
use crate::registry::{
    Entry, Part, PromptEntry, PromptPart, ResourceEntry, ResourcePart, ToolEntry, ToolPart,
};

type Context = RequestContext<RoleServer>;

/// The handler behind a server of annotated functions.
///
/// It is the `H` of a [`Server<H>`](crate::Server) where nothing else is said:
///
/// ```
/// use mcp_authz::{Annotated, Server};
///
/// fn shown(server: &Server<Annotated>) -> String {
///     server.to_string() // the same as of a `&Server`
/// }
///
/// let _: fn(&Server) -> String = shown;
/// ```
pub struct Annotated {
    app: App,
    info: ServerConfig,
    lists: Lists,
    tools: ByKey<ToolPart>,
    prompts: ByKey<PromptPart>,
    resources: ByKey<ResourcePart>,
    /// In the order of their texts.
    templates: Vec<(Template, Function<ResourcePart>)>,
}

impl std::fmt::Debug for Annotated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Annotated").finish_non_exhaustive()
    }
}

type ByKey<P> = BTreeMap<&'static str, Function<P>>;

/// A function and what it is under.
struct Function<P: 'static> {
    entry: Entry<P>,
    rule: Rule,
}

impl Annotated {
    pub(super) fn new(
        app: App,
        mut info: ServerConfig,
        tools: &[ToolEntry],
        prompts: &[PromptEntry],
        resources: &[ResourceEntry],
        toolsets: &Toolsets,
    ) -> Self {
        // Only what there is: a client would ask for the rest in vain.
        info.capabilities.tools = (!tools.is_empty()).then(ToolsCapability::default);
        info.capabilities.prompts = (!prompts.is_empty()).then(PromptsCapability::default);
        info.capabilities.resources = (!resources.is_empty()).then(ResourcesCapability::default);
        let (templates, fixed): (Vec<ResourceEntry>, Vec<ResourceEntry>) = resources
            .iter()
            .partition(|entry| Template::is_template(entry.key()));
        let template = |entry: &ResourceEntry| {
            // One that cannot be read did not get past the checks.
            let template = Template::parse(entry.key()).ok()?;
            Some((template, Function::new(entry, toolsets)))
        };
        Self {
            app,
            info,
            lists: Lists::new(tools, prompts, &fixed, &templates),
            tools: by_key(tools, toolsets),
            prompts: by_key(prompts, toolsets),
            resources: by_key(&fixed, toolsets),
            templates: templates.iter().filter_map(template).collect(),
        }
    }

    pub(super) fn mirrored(&self) -> Mirrored {
        Mirrored::of(&self.lists.tools)
    }

    /// What is read at `uri`, and with which variables. Of several templates the first, by the order of
    /// their texts, in which a letter comes before a variable; the gate has decided on all of them.
    fn find(&self, uri: &str) -> Option<(&Function<ResourcePart>, JsonObject)> {
        if let Some(fixed) = self.resources.get(uri) {
            return Some((fixed, JsonObject::new()));
        }
        self.templates.iter().find_map(|(template, resource)| {
            let variables = template.matches(uri)?;
            Some((resource, resource.rule.read(variables)?))
        })
    }
}

fn by_key<P: Part>(entries: &[Entry<P>], toolsets: &Toolsets) -> ByKey<P> {
    let function = |entry: &Entry<P>| (entry.key(), Function::new(entry, toolsets));
    entries.iter().map(function).collect()
}

impl<P: Part> Function<P> {
    fn new(entry: &Entry<P>, toolsets: &Toolsets) -> Self {
        Self {
            entry: *entry,
            rule: toolsets.rule(entry),
        }
    }

    /// A call of the function. Its extractors see each request as if it were one of a tool.
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

/// A page, where the server has such; the answer of one that has not otherwise.
fn page<R, M: ConstString>(capability: bool, page: impl FnOnce() -> R) -> Result<R, ErrorData> {
    match capability {
        true => Ok(page()),
        false => Err(ErrorData::method_not_found::<M>()),
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
        let tools = || ListToolsResult::with_all_items(self.lists.tools.clone());
        page::<_, ListToolsRequestMethod>(self.info.capabilities.tools.is_some(), tools)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let mut tools = self.lists.tools.iter();
        tools.find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.get(&*request.name) else {
            return Err(unknown(Operation::Tool(&request.name, Arguments::Some)));
        };
        let operation = Operation::Tool(tool.entry.key(), Arguments::These(None));
        let call = tool.call(&self.app, request, context, operation);
        let response = (tool.entry.spec().part.call)(call).await?;
        match response {
            // A handle that leads nowhere: what it is about is kept by nobody, for whom to decide on later.
            CallToolResponse::Task(_) => {
                let tool = tool.entry.key();
                tracing::error!(
                    tool,
                    "it returned a task, and a server of annotated functions has none"
                );
                Err(ErrorData::internal_error("this server has no tasks", None))
            }
            response => Ok(response),
        }
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompts = || ListPromptsResult::with_all_items(self.lists.prompts.clone());
        page::<_, ListPromptsRequestMethod>(self.info.capabilities.prompts.is_some(), prompts)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let Some(prompt) = self.prompts.get(&*request.name) else {
            return Err(unknown(Operation::Prompt(&request.name, Arguments::Some)));
        };
        let operation = Operation::Prompt(prompt.entry.key(), Arguments::These(None));
        let mut params = CallToolRequestParams::new(request.name);
        params.arguments = request.arguments;
        params.input_responses = request.input_responses;
        params.request_state = request.request_state;
        let call = prompt.call(&self.app, params, context, operation);
        (prompt.entry.spec().part.call)(call).await
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = || ListResourcesResult::with_all_items(self.lists.resources.clone());
        page::<_, ListResourcesRequestMethod>(self.info.capabilities.resources.is_some(), resources)
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates =
            || ListResourceTemplatesResult::with_all_items(self.lists.templates.clone());
        let has_such = self.info.capabilities.resources.is_some();
        page::<_, ListResourceTemplatesRequestMethod>(has_such, templates)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some((resource, variables)) = self.find(&request.uri) else {
            return Err(unknown(Operation::Resource(&request.uri)));
        };
        let part = resource.entry.spec().part;
        let mut params = CallToolRequestParams::new(resource.entry.name());
        params.arguments = Some(variables);
        params.input_responses = request.input_responses;
        params.request_state = request.request_state;
        let operation = Operation::Resource(part.uri);
        let call = resource.call(&self.app, params, context, operation);
        let contents = (part.call)(call).await?;
        Ok(contents.at(request.uri, part.mime_type))
    }
}
