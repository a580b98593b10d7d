//! The certified provider hangs, dies, or is not there yet: nobody is logged out, and nobody gets in
//! who was not let in before.

use std::time::Duration;

use mcp_authz::{ClientAuth, Introspection, Issuer};
use support::{OidcProvider, Person, Result, Tool, free_port, have};
use tokio::time::sleep;

use crate::client::Client;
use crate::guarded::Guarded;
use crate::place::{Place, Provider};

const RESOURCE: &str = "http://127.0.0.1:3001/mcp";

#[derive(Clone, Copy)]
enum Trouble {
    Hangs,
    Dies,
}

#[tokio::test]
async fn while_the_provider_hangs_its_tokens_go_on() -> Result<()> {
    known_keys_go_on(Trouble::Hangs).await
}

#[tokio::test]
async fn when_the_provider_has_died_its_tokens_go_on() -> Result<()> {
    known_keys_go_on(Trouble::Dies).await
}

async fn known_keys_go_on(trouble: Trouble) -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let mut place = Place::open(Provider::Certified).await?;
    let (agent, server) = (place.agent().await?, place.replica(|issuer| issuer).await?);
    let mut alice = Person::named("alice").allowing();
    let warm = agent.token(&mut alice, "profile email").await?;
    let kept_back = agent.token(&mut alice, "profile email").await?;
    server.knows(&warm, "alice@example.com").await;
    place.certified().add_keys().await?;
    let of_a_new_key = agent.token(&mut alice, "profile email").await?;
    match trouble {
        Trouble::Hangs => place.certified().hang().await?,
        Trouble::Dies => place.certified().kill().await?,
    }
    server.knows(&warm, "alice@example.com").await;
    server.asks_for_more("send_mail", &warm, "mail:send").await;
    server.knows(&kept_back, "alice@example.com").await;
    // It may well be good: only the provider knows.
    server.cannot_tell(&of_a_new_key).await;
    server.knows(&warm, "alice@example.com").await;
    Ok(())
}

#[tokio::test]
async fn an_opaque_token_lasts_as_long_as_the_answer_about_it_and_then_is_not_refused() -> Result<()>
{
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let settings = [("FORMAT", "opaque")];
    let mut place = Place::open_with(Provider::Certified, &settings, |server| server).await?;
    let believed = Duration::from_secs(3);
    let asking = Introspection::new(auth()).cache_for(believed);
    let server = place.replica(|issuer| issuer.introspection(asking)).await?;
    let agent = place.agent().await?;
    let mut alice = Person::named("alice").allowing();
    let warm = agent.token(&mut alice, "profile email").await?;
    let kept_back = agent.token(&mut alice, "profile email").await?;
    server.knows(&warm, "alice@example.com").await;
    place.certified().hang().await?;
    server.knows(&warm, "alice@example.com").await;
    server.cannot_tell(&kept_back).await;
    sleep(believed).await;
    server.cannot_tell(&warm).await;
    place.certified().go_on().await?;
    for token in [&warm, &kept_back] {
        server.soon_knows(token, "alice@example.com").await;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_up_before_its_provider_waits_for_it() -> Result<()> {
    comes_late("jwt", |issuer| issuer).await
}

#[tokio::test]
async fn a_server_that_is_up_before_its_provider_waits_for_its_introspection_too() -> Result<()> {
    comes_late("opaque", |issuer| issuer.introspection(auth())).await
}

async fn comes_late(format: &str, configure: impl Fn(Issuer) -> Issuer) -> Result<()> {
    if !have(&[Tool::Node, Tool::OpenSsl]).await {
        return Ok(());
    }
    let port = free_port()?.to_string();
    let settings = [("PORT", port.as_str()), ("FORMAT", format)];
    let mut yesterday = OidcProvider::start_with(RESOURCE, &settings).await?;
    let issuer = configure(Issuer::new(&yesterday.issuer));
    let before = token(&yesterday).await?;
    yesterday.kill().await?;

    let eager = Guarded::eager(RESOURCE, issuer.clone()).await;
    let complaint = eager.err().map(|error| error.to_string());
    assert!(complaint.is_some_and(|text| text.contains("cannot be reached")));
    let server = Guarded::of(RESOURCE, issuer).await?;
    server.cannot_tell(&before).await;

    let today = OidcProvider::start_with(RESOURCE, &settings).await?;
    let after = token(&today).await?;
    server.soon_knows(&after, "alice@example.com").await;
    // It has other keys, and another memory.
    server.turns_away(&before).await;
    Ok(())
}

async fn token(provider: &OidcProvider) -> Result<String> {
    let agent = Client::of(&provider.issuer, RESOURCE).await?;
    let mut alice = Person::named("alice").allowing();
    agent.token(&mut alice, "profile email").await
}

fn auth() -> ClientAuth {
    ClientAuth::secret_basic("resource-server", "another-secret-for-tests-only")
}
