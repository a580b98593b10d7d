//! Attempts to watch what one may not read, or to learn by watching what there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::{RequestContext, SubscriptionContext};
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{PolicyError, Rule, Rules, scopes};
use support::{Lab, Ran};

use crate::ask;
use crate::listen::{SHORT, listen};
use crate::office::{self, Office};

fn refusing() -> Rule {
    Rule::from(scopes!["notes"]).policy(|_| async { Err(PolicyError::denied("not today")) })
}

fn watched(uris: &[&str]) -> Value {
    json!({ "resourceSubscriptions": uris })
}

/// What it said first is what counts: a policy that is asked again could change its mind.
#[tokio::test]
async fn a_policy_that_wavers_opens_nothing() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let wavering = Rule::from(scopes!["notes"]).policy(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            match first {
                true => Err(PolicyError::unavailable()),
                false => Ok(()),
            }
        }
    });
    let rules = office::rules()
        .unlisted_resource("note:///wavering", wavering)
        .unlisted_resource("note:///never", refusing());
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let both = watched(&["note:///wavering", "note:///never"]);
    let (status, events) = listen(&lab, &lab.token("notes"), both, SHORT).await;
    assert_eq!(status, 200, "{events:?}");
    let watched = &events[0]["params"]["notifications"]["resourceSubscriptions"];
    assert!(watched.as_array().is_none_or(Vec::is_empty), "{events:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_a_policy_conceals_is_watched_like_what_there_is_not() {
    let rules = office::rules()
        .unlisted_resource("note:///policed", refusing().conceal())
        .unlisted_resource(
            "note:///open",
            Rule::from(scopes!["notes"])
                .policy(|_| async { Ok(()) })
                .conceal(),
        );
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let token = lab.token("notes");
    for uri in ["note:///policed", "note:///nowhere"] {
        let both = watched(&[uri, "note:///public"]);
        let (status, events) = listen(&lab, &token, both, SHORT).await;
        assert_eq!(status, 200, "{uri}: {events:?}");
        assert_eq!(events.len(), 1, "{uri}: {events:?}");
        assert_eq!(
            events[0]["params"]["notifications"],
            watched(&["note:///public"]),
            "{uri}"
        );
    }
    let (_, events) = listen(&lab, &token, watched(&["note:///open"]), SHORT).await;
    assert_eq!(
        events[0]["params"]["notifications"],
        watched(&["note:///open"])
    );
}

#[tokio::test]
async fn a_policy_is_asked_once_for_a_whole_list() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let slow = Rule::from(scopes!["notes"]).policy(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(())
        }
    });
    let rules = Rules::new().unlisted_resource("many:///{number}", slow.conceal());
    let lab = Lab::protecting(|_| Many, rules, |authz| authz).await;
    let token = lab.token("notes");
    let begun = Instant::now();
    let reply = ask(&lab, Some(&token), "resources/list", json!({})).await;
    let listed = reply.message()["result"]["resources"]
        .as_array()
        .map(Vec::len);
    assert_eq!(listed, Some(2_000), "{}", reply.status);
    assert_eq!(asked.swap(0, Ordering::SeqCst), 1);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

/// Whoever is shown none of the tools does not learn that they change.
#[tokio::test]
async fn what_is_concealed_does_not_change_for_whoever_does_not_see_it() {
    let tools = ["echo", "ask", "long", "hidden"];
    let changes = json!({ "toolsListChanged": true, "promptsListChanged": true });
    let concealed = || Rule::from(scopes!["tools"]).conceal();
    for (rule, scopes, told) in [
        (concealed(), "", Value::Null),
        (concealed(), "tools", Value::Bool(true)),
        (refusing_all(concealed()), "tools", Value::Null),
        (Rule::from(scopes!["tools"]), "", Value::Bool(true)),
    ] {
        let rules = office::without_tools().tools(tools, rule);
        let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
        let (_, events) = listen(&lab, &lab.token(scopes), changes.clone(), SHORT).await;
        assert_eq!(
            events[0]["params"]["notifications"]["toolsListChanged"], told,
            "{scopes}: {events:?}"
        );
    }
}

fn refusing_all(rule: Rule) -> Rule {
    rule.policy(|_| async { Err(PolicyError::denied("no")) })
}

/// Each URI costs its decision, and rmcp compares every one with every other.
#[tokio::test]
async fn a_huge_list_is_watched_in_part() {
    let rules = Rules::new().unlisted_resource("many:///{number}", scopes!["notes"]);
    let lab = Lab::protecting(|_| Many, rules, |authz| authz).await;
    let uris: Vec<String> = (0..40_000)
        .map(|number| format!("many:///{number}"))
        .collect();
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    let begun = Instant::now();
    let (status, events) = listen(&lab, &lab.token("notes"), watched(&uris), SHORT).await;
    assert_eq!(status, 200);
    let accepted = &events[0]["params"]["notifications"]["resourceSubscriptions"];
    let accepted = accepted.as_array().unwrap();
    assert!((1..=1_000).contains(&accepted.len()), "{}", accepted.len());
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

/// rmcp would leave the client without an answer.
#[tokio::test]
async fn a_handler_that_panics_where_rmcp_asks_first_is_one_that_has_no_answer() {
    let rules = Rules::new().unlisted_resource("x:///y", scopes!["notes"]);
    let lab = Lab::protecting(Panicking, rules, |authz| authz).await;
    let token = lab.token("notes");
    let answer = listen(&lab, &token, watched(&["x:///y"]), SHORT);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    let (status, events) = answer.expect("an answer");
    assert_eq!(status, 404, "{events:?}");
    assert_eq!(lab.ran.times(), 0);
}

/// Has many resources.
struct Many;

impl ServerHandler for Many {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_resources()
            .enable_resources_subscribe();
        ServerConfig::new(capabilities.build())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let uris = (0..2_000).map(|number| format!("many:///{number}"));
        let resources = uris.map(|uri| Resource::new(uri.clone(), uri));
        Ok(ListResourcesResult::with_all_items(resources.collect()))
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }
}

/// Fails where nobody expects it.
struct Panicking(Ran);

impl ServerHandler for Panicking {
    fn get_info(&self) -> ServerConfig {
        Many.get_info()
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        panic!("this is on purpose");
    }

    async fn listen(&self, _: SubscriptionContext) -> Result<(), ErrorData> {
        self.0.note();
        Ok(())
    }
}
