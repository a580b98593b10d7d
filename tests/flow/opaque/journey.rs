//! The whole way with opaque tokens: 401, sign-in and consent, a call, 403, more consent, the call.

use std::future::pending;

use mcp_authz::{Issuer, Server, Userinfo};
use support::{Agent, Errand, Person, Ran, Registration, Revision};
use tokio::net::TcpListener;

use super::{auth, provider};
use crate::{send_mail, whoami};

#[tokio::test]
async fn an_agent_steps_up_with_opaque_tokens() -> support::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let resource = format!("http://{}/mcp", listener.local_addr()?);
    let provider = provider().opaque_tokens_for(&resource).start().await?;
    // Both endpoints are found in the metadata.
    let issuer = Issuer::new(provider.issuer()).introspection(auth());
    let ran = Ran::default();
    let server = Server::builder("journey")
        .resource(&resource)
        .issuer(issuer.userinfo(Userinfo::new()))
        .tools([whoami::tool(), send_mail::tool()])
        // Userinfo wants `openid`.
        .initial_scopes(["openid", "profile", "email"])
        .state(ran.clone());
    tokio::spawn(server.build().await?.serve_until(listener, pending()));
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let mut alice = Person::named("alice").allowing();
        let errand = Errand::to(&resource, revision, Registration::Dynamic);
        let before = ran.times();
        let told = Agent::Rmcp.run(&errand, &mut alice).await?;
        let identity = told.result_of("whoami").expect("whoami ran").to_string();
        assert!(identity.contains("alice@example.com"), "{identity}");
        assert_eq!(told.refused(), ["mail:send"], "{told:#?}");
        let sent = told.result_of("send_mail").expect("it ran").to_string();
        assert!(sent.contains("sent"), "{sent}");
        assert_eq!(alice.consent_pages.len(), 2);
        assert_eq!(ran.times(), before + 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_report_on_the_provider_finds_what_is_asked_for() -> support::Result<()> {
    let provider = provider().start().await?;
    let issuer = Issuer::new(provider.issuer()).introspection(auth());
    let report = issuer.userinfo(Userinfo::new()).check().await;
    assert!(report.is_usable() && report.warnings().is_empty());
    assert!(
        report.to_string().contains("nothing is missing"),
        "{report}"
    );
    Ok(())
}
