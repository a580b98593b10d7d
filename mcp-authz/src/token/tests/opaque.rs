//! Which tokens are asked about, and whom.

use std::sync::Arc;

use serde_json::json;

use super::opaque_support::{INTROSPECT, TOKEN, auth, introspecting};
use super::support::{FakeIssuer, Fixture, Signer, claims, refusal, verifiers};
use crate::World;
use crate::auth_info::AuthInfo;
use crate::bearer::BearerToken;
use crate::danger;
use crate::token::{DynVerifier, Issuer, TokenVerifier, Verifiers, VerifyError};

#[tokio::test]
async fn a_jwt_is_never_asked_about() {
    let it = introspecting().await;
    let header = json!(it.header()).to_string();
    let mut expired = it.claims();
    expired.insert("exp".to_owned(), 1.into());
    let mut elsewhere = it.claims();
    elsewhere.insert("iss".to_owned(), "https://elsewhere.example.com".into());
    let good = it.token();
    let forged = Signer::es256().token_of(&header, &json!(it.claims()).to_string());
    for token in [
        it.signed(&it.header(), &expired),
        it.signed(&it.header(), &elsewhere),
        forged,
        format!("{good}="),
        format!("{good}.x"),
        format!("{good}.a.b"),
        it.signer.token_of(r#"{"alg":"none"}"#, "{}"),
        it.signer.token_of(&header, "not json"),
    ] {
        refusal(&token, it.verify(&token).await);
    }
    it.verify(&good).await.unwrap();
    assert_eq!(it.asked(INTROSPECT), 0);
    it.verify(TOKEN).await.unwrap();
    it.verify("v4.public.payload").await.unwrap();
    assert_eq!(it.asked(INTROSPECT), 2);
}

#[tokio::test]
async fn beside_each_other_each_issuer_has_its_own() {
    let it = introspecting().await;
    let other_key = Signer::es256();
    let other = FakeIssuer::with_keys(&[other_key.jwk("k1")]).await;
    let both = vec![
        Issuer::new(&other.identifier),
        Issuer::new(&it.issuer.identifier).introspection(auth()),
    ];
    let both = verifiers(both, &it.clock);
    let token = BearerToken::new(TOKEN);
    assert_eq!(
        both.verify(&token).await.unwrap().issuer(),
        it.issuer.identifier
    );
    assert!(
        other.hits().is_empty(),
        "a token was shown to the wrong issuer"
    );
    let header = json!(it.header()).to_string();
    let own = claims(&other.identifier, &it.clock);
    let signed = other_key.token_of(&header, &json!(own).to_string());
    assert_eq!(
        both.verify(&BearerToken::new(signed))
            .await
            .unwrap()
            .issuer(),
        other.identifier
    );
    assert_eq!(it.asked(INTROSPECT), 1);
}

#[tokio::test]
async fn without_introspection_an_opaque_token_is_refused_unasked() {
    let it = Fixture::new().await;
    refusal(TOKEN, it.verify(TOKEN).await);
    assert!(it.issuer.hits().is_empty());
}

struct Keys;

impl TokenVerifier for Keys {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        Err(VerifyError::rejected("unknown"))
    }
}

#[test]
fn only_one_may_judge_opaque_tokens() {
    let one = || Issuer::new("https://one.example.com").introspection(auth());
    let two = || Issuer::new("https://two.example.com").opaque_tokens(danger::userinfo_alone());
    let jwt = || Issuer::new("https://jwt.example.com");
    let custom = || Some(Arc::new(Keys) as Arc<dyn DynVerifier>);
    let nobody: [&str; 0] = [];
    for (issuers, custom, wrong) in [
        (vec![one(), jwt()], None, 0),
        (vec![two(), jwt()], None, 0),
        (vec![jwt()], custom(), 0),
        (vec![Issuer::google()], custom(), 0),
        (
            vec![Issuer::github().opaque_tokens(danger::userinfo_alone())],
            None,
            0,
        ),
        (vec![Issuer::google()], None, 1),
        (vec![one(), two()], None, 1),
        (vec![one()], custom(), 1),
        (vec![one(), two()], custom(), 2),
        (
            vec![jwt().opaque_tokens(danger::without_audience(["a"]))],
            None,
            1,
        ),
        (
            vec![one().opaque_tokens(danger::without_audience(nobody))],
            None,
            1,
        ),
        (
            vec![one().opaque_tokens(danger::without_audience([""]))],
            None,
            1,
        ),
        (vec![one().opaque_tokens(danger::userinfo_alone())], None, 1),
    ] {
        let shown = format!("{issuers:?}");
        let made = Verifiers::new(issuers, custom, super::support::RESOURCE, World::system());
        let problems = made.err().unwrap_or_default();
        assert_eq!(problems.len(), wrong, "{shown}: {problems:?}");
    }
}
