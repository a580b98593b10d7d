//! A server that trusts Logto, as far as the certified provider in its shape stands for it: both kinds of
//! token, from the consent page to the tool, and everything else that such a tenant gives out.

use std::time::Duration;

use json::{Value, json};
use mcp_authz::logto::{Management, UserRecords};
use mcp_authz::{ClientAuth, Issuer, danger};
use support::{Logto, Person, Result};
use tokio::time::sleep;

use crate::client;
use crate::guarded::Guarded;
use crate::logto_shape::{MACHINE, open, read};
use crate::place::Place;

/// The endpoint of the tenant, which is what an author writes.
fn endpoint(place: &Place) -> &str {
    place.issuer.strip_suffix("/oidc").expect("Logto's issuer")
}

/// A server that takes JWTs, as the preset does by itself.
async fn for_jwts(place: &Place) -> Result<Guarded> {
    place.server_for(Issuer::logto(endpoint(place))).await
}

/// A server that takes opaque tokens of this agent besides.
async fn for_both(place: &Place, listed: &str) -> Result<Guarded> {
    let (id, secret) = MACHINE;
    let issuer = Issuer::logto(endpoint(place))
        .introspection(ClientAuth::secret_basic(id, secret))
        .opaque_tokens(danger::without_audience([listed]));
    place.server_for(issuer).await
}

async fn shared(server: &Guarded, token: &str) -> Value {
    let reply = server.call("whoami", token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.message()["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn a_jwt_says_who_the_person_is_and_a_new_key_logs_nobody_out() -> Result<()> {
    let Some(mut place) = open(&[]).await? else {
        return Ok(());
    };
    let server = for_jwts(&place).await?;
    let mut alice = Person::named("alice").allowing();
    let scope = "openid profile email";
    let before = place.agent().await?.token(&mut alice, scope).await?;
    let known = json!({
        "sub": "alice", "name": "Alice Archer", "username": "alice", "preferred_username": "alice",
        "email": "alice@example.com", "email_verified": true,
    });
    assert_eq!(shared(&server, &before).await, known);
    server
        .asks_for_more("send_mail", &before, "mail:send")
        .await;
    // RSA, by a key that names no algorithm; then EC again.
    for kind in ["RSA", "EC"] {
        place.certified().rotate(kind).await?;
        let agent = place.agent().await?;
        let after = agent.token(&mut alice, scope).await?;
        let (header, _) = read(&after);
        assert_eq!(header["alg"] == "RS256", kind == "RSA", "{header}");
        let server = for_jwts(&place).await?;
        assert_eq!(shared(&server, &after).await, known);
        let wider = agent.token(&mut alice, "openid mail:send").await?;
        assert!(
            server
                .call("send_mail", &wider)
                .await
                .text()
                .contains("alice wrote to")
        );
    }
    // The first server meets a key that it has never seen, beside one that it knows.
    let after = place.agent().await?.token(&mut alice, scope).await?;
    assert_eq!(shared(&server, &after).await, known);
    Ok(())
}

#[tokio::test]
async fn an_opaque_token_is_known_by_introspection_and_its_person_by_userinfo() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let server = for_both(&place, "third-party").await?;
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let token = agent.token(&mut alice, "openid profile email").await?;
    let known = shared(&server, &token).await;
    for (claim, value) in [
        ("sub", json!("alice")),
        ("username", json!("alice")),
        ("email", json!("alice@example.com")),
        ("created_at", json!(1_700_000_000_000_u64)),
    ] {
        assert_eq!(known[claim], value, "{known}");
    }
    server.asks_for_more("send_mail", &token, "mail:send").await;
    // The same server takes the other kind, and each says it in its own way.
    let jwt = place
        .agent()
        .await?
        .token(&mut alice, "openid profile email")
        .await?;
    assert_eq!(shared(&server, &jwt).await["email"], "alice@example.com");
    // Without `openid` userinfo says nothing (403); that is no outage.
    let without = agent.token(&mut alice, "profile email").await?;
    assert_eq!(shared(&server, &without).await, json!({ "sub": "alice" }));
    // Nothing names an audience: what another app of the tenant holds is not for this server.
    let other = for_both(&place, "first-party").await?;
    other.turns_away(&token).await;
    Ok(())
}

#[tokio::test]
async fn by_itself_the_preset_takes_no_opaque_token() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let agent = place.agent().await?.resource(None);
    let token = agent.token(&mut alice, "openid profile email").await?;
    for_jwts(&place).await?.turns_away(&token).await;
    Ok(())
}

/// A tenant without the customizer, whose Management API is the stand-in.
#[tokio::test]
async fn where_no_token_says_it_the_tenant_s_record_does() -> Result<()> {
    let Some(mut place) = open(&[("CUSTOMIZER", "no")]).await? else {
        return Ok(());
    };
    let tenant = Logto::start().await;
    tenant.sign_up_as("alice", "alice");
    let (id, secret) = Logto::APP;
    let management = Management::builder(tenant.endpoint())
        .app(id, secret)
        .build()?;
    let records = UserRecords::new(management).of_issuer(&place.issuer);
    let issuer = Issuer::logto(endpoint(&place))
        .identity_from(records)
        .introspection(ClientAuth::secret_basic(MACHINE.0, MACHINE.1))
        .opaque_tokens(danger::without_audience(["third-party"]));
    let server = place.server_for(issuer).await?;
    let mut alice = Person::named("alice").allowing();
    let agent = place.agent().await?;
    let token = agent.token(&mut alice, "openid profile email").await?;
    let (_, claims) = read(&token);
    assert!(claims.get("email").is_none(), "{claims}");
    let known = json!({
        "sub": "alice", "username": "alice", "preferred_username": "alice",
        "email": "alice@example.com", "email_verified": true,
    });
    assert_eq!(shared(&server, &token).await, known);
    assert_eq!(
        shared(&for_jwts(&place).await?, &token).await,
        json!({ "sub": "alice" })
    );
    // The other kind is asked about where it is at home, which says more.
    let opaque = place.agent().await?.resource(None);
    let opaque = opaque.token(&mut alice, "openid profile email").await?;
    assert_eq!(shared(&server, &opaque).await["name"], "Alice Archer");
    assert_eq!(tenant.asked("GET /api/users/alice"), 1);
    // A person of the provider's whom the tenant does not know; a machine; a key of another kind.
    let mut bob = Person::named("bob").allowing();
    server
        .turns_away(&agent.token(&mut bob, "openid profile email").await?)
        .await;
    let machine = agent.machine_token(MACHINE, "profile email").await?;
    assert_eq!(shared(&server, &machine).await, json!({ "sub": MACHINE.0 }));
    place.certified().rotate("RSA").await?;
    let token = agent.token(&mut alice, "openid email profile").await?;
    assert_eq!(shared(&server, &token).await, known);
    tenant.edit("alice", &json!({ "isSuspended": true }));
    server.knows(&token, "alice@example.com").await;
    server.tokens.evict_subject(&place.issuer, "alice");
    server.turns_away(&token).await;
    assert_eq!(tenant.asked("GET /api/users/resource-server"), 0);
    Ok(())
}

/// Everything else that the tenant gives out, and a tenant that is another one.
#[tokio::test]
async fn what_is_no_access_token_for_this_server_opens_nothing() -> Result<()> {
    let (Some(place), Some(foreign)) = (open(&[]).await?, open(&[]).await?) else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let scope = "openid offline_access profile email";
    let (agent, opaque) = (place.agent().await?, place.agent().await?.resource(None));
    let with_refresh = [("prompt", "consent")];
    let code = opaque.code(&mut alice, scope, &with_refresh).await?;
    let answer = opaque.redeem(&code, |request| request).await?;
    let text = |name: &str| {
        answer[name]
            .as_str()
            .expect("the provider gives one")
            .to_owned()
    };
    let elsewhere = foreign.agent().await?;
    let foreign_jwt = elsewhere
        .token(&mut Person::named("alice").allowing(), scope)
        .await?;
    let elsewhere = foreign.agent().await?.resource(None);
    let foreign_opaque = elsewhere
        .token(&mut Person::named("alice").allowing(), scope)
        .await?;
    let bad = [
        ("an ID token", text("id_token")),
        ("a refresh token", text("refresh_token")),
        ("a JWT of another tenant", foreign_jwt),
        ("an opaque token of another tenant", foreign_opaque),
        ("nothing that anybody issued", "a".repeat(43)),
    ];
    for server in [
        for_jwts(&place).await?,
        for_both(&place, "third-party").await?,
    ] {
        for (what, token) in &bad {
            println!("{what}");
            server.turns_away(token).await;
        }
    }
    // A machine's JWT is good for what its role gives, and is nobody's.
    let machine = agent.machine_token(MACHINE, "profile email").await?;
    for server in [
        for_jwts(&place).await?,
        for_both(&place, "third-party").await?,
    ] {
        assert_eq!(shared(&server, &machine).await, json!({ "sub": MACHINE.0 }));
        server
            .asks_for_more("send_mail", &machine, "mail:send")
            .await;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_over_revoked_or_suspended_ends_as_its_kind_can() -> Result<()> {
    let Some(mut place) = open(&[]).await? else {
        return Ok(());
    };
    let server = for_both(&place, "third-party").await?;
    let (agent, opaque) = (place.agent().await?, place.agent().await?.resource(None));
    let scope = "openid profile email";
    let (mut alice, mut bob) = (
        Person::named("alice").allowing(),
        Person::named("bob").allowing(),
    );
    let revoked = opaque.token(&mut alice, scope).await?;
    let suspended = opaque.token(&mut bob, scope).await?;
    let jwt = agent.token(&mut bob, scope).await?;
    for token in [&revoked, &suspended, &jwt] {
        shared(&server, token).await;
    }
    opaque.revoke(&revoked).await?;
    server.tokens.evict(&revoked);
    server.turns_away(&revoked).await;
    place.certified().suspend("bob").await?;
    server.tokens.evict_subject(&place.issuer, "bob");
    server.turns_away(&suspended).await;
    // Nobody can take a JWT back: it is good until it ends, which is why it should live minutes.
    server.knows(&jwt, "bob@example.com").await;
    Ok(())
}

#[tokio::test]
async fn what_is_over_is_refused_whichever_kind_it_is_of() -> Result<()> {
    let Some(place) = open(&[("TTL", "3")]).await? else {
        return Ok(());
    };
    let (id, secret) = MACHINE;
    let issuer = Issuer::logto(endpoint(&place))
        .leeway(Duration::ZERO)
        .introspection(ClientAuth::secret_basic(id, secret))
        .opaque_tokens(danger::without_audience(["third-party"]));
    let server = place.server_for(issuer).await?;
    let (agent, opaque) = (place.agent().await?, place.agent().await?.resource(None));
    let mut alice = Person::named("alice").allowing();
    for agent in [&agent, &opaque] {
        let token = agent.token(&mut alice, "openid profile email").await?;
        server.knows(&token, "alice@example.com").await;
        sleep(Duration::from_secs(4)).await;
        server.turns_away(&token).await;
    }
    Ok(())
}

/// A permission that the operator or the person's role withholds is dropped in silence, so asking again
/// gives the same token: the server says the same thing twice, and never half of it.
#[tokio::test]
async fn what_a_ceiling_withholds_is_named_each_time() -> Result<()> {
    for ceiling in ["CONSENT_SCOPES", "ROLE_SCOPES"] {
        let Some(place) = open(&[(ceiling, "profile email")]).await? else {
            return Ok(());
        };
        let server = for_jwts(&place).await?;
        let agent = place.agent().await?;
        let mut alice = Person::named("alice").allowing();
        for _ in 0..2 {
            let asked = "openid profile email mail:send";
            let token = agent.token(&mut alice, asked).await?;
            server.knows(&token, "alice@example.com").await;
            server.asks_for_more("send_mail", &token, "mail:send").await;
        }
        assert_eq!(server.outbox.sent(), 0);
    }
    Ok(())
}

/// Without a resource at the token endpoint the token is for userinfo, whatever was consented to.
#[tokio::test]
async fn an_agent_that_forgets_the_resource_halfway_gets_the_other_kind() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let (agent, opaque) = (place.agent().await?, place.agent().await?.resource(None));
    let mut alice = Person::named("alice").allowing();
    let code = agent.code(&mut alice, "openid profile email", &[]).await?;
    let answer = opaque.redeem(&code, |request| request).await?;
    let token = client::token(&answer)?;
    for_jwts(&place).await?.turns_away(&token).await;
    let both = for_both(&place, "third-party").await?;
    both.knows(&token, "alice@example.com").await;
    Ok(())
}
