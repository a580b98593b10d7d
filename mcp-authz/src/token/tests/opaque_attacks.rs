//! Attempts to have an opaque token accepted beyond what its issuer says, and to wear the questions out.

use std::time::Duration;

use serde_json::{Value, json};

use super::opaque_support::{INTROSPECT, TOKEN, USERINFO, auth, introspecting_with};
use super::support::{Fixture, assert_unavailable, refusal};
use crate::danger;
use crate::token::{Introspection, Issuer, Userinfo};

/// A server that asks introspection, and userinfo besides.
async fn enriched(introspection: u64, userinfo: u64) -> Fixture {
    let seconds = Duration::from_secs;
    let it = Fixture::with(|issuer| {
        issuer
            .introspection(Introspection::new(auth()).cache_for(seconds(introspection)))
            .userinfo(Userinfo::new().cache_for(seconds(userinfo)))
    })
    .await;
    it.says(&it.active());
    it.knows(&json!({"sub": "alice", "email": "alice@example.com"}));
    it
}

#[tokio::test]
async fn what_introspection_takes_back_does_not_live_on_in_userinfo() {
    for cached in [0, 10] {
        let it = enriched(cached, 300).await;
        let caller = it.verify(TOKEN).await.unwrap();
        assert_eq!(caller.scopes().to_string(), "profile email");
        it.advance(cached);
        it.says(&it.active_with("scope", &Some(json!("profile"))));
        let caller = it.verify(TOKEN).await.unwrap();
        assert_eq!(caller.scopes().to_string(), "profile", "{cached}");
        assert_eq!(caller.claims()["email"], "alice@example.com");
        let known = it.cached(TOKEN);
        assert_eq!(known.is_some(), cached > 0);
        assert!(known.is_none_or(|caller| !caller.has("email")));
    }
}

#[tokio::test]
async fn userinfo_is_believed_no_longer_than_it_asks_for() {
    let it = enriched(300, 10).await;
    it.verify(TOKEN).await.unwrap();
    it.advance(9);
    assert!(it.cached(TOKEN).is_some());
    it.advance(1);
    assert!(it.cached(TOKEN).is_none());
    it.issuer.typed(USERINFO, 401, "application/json", "{}");
    refusal("revoked", it.verify(TOKEN).await);
    assert_eq!(it.asked(USERINFO), 2);
}

#[tokio::test]
async fn an_old_signed_answer_is_no_answer() {
    let it = introspecting_with(Introspection::signed_replies, |issuer| issuer).await;
    let reply = |dates: &[(&str, i64)]| {
        let mut claims = json!({
            "iss": it.issuer.identifier, "aud": "mcp-server", "iat": it.seconds(0),
            "token_introspection": it.active(),
        });
        for (name, offset) in dates {
            claims[*name] = it.seconds(*offset).into();
        }
        it.signed_as(Some("token-introspection+jwt"), &claims)
    };
    let kind = "application/token-introspection+jwt";
    let bad: [&[(&str, i64)]; 4] = [
        &[("iat", -121)],
        &[("iat", -86_400)],
        &[("exp", -60)],
        &[("nbf", 61)],
    ];
    for dates in bad {
        it.issuer.typed(INTROSPECT, 200, kind, &reply(dates));
        assert_unavailable(it.verify(TOKEN).await);
    }
    let good = reply(&[("iat", -119), ("exp", -59), ("nbf", 60)]);
    it.issuer.typed(INTROSPECT, 200, kind, &good);
    assert!(it.verify(TOKEN).await.is_ok());
}

#[tokio::test]
async fn signed_userinfo_is_over_when_it_says_so() {
    let alone = danger::userinfo_alone().clients(["smartmail"]);
    let alone = Fixture::with(|issuer| issuer.opaque_tokens(alone)).await;
    let added = Fixture::with(|issuer| issuer.userinfo(Userinfo::new())).await;
    for (it, token) in [(&alone, TOKEN.to_owned()), (&added, added.token())] {
        let answer = |name: &str, date| {
            let mut claims =
                json!({"iss": it.issuer.identifier, "aud": "smartmail", "sub": "alice"});
            claims[name] = date;
            it.signed_as(None, &claims)
        };
        for (name, date) in [
            ("exp", json!(it.seconds(-60))),
            ("exp", json!("tomorrow")),
            ("nbf", json!(it.seconds(61))),
            ("iat", json!(it.seconds(61))),
        ] {
            let body = answer(name, date);
            it.issuer.typed(USERINFO, 200, "application/jwt", &body);
            assert_unavailable(it.verify(&token).await);
        }
        let body = answer("exp", json!(it.seconds(-59)));
        it.issuer.typed(USERINFO, 200, "application/jwt", &body);
        assert!(it.verify(&token).await.is_ok());
    }
}

/// Many decoders take both alphabets, and skip what is in neither.
#[tokio::test]
async fn a_jwt_in_another_alphabet_is_no_opaque_token() {
    let it = introspecting_with(|how| how, |issuer| issuer).await;
    let token = it
        .signer
        .token_of(r#"{"alg":"ES256","kid":"k1????>>>>"}"#, "{}");
    let (header, rest) = token.split_once('.').unwrap();
    assert!(header.contains('_') || header.contains('-'));
    let standard = header.replace('-', "+").replace('_', "/");
    for header in [&standard, &format!("~{header}"), &format!("{header}==")] {
        let token = format!("{header}.{rest}");
        refusal(header, it.verify(&token).await);
    }
    assert_eq!(it.asked(INTROSPECT), 0);
}

#[tokio::test]
async fn a_signed_answer_of_userinfo_is_no_token() {
    let relaxed = Fixture::with(Issuer::accept_typ_jwt).await;
    for it in [&Fixture::new().await, &relaxed] {
        let answer = |aud: Value| {
            let answer = json!({
                "iss": it.issuer.identifier, "aud": aud, "sub": "alice", "scope": "profile",
                "client_id": "smartmail", "exp": it.seconds(60), "email": "alice@example.com",
            });
            it.signed_as(None, &answer)
        };
        refusal("a client's", it.verify(&answer(json!("smartmail"))).await);
        refusal("nobody's", it.verify(&answer(Value::Null)).await);
    }
    let good = relaxed.signed_as(None, &json!(relaxed.claims()));
    assert!(relaxed.verify(&good).await.is_ok());
}
