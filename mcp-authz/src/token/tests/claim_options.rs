//! Claims in other places than the standards', and what an author wants to see in them.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Fixture, object, refusal};
use crate::auth_info::AuthInfo;
use crate::danger;
use crate::token::{Issuer, VerifyError};

/// Presents a token with these claims besides the usual ones, without `scope`; null removes one.
async fn with_claims(it: &Fixture, changes: &Value) -> Result<AuthInfo, VerifyError> {
    let mut claims = it.claims();
    claims.remove("scope");
    for (name, value) in object(changes.clone()) {
        match value {
            Value::Null => drop(claims.remove(&name)),
            value => drop(claims.insert(name, value)),
        }
    }
    it.verify(&it.signed(&it.header(), &claims)).await
}

async fn granted(it: &Fixture, changes: Value) -> String {
    let caller = with_claims(it, &changes).await.unwrap();
    caller.scopes().to_string()
}

#[tokio::test]
async fn a_scope_claim_may_lie_inside_others() {
    let it = Fixture::with(|issuer| issuer.scope_claim("realm_access.roles")).await;
    for (claims, expected) in [
        (json!({"realm_access": {"roles": ["a", "b"]}}), "a b"),
        (json!({"realm_access": {"roles": "a b"}}), "a b"),
        (
            json!({"realm_access.roles": ["a"], "realm_access": {"roles": ["b"]}}),
            "a",
        ),
        (json!({"realm_access": {"roles": ["a", 1]}}), ""),
        (json!({"realm_access": {"roles": {"a": true}}}), ""),
        (json!({"realm_access": ["roles"]}), ""),
        (json!({"realm_access": "roles"}), ""),
        (json!({"roles": ["a"], "scope": "b", "scp": "c"}), ""),
        (json!({}), ""),
    ] {
        assert_eq!(granted(&it, claims.clone()).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn scopes_of_two_claims_are_united_only_where_asked_for() {
    let both = json!({"scp": "a", "roles": ["b"], "permissions": ["c"]});
    let plain = Fixture::new().await;
    assert_eq!(granted(&plain, both.clone()).await, "a");
    let it = Fixture::with(|issuer| issuer.add_scope_claim("roles")).await;
    assert_eq!(granted(&it, both).await, "a b");
    assert_eq!(granted(&it, json!({"roles": 7, "scope": "a"})).await, "a");
    assert_eq!(granted(&it, json!({"roles": ["b"], "scope": 7})).await, "b");
}

#[tokio::test]
async fn a_prefix_stands_before_every_scope() {
    let it = Fixture::with(|issuer| issuer.scope_prefix("api://app/")).await;
    assert_eq!(
        granted(&it, json!({"scp": "mail.read mail.send"})).await,
        "api://app/mail.read api://app/mail.send"
    );
    assert_eq!(granted(&it, json!({"scp": ""})).await, "");
}

#[tokio::test]
async fn the_client_may_have_another_claim_which_must_then_be_there() {
    let it = Fixture::with(|issuer| issuer.client_id_claim("azp")).await;
    let caller = with_claims(&it, &json!({"azp": "agent"})).await.unwrap();
    assert_eq!(caller.client_id(), Some("agent"));
    for odd in [json!({}), json!({"azp": ""}), json!({"azp": ["agent"]})] {
        let reason = refusal(&odd.to_string(), with_claims(&it, &odd).await);
        assert!(reason.starts_with("client_id: "), "{odd}: {reason}");
    }
}

#[tokio::test]
async fn a_required_claim_is_compared_exactly() {
    let it = Fixture::with(|issuer| issuer.require_claim("org.id", "acme")).await;
    assert!(
        with_claims(&it, &json!({"org": {"id": "acme"}}))
            .await
            .is_ok()
    );
    for odd in [
        json!({}),
        json!({"org": {"id": "Acme"}}),
        json!({"org": {"id": ["acme"]}}),
        json!({"org": "acme"}),
    ] {
        let reason = refusal(&odd.to_string(), with_claims(&it, &odd).await);
        assert!(reason.starts_with("claims: "), "{odd}: {reason}");
    }
}

#[tokio::test]
async fn a_token_that_lives_too_long_is_refused() {
    let seconds = Duration::from_secs;
    // Whatever is said besides: the shortest lifetime counts.
    let it = Fixture::with(|issuer| {
        let issuer = issuer.max_token_lifetime(seconds(7200));
        let issuer = issuer.max_token_lifetime(seconds(3600));
        issuer.max_token_lifetime(seconds(86_400))
    })
    .await;
    let (now, hour) = (it.seconds(0), it.seconds(3600));
    assert!(
        with_claims(&it, &json!({"iat": now, "exp": hour}))
            .await
            .is_ok()
    );
    for (odd, class) in [
        (json!({"iat": now - 1, "exp": hour}), "exp: the token lives"),
        (json!({"iat": null, "exp": hour}), "iat: missing"),
        (json!({"exp": 253_402_300_799_u64}), "exp: the token lives"),
    ] {
        let reason = refusal(&odd.to_string(), with_claims(&it, &odd).await);
        assert!(reason.starts_with(class), "{odd}: {reason}");
    }
}

#[tokio::test]
async fn a_provider_s_scope_stands_for_its_claims() {
    let it = Fixture::with(|issuer| issuer.claims_for_scope("groups", ["groups"])).await;
    for (claims, expected) in [
        (
            json!({"scope": "groups", "groups": ["x"], "email": "a@x"}),
            json!({"sub": "alice", "groups": ["x"]}),
        ),
        (
            json!({"scope": "email", "groups": ["x"], "email": "a@x"}),
            json!({"sub": "alice", "email": "a@x"}),
        ),
    ] {
        let caller = with_claims(&it, &claims).await.unwrap();
        let shared = serde_json::to_value(caller.consented_claims()).unwrap();
        assert_eq!(shared, expected, "{claims}");
    }
}

#[tokio::test]
async fn listed_clients_stand_in_for_a_missing_audience_and_for_no_other() {
    let it = Fixture::with(|issuer| {
        issuer.jwt_without_audience(danger::without_audience(["smartmail"]))
    })
    .await;
    let caller = with_claims(&it, &json!({"aud": null})).await.unwrap();
    assert!(caller.audience().is_empty());
    for (odd, class) in [
        (
            json!({"aud": "https://other.example.com"}),
            "aud: issued for another",
        ),
        (json!({"aud": []}), "aud: issued for another"),
        (json!({"aud": 7}), "aud: neither"),
        (
            json!({"aud": null, "client_id": "Smartmail"}),
            "aud: missing",
        ),
        (json!({"aud": null, "client_id": null}), "aud: missing"),
    ] {
        let reason = refusal(&odd.to_string(), with_claims(&it, &odd).await);
        assert!(reason.starts_with(class), "{odd}: {reason}");
    }
}

#[test]
fn options_that_cannot_work_are_start_up_errors() {
    let issuer = || Issuer::new("https://h");
    for wrong in [
        issuer().scope_claim(""),
        issuer().add_scope_claim("a..b"),
        issuer().scope_prefix("a b"),
        issuer().client_id_claim(""),
        issuer().require_claim("", true),
        issuer().max_token_lifetime(Duration::ZERO),
        issuer().jwt_without_audience(danger::without_audience([""; 0])),
        issuer().jwt_without_audience(danger::without_audience([""])),
    ] {
        assert_eq!(wrong.problems().len(), 1, "{wrong:?}");
    }
}
