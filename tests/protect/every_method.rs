//! Every method of rmcp's, and a token that grants nothing: what is not the opening of the protocol or a
//! list does not run, and a method that rmcp adds is not passed over.

use std::collections::BTreeSet;
use std::time::Duration;

use json::{Value, json};
use mcp_authz::rmcp::model::{ClientNotification, ClientRequest};
use mcp_authz::schemars::{JsonSchema, schema_for};
use mcp_authz::{Rules, SessionLimits, Visibility, scopes};
use support::{Lab, Reply, legacy_body};

use crate::ask;
use crate::noting::{Heard, IT, Noting};

/// A method, what it is asked with, and what of the handler would run.
type Asked = (&'static str, Value, &'static [&'static str]);

/// What whoever has a token may ask, and what then runs: it says nothing of what there is.
fn open() -> Vec<Asked> {
    let opening = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "lab", "version": "1" },
    });
    let watched = json!({ "notifications": {
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": [IT],
    } });
    let listens = &["accepted_subscription_filter", "listen"];
    vec![
        ("initialize", opening, &["initialize"]),
        ("ping", json!({}), &["ping"]),
        ("server/discover", json!({}), &["discover"]),
        ("tools/list", json!({}), &["list_tools"]),
        ("prompts/list", json!({}), &["list_prompts"]),
        ("resources/list", json!({}), &["list_resources"]),
        (
            "resources/templates/list",
            json!({}),
            &["list_resource_templates"],
        ),
        ("skills/list", json!({}), &["list_skills"]),
        ("subscriptions/listen", watched, listens),
    ]
}

/// What needs the scope.
fn closed() -> Vec<Asked> {
    let completed = json!({
        "ref": { "type": "ref/prompt", "name": "it" },
        "argument": { "name": "x", "value": "" },
    });
    let task = || json!({ "taskId": "task-0", "inputResponses": {} });
    let it = || json!({ "uri": IT });
    vec![
        (
            "tools/call",
            json!({ "name": "it", "arguments": {} }),
            &["call_tool", "get_tool"],
        ),
        ("prompts/get", json!({ "name": "it" }), &["get_prompt"]),
        ("completion/complete", completed, &["complete"]),
        ("resources/read", it(), &["read_resource"]),
        ("resources/subscribe", it(), &["subscribe"]),
        ("resources/unsubscribe", it(), &["unsubscribe"]),
        (
            "resources/directory/read",
            it(),
            &["read_resource_directory"],
        ),
        ("skills/get", it(), &["get_skill"]),
        ("tasks/get", task(), &["get_task"]),
        ("tasks/update", task(), &["update_task"]),
        ("tasks/cancel", task(), &["cancel_task"]),
        (
            "logging/setLevel",
            json!({ "level": "debug" }),
            &["set_level"],
        ),
        ("acme/it", json!({}), &["on_custom_request"]),
    ]
}

/// The ways in which a message can come.
#[derive(Clone, Copy, Debug)]
enum Way {
    Newest,
    Older,
    InSession,
}

const WAYS: [Way; 3] = [Way::Newest, Way::Older, Way::InSession];

struct Place {
    lab: Lab,
    heard: Heard,
    way: Way,
    session: String,
}

impl Place {
    async fn of(way: Way) -> Self {
        let rules = Rules::new()
            .tool("it", scopes!["all"])
            .prompt("it", scopes!["all"])
            .resource(IT, scopes!["all"])
            .method("logging/setLevel", scopes!["all"])
            .method("acme/it", scopes!["all"])
            .method("notifications/acme", scopes!["all"]);
        let heard = Heard::default();
        let handler = Noting(heard.clone());
        let lab = Lab::protecting(
            |_| handler,
            rules,
            |authz| {
                let authz = authz.visibility(Visibility::Granted);
                match way {
                    Way::InSession => authz.sessions(SessionLimits::new()),
                    _ => authz,
                }
            },
        )
        .await;
        let mut session = String::new();
        if let Way::InSession = way {
            let (method, params, _) = open().swap_remove(0);
            let token = lab.token("");
            let opening = lab.post(Some(&token)).body(legacy_body(method, params));
            session = Reply::of(opening).await.header("mcp-session-id").to_owned();
            assert!(!session.is_empty());
        }
        heard.take();
        Self {
            lab,
            heard,
            way,
            session,
        }
    }

    async fn ask(&self, token: Option<&str>, method: &str, params: Value) -> Reply {
        let request = self
            .lab
            .post(token)
            .header("mcp-protocol-version", "2025-11-25");
        let body = legacy_body(method, params.clone());
        match self.way {
            Way::Newest => ask(&self.lab, token, method, params).await,
            Way::Older => Reply::of(request.body(body)).await,
            Way::InSession => {
                Reply::of(request.header("mcp-session-id", &self.session).body(body)).await
            }
        }
    }

    /// Without an answer, so it is given some time.
    async fn notify(&self, token: Option<&str>, method: &str, params: Value) -> Vec<&'static str> {
        let body = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        let request = self.lab.post(token);
        let request = match self.way {
            Way::InSession => request.header("mcp-session-id", &self.session),
            _ => request,
        };
        Reply::of(request.body(body.to_string())).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        self.heard.take()
    }
}

#[tokio::test]
async fn a_token_that_grants_nothing_runs_nothing_but_the_opening_and_lists() {
    let mut ran = BTreeSet::new();
    for way in WAYS {
        let place = Place::of(way).await;
        let (nothing, all) = (place.lab.token(""), place.lab.token("all"));
        for (method, params, runs) in closed() {
            for token in [None, Some("no-token"), Some(&*nothing)] {
                let reply = place.ask(token, method, params.clone()).await;
                assert!(
                    reply.message()["result"].is_null(),
                    "{way:?} {method}: {reply:?}"
                );
                assert_eq!(place.heard.take(), [""; 0], "{way:?} {method}");
            }
            // So it was that token, and no mistake in the request.
            place.ask(Some(&all), method, params).await;
            let heard = place.heard.take();
            assert!(
                heard.iter().all(|heard| runs.contains(heard)),
                "{way:?} {method}: {heard:?}"
            );
            ran.extend(heard);
        }
        for (method, params, runs) in open() {
            for token in [None, Some("no-token")] {
                let reply = place.ask(token, method, params.clone()).await;
                assert_eq!(reply.status, 401, "{way:?} {method}: {reply:?}");
                assert_eq!(place.heard.take(), [""; 0], "{way:?} {method}");
            }
            let reply = place.ask(Some(&nothing), method, params).await;
            assert!(!reply.body.contains(IT), "{way:?} {method}: {reply:?}");
            assert!(
                !reply.body.contains("ListChanged"),
                "{way:?} {method}: {reply:?}"
            );
            let heard = place.heard.take();
            assert!(
                heard.iter().all(|heard| runs.contains(heard)),
                "{way:?} {method}: {heard:?}"
            );
            ran.extend(heard);
        }
    }
    let every: BTreeSet<_> = open()
        .into_iter()
        .chain(closed())
        .flat_map(|(.., runs)| runs)
        .copied()
        .collect();
    assert_eq!(ran, every, "each of them runs somewhere");
}

/// What a client tells without being asked, and whether it needs the scope.
fn notifications() -> [(&'static str, Value, &'static str, bool); 5] {
    let progress = json!({ "progressToken": 1, "progress": 1.0 });
    [
        (
            "notifications/cancelled",
            json!({ "requestId": 9 }),
            "on_cancelled",
            false,
        ),
        ("notifications/progress", progress, "on_progress", false),
        (
            "notifications/initialized",
            json!({}),
            "on_initialized",
            false,
        ),
        (
            "notifications/roots/list_changed",
            json!({}),
            "on_roots_list_changed",
            false,
        ),
        (
            "notifications/acme",
            json!({}),
            "on_custom_notification",
            true,
        ),
    ]
}

#[tokio::test]
async fn what_is_told_without_an_answer_is_decided_too() {
    let place = Place::of(Way::InSession).await;
    let (nothing, all) = (place.lab.token(""), place.lab.token("all"));
    for (method, params, runs, needs_scope) in notifications() {
        for token in [None, Some("no-token")] {
            assert_eq!(
                place.notify(token, method, params.clone()).await,
                [""; 0],
                "{method}"
            );
        }
        let heard = place.notify(Some(&nothing), method, params.clone()).await;
        assert_eq!(heard.is_empty(), needs_scope, "{method}: {heard:?}");
        let heard = place.notify(Some(&all), method, params).await;
        assert_eq!(heard, [runs], "{method}");
    }
}

/// The methods of all messages of a kind that rmcp knows; those of any name have none.
fn methods_of<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schema_for!(T).to_value();
    let followed = |value: &Value| -> Value {
        let reference = value["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix('#'));
        reference
            .map_or(value, |path| schema.pointer(path).unwrap())
            .clone()
    };
    let variants = schema["anyOf"].as_array().unwrap();
    let methods = variants.iter().filter_map(|variant| {
        let method = followed(&followed(variant)["properties"]["method"]);
        method["const"].as_str().map(str::to_owned)
    });
    let methods: BTreeSet<_> = methods.collect();
    assert_eq!(
        methods.len() + 1,
        variants.len(),
        "all but the custom one have a name"
    );
    methods
}

/// A new one is refused until somebody decides what it is, and then it belongs into the tables here.
#[test]
fn every_method_that_rmcp_knows_is_in_these_tables() {
    let requests: BTreeSet<_> = open()
        .into_iter()
        .chain(closed())
        .map(|(method, ..)| method.to_owned())
        .filter(|method| method != "acme/it")
        .collect();
    assert_eq!(methods_of::<ClientRequest>(), requests);
    let told = notifications()
        .into_iter()
        .map(|(method, ..)| method.to_owned());
    let told: BTreeSet<_> = told
        .filter(|method| method != "notifications/acme")
        .collect();
    assert_eq!(methods_of::<ClientNotification>(), told);
}
