//! A handler that offers a bit of everything, written without a thought of who calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{AuthInfo, Rule, Rules, scopes};
use support::Ran;

type Context = RequestContext<RoleServer>;

/// Counts whatever it runs.
pub(crate) struct Office {
    pub(crate) ran: Ran,
    pub(crate) tasks: AtomicUsize,
}

impl Office {
    pub(crate) fn new(ran: Ran) -> Self {
        Self {
            ran,
            tasks: AtomicUsize::new(0),
        }
    }
}

/// The rules that go with it.
pub(crate) fn rules() -> Rules {
    without_tools()
        .tool("echo", scopes!["tools"])
        .tool("ask", scopes!["tools"])
        .tool("long", scopes!["tasks"])
        .tool("hidden", Rule::from(scopes!["admin"]).conceal())
}

/// The same, but for its tools.
pub(crate) fn without_tools() -> Rules {
    Rules::new()
        .prompt("greeting", scopes!["prompts"])
        .prompt("secret", Rule::from(scopes!["admin"]).conceal())
        .resource("note:///public", scopes!["notes"])
        .resource("note:///secret", Rule::from(scopes!["admin"]).conceal())
        .resource("bucket:///{bucket}/{+path}", scopes!["files:{bucket}:read"])
        .resource("skill://math/SKILL.md", scopes!["skills"])
        .unlisted_resource("skill://math", scopes!["skills"])
        .method("acme/reindex", scopes!["admin"])
}

/// Every scope that the rules know.
pub(crate) const ALL: &str = "tools tasks admin prompts notes skills files:a:read";

fn tool(name: &'static str) -> Tool {
    Tool::new(name, name, JsonObject::new())
}

fn task(id: &str) -> Task {
    const TIME: &str = "2026-11-24T00:00:00Z";
    Task::new(id, TaskStatus::Working, TIME, TIME)
}

impl ServerHandler for Office {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_tasks()
            .enable_skills_with_directory_read()
            .build();
        ServerConfig::new(capabilities).with_server_info(Implementation::new("office", "1"))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        // Two pages, so that there is a cursor.
        let second = request.and_then(|request| request.cursor).is_some();
        let names: &[&str] = if second {
            &["long", "hidden"]
        } else {
            &["echo", "ask"]
        };
        let mut page =
            ListToolsResult::with_all_items(names.iter().map(|name| tool(name)).collect())
                .with_cache_scope(CacheScope::Public);
        page.next_cursor = (!second).then(|| "second".to_owned());
        Ok(page)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        ["echo", "ask", "long", "hidden"]
            .into_iter()
            .find(|own| *own == name)
            .map(tool)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        self.ran.note();
        let text = match &*request.name {
            "ask" => match request.request_state {
                None => {
                    return Ok(CallToolResponse::InputRequired(
                        InputRequiredResult::from_request_state("step 1"),
                    ));
                }
                Some(state) => state,
            },
            "long" => {
                let id = format!("task-{}", self.tasks.fetch_add(1, Ordering::SeqCst));
                return Ok(CallToolResponse::Task(CreateTaskResult::new(task(&id))));
            }
            name => {
                let caller = AuthInfo::find(&context);
                let subject = caller.as_ref().and_then(AuthInfo::subject);
                format!("{name} for {}", subject.unwrap_or("nobody"))
            }
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: Context,
    ) -> Result<GetTaskResult, ErrorData> {
        self.ran.note();
        let detailed = DetailedTask::new(task(&request.task_id), TaskPayload::Working);
        Ok(GetTaskResult::new(detailed))
    }

    async fn cancel_task(&self, _: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        self.ran.note();
        Ok(())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompts = ["greeting", "secret"].map(|name| Prompt::new(name, Some(name), None));
        Ok(ListPromptsResult::with_all_items(prompts.into()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.ran.note();
        let message = PromptMessage::new_text(Role::User, request.name);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let uris = ["note:///public", "note:///secret", "bucket:///a/listed"];
        let resources = uris.map(|uri| Resource::new(uri, uri));
        Ok(ListResourcesResult::with_all_items(resources.into()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("bucket:///{bucket}/{+path}", "files");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.ran.note();
        let contents = ResourceContents::text("text", request.uri);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        self.ran.note();
        Ok(())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        self.ran.note();
        let values = ["a", "b", "c"].map(str::to_owned);
        let mut info = CompletionInfo::new(values.into()).unwrap();
        info.total = Some(3);
        Ok(CompleteResult::new(info))
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.ran.note();
        context.cancelled().await;
        Ok(())
    }

    async fn list_skills(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(ListSkillsResult::with_all_items(vec![skill()]))
    }

    async fn get_skill(
        &self,
        _: GetSkillRequestParams,
        _: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        self.ran.note();
        Ok(GetSkillResult::new(skill()))
    }

    async fn read_resource_directory(
        &self,
        _: ReadResourceDirectoryRequestParams,
        _: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        self.ran.note();
        let uris = ["skill://math/SKILL.md", "note:///secret", "elsewhere:///x"];
        let children = uris.map(|uri| Resource::new(uri, uri));
        Ok(ListResourcesResult::with_all_items(children.into()))
    }

    async fn on_custom_request(
        &self,
        _: CustomRequest,
        _: Context,
    ) -> Result<CustomResult, ErrorData> {
        self.ran.note();
        Ok(CustomResult::new(json::json!({ "done": true })))
    }

    async fn on_custom_notification(
        &self,
        _: CustomNotification,
        _: NotificationContext<RoleServer>,
    ) {
        self.ran.note();
    }
}

fn skill() -> Skill {
    let frontmatter = SkillFrontmatter::new("math", "how to count");
    Skill::new(
        "skill://math/SKILL.md",
        frontmatter,
        SkillResources::Dynamic,
    )
}
