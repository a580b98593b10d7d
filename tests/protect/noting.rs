//! A handler that has something for every method of rmcp's, and notes which of them ran.

// Subscriptions of older revisions are deprecated; their clients are still served.
#![expect(deprecated)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};

type Context = RequestContext<RoleServer>;
type Notified = NotificationContext<RoleServer>;

/// Its one resource, which can be a skill; its tool and its prompt are called "it".
pub(crate) const IT: &str = "skill://it/SKILL.md";

/// What of the handler ran, by rmcp's names.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<BTreeSet<&'static str>>>);

impl Heard {
    fn note(&self, method: &'static str) {
        self.0.lock().unwrap().insert(method);
    }

    pub(crate) fn take(&self) -> Vec<&'static str> {
        let heard = std::mem::take(&mut *self.0.lock().unwrap());
        heard.into_iter().collect()
    }
}

/// Notes whatever it is asked, and knows nothing.
pub(crate) struct Noting(pub(crate) Heard);

macro_rules! notes {
    ($($method:ident: $params:ty => $result:ty;)+) => {$(
        async fn $method(&self, _: $params, _: Context) -> Result<$result, ErrorData> {
            self.0.note(stringify!($method));
            Err(ErrorData::internal_error("noted", None))
        }
    )+};
}

macro_rules! notes_lists {
    ($($method:ident => $result:ty: $items:expr;)+) => {$(
        async fn $method(
            &self,
            _: Option<PaginatedRequestParams>,
            _: Context,
        ) -> Result<$result, ErrorData> {
            self.0.note(stringify!($method));
            Ok(<$result>::with_all_items($items))
        }
    )+};
}

macro_rules! notes_notifications {
    ($($method:ident: $params:ty;)+) => {$(
        async fn $method(&self, _: $params, _: Notified) {
            self.0.note(stringify!($method));
        }
    )+};
}

impl ServerHandler for Noting {
    notes! {
        set_level: SetLevelRequestParams => ();
        get_prompt: GetPromptRequestParams => GetPromptResponse;
        read_resource: ReadResourceRequestParams => ReadResourceResponse;
        subscribe: SubscribeRequestParams => ();
        unsubscribe: UnsubscribeRequestParams => ();
        complete: CompleteRequestParams => CompleteResult;
        get_task: GetTaskParams => GetTaskResult;
        update_task: UpdateTaskParams => ();
        cancel_task: CancelTaskParams => ();
        get_skill: GetSkillRequestParams => GetSkillResult;
        read_resource_directory: ReadResourceDirectoryRequestParams => ReadResourceDirectoryResult;
        on_custom_request: CustomRequest => CustomResult;
    }

    notes_lists! {
        list_tools => ListToolsResult: vec![Tool::new("it", "it", JsonObject::new())];
        list_prompts => ListPromptsResult: vec![Prompt::new("it", Some("it"), None)];
        list_resources => ListResourcesResult: vec![Resource::new(IT, "it")];
        list_resource_templates => ListResourceTemplatesResult: vec![];
        list_skills => ListSkillsResult: vec![];
    }

    notes_notifications! {
        on_cancelled: CancelledNotificationParam;
        on_progress: ProgressNotificationParam;
        on_custom_notification: CustomNotification;
    }

    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_tasks()
            .enable_skills_with_directory_read();
        ServerConfig::new(capabilities.build())
    }

    async fn ping(&self, _: Context) -> Result<(), ErrorData> {
        self.0.note("ping");
        Ok(())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        self.0.note("initialize");
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn discover(&self, _: Context) -> Result<DiscoverResult, ErrorData> {
        self.0.note("discover");
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    fn get_tool(&self, _: &str) -> Option<Tool> {
        self.0.note("get_tool");
        None
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        const TIME: &str = "2026-11-24T00:00:00Z";
        self.0.note("call_tool");
        let task = Task::new("task-0", TaskStatus::Working, TIME, TIME);
        Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    fn accepted_subscription_filter(
        &self,
        asked: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.0.note("accepted_subscription_filter");
        Some(asked.clone())
    }

    async fn listen(&self, _: SubscriptionContext) -> Result<(), ErrorData> {
        self.0.note("listen");
        Ok(())
    }

    async fn on_initialized(&self, _: Notified) {
        self.0.note("on_initialized");
    }

    async fn on_roots_list_changed(&self, _: Notified) {
        self.0.note("on_roots_list_changed");
    }
}
