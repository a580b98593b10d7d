//! A server with everything that the official suite asks for, written on rmcp as anybody would who
//! has never heard of a gate.

// Logging, sampling and subscriptions of older revisions are deprecated; the suite asks for them.
#![expect(deprecated)]

mod content;
mod dialogue;
mod jobs;
mod kit;
mod prompts;
mod resources;
mod rounds;
mod skills;
mod tools;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::{RequestContext, SubscriptionContext};
use mcp_authz::rmcp::task_manager::TaskManager;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use support::Ran;
use tokio::sync::broadcast;
use tokio::time::sleep;

pub(crate) use prompts::NAMES as PROMPTS;
pub(crate) use resources::{TEMPLATE, URIS as RESOURCES};
pub(crate) use tools::names as tools;

use kit::{MINUTE, cursor, is_modern, model, page};

type Context = RequestContext<RoleServer>;
type Answer<T> = Result<T, ErrorData>;

/// The server; its clones are one.
#[derive(Clone)]
pub(crate) struct Everything {
    /// Counts what runs, besides the opening and the lists.
    ran: Ran,
    tasks: TaskManager,
    codec: RequestStateCodec,
    level: Arc<Mutex<LoggingLevel>>,
    changes: broadcast::Sender<Changed>,
}

/// A list that has changed.
#[derive(Clone, Copy, Debug)]
enum Changed {
    Tools,
    Prompts,
}

impl Everything {
    pub(crate) fn new(ran: Ran) -> Self {
        Self {
            ran,
            tasks: TaskManager::new(),
            codec: RequestStateCodec::try_new(*b"a key for tests, never for others")
                .expect("a key that is long enough"),
            level: Arc::new(Mutex::new(LoggingLevel::Info)),
            changes: broadcast::Sender::new(16),
        }
    }

    /// Tells whoever listens.
    async fn announce(&self, changed: Changed) {
        // The acknowledgement of a stream leaves a moment before the stream is served.
        sleep(Duration::from_millis(50)).await;
        let _ = self.changes.send(changed);
    }
}

impl ServerHandler for Everything {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .enable_skills_with_directory_read()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("everything", "1.0.0"))
    }

    async fn set_level(&self, request: SetLevelRequestParams, context: Context) -> Answer<()> {
        if is_modern(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.level.lock().expect("no panic holds it") = request.level;
        Ok(())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListToolsResult> {
        Ok(ListToolsResult::with_all_items(tools::all())
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Answer<CallToolResponse> {
        self.ran.note();
        tools::call(self, &request, &context).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListPromptsResult> {
        let (prompts, next) = page(prompts::all(), cursor(request), 3)?;
        let mut result = ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Answer<GetPromptResponse> {
        self.ran.note();
        prompts::get(&request)
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Answer<CompleteResult> {
        self.ran.note();
        prompts::complete(&request)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListResourcesResult> {
        let (resources, next) = page(resources::all(), cursor(request), 3)?;
        let mut result = ListResourcesResult::with_all_items(resources)
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        Ok(result)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListResourceTemplatesResult> {
        let templates = resources::templates();
        Ok(ListResourceTemplatesResult::with_all_items(templates)
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Answer<ReadResourceResponse> {
        self.ran.note();
        resources::read(&request.uri).map(Into::into)
    }

    async fn subscribe(&self, request: SubscribeRequestParams, _: Context) -> Answer<()> {
        self.ran.note();
        resources::read(&request.uri).map(drop)
    }

    async fn unsubscribe(&self, request: UnsubscribeRequestParams, _: Context) -> Answer<()> {
        self.ran.note();
        resources::read(&request.uri).map(drop)
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Answer<()> {
        let mut changes = self.changes.subscribe();
        loop {
            tokio::select! {
                () = subscription.cancelled() => return Ok(()),
                changed = changes.recv() => {
                    let sink = subscription.sink();
                    // What the stream was not opened for is not sent, and that is no failure.
                    let _ = match changed {
                        Ok(Changed::Tools) => sink.notify_tool_list_changed().await,
                        Ok(Changed::Prompts) => sink.notify_prompt_list_changed().await,
                        Err(_) => Ok(()),
                    };
                }
            }
        }
    }

    async fn get_task(&self, request: GetTaskParams, _: Context) -> Answer<GetTaskResult> {
        self.ran.note();
        self.tasks
            .get_task(&request.task_id)
            .map(GetTaskResult::new)
    }

    async fn update_task(&self, request: UpdateTaskParams, _: Context) -> Answer<()> {
        self.ran.note();
        self.tasks
            .update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: Context) -> Answer<()> {
        self.ran.note();
        self.tasks.cancel_task(&request.task_id)
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Answer<ListSkillsResult> {
        let (skills, next) = page(skills::all(), cursor(request), 1)?;
        let mut result = ListSkillsResult::with_all_items(skills)
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        Ok(result)
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _: Context,
    ) -> Answer<GetSkillResult> {
        self.ran.note();
        skills::get(&request.uri)
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        _: Context,
    ) -> Answer<ReadResourceDirectoryResult> {
        self.ran.note();
        let children = skills::directory(&request.uri)?;
        let (children, next) = page(children, request.cursor, 1)?;
        let mut result = ReadResourceDirectoryResult::with_all_items(children)
            .with_ttl_ms(MINUTE)
            .with_cache_scope(CacheScope::Public);
        result.next_cursor = next;
        Ok(result)
    }
}
