//! An agent whose developer registers it, without the operator: from nothing to a call.

use http_client::Client;
use json::{Value, json};
use mcp_authz::logto::RegistrationPolicy;
use support::{Result, SmartMail, Tool, have, parameter};

use super::ALICE_ALLOWS;
use crate::registration::{INITIAL, SCOPES, Tenant};

/// A program's on a server, which is where a secret can be kept.
const REDIRECT: &str = "https://smartmail.example.com/callback";

/// Sends the agent on its errand; returns who it was, and all that it told.
async fn errand(tenant: &Tenant, environment: &[(&str, &str)]) -> Result<(Value, String)> {
    let mut agent = SmartMail::start(&tenant.server, &ALICE_ALLOWS, environment)?;
    let page = agent.asks().await?;
    let told = agent.end().await?;
    let id = parameter(&page, "client_id").ok_or("no client_id")?;
    let app = tenant.logto.look(&format!("/api/applications/{id}"));
    Ok((app, told))
}

#[tokio::test]
async fn an_agent_that_its_developer_registered_does_its_errand_with_its_secret() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let tenant = Tenant::open(RegistrationPolicy::new(SCOPES)).await?;
    let document = json!({
        "client_name": "SmartMail AI", "redirect_uris": [REDIRECT], "scope": SCOPES.join(" "),
    });
    let request = Client::new().post(&tenant.registration);
    let request = request.bearer_auth(INITIAL).json(&document);
    let made: Value = request.send().await?.json().await?;
    let told = |name: &str| {
        made[name]
            .as_str()
            .ok_or_else(|| format!("no {name}: {made}"))
    };
    let (id, secret) = (told("client_id")?, told("client_secret")?);
    let settings = |secret| {
        [
            ("CLIENT_ID", id),
            ("CLIENT_SECRET", secret),
            ("REDIRECT_URI", REDIRECT),
        ]
    };
    let (app, told) = errand(&tenant, &settings("guessed")).await?;
    assert!(told.contains("invalid_client"), "{told}");
    assert_eq!(
        (&app["type"], tenant.outbox.sent()),
        (&json!("Traditional"), 0)
    );
    let (_, told) = errand(&tenant, &settings(secret)).await?;
    assert!(told.contains("alice wrote to bob@example.com"), "{told}");
    assert_eq!(tenant.outbox.sent(), 1);
    Ok(())
}

#[tokio::test]
async fn an_agent_without_any_settings_registers_and_does_its_errand() -> Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let tenant = Tenant::open(RegistrationPolicy::new(SCOPES)).await?;
    let (app, told) = errand(&tenant, &[]).await?;
    assert!(told.contains("alice wrote to bob@example.com"), "{told}");
    assert_eq!(
        (&app["type"], &app["name"]),
        (&json!("Native"), &json!("SmartMail AI"))
    );
    assert_eq!(tenant.outbox.sent(), 1);
    Ok(())
}
