//! News of a task, from a handler that tells everybody whom it knows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::{NotificationContext, Peer, RequestContext};
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rules, SessionLimits, scopes};
use support::{Lab, Reply, legacy_body};

const TIME: &str = "2026-11-24T00:00:00Z";

fn task(id: &str) -> Task {
    Task::new(id, TaskStatus::Working, TIME, TIME)
}

/// Makes a task of the name it is given, and tells of it when it is called again.
#[derive(Clone, Default)]
struct Crier(Arc<Mutex<Vec<Peer<RoleServer>>>>);

impl Crier {
    async fn tell_everybody(&self, id: &str) {
        let everybody = self.0.lock().unwrap().clone();
        for peer in everybody {
            let news = DetailedTask::new(task(id), TaskPayload::Working);
            let news = TaskStatusNotification::new(TaskStatusNotificationParams::new(news));
            let _ = peer
                .send_notification(ServerNotification::TaskStatusNotification(news))
                .await;
        }
    }

    /// As a handler does that passes on what it was told itself, whatever that is.
    async fn pass_on(&self, id: &str) {
        let everybody = self.0.lock().unwrap().clone();
        let odd = [
            (
                "notifications/tasks",
                json!({ "taskId": id, "status": "odd" }),
            ),
            ("notifications/tasks/status", json!({ "taskId": id })),
            ("notifications/tasks", json!({ "task": { "taskId": id } })),
            ("notifications/tasks/", json!([id])),
        ];
        for peer in everybody {
            for (method, params) in odd.clone() {
                let news = CustomNotification::new(method, Some(params));
                let _ = peer
                    .send_notification(ServerNotification::CustomNotification(news))
                    .await;
            }
        }
    }
}

impl ServerHandler for Crier {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tasks();
        ServerConfig::new(capabilities.build())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.0.lock().unwrap().push(context.peer);
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools =
            ["begin", "tell", "pass-on"].map(|name| Tool::new(name, name, JsonObject::new()));
        Ok(ListToolsResult::with_all_items(tools.into()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let id = arguments.get("id").and_then(Value::as_str).unwrap_or("");
        if request.name == "begin" {
            // Before anybody can be its owner.
            self.tell_everybody(id).await;
            return Ok(CallToolResponse::Task(CreateTaskResult::new(task(id))));
        }
        match &*request.name {
            "tell" => self.tell_everybody(id).await,
            _ => self.pass_on(id).await,
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("told")]).into())
    }
}

/// A session of 2025-11-25 and what arrives on its stream.
struct Session {
    id: String,
    token: String,
    heard: Arc<Mutex<String>>,
}

impl Session {
    async fn open(lab: &Lab, token: String) -> Self {
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "extensions": { TASKS_EXTENSION_ID: {} } },
            "clientInfo": { "name": "lab", "version": "1" },
        });
        let hello = legacy_body("initialize", hello);
        let opened = Reply::of(lab.post(Some(&token)).body(hello)).await;
        let id = opened.header("mcp-session-id").to_owned();
        assert!(!id.is_empty(), "{opened:?}");
        let heard = Arc::default();
        let session = Self { id, token, heard };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(session.say(lab, ready.to_string()).await.status, 202);
        session.hear(lab).await;
        session
    }

    async fn say(&self, lab: &Lab, body: String) -> Reply {
        let request = lab.post(Some(&self.token));
        let request = request.header("mcp-session-id", &self.id);
        let request = request.header("mcp-protocol-version", "2025-11-25");
        let reply = Reply::of(request.body(body)).await;
        self.heard.lock().unwrap().push_str(&reply.body);
        reply
    }

    async fn call(&self, lab: &Lab, tool: &str, id: &str) -> Reply {
        let call = json!({ "name": tool, "arguments": { "id": id } });
        self.say(lab, legacy_body("tools/call", call)).await
    }

    async fn hear(&self, lab: &Lab) {
        let stream = lab.request(http_client::Method::GET, Some(&self.token));
        let stream = stream.header("mcp-session-id", &self.id);
        let stream = stream.header("mcp-protocol-version", "2025-11-25");
        let stream = stream.header("accept", "text/event-stream").send();
        let mut stream = stream.await.unwrap();
        assert_eq!(stream.status(), 200);
        let heard = Arc::clone(&self.heard);
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = stream.chunk().await {
                heard
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&chunk));
            }
        });
    }

    /// How often there was news of this task.
    fn news(&self, id: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        let lines = heard
            .lines()
            .filter(|line| line.contains("notifications/tasks"));
        lines.filter(|line| line.contains(id)).count()
    }
}

#[tokio::test]
async fn of_a_task_its_owner_alone_is_told() {
    let rules = Rules::new().tools(["begin", "tell", "pass-on"], scopes!["tasks"]);
    let crier = Crier::default();
    let lab = Lab::protecting(
        |_| crier.clone(),
        rules,
        |authz| authz.sessions(SessionLimits::new()).json_replies(false),
    )
    .await;
    let alice = Session::open(&lab, lab.token("tasks")).await;
    // Another session of hers, another person, and her other agent.
    let again = Session::open(&lab, lab.token("tasks")).await;
    let others = [
        Session::open(&lab, lab.token_of("bob", "smartmail", "tasks")).await,
        Session::open(&lab, lab.token_of("alice", "webmail", "tasks")).await,
    ];
    while crier.0.lock().unwrap().len() < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let made = alice.call(&lab, "begin", "alices-task").await;
    assert!(made.body.contains("alices-task"), "{made:?}");
    alice.call(&lab, "tell", "alices-task").await;
    // Of what nobody made, nobody is told.
    alice.call(&lab, "tell", "nobodys-task").await;
    // In an odd shape to those whose it is by its id, and to nobody where that is missing.
    alice.call(&lab, "pass-on", "alices-task").await;
    alice.call(&lab, "pass-on", "nobodys-task").await;
    let told = others[0].call(&lab, "tell", "alices-task").await;
    assert_eq!(told.status, 200, "{told:?}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    for session in [&alice, &again] {
        assert_eq!(session.news("alices-task"), 2 + 2, "{:?}", session.heard);
        assert_eq!(session.news("nobodys-task"), 0);
    }
    for session in &others {
        let heard = session.heard.lock().unwrap().clone();
        assert!(!heard.contains("alices-task"), "{heard}");
    }
}
