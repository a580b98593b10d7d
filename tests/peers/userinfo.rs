//! The certified provider's userinfo (OpenID Connect Core 1.0 §5.3), which it shows to tokens for
//! itself alone.

use mcp_authz::{ClientAuth, Issuer, Userinfo, danger};
use support::{Person, Result, have};

use crate::log::Log;
use crate::place::{Place, Provider};

/// Where tokens for the resource have this format; none where the provider cannot run.
async fn open(format: &str, claims: &str) -> Result<Option<Place>> {
    if !have(Provider::Certified.needs()).await {
        return Ok(None);
    }
    let settings = [("FORMAT", format), ("CLAIMS", claims)];
    let place = Place::open_with(Provider::Certified, &settings, |server| server).await?;
    Ok(Some(place))
}

fn asking(issuer: Issuer) -> Issuer {
    let auth = ClientAuth::secret_basic("resource-server", "another-secret-for-tests-only");
    issuer.introspection(auth)
}

/// It answers 401 to a JWT that is for the resource, and 403 to an opaque token that is.
#[tokio::test]
async fn what_is_shown_to_no_token_for_the_resource_is_refused_or_done_without() -> Result<()> {
    let log = Log::open();
    let Some(place) = open("jwt", "token").await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "openid profile email")
        .await?;
    let strict = place
        .replica(|issuer| issuer.userinfo(Userinfo::new()))
        .await?;
    strict.turns_away(&token).await;
    let why = log.last("token refused");
    assert!(why.contains(&format!("issuer={:?}", place.issuer)), "{why}");
    assert!(why.contains("userinfo: the issuer does not know"), "{why}");
    let relaxed = Userinfo::new().optional();
    let relaxed = place.replica(|issuer| issuer.userinfo(relaxed)).await?;
    relaxed.knows(&token, "alice@example.com").await;
    relaxed
        .asks_for_more("send_mail", &token, "mail:send")
        .await;

    let Some(place) = open("opaque", "token").await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let token = place
        .agent()
        .await?
        .token(&mut alice, "openid profile email")
        .await?;
    let strict = |issuer| asking(issuer).userinfo(Userinfo::new());
    place.replica(strict).await?.cannot_tell(&token).await;
    let why = log.last("token not verified");
    assert!(why.contains("userinfo: it answers 403"), "{why}");
    let relaxed = |issuer| asking(issuer).userinfo(Userinfo::new().optional());
    place
        .replica(relaxed)
        .await?
        .knows(&token, "alice@example.com")
        .await;
    Ok(())
}

/// A token for userinfo itself has no audience; introspection says nothing about the person either.
#[tokio::test]
async fn it_tells_what_introspection_does_not() -> Result<()> {
    let Some(place) = open("opaque", "userinfo").await? else {
        return Ok(());
    };
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let token = agent.token(&mut alice, "openid profile email").await?;
    let listing = |issuer| asking(issuer).opaque_tokens(danger::without_audience(["third-party"]));
    let plain = place.replica(listing).await?;
    let reply = plain.call("whoami", &token).await;
    assert!(!reply.body.contains("alice@example.com"), "{reply:?}");
    let enriched = place
        .replica(|issuer| listing(issuer).userinfo(Userinfo::new()))
        .await?;
    enriched.knows(&token, "alice@example.com").await;
    enriched
        .asks_for_more("send_mail", &token, "mail:send")
        .await;
    Ok(())
}

#[tokio::test]
async fn alone_it_grants_what_the_author_maps_and_nothing_else() -> Result<()> {
    let Some(place) = open("opaque", "userinfo").await? else {
        return Ok(());
    };
    let alone = danger::userinfo_alone()
        .scope_for_claim("email", "email")
        .scope_for_claim("name", "profile");
    let server = place.replica(|issuer| issuer.opaque_tokens(alone)).await?;
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let less = agent.token(&mut alice, "openid profile").await?;
    server.asks_for_more("whoami", &less, "profile email").await;
    let token = agent
        .token(&mut alice, "openid profile email mail:send")
        .await?;
    server.knows(&token, "alice@example.com").await;
    // Consented to, and not told by any claim.
    server.asks_for_more("send_mail", &token, "mail:send").await;
    server.turns_away("invented").await;

    agent.revoke(&token).await?;
    server.tokens.evict(&token);
    server.turns_away(&token).await;

    let for_the_resource = place
        .agent()
        .await?
        .token(&mut alice, "profile email")
        .await?;
    server.cannot_tell(&for_the_resource).await;
    Ok(())
}
