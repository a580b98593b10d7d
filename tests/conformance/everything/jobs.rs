//! Tools that work as tasks (SEP-2663) for clients that know what a task is.

use std::time::Duration;

use json::{Value, json};
use mcp_authz::rmcp::ErrorData;
use mcp_authz::rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult,
    TASKS_EXTENSION_ID,
};
use mcp_authz::rmcp::task_manager::{TaskContext, TaskExit, TaskOptions};
use tokio::time::sleep;

use super::content::{argument, text};
use super::dialogue::cannot_do_without;
use super::rounds::{Answers, ask, form};
use super::{Answer, Context, Everything, model};

type Outcome = Result<CallToolResult, TaskExit>;

pub(super) async fn call(
    server: &Everything,
    request: &CallToolRequestParams,
    context: &Context,
) -> Option<Answer<CallToolResponse>> {
    let knows_tasks = context
        .client_capabilities()
        .is_some_and(|capabilities| capabilities.supports_tasks());
    let seconds = argument(request, "seconds").as_f64().unwrap_or_default();
    let time = Duration::from_secs_f64(seconds.clamp(0.0, 60.0));
    Some(Ok(match &*request.name {
        "slow_compute" if !knows_tasks => {
            sleep(time).await;
            computed().into()
        }
        "slow_compute" => server.spawn(move |task| compute(time, task)),
        "failing_job"
        | "protocol_error_job"
        | "confirm_delete"
        | "multi_input"
        | "test_tool_with_task"
            if !knows_tasks =>
        {
            let missing = json!({ "extensions": { TASKS_EXTENSION_ID: {} } });
            return Some(Err(cannot_do_without(missing)));
        }
        "failing_job" => server.spawn(|_| fail()),
        "protocol_error_job" => server.spawn(|_| crash()),
        "confirm_delete" => {
            let file = argument(request, "filename").to_string();
            server.spawn(|task| delete(file, task))
        }
        "multi_input" => server.spawn(two_answers),
        "test_tool_with_task" => greet_later(server, request),
        _ => return None,
    }))
}

impl Everything {
    fn spawn<F>(&self, work: impl FnOnce(TaskContext) -> F) -> CallToolResponse
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let options = TaskOptions::new().with_poll_interval_ms(100);
        let task = self.tasks.spawn(options, |task| Box::pin(work(task)));
        CreateTaskResult::new(task).into()
    }
}

fn computed() -> CallToolResult {
    text("42")
}

async fn compute(time: Duration, task: TaskContext) -> Outcome {
    tokio::select! {
        () = sleep(time) => Ok(computed()),
        () = task.cancelled() => Err(TaskExit::Cancelled),
    }
}

async fn fail() -> Outcome {
    sleep(Duration::from_millis(200)).await;
    let words = ContentBlock::text("The job did not work out.");
    Ok(CallToolResult::error(vec![words]))
}

async fn crash() -> Outcome {
    let error = ErrorData::internal_error("the job broke", None);
    Err(TaskExit::Error(error))
}

async fn delete(file: String, task: TaskContext) -> Outcome {
    let question = model(form(&format!("Delete {file}?"), "confirm"));
    let answer = task.request_input("confirm", question).await?;
    Ok(text(if answer["action"] == "accept" {
        format!("Deleted {file}.")
    } else {
        format!("Kept {file}.")
    }))
}

async fn two_answers(task: TaskContext) -> Outcome {
    let question = |message| model(form(message, "name"));
    let (one, two) = tokio::try_join!(
        task.request_input("one", question("One?")),
        task.request_input("two", question("Two?")),
    )?;
    let name = |answer: &Value| answer["content"]["name"].to_string();
    Ok(text(format!("{} and {}", name(&one), name(&two))))
}

/// Asks first, in rounds; what it was told is in the task's result.
fn greet_later(server: &Everything, request: &CallToolRequestParams) -> CallToolResponse {
    let answers = Answers(request.input_responses.as_ref());
    let Some(name) = answers.form("user_name", "name") else {
        return ask(json!({ "user_name": form("What is your name?", "name") }));
    };
    let greeting = format!("Hello, {name}!");
    server.spawn(|_| async move { Ok(text(greeting)) })
}
