//! Who may set the log level of a handler: one for all callers, since one handler serves them all.

use std::sync::{Arc, Mutex};

use http_client::StatusCode;
use json::{Value, json};
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{AuditEvent, AuditOutcome, Kind, Rule, Rules, scopes};
use support::{Lab, Ran, Reply, legacy_body};

use crate::ask;

const SET_LEVEL: &str = "logging/setLevel";

/// Has a level that is everybody's, and takes whatever else comes.
struct Loud(Ran);

#[expect(deprecated)]
impl ServerHandler for Loud {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_logging();
        ServerConfig::new(capabilities.build())
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.note();
        Ok(())
    }

    async fn on_custom_request(
        &self,
        _: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.0.note();
        Ok(CustomResult::new(json!({})))
    }
}

async fn loud(rules: Rules) -> Lab {
    let rules = rules.method("acme/hello", Rule::anonymous());
    Lab::protecting(Loud, rules, |authz| authz.allow_anonymous()).await
}

/// Sends it in both kinds of revisions.
async fn send(lab: &Lab, token: Option<&str>, method: &str, params: Value) -> [Reply; 2] {
    let legacy = lab
        .post(token)
        .header("mcp-protocol-version", "2025-11-25")
        .body(legacy_body(method, params.clone()));
    let modern = ask(lab, token, method, params).await;
    [modern, Reply::of(legacy).await]
}

async fn set(lab: &Lab, token: Option<&str>) -> [Reply; 2] {
    send(lab, token, SET_LEVEL, json!({ "level": "debug" })).await
}

#[tokio::test]
async fn without_a_rule_nobody_sets_the_level_of_everybody() {
    let lab = loud(Rules::new()).await;
    let token = lab.token("log");
    for token in [None, Some(&*token)] {
        let missing = send(&lab, token, "acme/missing", json!({})).await;
        for (reply, missing) in set(&lab, token).await.iter().zip(&missing) {
            assert_eq!(reply.error_code(), -32601, "{reply:?}");
            // As what there is not.
            assert_eq!(reply.status, missing.status, "{reply:?}");
            let expected = missing.body.replace("acme/missing", SET_LEVEL);
            assert_eq!(reply.body, expected);
        }
    }
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn with_a_rule_those_set_it_whom_it_names() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&lines);
    let rules = Rules::new().method(SET_LEVEL, scopes!["log"]);
    let lab = Lab::protecting(Loud, rules, |authz| {
        let sink = move |event: &AuditEvent<'_>| {
            let what = event.operation.map(|one| (one.kind, one.name.to_owned()));
            record.lock().unwrap().push((event.outcome, what));
        };
        authz.allow_anonymous().audit(sink)
    })
    .await;
    let (own, other) = (lab.token("log"), lab.token("mail"));
    for (token, status, ran) in [
        (None, StatusCode::UNAUTHORIZED, 0),
        (Some(&*other), StatusCode::FORBIDDEN, 0),
        (Some(&*own), StatusCode::OK, 2),
    ] {
        for reply in set(&lab, token).await {
            assert_eq!(reply.status, status, "{reply:?}");
            let asks = reply.challenge().contains("scope=\"log\"");
            assert_eq!(asks, status != StatusCode::OK, "{reply:?}");
        }
        assert_eq!(lab.ran.reset(), ran);
    }
    let what = Some((Kind::Method, SET_LEVEL.to_owned()));
    let expected = [
        AuditOutcome::Refused,
        AuditOutcome::Refused,
        AuditOutcome::Allowed,
    ]
    .map(|outcome| [(outcome, what.clone()), (outcome, what.clone())]);
    assert_eq!(*lines.lock().unwrap(), expected.concat());
    // Everything that only reads stays open.
    let reply = ask(&lab, None, "server/discover", json!({})).await;
    assert!(reply.message()["result"].is_object(), "{reply:?}");
}

/// What rmcp cannot read as MCP's own comes as a method of somebody else's.
#[tokio::test]
async fn the_rule_is_for_no_odd_shape() {
    let lab = loud(Rules::new().method(SET_LEVEL, scopes!["log"])).await;
    let token = lab.token("log");
    for params in [
        json!({}),
        json!({ "level": "loudest" }),
        json!({ "level": 7 }),
        json!({ "level": ["debug"] }),
    ] {
        for reply in send(&lab, Some(&token), SET_LEVEL, params.clone()).await {
            assert!(reply.message()["result"].is_null(), "{params}: {reply:?}");
        }
    }
    let body = json!({ "jsonrpc": "2.0", "method": SET_LEVEL, "params": { "level": "debug" } });
    Reply::of(lab.post(Some(&token)).body(body.to_string())).await;
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn a_level_that_is_concealed_is_set_by_those_who_may() {
    let rule = Rule::from(scopes!["log"]).conceal();
    let lab = loud(Rules::new().method(SET_LEVEL, rule)).await;
    for token in [None, Some(&*lab.token("mail"))] {
        for reply in set(&lab, token).await {
            assert_eq!(reply.error_code(), -32601, "{reply:?}");
            assert_eq!(reply.challenge(), "", "{reply:?}");
        }
    }
    assert_eq!(lab.ran.times(), 0);
    set(&lab, Some(&lab.token("log"))).await;
    assert_eq!(lab.ran.times(), 2);
}
