//! What rmcp asks a handler aside, where there is no HTTP.

use std::time::Duration;

use rmcp::model::{ServerCapabilities, ServerConfig, SubscriptionFilter};
use rmcp::service::SubscriptionContext;
use rmcp::{ErrorData, ServerHandler};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::*;
use crate::{Authz, PolicyError, Rule, Rules, scopes};

/// Has resources that can be watched.
struct Watched;

impl ServerHandler for Watched {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_resources()
            .enable_resources_subscribe();
        ServerConfig::new(capabilities.build())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        context.cancelled().await;
        Ok(())
    }
}

fn policed(answer: Result<(), PolicyError>) -> Rule {
    Rule::from(scopes!["notes"]).policy(move |_| {
        let answer = answer.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            answer
        }
    })
}

#[tokio::test]
async fn what_a_policy_does_not_allow_is_not_watched() {
    let rules = Rules::new()
        .unlisted_resource("note:///plain", scopes!["notes"])
        .unlisted_resource("note:///narrow", scopes!["admin"])
        .unlisted_resource("note:///allowed", policed(Ok(())))
        .unlisted_resource("note:///denied", policed(Err(PolicyError::denied("no"))))
        .unlisted_resource("note:///unsure", policed(Err(PolicyError::unavailable())));
    let me = AuthInfo::builder("local").subject("me");
    let caller = StdioCaller::principal(me.scopes([crate::Scope::new("notes")]).build());
    let mut protected = Authz::new().protect(Watched, rules);
    protected.settings.principal = true;
    let (plan, settings, handler, name) = protected.plan().await.unwrap();
    let local = plan.assemble_local(&settings, handler, name);
    let ((mut ask, input), (output, answers)) = (tokio::io::duplex(4096), tokio::io::duplex(4096));
    let server = tokio::spawn(Arc::new(local).serve_on(caller, input, output));

    let uris =
        ["plain", "narrow", "allowed", "denied", "unsure"].map(|name| format!("note:///{name}"));
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
        "params": {
            "notifications": { "resourceSubscriptions": uris },
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    });
    ask.write_all(format!("{message}\n").as_bytes())
        .await
        .unwrap();
    let mut lines = BufReader::new(answers).lines();
    let line = tokio::time::timeout(Duration::from_secs(10), lines.next_line()).await;
    let line = line
        .expect("an answer in time")
        .unwrap()
        .expect("an answer");
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        told["params"]["notifications"],
        json!({ "resourceSubscriptions": ["note:///plain", "note:///allowed"] }),
        "{told}"
    );
    server.abort();
}
