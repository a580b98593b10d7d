//! Refusals inside the result of a tool, for clients that read only that: another form of the same
//! decision.

use json::{Value, json};
use mcp_authz::{
    AuthInfo, ChallengeForm, Denied, Parameters, Requirement, Scope, State, schemars, serde, tool,
};
use support::{Lab, Ran, Reply};

use crate::lab_with;
use crate::tools::weather;

/// Finds out while it runs that it needs more.
#[tool(authenticated)]
async fn inquisitive(auth: AuthInfo, ran: State<Ran>) -> Result<String, Denied> {
    auth.require(Scope::new("secret"))?;
    ran.note();
    Ok("the secret".into())
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(crate = "mcp_authz::serde")]
#[schemars(crate = "mcp_authz::schemars")]
struct Payment {
    amount: u32,
}

fn for_large_sums(payment: &Payment, _: &AuthInfo) -> Requirement {
    let large = payment.amount > 100;
    Scope::new(if large { "pay:any" } else { "pay" }).into()
}

/// Asks for more when it has seen its arguments.
#[tool(scopes = ["pay"], scopes_for = for_large_sums)]
async fn transfer(Parameters(payment): Parameters<Payment>, ran: State<Ran>) -> String {
    ran.note();
    format!("{} paid", payment.amount)
}

/// The challenge in a tool's result, which must be a refusal.
fn told(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.challenge(), "");
    let result = &reply.message()["result"];
    assert_eq!(result["isError"], true, "{reply:?}");
    let challenge = result["_meta"]["mcp/www_authenticate"][0].as_str();
    challenge.unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

async fn lab() -> Lab {
    lab_with(|server| {
        server
            .tool(weather::tool())
            .tool(inquisitive::tool())
            .tool(transfer::tool())
            .allow_anonymous()
            .challenge_form(ChallengeForm::ToolResult)
            .challenge_form_for(["webmail"], ChallengeForm::Http)
    })
    .await
}

#[tokio::test]
async fn a_client_that_reads_results_is_told_there_and_nothing_runs() {
    let lab = lab().await;
    for revision in ["2026-07-28", "2025-11-25"] {
        let call = async |token: Option<&str>, tool| match revision {
            "2026-07-28" => lab.call(token, tool).await,
            _ => lab.call_legacy(token, tool).await,
        };
        let short = call(Some(&lab.token("profile")), "whoami").await;
        let challenge = told(&short);
        assert!(
            challenge.starts_with(r#"Bearer error="insufficient_scope", scope="profile email""#),
            "{challenge}"
        );
        assert!(challenge.contains("resource_metadata="), "{challenge}");
        assert!(
            short.text().contains("It needs: profile email"),
            "{short:?}"
        );
        let nobody = told(&call(None, "whoami").await);
        assert!(
            nobody.starts_with(r#"Bearer scope="profile email""#),
            "{nobody}"
        );
        let late = call(Some(&lab.token("")), "inquisitive").await;
        assert!(told(&late).contains(r#"scope="secret""#), "{late:?}");
    }
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(
        lab.call(Some(&lab.token("secret")), "inquisitive")
            .await
            .text(),
        "the secret"
    );
    assert_eq!(lab.ran.times(), 1);
}

#[tokio::test]
async fn what_the_arguments_ask_for_is_told_there_too() {
    let lab = lab().await;
    let pay = async |scopes: &str, client: &str, amount: u32| {
        let token = lab.token_of("alice", client, scopes);
        lab.call_with(Some(&token), "transfer", json!({ "amount": amount }))
            .await
    };
    let challenge = told(&pay("pay", "smartmail", 1000).await);
    assert!(challenge.contains(r#"scope="pay pay:any""#), "{challenge}");
    assert_eq!(pay("pay", "webmail", 1000).await.status, 403);
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(pay("pay", "smartmail", 100).await.text(), "100 paid");
    assert_eq!(
        pay("pay pay:any", "smartmail", 1000).await.text(),
        "1000 paid"
    );
}

#[tokio::test]
async fn another_client_of_the_same_server_gets_the_status() {
    let lab = lab().await;
    let token = lab.token_of("alice", "webmail", "profile");
    let reply = lab.call(Some(&token), "whoami").await;
    assert_eq!(reply.status, 403, "{reply:?}");
    assert!(reply.challenge().contains(r#"scope="profile email""#));
    let listed = lab.ask(Some(&token), "tools/list", json!({})).await;
    assert!(!listed.body.contains("securitySchemes"), "{listed:?}");
    assert_eq!(lab.ran.times(), 0);
}

#[tokio::test]
async fn what_no_consent_cures_keeps_its_status() {
    let lab = lab().await;
    // A bad token is not told in a result: the client would go on with it.
    let reply = lab.call(Some("not-a-token"), "whoami").await;
    assert_eq!(reply.status, 401, "{reply:?}");
    let reply = lab.call(Some(&lab.token("")), "broken").await;
    assert_eq!(reply.status, 500, "{reply:?}");
    // Nor is anything that has no tool's result.
    let reply = lab
        .ask(Some(&lab.token("")), "prompts/get", json!({ "name": "x" }))
        .await;
    assert!(reply.message()["result"].is_null(), "{reply:?}");
}

#[tokio::test]
async fn each_listed_tool_says_what_it_asks_for() {
    let lab = lab().await;
    let listed = lab.ask(None, "tools/list", json!({})).await;
    let message = listed.message();
    let tools = message["result"]["tools"].as_array().unwrap();
    let schemes = |name: &str| -> Value {
        let tool = tools.iter().find(|tool| tool["name"] == name);
        tool.unwrap()["_meta"]["securitySchemes"].clone()
    };
    assert_eq!(
        schemes("whoami"),
        json!([{ "type": "oauth2", "scopes": ["profile", "email"] }])
    );
    assert_eq!(schemes("hello"), json!([{ "type": "oauth2" }]));
    assert_eq!(schemes("weather"), json!([{ "type": "noauth" }]));
}
