//! Attempts to go on with what a call left behind: as somebody else, for something else, with less.

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{ChallengeForm, Rule, Rules, Scope, scopes};
use support::{Lab, Ran, Reply};

use crate::ask;
use crate::office::{self, Office};

/// Whoever asks for much needs more.
fn by_size() -> Rule {
    Rule::from(scopes!["tasks"]).scopes_for(|arguments, _| {
        match arguments.get("size").and_then(Value::as_u64) {
            Some(size) if size > 10 => Scope::new("tasks:large").into(),
            _ => Scope::new("tasks").into(),
        }
    })
}

/// The rules of the office with another one for its tool that makes tasks.
fn rules_with(long: Rule) -> Rules {
    office::without_tools()
        .tools(["echo", "ask", "hidden"], scopes!["tools"])
        .tool("long", long)
}

async fn call(lab: &Lab, token: &str, tool: &str, arguments: Value) -> Reply {
    let params = json!({ "name": tool, "arguments": arguments });
    ask(lab, Some(token), "tools/call", params).await
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

#[tokio::test]
async fn a_task_keeps_asking_for_what_its_arguments_asked_for() {
    let lab = Lab::protecting(Office::new, rules_with(by_size()), |authz| authz).await;
    let wide = lab.token("tasks tasks:large");
    let large = call(&lab, &wide, "long", json!({ "size": 11 })).await;
    let large = text(&large.message()["result"]["taskId"]);
    let small = call(&lab, &lab.token("tasks"), "long", json!({ "size": 1 })).await;
    let small = text(&small.message()["result"]["taskId"]);
    lab.ran.reset();
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({ "taskId": large, "inputResponses": {} });
        for (scopes, asked) in [("tasks", "tasks tasks:large"), ("tasks:large", "tasks")] {
            let reply = ask(&lab, Some(&lab.token(scopes)), method, params.clone()).await;
            assert_eq!(reply.status, 403, "{method}: {reply:?}");
            assert!(
                reply.challenge().contains(&format!(r#"scope="{asked}""#)),
                "{reply:?}"
            );
        }
    }
    assert_eq!(lab.ran.times(), 0);
    for (token, id) in [(&wide, &large), (&lab.token("tasks"), &small)] {
        let reply = ask(&lab, Some(token), "tasks/get", json!({ "taskId": id })).await;
        assert_eq!(reply.message()["result"]["taskId"], **id, "{reply:?}");
    }
}

#[tokio::test]
async fn a_task_of_what_is_concealed_is_an_unknown_one_to_whoever_may_not_have_it_any_more() {
    let concealed = Rule::from(scopes!["tasks"]).conceal();
    let lab = Lab::protecting(Office::new, rules_with(concealed), |authz| authz).await;
    let made = call(&lab, &lab.token("tasks"), "long", json!({})).await;
    let id = text(&made.message()["result"]["taskId"]);
    let get = async |id: &str| {
        ask(
            &lab,
            Some(&lab.token("")),
            "tasks/get",
            json!({ "taskId": id }),
        )
        .await
    };
    let (own, unknown) = (get(&id).await, get("task-9").await);
    assert_eq!((own.status, own.body), (unknown.status, unknown.body));
}

/// Only a call has a result to tell a refusal in.
#[tokio::test]
async fn a_task_is_refused_by_the_status_whatever_the_form_of_refused_calls() {
    let lab = Lab::protecting(Office::new, office::rules(), |authz| {
        authz.challenge_form(ChallengeForm::ToolResult)
    })
    .await;
    let made = call(&lab, &lab.token("tasks"), "long", json!({})).await;
    let id = text(&made.message()["result"]["taskId"]);
    lab.ran.reset();
    let narrow = lab.token("tools");
    let refused = call(&lab, &narrow, "long", json!({})).await;
    assert_eq!(refused.message()["result"]["isError"], true, "{refused:?}");
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let params = json!({ "taskId": id, "inputResponses": {} });
        let reply = ask(&lab, Some(&narrow), method, params).await;
        assert_eq!(reply.status, 403, "{method}: {reply:?}");
        assert!(reply.challenge().contains(r#"scope="tasks""#), "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn the_cursor_of_a_directory_is_for_that_directory() {
    let lab = Lab::protecting(Shelves, shelves(), |authz| authz).await;
    let token = lab.token("skills");
    let read = async |uri: &str, cursor: Option<&str>| {
        let params = json!({ "uri": uri, "cursor": cursor });
        ask(&lab, Some(&token), "resources/directory/read", params).await
    };
    let first = read("shelf:///a", None).await;
    let cursor = text(&first.message()["result"]["nextCursor"]);
    let other = read("shelf:///b", Some(&cursor)).await;
    assert_eq!(other.error_code(), -32602, "{other:?}");
    let same = read("shelf:///a", Some(&cursor)).await;
    assert!(same.message()["result"].is_object(), "{same:?}");
}

/// Two servers of one program may have their keys in common, and not what they seal with them.
#[tokio::test]
async fn what_one_server_sealed_is_not_opened_by_another() {
    let keys = || [("k", [7u8; 32])];
    let here = Lab::protecting(Office::new, office::rules(), |authz| {
        authz.sealing_keys(keys())
    })
    .await;
    let first = ask(&here, Some(&here.token("tools")), "tools/list", json!({})).await;
    let cursor = text(&first.message()["result"]["nextCursor"]);
    // The same person, by the same client and issuer, elsewhere.
    let provider = here.provider.issuer().to_owned();
    let there = Lab::protecting(Office::new, office::rules(), |authz| {
        authz.issuer(provider.as_str()).sealing_keys(keys())
    })
    .await;
    let mint = here
        .provider
        .mint("alice")
        .client("smartmail")
        .resource(&there.url);
    let token = mint.scopes("tools").sign().unwrap();
    let page = json!({ "cursor": cursor });
    let foreign = ask(&there, Some(&token), "tools/list", page.clone()).await;
    assert_eq!(foreign.error_code(), -32602, "{foreign:?}");
    let own = ask(&here, Some(&here.token("tools")), "tools/list", page).await;
    assert!(own.message()["result"].is_object(), "{own:?}");
}

/// Directories whose cursors say nothing of where they lead.
struct Shelves(#[expect(dead_code, reason = "nothing of it counts")] Ran);

fn shelves() -> Rules {
    Rules::new()
        .unlisted_resource("shelf:///a", scopes!["skills"])
        .unlisted_resource("shelf:///b", scopes!["skills"])
}

impl ServerHandler for Shelves {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_resources()
            .enable_skills_with_directory_read();
        ServerConfig::new(capabilities.build())
    }

    async fn list_skills(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(ListSkillsResult::with_all_items(Vec::new()))
    }

    async fn read_resource_directory(
        &self,
        _: ReadResourceDirectoryRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        let mut page = ListResourcesResult::with_all_items(Vec::new());
        page.next_cursor = Some("10".to_owned());
        Ok(page)
    }
}
