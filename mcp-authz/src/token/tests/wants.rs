//! What the metadata must say for a server to ask about tokens: told at start and by `check`, in the
//! same words.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::client_auth::pem;
use super::opaque_support::{INTROSPECT, USERINFO, auth};
use super::reports::{METADATA, site};
use super::support::{FakeIssuer, Signer, object, verifiers};
use crate::bearer::BearerToken;
use crate::clock::TestClock;
use crate::token::documents::Documents;
use crate::token::{Algorithm, ClientAuth, Introspection, Issuer, Report, Userinfo, WarmUp};
use crate::{World, danger};

/// What start-up finds.
async fn started(issuer: Issuer) -> WarmUp {
    let clock = Arc::new(TestClock::new());
    verifiers(vec![issuer], &clock).warm_up().await
}

/// The complete site, with both endpoints.
async fn whole(changes: Value) -> FakeIssuer {
    let issuer = site(json!({})).await;
    let (introspect, userinfo) = (issuer.at(INTROSPECT), issuer.at(USERINFO));
    let mut all = object(json!({
        "introspection_endpoint": introspect, "userinfo_endpoint": userinfo,
    }));
    all.extend(object(changes));
    change(&issuer, &Value::Object(all)).await;
    issuer
}

/// Changes the metadata; null removes a member.
async fn change(issuer: &FakeIssuer, changes: &Value) {
    let document = reqwest::get(issuer.at(METADATA)).await.unwrap();
    let document: Value = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
    let mut document = object(document);
    for (name, value) in object(changes.clone()) {
        match value {
            Value::Null => drop(document.remove(&name)),
            value => drop(document.insert(name, value)),
        }
    }
    issuer.page(METADATA, 200, &json!(document).to_string());
}

/// Both found these errors and no others.
#[track_caller]
fn assert_errors(report: &Report, found: &WarmUp, expected: &[&[&str]]) {
    assert!(found.unreachable.is_empty(), "{found:?}");
    for errors in [report.errors(), &found.wrong] {
        assert_eq!(errors.len(), expected.len(), "{errors:#?}");
        for (error, parts) in errors.iter().zip(expected) {
            let all = parts.iter().all(|part| error.contains(part));
            assert!(all, "{parts:?} in {error}");
        }
    }
}

type Options = fn(Issuer) -> Issuer;

#[tokio::test]
async fn an_endpoint_that_is_needed_and_missing_is_wrong() {
    let asked: Options = |issuer| issuer.introspection(auth());
    let enriched: Options = |issuer| issuer.userinfo(Userinfo::new());
    let both: Options = |issuer| issuer.introspection(auth()).userinfo(Userinfo::new());
    let alone: Options = |issuer| issuer.opaque_tokens(danger::userinfo_alone());
    let introspection = "no `introspection_endpoint`: name it with `Introspection::new(..)";
    let userinfo = "no `userinfo_endpoint`: name it with `Userinfo::new()";
    let sole = "no `userinfo_endpoint`: name it with `danger::userinfo_alone()";
    let none = json!({"introspection_endpoint": null, "userinfo_endpoint": null});
    let elsewhere = json!({"userinfo_endpoint": "https://api.example.com/me"});
    let plain = json!({"userinfo_endpoint": "http://api.example.com/me"});
    let odd = json!({"introspection_endpoint": ["https://as.example.com"], "jwks_uri": null});
    let no_keys = json!({"jwks_uri": null});
    let bad_keys = json!({"jwks_uri": "http://as.example.com/jwks"});
    for (options, changes, expected) in [
        (asked, json!({}), &[][..]),
        (both, json!({}), &[]),
        (alone, json!({}), &[]),
        (enriched, elsewhere.clone(), &[]),
        (alone, elsewhere, &[]),
        (asked, none.clone(), &[&[introspection][..]]),
        (enriched, none.clone(), &[&[userinfo]]),
        (alone, none.clone(), &[&[sole]]),
        (both, none, &[&[introspection], &[userinfo]]),
        (
            enriched,
            plain.clone(),
            &[&["`userinfo_endpoint`: only https"]],
        ),
        (alone, plain, &[&["`userinfo_endpoint`: only https"]]),
        (asked, odd, &[&[introspection]]),
        // Its JWTs are refused; its opaque tokens need no key.
        (asked, no_keys.clone(), &[]),
        (asked, bad_keys, &[&["`jwks_uri`: only https"]]),
        (enriched, no_keys, &[&["no `jwks_uri`"]]),
    ] {
        let issuer = whole(changes).await;
        let configured = || options(Issuer::new(&issuer.identifier));
        let report = configured().check().await;
        assert_errors(&report, &started(configured()).await, expected);
        assert_eq!(issuer.hits_of(INTROSPECT) + issuer.hits_of(USERINFO), 0);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_needed_is_a_warning() {
    for (changes, says) in [
        (json!({"userinfo_endpoint": null}), "no `userinfo_endpoint`"),
        (
            json!({"userinfo_endpoint": "http://api.example.com/me"}),
            "only https",
        ),
    ] {
        let issuer = whole(changes).await;
        let optional = Issuer::new(&issuer.identifier).userinfo(Userinfo::new().optional());
        let report = optional.check().await;
        assert!(report.is_usable(), "{report}");
        let [warning] = report.warnings() else {
            panic!("{report}")
        };
        let remedy = "name it with `Userinfo::new()";
        assert!(
            warning.contains(says) && warning.contains(remedy),
            "{report}"
        );
        assert!(report.to_string().contains("may not get along"), "{report}");
        assert!(started(optional).await.wrong.is_empty());
    }
}

#[tokio::test]
async fn what_the_author_names_is_not_looked_for() {
    let issuer = whole(json!({"introspection_endpoint": null, "userinfo_endpoint": null})).await;
    let methods = json!({"introspection_endpoint_auth_methods_supported": ["none"]});
    change(&issuer, &methods).await;
    let at = |path| issuer.at(path);
    let named = Issuer::new(&issuer.identifier)
        .introspection(Introspection::new(auth()).endpoint(at(INTROSPECT)))
        .userinfo(Userinfo::new().endpoint(at(USERINFO)));
    let report = named.check().await;
    assert!(
        report.is_usable() && report.warnings().is_empty(),
        "{report}"
    );
    assert!(started(named.clone()).await.wrong.is_empty());
    // It may have no metadata at all, which clients will miss.
    issuer.page(METADATA, 404, "");
    let report = named.check().await;
    assert!(report.is_usable(), "{report}");
    assert!(report.lacks()[0].contains("metadata"), "{report}");
    let found = started(named).await;
    assert!(found.wrong.is_empty() && found.unreachable.is_empty());
    let jwts = Issuer::new(&issuer.identifier).check().await;
    assert!(!jwts.is_usable() && jwts.lacks().is_empty(), "{jwts}");
}

#[tokio::test]
async fn an_issuer_in_trouble_is_not_wrong() {
    let issuer = whole(json!({})).await;
    issuer.down(true);
    let configured = Issuer::new(&issuer.identifier).introspection(auth());
    let found = started(configured.clone()).await;
    assert_eq!((found.unreachable.len(), found.wrong.len()), (1, 0));
    assert!(!configured.check().await.is_usable());
}

#[tokio::test]
async fn keys_that_cannot_be_used_matter_to_jwts() {
    let issuer = whole(json!({})).await;
    issuer.keys(&[json!({"kty": "oct", "k": "AAAA"})]);
    let new = || Issuer::new(&issuer.identifier);
    let report = new().check().await;
    assert!(report.errors()[0].contains("no usable key"), "{report}");
    let report = new().introspection(auth()).check().await;
    assert!(report.is_usable(), "{report}");
    assert!(
        report.warnings()[0].contains("its JWTs are refused"),
        "{report}"
    );
}

#[tokio::test]
async fn keys_are_needed_where_answers_are_signed() {
    let issuer = whole(json!({"jwks_uri": null})).await;
    let new = || Issuer::new(&issuer.identifier);
    let listed = || danger::userinfo_alone().clients(["smartmail"]);
    let google = Issuer {
        identifier: issuer.identifier.clone(),
        ..Issuer::google()
    };
    for configured in [
        new().introspection(Introspection::new(auth()).signed_replies()),
        new().opaque_tokens(listed()),
        google.clone().opaque_tokens(listed()),
    ] {
        let report = configured.check().await;
        assert_errors(&report, &started(configured).await, &[&["no `jwks_uri`"]]);
    }
    // Also where nothing else that the issuer signs counts.
    let signer = Signer::es256();
    change(&issuer, &json!({"jwks_uri": issuer.at("/jwks")})).await;
    issuer.keys(&[signer.jwk("k1")]);
    let clock = Arc::new(TestClock::new());
    let asking = verifiers(vec![google.opaque_tokens(listed())], &clock);
    let answer = json!({"iss": issuer.identifier, "aud": "smartmail", "sub": "alice"});
    let answer = signer.token_of(r#"{"alg":"ES256","kid":"k1"}"#, &answer.to_string());
    issuer.typed(USERINFO, 200, "application/jwt", &answer);
    let caller = asking.verify(&BearerToken::new("ya29.a0AfH6SMBx")).await;
    assert_eq!(caller.unwrap().subject(), Some("alice"));
}

#[tokio::test]
async fn what_the_metadata_does_not_list_is_a_warning_that_says_what_it_lists() {
    const METHODS: &str = "introspection_endpoint_auth_methods_supported";
    const ALGORITHMS: &str = "introspection_endpoint_auth_signing_alg_values_supported";
    const REPLIES: &str = "introspection_signing_alg_values_supported";
    const USERINFO_REPLIES: &str = "userinfo_signing_alg_values_supported";
    let basic: Options = |issuer| issuer.introspection(auth());
    let post: Options = |issuer| issuer.introspection(ClientAuth::secret_post("server", "s3cret"));
    let by_key: Options = |issuer| {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let key = pem(pair.to_pkcs8v1().unwrap().as_ref());
        issuer.introspection(ClientAuth::private_key_jwt("server", Algorithm::Es384, key))
    };
    let signed: Options = |issuer| {
        let how = Introspection::new(auth()).signed_replies();
        issuer
            .introspection(how)
            .algorithms([Algorithm::Es256, Algorithm::EdDsa])
    };
    let alone: Options = |issuer| {
        let how = danger::userinfo_alone().clients(["smartmail"]);
        issuer.opaque_tokens(how).algorithms([Algorithm::Es256])
    };
    for (options, changes, expected) in [
        (basic, json!({}), None),
        (
            basic,
            json!({METHODS: ["client_secret_post", "client_secret_basic"]}),
            None,
        ),
        (
            by_key,
            json!({METHODS: ["private_key_jwt"], ALGORITHMS: ["ES384"]}),
            None,
        ),
        (signed, json!({REPLIES: ["RS256", "Ed25519"]}), None),
        (alone, json!({USERINFO_REPLIES: ["none", "ES256"]}), None),
        // Not asked for, so not looked at.
        (
            basic,
            json!({REPLIES: [], ALGORITHMS: [], USERINFO_REPLIES: []}),
            None,
        ),
        (
            post,
            json!({METHODS: ["client_secret_basic", "private_key_jwt", "tls_client_auth"]}),
            Some(
                "does not list `client_secret_post`: write `ClientAuth::secret_basic(..)` or `ClientAuth::private_key_jwt(..)`",
            ),
        ),
        (
            basic,
            json!({METHODS: ["tls_client_auth", "<script>"]}),
            Some("does not list `client_secret_basic`: nor anything else that would do"),
        ),
        (
            basic,
            json!({METHODS: "client_secret_basic"}),
            Some("does not list"),
        ),
        (basic, json!({METHODS: []}), Some("does not list")),
        (
            by_key,
            json!({ALGORITHMS: ["RS256", "HS256"]}),
            Some("does not list `ES384`: take a key for `Algorithm::Rs256`"),
        ),
        (
            signed,
            json!({REPLIES: ["RS256"]}),
            Some("does not list `ES256`, `EdDSA`: name in `.algorithms([..])` `Algorithm::Rs256`"),
        ),
        (
            alone,
            json!({USERINFO_REPLIES: ["RS256"]}),
            Some("does not list `ES256`: name in `.algorithms([..])` `Algorithm::Rs256`"),
        ),
    ] {
        let issuer = whole(changes.clone()).await;
        let configured = options(Issuer::new(&issuer.identifier));
        let report = configured.check().await;
        assert!(report.is_usable() && report.lacks().is_empty(), "{report}");
        assert_eq!(
            report.warnings().len(),
            usize::from(expected.is_some()),
            "{changes}: {report}"
        );
        let says = expected.unwrap_or("nothing is missing");
        assert!(report.to_string().contains(says), "{changes}: {report}");
        assert!(!report.to_string().contains("<script>"), "{report}");
        // The same is logged when the metadata is read.
        let documents = Documents::new(&configured, configured.url().unwrap(), World::system());
        documents.read().await.ok().unwrap();
        let told = documents.told().await;
        assert_eq!(told.len(), report.warnings().len(), "{told:?}");
        assert!(told.iter().all(|one| one.contains(says)), "{told:?}");
        assert!(started(configured).await.wrong.is_empty());
    }
}
