//! What the operator learns, and no client: why something is answered as if there were no such thing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use json::{Value, json};
use log_lines::filter::LevelFilter;
use mcp_authz::{AuditEvent, PolicyError, Rule, Rules, scopes};
use support::{Lab, Reply};

use crate::ask;
use crate::office::{ALL, Office, without_tools};

/// A line for each decision, and all that was logged.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Told {
    fn add(&self, event: &AuditEvent<'_>) {
        let what = event.operation.map(|operation| operation.name.to_owned());
        let what = what.as_deref().unwrap_or("-");
        let line = format!("{:?} {what} {}\n", event.outcome, event.reason);
        self.0.lock().unwrap().push_str(&line);
    }

    /// What was told since the last time.
    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Write for Told {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(line);
        self.0.lock().unwrap().push_str(&line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn lab(rules: Rules) -> (Lab, Told) {
    let told = Told::default();
    let record = told.clone();
    let lab = Lab::protecting(Office::new, rules, move |authz| {
        authz.audit(move |event: &AuditEvent<'_>| record.add(event))
    });
    (lab.await, told)
}

const RECENTLY: Duration = Duration::from_secs(300);

/// Each tool is concealed, for a reason of its own.
fn concealing() -> Rules {
    let concealed = |scope| Rule::from(scope).conceal();
    let broken = |_| async { Err(PolicyError::unavailable_because("the directory is down")) };
    without_tools()
        .tool("hidden", concealed(scopes!["admin"]))
        .tool("echo", concealed(scopes!["tools"]).policy(broken))
        .tool(
            "ask",
            concealed(scopes!["tools"])
                .max_age(RECENTLY)
                .acr_values(["mfa", "phr"]),
        )
        .tool("long", concealed(scopes!["tasks"]))
}

fn assert_same(one: &Reply, other: &Reply) {
    let without_time = |reply: &Reply| {
        let mut headers = reply.headers.clone();
        headers.remove("date");
        headers
    };
    assert_eq!((one.status, &one.body), (other.status, &other.body));
    assert_eq!(without_time(one), without_time(other));
}

#[tokio::test]
async fn a_knock_at_something_concealed_is_on_record_with_its_reason_and_no_typing_error() {
    let (lab, told) = lab(concealing()).await;
    let token = lab.token("tools");
    let call = async |name: &str| {
        let params = json!({ "name": name, "arguments": {} });
        ask(&lab, Some(&token), "tools/call", params).await
    };
    let unknown = call("hiddem").await;
    assert_eq!(
        told.take(),
        "Refused hiddem unknown: nothing here has this name\n"
    );
    for (tool, record) in [
        (
            "hidden",
            "Refused hidden concealed: insufficient_scope: admin",
        ),
        (
            "echo",
            "Unavailable echo concealed: a policy could not tell: the directory is down",
        ),
        (
            "ask",
            "Refused ask concealed: insufficient_user_authentication: max_age=300 acr_values=\"mfa phr\" scope=\"tools\"",
        ),
    ] {
        assert_same(&call(tool).await, &unknown);
        assert_eq!(told.take().trim_end(), record);
    }
    let prompt = json!({ "name": "secret" });
    ask(&lab, Some(&token), "prompts/get", prompt).await;
    let resource = json!({ "uri": "note:///secret" });
    ask(&lab, Some(&token), "resources/read", resource).await;
    assert_eq!(
        told.take(),
        "Refused secret concealed: insufficient_scope: admin\n\
         Refused note:///secret concealed: insufficient_scope: admin\n"
    );
    assert_eq!(lab.ran.times(), 0);
}

async fn task(lab: &Lab, token: &str, id: &Value) -> Reply {
    ask(lab, Some(token), "tasks/get", json!({ "taskId": id })).await
}

#[tokio::test]
async fn a_task_that_is_refused_is_on_record_as_what_it_is() {
    let (lab, told) = lab(concealing()).await;
    let alice = lab.token("tasks");
    let made = ask(&lab, Some(&alice), "tools/call", json!({ "name": "long" })).await;
    let id = made.message()["result"]["taskId"].clone();
    assert!(id.is_string(), "{made:?}");
    lab.ran.reset();
    told.take();
    let bob = lab.token_of("bob", "smartmail", ALL);
    let unknown = task(&lab, &bob, &json!("task-9")).await;
    assert_eq!(told.take(), "Refused - there is no such task\n");
    assert_same(&task(&lab, &bob, &id).await, &unknown);
    assert_eq!(told.take(), "Refused - the task is another caller's\n");
    // Its maker, who may see the tool no longer.
    assert_same(&task(&lab, &lab.token("tools"), &id).await, &unknown);
    let record = "Refused long concealed: insufficient_scope: tasks\n";
    assert_eq!(told.take(), record);
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_state_and_a_cursor_that_are_refused_are_on_record() {
    let (lab, told) = lab(crate::office::rules()).await;
    let params = json!({ "name": "ask", "requestState": "step 1", "inputResponses": {} });
    let refused = ask(&lab, Some(&lab.token("tools")), "tools/call", params).await;
    assert_eq!(refused.error_code(), -32602);
    let record = "\nRefused - the requestState is another caller's or call's, or too old\n";
    let lines = told.take();
    assert!(lines.ends_with(record), "{lines}");
    let params = json!({ "cursor": "second" });
    let refused = ask(&lab, Some(&lab.token("tools")), "tools/list", params).await;
    assert_eq!(refused.error_code(), -32602);
    let record = "Refused - the cursor is another caller's or list's, or too old\n";
    assert_eq!(told.take(), record);
    assert_eq!(lab.ran.times(), 0);
}

/// The log says the same, to those who keep no record. It is that of all tests here, each on its own thread.
#[tokio::test]
async fn the_log_tells_them_apart_too() {
    let log = Told::default();
    let writer = log.clone();
    log_lines::fmt()
        .with_max_level(LevelFilter::DEBUG)
        .with_ansi(false)
        .with_thread_names(true)
        .with_writer(move || writer.clone())
        .init();
    let heard = || {
        let all = log.take();
        let own = all.lines().filter(|line| line.contains("the_log_tells"));
        own.collect::<Vec<_>>().join("\n")
    };
    let lab = Lab::protecting(Office::new, concealing(), |authz| authz).await;
    let token = lab.token("tools");
    for (name, told) in [
        ("hiddem", "unknown operation=tool \"hiddem\""),
        ("hidden", "concealed=Some(InsufficientScope("),
        ("echo", "the directory is down"),
    ] {
        heard();
        let call = json!({ "name": name, "arguments": {} });
        ask(&lab, Some(&token), "tools/call", call).await;
        let log = heard();
        let mut lines = log.lines().filter(|line| line.contains("gate::ticket"));
        assert!(lines.any(|line| line.contains(told)), "{told}: {log}");
    }
    task(&lab, &token, &json!("task-9")).await;
    let log = heard();
    assert!(log.contains("there is no such task"), "{log}");
}
