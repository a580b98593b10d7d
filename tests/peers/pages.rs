//! The sign-in and the consent page of the embedded provider in a real browser: what a form looks
//! like to one, and that a click leads back to the client.

use http_client::{Client, Url};
use json::{Value, json};
use support::{Answer, Browser, Tool, have};

use crate::place::{Place, Provider};

const REDIRECT: &str = "http://127.0.0.1:8976/callback";

#[tokio::test]
async fn a_person_who_allows_in_chromium_is_sent_back_with_a_code() -> support::Result<()> {
    let Some(callback) = visit(Answer::Allow, "allow").await? else {
        return Ok(());
    };
    assert!(parameter(&callback, "code").is_some(), "{callback}");
    assert_eq!(parameter(&callback, "state").as_deref(), Some("the-state"));
    assert!(parameter(&callback, "iss").is_some(), "{callback}");
    Ok(())
}

#[tokio::test]
async fn a_person_who_denies_in_chromium_is_sent_back_with_an_error() -> support::Result<()> {
    let Some(callback) = visit(Answer::Deny, "deny").await? else {
        return Ok(());
    };
    assert_eq!(
        parameter(&callback, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(parameter(&callback, "state").as_deref(), Some("the-state"));
    assert_eq!(parameter(&callback, "code"), None);
    Ok(())
}

/// Pictures are in `target/peers/pages/FOLDER`.
async fn visit(answer: Answer, folder: &str) -> support::Result<Option<Url>> {
    if !have(&[Tool::Node, Tool::Chromium]).await {
        return Ok(None);
    }
    let place = Place::open(Provider::Embedded).await?;
    let url = authorize_url(&place).await?;
    let mut alice = Browser::of("alice", folder).await?;
    let visit = alice.visit(&url, answer).await?;
    Ok(Some(Url::parse(&visit.callback)?))
}

async fn authorize_url(place: &Place) -> support::Result<String> {
    let metadata = format!("{}/.well-known/openid-configuration", place.issuer);
    let http = Client::new();
    let metadata: Value = http.get(metadata).send().await?.json().await?;
    let endpoint = |name: &str| metadata[name].as_str().unwrap_or_default().to_owned();
    let registration = json!({
        "client_name": "SmartMail AI",
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let client = http
        .post(endpoint("registration_endpoint"))
        .json(&registration);
    let client: Value = client.send().await?.json().await?;
    let parameters = [
        ("response_type", "code"),
        (
            "client_id",
            client["client_id"].as_str().unwrap_or_default(),
        ),
        ("redirect_uri", REDIRECT),
        ("scope", "profile email mail:send"),
        ("state", "the-state"),
        ("resource", &place.server),
        // The challenge of RFC 7636, appendix B. Nobody redeems the code.
        (
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        ("code_challenge_method", "S256"),
    ];
    let endpoint = endpoint("authorization_endpoint");
    Ok(Url::parse_with_params(&endpoint, parameters)?.into())
}

fn parameter(url: &Url, wanted: &str) -> Option<String> {
    let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
    Some(value.into_owned())
}
