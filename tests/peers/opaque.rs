//! Opaque tokens of the certified provider: from its sign-in page, through its introspection endpoint
//! (RFC 7662, RFC 9701), to the call of a tool.

use std::time::Duration;

use json::Value;
use mcp_authz::{Algorithm, ClientAuth, Introspection, Issuer, danger};
use support::{ClientKey, Person, Result, have};
use tokio::time::sleep;

use crate::client;
use crate::guarded::Guarded;
use crate::place::{Place, Provider};

const SECRET: &str = "another-secret-for-tests-only";

/// Where the provider's tokens for the resource are opaque; none where it cannot run.
async fn open(more: &[(&str, &str)]) -> Result<Option<Place>> {
    if !have(Provider::Certified.needs()).await {
        return Ok(None);
    }
    let settings: Vec<_> = [("FORMAT", "opaque")].iter().chain(more).copied().collect();
    let place = Place::open_with(Provider::Certified, &settings, |server| server).await?;
    Ok(Some(place))
}

fn asking(issuer: Issuer) -> Issuer {
    issuer.introspection(ClientAuth::secret_basic("resource-server", SECRET))
}

#[tokio::test]
async fn the_person_consents_and_steps_up_whichever_way_the_server_proves_who_it_is() -> Result<()>
{
    let key = ClientKey::generate();
    let jwk = key.jwk().to_string();
    let Some(place) = open(&[("RESOURCE_SERVER_KEY", &jwk)]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    for auth in [
        ClientAuth::secret_basic("resource-server", SECRET),
        ClientAuth::secret_post("resource-server-post", SECRET),
        ClientAuth::private_key_jwt("resource-server-key", Algorithm::Es256, key.pem()),
    ] {
        let server = place.replica(|issuer| issuer.introspection(auth)).await?;
        let mut alice = Person::named("alice").allowing();
        let token = agent.token(&mut alice, "profile email").await?;
        assert!(!token.contains('.'), "not opaque: {token}");
        server.knows(&token, "alice@example.com").await;
        server.asks_for_more("send_mail", &token, "mail:send").await;
        assert_eq!(server.outbox.sent(), 0);
        let wider = agent.token(&mut alice, "profile email mail:send").await?;
        let sent = server.call("send_mail", &wider).await;
        assert!(sent.text().contains("alice wrote to"), "{sent:?}");
        assert_eq!(server.outbox.sent(), 1);
        assert_eq!(alice.consent_pages.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_its_client_took_back_ends_when_the_answer_is_old() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let believed = Duration::from_secs(3);
    let auth = ClientAuth::secret_basic("resource-server", SECRET);
    let asking = Introspection::new(auth).cache_for(believed);
    let server = place.replica(|issuer| issuer.introspection(asking)).await?;
    let mut alice = Person::named("alice").allowing();
    let token = agent.token(&mut alice, "profile email").await?;
    server.knows(&token, "alice@example.com").await;
    agent.revoke(&token).await?;
    server.knows(&token, "alice@example.com").await;
    sleep(believed).await;
    server.turns_away(&token).await;
    Ok(())
}

#[tokio::test]
async fn a_token_that_its_client_took_back_ends_at_once_where_the_server_is_told() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let server = place.replica(asking).await?;
    let mut alice = Person::named("alice").allowing();
    let (one, other) = (
        agent.token(&mut alice, "profile email").await?,
        agent.token(&mut alice, "profile email").await?,
    );
    for token in [&one, &other] {
        server.knows(token, "alice@example.com").await;
    }
    agent.revoke(&one).await?;
    agent.revoke(&other).await?;
    server.tokens.evict(&one);
    server.turns_away(&one).await;
    server.knows(&other, "alice@example.com").await;
    server.tokens.evict_subject(&place.issuer, "alice");
    server.turns_away(&other).await;
    Ok(())
}

#[tokio::test]
async fn a_token_that_nobody_issued_is_refused_and_a_secret_that_is_wrong_refuses_nobody()
-> Result<()> {
    let registered = ClientKey::generate().jwk().to_string();
    let Some(place) = open(&[("RESOURCE_SERVER_KEY", &registered)]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    place.replica(asking).await?.turns_away("invented").await;
    for wrong in [
        ClientAuth::secret_basic("resource-server", "a wrong secret"),
        ClientAuth::secret_post("resource-server-post", "a wrong secret"),
        ClientAuth::secret_basic("nobody", SECRET),
        ClientAuth::private_key_jwt(
            "resource-server-key",
            Algorithm::Es256,
            ClientKey::generate().pem(),
        ),
    ] {
        let server = place.replica(|issuer| issuer.introspection(wrong)).await?;
        server.cannot_tell(&token).await;
        server.cannot_tell("invented").await;
    }
    Ok(())
}

#[tokio::test]
async fn without_introspection_an_opaque_token_is_nothing() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    place
        .replica(|issuer| issuer)
        .await?
        .turns_away(&token)
        .await;
    Ok(())
}

/// The provider refuses to introspect a JWT (400), so one that is accepted was not asked about.
#[tokio::test]
async fn a_jwt_of_the_same_issuer_is_verified_by_its_keys() -> Result<()> {
    let Some(place) = open(&[("FORMAT", "jwt")]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    let server = place.replica(asking).await?;
    server.knows(&token, "alice@example.com").await;
    server.asks_for_more("send_mail", &token, "mail:send").await;
    Ok(())
}

/// Without `resource`, this provider issues tokens for its userinfo, without any audience.
#[tokio::test]
async fn a_token_without_an_audience_is_refused_unless_its_client_is_listed() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let answer = agent.ask(&mut alice, "openid profile email").await?;
    let token = client::token(&answer)?;
    place.replica(asking).await?.turns_away(&token).await;
    let listing = async |client| {
        let clients = danger::without_audience([client]);
        place
            .replica(|issuer| asking(issuer).opaque_tokens(clients))
            .await
    };
    listing("first-party").await?.turns_away(&token).await;
    let server = listing("third-party").await?;
    server.knows(&token, "alice").await;
    server.asks_for_more("send_mail", &token, "mail:send").await;
    refuses_what_is_no_access_token(&server, &answer).await;
    Ok(())
}

/// Introspection calls a refresh token active as well, and names the same person, client and scopes.
async fn refuses_what_is_no_access_token(server: &Guarded, answer: &Value) {
    for kind in ["refresh_token", "id_token"] {
        let other = answer[kind].as_str().expect("the provider gives one");
        server.turns_away(other).await;
    }
}

#[tokio::test]
async fn a_refresh_token_and_an_id_token_open_nothing() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let answer = place
        .agent()
        .await?
        .ask(&mut alice, "openid profile email")
        .await?;
    let server = place.replica(asking).await?;
    server
        .knows(&client::token(&answer)?, "alice@example.com")
        .await;
    refuses_what_is_no_access_token(&server, &answer).await;
    Ok(())
}

#[tokio::test]
async fn signed_answers_are_verified_and_unsigned_ones_not_believed() -> Result<()> {
    let signed = |issuer: Issuer| {
        let auth = ClientAuth::secret_basic("resource-server", SECRET);
        issuer.introspection(Introspection::new(auth).signed_replies())
    };
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    let server = place.replica(signed).await?;
    server.knows(&token, "alice@example.com").await;
    server.asks_for_more("send_mail", &token, "mail:send").await;
    server.turns_away("invented").await;

    let Some(place) = open(&[("SIGNED_REPLIES", "no")]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    place.replica(signed).await?.cannot_tell(&token).await;
    Ok(())
}
