//! What userinfo answers: as an addition, and as the only word.

use serde_json::{Value, json};

use super::opaque_support::{TOKEN, TROUBLE, USERINFO, enriching};
use super::support::{Fixture, RESOURCE, Signer, assert_unavailable, refusal};
use crate::danger::{self, UserinfoAlone};
use crate::token::{Issuer, Userinfo};

/// A token that was not seen before.
fn fresh(it: &Fixture, number: usize) -> String {
    let mut claims = it.claims();
    claims.insert("jti".to_owned(), number.into());
    it.signed(&it.header(), &claims)
}

#[tokio::test]
async fn userinfo_adds_claims_and_decides_nothing() {
    let it = enriching(Userinfo::new()).await;
    it.knows(&json!({
        "sub": "alice", "email": "alice@example.com", "name": "Alice", "jti": "other",
        "scope": "admin", "aud": "x", "client_id": "evil", "cnf": {"jkt": "x"}, "azp": "evil", "act": {},
    }));
    let token = it.token();
    let caller = it.verify(&token).await.unwrap();
    assert_eq!(caller.claims()["email"], "alice@example.com");
    assert_eq!(caller.claims()["jti"], "1");
    assert_eq!(caller.claims()["aud"], RESOURCE);
    assert_eq!(caller.scopes().to_string(), "profile email");
    assert_eq!(caller.client_id(), Some("smartmail"));
    for never in ["cnf", "azp", "act"] {
        assert!(!caller.claims().contains_key(never), "{never}");
    }
    assert_eq!(caller.consented_claims().get("name").unwrap(), "Alice");
    let cached = it.cached(&token).unwrap();
    assert_eq!(cached.claims(), caller.claims());
    let asked = it.issuer.last(USERINFO);
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.headers["authorization"], format!("Bearer {token}"));
    it.verify(&token).await.unwrap();
    assert_eq!(it.asked(USERINFO), 1);
    it.advance(60);
    assert!(it.cached(&token).is_none());
    it.knows(&json!({"sub": "alice", "email": "new@example.com"}));
    assert_eq!(
        it.verify(&token).await.unwrap().claims()["email"],
        "new@example.com"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_taken_to_userinfo() {
    let it = enriching(Userinfo::new()).await;
    let mut claims = it.claims();
    claims.insert("aud".to_owned(), "https://other.example.com".into());
    refusal("aud", it.verify(&it.signed(&it.header(), &claims)).await);
    let forged = Signer::es256().token_of(
        &json!(it.header()).to_string(),
        &json!(it.claims()).to_string(),
    );
    refusal("forged", it.verify(&forged).await);
    refusal("opaque", it.verify(TOKEN).await);
    assert_eq!(it.asked(USERINFO), 0);
}

#[tokio::test]
async fn userinfo_must_be_about_the_token_s_person() {
    for userinfo in [Userinfo::new(), Userinfo::new().optional()] {
        let it = enriching(userinfo).await;
        for (number, answer) in [
            json!({}),
            json!({"sub": "bob"}),
            json!({"sub": ["alice"]}),
            json!({"sub": null}),
        ]
        .into_iter()
        .enumerate()
        {
            it.knows(&answer);
            let reason = refusal(&answer.to_string(), it.verify(&fresh(&it, number)).await);
            assert!(reason.starts_with("userinfo: sub"), "{reason}");
        }
    }
}

#[tokio::test]
async fn trouble_at_userinfo_is_503_or_does_not_matter() {
    let it = enriching(Userinfo::new()).await;
    let optional = enriching(Userinfo::new().optional()).await;
    for (number, (status, kind, body)) in TROUBLE.into_iter().enumerate() {
        if status == 200 && kind.starts_with("application/json") && body.contains("false,") {
            continue; // doubled members: below, with a subject
        }
        it.issuer.typed(USERINFO, status, kind, body);
        assert_unavailable(it.verify(&fresh(&it, number)).await);
        optional.issuer.typed(USERINFO, status, kind, body);
        let caller = optional.verify(&fresh(&optional, number)).await.unwrap();
        assert!(!caller.claims().contains_key("email"));
    }
    let doubled = r#"{"sub":"bob","sub":"alice"}"#;
    it.issuer.typed(USERINFO, 200, "application/json", doubled);
    assert_unavailable(it.verify(&it.token()).await);
    it.issuer.typed(USERINFO, 401, "application/json", "{}");
    let reason = refusal("401", it.verify(&it.token()).await);
    assert!(
        reason.starts_with("userinfo: the issuer does not know"),
        "{reason}"
    );
    it.issuer.redirect(USERINFO, "/elsewhere");
    it.advance(10);
    assert_unavailable(it.verify(&it.token()).await);
    assert_eq!(it.asked("/elsewhere"), 0);
}

#[tokio::test]
async fn signed_userinfo_is_verified() {
    let it = enriching(Userinfo::new()).await;
    let claims = |changes: &[(&str, Value)]| {
        let mut claims = json!({"iss": it.issuer.identifier, "aud": "smartmail", "sub": "alice", "email": "signed@example.com"});
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        claims
    };
    let good = claims(&[]);
    let header = json!({"alg": "ES256", "kid": "k1"}).to_string();
    let forged = Signer::es256();
    for (number, body) in [
        it.signed_as(Some("at+jwt"), &good),
        it.signed_as(Some("token-introspection+jwt"), &good),
        it.signer.token_of(r#"{"alg":"none"}"#, &good.to_string()),
        forged.token_of(&header, &good.to_string()),
        good.to_string(),
        it.signed_as(
            None,
            &claims(&[("iss", json!("https://elsewhere.example.com"))]),
        ),
        it.signed_as(None, &claims(&[("iss", Value::Null)])),
        it.signed_as(None, &claims(&[("aud", json!("another"))])),
        it.signed_as(None, &claims(&[("aud", Value::Null)])),
    ]
    .into_iter()
    .enumerate()
    {
        it.issuer.typed(USERINFO, 200, "application/jwt", &body);
        assert_unavailable(it.verify(&fresh(&it, number)).await);
    }
    for typ in [None, Some("JWT")] {
        it.issuer
            .typed(USERINFO, 200, "application/jwt", &it.signed_as(typ, &good));
        it.verifiers.token_cache().evict(&it.token());
        let caller = it.verify(&it.token()).await.unwrap();
        assert_eq!(caller.claims()["email"], "signed@example.com");
    }
}

/// A server for which userinfo is all there is.
async fn alone(how: UserinfoAlone) -> Fixture {
    let it = Fixture::with(|issuer| issuer.opaque_tokens(how)).await;
    it.knows(&json!({"sub": "alice", "email": "alice@example.com", "name": ""}));
    it
}

#[tokio::test]
async fn alone_it_grants_what_the_author_mapped_and_nothing_else() {
    let how = danger::userinfo_alone()
        .scope_for_claim("email", "email")
        .scope_for_claim("name", "profile");
    let it = alone(how).await;
    let caller = it.verify(TOKEN).await.unwrap();
    assert_eq!(caller.subject(), Some("alice"));
    assert_eq!((caller.client_id(), caller.expires_at()), (None, None));
    assert_eq!(caller.scopes().to_string(), "email");
    let plain = alone(danger::userinfo_alone()).await;
    plain.knows(&json!({"sub": "alice", "scope": "admin", "scp": ["admin"]}));
    assert!(plain.verify(TOKEN).await.unwrap().scopes().is_empty());
    for (number, empty) in [json!(null), json!(false), json!(""), json!([]), json!({})]
        .into_iter()
        .enumerate()
    {
        it.knows(&json!({"sub": "alice", "email": empty}));
        let caller = it.verify(&format!("empty-{number}")).await.unwrap();
        assert!(caller.scopes().is_empty(), "{empty}");
    }
}

#[tokio::test]
async fn alone_it_is_asked_again_after_a_minute() {
    let it = alone(danger::userinfo_alone()).await;
    it.verify(TOKEN).await.unwrap();
    it.advance(59);
    assert!(it.cached(TOKEN).is_some());
    it.issuer.typed(USERINFO, 401, "application/json", "{}");
    it.advance(1);
    refusal("revoked", it.verify(TOKEN).await);
}

#[tokio::test]
async fn alone_its_trouble_is_503() {
    let it = alone(danger::userinfo_alone()).await;
    for (status, kind, body) in TROUBLE {
        it.issuer.typed(USERINFO, status, kind, body);
        assert_unavailable(it.verify(TOKEN).await);
    }
    for (number, answer) in [
        json!({}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": ["alice"]}),
    ]
    .into_iter()
    .enumerate()
    {
        it.knows(&answer);
        refusal(
            &answer.to_string(),
            it.verify(&format!("nobody-{number}")).await,
        );
    }
}

#[tokio::test]
async fn alone_another_claim_may_name_the_person() {
    let it = alone(danger::userinfo_alone().subject_claim("id")).await;
    it.knows(&json!({"id": 583_231, "login": "octocat"}));
    assert_eq!(it.verify(TOKEN).await.unwrap().subject(), Some("583231"));
    for (number, id) in [json!(1.5), json!(-1), json!(null), json!("")]
        .into_iter()
        .enumerate()
    {
        it.knows(&json!({"id": id, "sub": "alice"}));
        refusal("id", it.verify(&format!("odd-{number}")).await);
    }
}

#[tokio::test]
async fn with_clients_it_takes_signed_answers_for_them_alone() {
    let it = alone(danger::userinfo_alone().clients(["smartmail"])).await;
    assert_unavailable(it.verify(TOKEN).await);
    let answer = |aud: &str| json!({"iss": it.issuer.identifier, "aud": aud, "sub": "alice"});
    it.issuer.typed(
        USERINFO,
        200,
        "application/jwt",
        &it.signed_as(None, &answer("harmless-app")),
    );
    refusal("another client's", it.verify("another").await);
    it.issuer.typed(
        USERINFO,
        200,
        "application/jwt",
        &it.signed_as(None, &answer("smartmail")),
    );
    assert!(it.verify(TOKEN).await.is_ok());
    let open = alone(danger::userinfo_alone()).await;
    open.issuer.typed(
        USERINFO,
        200,
        "application/jwt",
        &open.signed_as(
            None,
            &json!({"iss": open.issuer.identifier, "aud": "x", "sub": "alice"}),
        ),
    );
    assert_unavailable(open.verify(TOKEN).await);
}

#[test]
fn mistakes_are_told() {
    let issuer = || Issuer::new("https://as.example.com");
    for (issuer, expected) in [
        (
            issuer().userinfo(Userinfo::new().endpoint("http://as.example.com/u")),
            1,
        ),
        (
            issuer().userinfo(Userinfo::new().cache_for(std::time::Duration::from_secs(301))),
            1,
        ),
        (
            issuer().opaque_tokens(danger::userinfo_alone().scope_for_claim("a", "two words")),
            1,
        ),
        (
            issuer().opaque_tokens(danger::userinfo_alone().subject_claim("")),
            1,
        ),
        (
            issuer().opaque_tokens(danger::userinfo_alone().clients::<String>([])),
            1,
        ),
        (
            issuer().opaque_tokens(danger::userinfo_alone().endpoint("https://127.0.0.1/")),
            1,
        ),
        (issuer().opaque_tokens(danger::userinfo_alone()), 0),
    ] {
        assert_eq!(issuer.problems().len(), expected, "{:?}", issuer.problems());
    }
}
