//! The certified provider in the shape of Logto (`SHAPE=logto` of `oidc-provider/main.mjs`), held to what a
//! real Logto was seen to answer, so that what is tried against it means something.

use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;
use http_client::{Response, StatusCode};
use json::{Value, json};
use support::{Person, Result, have};

use crate::client::{self, Client};
use crate::place::{Place, Provider};

/// Who asks about tokens, as a machine-to-machine app of the tenant.
pub(crate) const MACHINE: (&str, &str) = ("resource-server", "another-secret-for-tests-only");

/// A server and a Logto-shaped provider; none where that cannot run.
pub(crate) async fn open(more: &[(&str, &str)]) -> Result<Option<Place>> {
    if !have(Provider::Certified.needs()).await {
        return Ok(None);
    }
    let settings: Vec<_> = [("SHAPE", "logto")].iter().chain(more).copied().collect();
    let place = Place::open_with(Provider::Certified, &settings, |server| server).await?;
    Ok(Some(place))
}

/// What a JWT says of itself and of its person.
pub(crate) fn read(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        json::from_slice(&bytes).expect("JSON")
    });
    (
        parts.next().expect("a header"),
        parts.next().expect("claims"),
    )
}

async fn userinfo(agent: &Client, token: &str) -> Result<Response> {
    let request = agent.http.get(agent.endpoint("userinfo_endpoint"));
    Ok(request.bearer_auth(token).send().await?)
}

async fn introspect(agent: &Client, token: &str) -> Result<Response> {
    let (id, secret) = MACHINE;
    let request = agent.http.post(agent.endpoint("introspection_endpoint"));
    let request = request.basic_auth(id, Some(secret));
    Ok(request.form(&[("token", token)]).send().await?)
}

fn challenge(answer: &Response) -> &str {
    let value = answer.headers().get("www-authenticate");
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The names of an object, in alphabetical order.
fn names(object: &Value) -> Vec<&str> {
    let names = object.as_object().expect("an object").keys();
    let mut names: Vec<_> = names.map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn without_a_resource_a_token_is_opaque_and_userinfo_wants_openid() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let token = agent.token(&mut alice, "openid profile email").await?;
    assert_eq!(token.len(), 43, "{token}");
    let said: Value = userinfo(&agent, &token).await?.json().await?;
    let all =
        "created_at email email_verified name picture preferred_username sub updated_at username";
    assert_eq!(names(&said).join(" "), all);
    let said: Value = introspect(&agent, &token).await?.json().await?;
    let all = "active client_id exp iat iss scope sub token_type";
    assert_eq!(names(&said).join(" "), all);
    assert_eq!(said["scope"], "openid profile email");

    let less = agent.token(&mut alice, "openid profile").await?;
    let said: Value = userinfo(&agent, &less).await?.json().await?;
    assert!(said.get("email").is_none(), "{said}");
    let without = agent.token(&mut alice, "profile email").await?;
    let refusal = userinfo(&agent, &without).await?;
    assert_eq!(refusal.status(), StatusCode::FORBIDDEN);
    let why = challenge(&refusal);
    assert!(
        why.contains("insufficient_scope") && why.contains(r#"scope="openid""#),
        "{why}"
    );
    Ok(())
}

/// The customizer that `logto::Provisioning` installs puts in what was granted, and nothing else.
#[tokio::test]
async fn with_a_resource_it_is_a_jwt_that_nobody_can_be_asked_about() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let mut alice = Person::named("alice").allowing();
    let answer = agent.ask(&mut alice, "openid profile email").await?;
    let token = client::token(&answer)?;
    let (header, claims) = read(&token);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("ES384"), &json!("at+jwt"))
    );
    assert_eq!(claims["scope"], "profile email");
    assert_eq!(claims["aud"], *place.server);
    assert_eq!(claims["email"], "alice@example.com");
    assert_eq!(claims["username"], "alice");
    assert_eq!(
        userinfo(&agent, &token).await?.status(),
        StatusCode::UNAUTHORIZED
    );
    let refusal = introspect(&agent, &token).await?;
    assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
    let said: Value = refusal.json().await?;
    assert_eq!(said["error"], "unsupported_token_type");

    let (_, claims) = read(&agent.token(&mut alice, "openid email").await?);
    assert_eq!(claims["email"], "alice@example.com");
    assert!(claims.get("name").is_none(), "{claims}");
    Ok(())
}

#[tokio::test]
async fn beyond_a_ceiling_a_permission_is_dropped_and_a_user_scope_is_refused() -> Result<()> {
    for ceiling in ["CONSENT_SCOPES", "ROLE_SCOPES"] {
        let Some(place) = open(&[(ceiling, "profile mail:read")]).await? else {
            return Ok(());
        };
        let agent = place.agent().await?;
        let mut alice = Person::named("alice").allowing();
        let asked = "openid profile email mail:read mail:send";
        let answer = agent.ask(&mut alice, asked).await?;
        let (_, claims) = read(&client::token(&answer)?);
        assert_eq!(claims["scope"], "profile mail:read");
        let refusal = agent.code(&mut alice, "openid phone", &[]).await;
        let why = refusal.expect_err("phone is not listed").to_string();
        assert!(why.contains("error=invalid_scope"), "{why}");
    }
    Ok(())
}

#[tokio::test]
async fn a_new_key_of_another_kind_signs_at_once_and_an_rsa_key_names_no_algorithm() -> Result<()> {
    let Some(mut place) = open(&[]).await? else {
        return Ok(());
    };
    place.certified().rotate("RSA").await?;
    let agent = place.agent().await?;
    let keys = agent.http.get(agent.endpoint("jwks_uri")).send().await?;
    let keys: Value = keys.json().await?;
    assert_eq!(
        (&keys["keys"][0]["kty"], keys["keys"][0].get("alg")),
        (&json!("RSA"), None)
    );
    assert_eq!(keys["keys"][1]["alg"], "ES384");
    let mut alice = Person::named("alice").allowing();
    let (header, _) = read(&agent.token(&mut alice, "openid profile").await?);
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&json!("RS256"), &keys["keys"][0]["kid"])
    );
    Ok(())
}

#[tokio::test]
async fn whoever_cancels_comes_back_without_a_word() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let mut alice = Person::named("alice").denying();
    let refusal = agent.code(&mut alice, "openid profile", &[]).await;
    let why = refusal.expect_err("she cancelled").to_string();
    assert_eq!(why, "no code in http://127.0.0.1:8976/callback");
    Ok(())
}

#[tokio::test]
async fn first_party_apps_ask_nobody_and_third_party_apps_everybody() -> Result<()> {
    let Some(place) = open(&[("CONSENT_SCOPES", "profile")]).await? else {
        return Ok(());
    };
    let mut alice = Person::named("alice").allowing();
    let own = place.agent().await?.called("first-party");
    let (_, claims) = read(&own.token(&mut alice, "openid profile mail:send").await?);
    assert_eq!(claims["scope"], "profile mail:send");
    assert!(alice.consent_pages.is_empty(), "{:?}", alice.consent_pages);
    place
        .agent()
        .await?
        .token(&mut alice, "openid profile")
        .await?;
    assert_eq!(alice.consent_pages.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_machine_names_a_resource_and_is_its_own_subject() -> Result<()> {
    let Some(place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?;
    let (_, claims) = read(&agent.machine_token(MACHINE, "profile mail:send").await?);
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&json!(MACHINE.0), &json!(MACHINE.0))
    );
    assert!(claims.get("name").is_none(), "{claims}");
    let nowhere = agent.resource(None).machine_token(MACHINE, "profile").await;
    let why = nowhere.expect_err("it names no resource").to_string();
    assert!(why.contains("invalid_target"), "{why}");
    Ok(())
}

#[tokio::test]
async fn who_is_suspended_loses_opaque_tokens_for_good() -> Result<()> {
    let Some(mut place) = open(&[]).await? else {
        return Ok(());
    };
    let agent = place.agent().await?.resource(None);
    let mut alice = Person::named("alice").allowing();
    let token = agent.token(&mut alice, "openid profile").await?;
    place.certified().suspend("alice").await?;
    for _ in 0..2 {
        assert_eq!(
            userinfo(&agent, &token).await?.status(),
            StatusCode::UNAUTHORIZED
        );
        let said: Value = introspect(&agent, &token).await?.json().await?;
        assert_eq!(said, json!({ "active": false }));
        place.certified().restore("alice").await?;
    }
    Ok(())
}
