//! The certified provider changes its keys, and no server is restarted for it.

use support::{Person, Result, have};

use crate::place::{Place, Provider};

#[tokio::test]
async fn new_keys_are_found_and_old_ones_hold_as_long_as_they_are_published() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    for alg in ["ES256", "RS256", "EdDSA"] {
        let settings = [("ALG", alg)];
        let mut place = Place::open_with(Provider::Certified, &settings, |server| server).await?;
        let (agent, server) = (place.agent().await?, place.replica(|issuer| issuer).await?);
        let mut alice = Person::named("alice").allowing();
        let before = agent.token(&mut alice, "profile email").await?;
        server.knows(&before, "alice@example.com").await;
        place.certified().add_keys().await?;
        let after = agent.token(&mut alice, "profile email").await?;
        assert_ne!(header(&before), header(&after), "signed with another key");
        server.knows(&after, "alice@example.com").await;
        server.knows(&before, "alice@example.com").await;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_no_longer_published_verifies_nothing() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let mut place = Place::open(Provider::Certified).await?;
    let (agent, server) = (place.agent().await?, place.replica(|issuer| issuer).await?);
    let mut alice = Person::named("alice").allowing();
    let shown = agent.token(&mut alice, "profile email").await?;
    let kept_back = agent.token(&mut alice, "profile email").await?;
    server.knows(&shown, "alice@example.com").await;
    place.certified().replace_keys().await?;
    let after = agent.token(&mut alice, "profile email").await?;
    server.knows(&after, "alice@example.com").await;
    for token in [&shown, &kept_back] {
        server.turns_away(token).await;
    }
    Ok(())
}

fn header(token: &str) -> Option<&str> {
    token.split('.').next()
}
