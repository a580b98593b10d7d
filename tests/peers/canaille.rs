//! canaille: it does not know for which server a token is (no RFC 8707), so its tokens are refused,
//! and the operator is told what to do about each.

use json::Value;
use mcp_authz::Issuer;
use support::{Canaille, Person, Result, Tool, have};

use crate::client::{Client, token};
use crate::guarded::Guarded;
use crate::log::Log;

const RESOURCE: &str = "http://127.0.0.1:3001/mcp";

/// The provider, and what it gives for Alice's consent.
struct Given {
    provider: Canaille,
    answer: Value,
}

impl Given {
    /// None where it cannot run.
    async fn by_alice() -> Result<Option<Self>> {
        if !have(&[Tool::Python]).await {
            return Ok(None);
        }
        let provider = Canaille::start().await?;
        let agent = Client::of(&provider.issuer, RESOURCE).await?;
        let mut alice = Person::named("alice").allowing();
        let answer = agent.ask(&mut alice, "openid profile email").await?;
        assert!(alice.consent_pages[0].contains("SmartMail AI"));
        Ok(Some(Self { provider, answer }))
    }

    async fn server(&self, configure: impl FnOnce(Issuer) -> Issuer) -> Result<Guarded> {
        let issuer = configure(Issuer::new(&self.provider.issuer));
        Guarded::of(RESOURCE, issuer).await
    }
}

#[tokio::test]
async fn its_tokens_are_refused_one_check_after_the_other_and_the_log_says_what_to_change()
-> Result<()> {
    let log = Log::open();
    let Some(given) = Given::by_alice().await? else {
        return Ok(());
    };
    let token = token(&given.answer)?;
    let issuer = format!("issuer={:?}", given.provider.issuer);

    let plain = given.server(|issuer| issuer).await?;
    plain.turns_away(&token).await;
    let why = log.last("token refused");
    assert!(why.contains(&issuer), "{why}");
    assert!(why.contains("typ: not `at+jwt`"), "{why}");
    assert!(why.contains(".accept_typ_jwt()"), "{why}");

    let lenient = given.server(Issuer::accept_typ_jwt).await?;
    lenient.turns_away(&token).await;
    let why = log.last("token refused");
    assert!(why.contains(&issuer), "{why}");
    assert!(why.contains("aud: issued for another resource"), "{why}");
    assert!(why.contains(".audience(..)"), "{why}");

    says_nothing_of(&log, &token);
    Ok(())
}

/// Neither a part of the token nor what is written in it.
fn says_nothing_of(log: &Log, token: &str) {
    let text = log.text();
    for part in token.split('.').chain(["alice", "third-party"]) {
        assert!(!text.contains(part), "{}", log.last(part));
    }
}

#[tokio::test]
async fn where_the_author_lists_its_audience_there_is_a_caller_without_scopes() -> Result<()> {
    let log = Log::open();
    let Some(given) = Given::by_alice().await? else {
        return Ok(());
    };
    let listing = |issuer: Issuer| issuer.accept_typ_jwt().audience("third-party");
    let server = given.server(listing).await?;
    let token = token(&given.answer)?;
    server
        .asks_for_more("whoami", &token, "profile email")
        .await;
    server.asks_for_more("send_mail", &token, "mail:send").await;

    // Of the same issuer, for the same audience, with the same `typ`.
    let id_token = given.answer["id_token"].as_str().unwrap_or_default();
    server.turns_away(id_token).await;
    let why = log.last("token refused");
    assert!(why.contains("typ: an ID token or a proof"), "{why}");
    let refresh_token = given.answer["refresh_token"].as_str().unwrap_or_default();
    server.turns_away(refresh_token).await;
    Ok(())
}
