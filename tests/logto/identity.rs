//! Who the person of a JWT is: what the tenant's record adds to it, as far as its scopes go.

use std::sync::Arc;
use std::time::Duration;

use json::{Value, json};
use mcp_authz::logto::{Management, UserRecords};
use mcp_authz::{ClientAuth, Issuer, Server, Userinfo, danger};
use support::Logto;
use tokio::time::sleep;

use crate::people::People;

/// With the subject, which is always there.
fn with_sub(people: &People, mut claims: Value) -> Value {
    claims["sub"] = json!(people.alice);
    claims
}

#[tokio::test]
async fn a_scope_opens_its_part_of_the_record_and_nothing_else() {
    let people = People::known_by_record(|records| records).await;
    for (scope, expected) in [
        ("", json!({})),
        ("mail:read", json!({})),
        ("openid PROFILE emails", json!({})),
        ("custom_data", json!({})),
        (
            "profile",
            json!({
                "name": "Alice Archer", "username": "alice", "preferred_username": "alice",
                "given_name": "Alice", "picture": "https://example.com/alice.png",
            }),
        ),
        (
            "email",
            json!({ "email": "alice@example.com", "email_verified": true }),
        ),
        (
            "phone",
            json!({ "phone_number": "4712345678", "phone_number_verified": true }),
        ),
        ("address", json!({ "address": { "country": "NO" } })),
    ] {
        let token = people.token(scope);
        let shared = people.says("shared", &token).await;
        assert_eq!(shared, with_sub(&people, expected.clone()), "{scope:?}");
        // Nor is more to be found by a tool that looks for itself.
        let mut known = people.claims(scope);
        known["_scopes"] = json!(scope.split(' ').collect::<Vec<_>>().join(" "));
        let told = people.says("known", &token).await;
        for (name, value) in told.as_object().into_iter().flatten() {
            let of_token = known.get(name).is_some();
            assert!(
                of_token || expected.get(name) == Some(value),
                "{scope:?}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn custom_data_is_there_where_both_the_author_and_the_person_say_so() {
    let people = People::known_by_record(UserRecords::custom_data).await;
    let shared = people.says("shared", &people.token("custom_data")).await;
    assert_eq!(
        shared,
        with_sub(&people, json!({ "custom_data": { "plan": "internal" } }))
    );
    let shared = people.says("shared", &people.token("address")).await;
    assert_eq!(
        shared,
        with_sub(&people, json!({ "address": { "country": "NO" } }))
    );
}

#[tokio::test]
async fn what_the_token_says_stands_and_a_record_decides_nothing() {
    let people = People::known_by_record(|records| records).await;
    people.logto.edit(
        &people.alice,
        &json!({
            "sub": "bob", "iss": "https://elsewhere.example", "scope": "mail:send", "scp": ["mail:send"],
            "client_id": "first", "aud": "x", "exp": 9_999_999_999_u64, "act": { "sub": "x" }, "acr": "high",
            "auth_time": 9_999_999_999_u64, "email_verified": true,
            "profile": { "sub": "bob", "scope": "mail:send", "auth_time": 1 },
        }),
    );
    let token = people.altered(
        "profile email",
        json!({ "name": "From the token", "email_verified": false }),
    );
    let known = people.says("known", &token).await;
    assert_eq!(known["name"], "From the token");
    assert_eq!(known["email_verified"], false);
    assert_eq!(known["email"], "alice@example.com");
    for (claim, value) in people.claims("profile email").as_object().unwrap() {
        if !["iat", "exp"].contains(&claim.as_str()) {
            assert_eq!(known[claim], *value, "{claim}");
        }
    }
    for absent in ["act", "acr", "auth_time", "scp"] {
        assert!(known.get(absent).is_none(), "{absent}: {known}");
    }
    let before = people.lab.ran.times();
    let reply = people.call("send_mail", &token).await;
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert!(reply.challenge().contains(r#"scope="mail:send""#));
    assert_eq!(people.lab.ran.times(), before);
}

/// The claims that the token customizer of `logto::Provisioning` puts into a token.
#[tokio::test]
async fn a_token_that_says_it_itself_needs_no_record() {
    let people = People::known_by_claims().await;
    let claims =
        json!({ "name": "Alice Archer", "username": "alice", "email": "alice@example.com" });
    let token = people.altered("profile email", claims.clone());
    assert_eq!(
        people.says("whoami", &token).await,
        with_sub(&people, claims)
    );
    // A customizer that somebody wrote, and that says too much.
    let narrow = people.altered(
        "profile",
        json!({ "name": "Alice Archer", "email": "alice@example.com", "custom_data": { "plan": "x" } }),
    );
    let shared = people.says("shared", &narrow).await;
    assert_eq!(shared, with_sub(&people, json!({ "name": "Alice Archer" })));
    let bare = people.says("whoami", &people.token("profile email")).await;
    assert_eq!(bare, with_sub(&people, json!({})));
    assert_eq!(people.asked(), 0);
}

#[tokio::test]
async fn a_record_is_asked_for_once_within_its_time() {
    let time = Duration::from_secs(2);
    let people = People::known_by_record(|records| records.cache_for(time)).await;
    let token = people.token("profile email");
    for _ in 0..3 {
        people.says("whoami", &token).await;
    }
    assert_eq!(people.asked(), 1);
    people
        .logto
        .edit(&people.alice, &json!({ "name": "Alice Baker" }));
    sleep(time).await;
    assert_eq!(people.says("whoami", &token).await["name"], "Alice Baker");
    assert_eq!(people.asked(), 2);
}

#[tokio::test]
async fn whoever_waits_waits_for_one_answer() {
    let people = Arc::new(People::known_by_record(|records| records).await);
    let token = people.token("profile email");
    people.api.open(false);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (people, token) = (Arc::clone(&people), token.clone());
            tokio::spawn(async move { people.call("whoami", &token).await.status })
        })
        .collect();
    sleep(Duration::from_millis(300)).await;
    people.api.open(true);
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!((people.asked(), people.lab.ran.times()), (1, 50));
}

#[tokio::test]
async fn what_is_evicted_is_asked_for_again() {
    let people = People::known_by_record(|records| records).await;
    let (one, other) = (people.token("profile email"), people.token("email profile"));
    for token in [&one, &other] {
        people.says("whoami", token).await;
    }
    people
        .logto
        .edit(&people.alice, &json!({ "isSuspended": true }));
    people.says("whoami", &one).await;
    people.lab.token_cache.evict(&one);
    people.turns_away("evicted", &one).await;
    people.says("whoami", &other).await;
    let issuer = format!("{}/oidc", people.logto.endpoint());
    people.lab.token_cache.evict_subject(&issuer, "somebody");
    people.says("whoami", &other).await;
    people.lab.token_cache.evict_subject(&issuer, &people.alice);
    people.turns_away("evicted with its person", &other).await;
    assert_eq!(people.asked(), 4);
}

/// An operator's mistake that would show at the first caller, or to nobody.
#[tokio::test]
async fn what_could_not_work_does_not_start() {
    let management = |endpoint: &str| {
        let builder = Management::builder(endpoint).app("app", "secret");
        builder.build().expect("the configuration is right")
    };
    let ours = || Issuer::logto("https://a.logto.app");
    let asking = || ours().introspection(ClientAuth::secret_basic("app", "secret"));
    let listed = || danger::without_audience(["smartmail"]);
    for (issuer, why) in [
        (
            ours().identity_from(management("https://b.logto.app")),
            "another address",
        ),
        (
            ours().identity_from(
                UserRecords::new(management("https://a.logto.app"))
                    .cache_for(Duration::from_secs(301)),
            ),
            "more than 5 minutes",
        ),
        (ours().userinfo(Userinfo::new()), "refuses every JWT"),
        (
            Issuer::new("https://a.logto.app/oidc")
                .userinfo(Userinfo::new())
                .identity_from(management("https://a.logto.app")),
            "two tell who the person is",
        ),
        (ours().opaque_tokens(listed()), "add `.introspection(..)`"),
        (
            asking().opaque_tokens(danger::without_audience([""])),
            "name clients",
        ),
    ] {
        let server = Server::builder("s").resource("https://mcp.example.com/mcp");
        let outcome = server.issuer(issuer).build().await;
        let error = outcome.err().unwrap_or_else(|| panic!("it starts: {why}"));
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
}

/// As a server that verifies tokens it works on without: only who the person is cannot be had.
#[tokio::test]
async fn a_secret_that_is_wrong_is_told_at_the_start() {
    let logto = Logto::start().await;
    let key = support::Signer::es384();
    logto.publish(&[key.jwk("k")]);
    let management = Management::builder(logto.endpoint()).app(Logto::APP.0, "wrong");
    let management = management.build().expect("the configuration is right");
    let issuer = Issuer::logto(logto.endpoint()).identity_from(management);
    let server = Server::builder("s").resource("http://127.0.0.1:1/mcp");
    let server = server.issuer(issuer).tools([crate::people::whoami::tool()]);
    let server = server.state(support::Ran::default());
    let error = server.build().await.expect_err("it starts").to_string();
    assert!(error.contains("invalid_client"), "{error}");
}
