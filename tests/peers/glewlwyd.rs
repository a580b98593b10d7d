//! glewlwyd by hand: what a provider of quite another making does, where it differs from the others.
//! The whole way of an agent there is in `journey.rs`.

use std::time::Duration;

use mcp_authz::{Algorithm, ClientAuth, Issuer, Userinfo};
use support::{Glewlwyd, Person, Result, have};

use crate::client::token;
use crate::log::Log;
use crate::place::{Place, Provider};

const SECRET: &str = "another-secret-for-tests-only";

async fn open() -> Result<Option<Place>> {
    if !have(Provider::Independent.needs()).await {
        return Ok(None);
    }
    Ok(Some(Place::open(Provider::Independent).await?))
}

fn alice() -> Person {
    Person::named("alice").allowing()
}

fn asking(issuer: Issuer) -> Issuer {
    issuer.introspection(ClientAuth::secret_post("resource-server", SECRET))
}

/// Its tokens say nothing about the person, and its userinfo takes them.
#[tokio::test]
async fn userinfo_tells_who_the_person_is() -> Result<()> {
    let Some(place) = open().await? else {
        return Ok(());
    };
    let token = place
        .agent()
        .await?
        .token(&mut alice(), "profile email")
        .await?;
    let plain = |issuer: Issuer| issuer.algorithms([Algorithm::Rs256]);
    let plain = place.replica(plain).await?;
    let reply = plain.call("whoami", &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(!reply.body.contains("alice@example.com"), "{reply:?}");
    let enriched = place
        .replica(|issuer| issuer.userinfo(Userinfo::new()))
        .await?;
    enriched.knows(&token, "alice@example.com").await;
    enriched
        .asks_for_more("send_mail", &token, "mail:send")
        .await;
    Ok(())
}

#[tokio::test]
async fn a_token_for_another_resource_or_for_none_is_refused() -> Result<()> {
    let log = Log::open();
    let Some(place) = open().await? else {
        return Ok(());
    };
    let server = place.replica(|issuer| issuer).await?;
    // Where no resource is named, it writes the scopes into `aud`.
    for resource in [Some(Glewlwyd::OTHER_RESOURCE), None] {
        let agent = place.agent().await?.resource(resource);
        let token = agent.token(&mut alice(), "openid profile email").await?;
        server.turns_away(&token).await;
        let why = log.last("token refused");
        assert!(why.contains("aud: issued for another resource"), "{why}");
    }
    Ok(())
}

/// It issues a token all the same, with the scopes that the person has granted: the client learns that
/// there are fewer, and so does the server.
#[tokio::test]
async fn who_grants_no_more_gives_a_token_that_opens_no_more() -> Result<()> {
    let Some(place) = open().await? else {
        return Ok(());
    };
    let server = place.replica(|issuer| issuer).await?;
    let agent = place.agent().await?;
    let mut alice = Person::named("alice").allowing().then_denying();
    agent.token(&mut alice, "profile email").await?;
    let answer = agent.ask(&mut alice, "profile email mail:send").await?;
    assert!(alice.consent_pages[1].contains("mail:send"));
    assert_eq!(answer["scope"], "profile email");
    let narrowed = token(&answer)?;
    server
        .asks_for_more("send_mail", &narrowed, "mail:send")
        .await;
    assert_eq!(server.outbox.sent(), 0);
    assert_eq!(server.call("whoami", &narrowed).await.status, 200);
    Ok(())
}

/// Its access tokens are JWTs, so introspection hears of others alone.
#[tokio::test]
async fn what_is_no_jwt_is_asked_about() -> Result<()> {
    let Some(place) = open().await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let answer = agent.ask(&mut alice(), "openid profile email").await?;
    let refresh_token = answer["refresh_token"].as_str().unwrap_or_default();
    let id_token = answer["id_token"].as_str().unwrap_or_default();
    let server = place.replica(asking).await?;
    let reply = server.call("whoami", &token(&answer)?).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    for other in ["invented", refresh_token, id_token] {
        server.turns_away(other).await;
    }

    let wrong = ClientAuth::secret_post("resource-server", "a wrong secret");
    let server = place.replica(|issuer| issuer.introspection(wrong)).await?;
    let reply = server.call("whoami", &token(&answer)?).await;
    assert_eq!(reply.status, 200, "nobody was asked: {reply:?}");
    server.cannot_tell("invented").await;
    Ok(())
}

/// A JWT is good until it ends (RFC 9068 §5). This userinfo knows better.
#[tokio::test]
async fn a_token_that_was_taken_back_ends_where_userinfo_is_asked_each_time() -> Result<()> {
    let Some(place) = open().await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let token = agent.token(&mut alice(), "profile email").await?;
    let each_time = Userinfo::new().cache_for(Duration::ZERO);
    let asks = place.replica(|issuer| issuer.userinfo(each_time)).await?;
    let does_not = place.replica(|issuer| issuer).await?;
    asks.knows(&token, "alice@example.com").await;
    let secret = [("client_id", "resource-server"), ("client_secret", SECRET)];
    let form = secret.into_iter().chain([("token", token.as_str())]);
    let revoke = agent.http.post(agent.endpoint("revocation_endpoint"));
    let revoke = revoke.form(&form.collect::<Vec<_>>());
    revoke.send().await?.error_for_status()?;
    asks.turns_away(&token).await;
    let reply = does_not.call("whoami", &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    Ok(())
}
