//! What does not happen: without consent there is no token, and without a token no call.

use http_client::StatusCode;
use support::{Agent, Errand, Person, Registration, Revision, have};

use crate::place::{Place, Provider};

const AGENTS: [Agent; 3] = [Agent::Rmcp, Agent::TypeScript, Agent::Python];
const REVISIONS: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

#[tokio::test]
async fn who_denies_at_the_embedded_provider_gives_no_token() -> support::Result<()> {
    denies_at_once(Provider::Embedded).await
}

#[tokio::test]
async fn who_denies_at_the_certified_provider_gives_no_token() -> support::Result<()> {
    denies_at_once(Provider::Certified).await
}

async fn denies_at_once(provider: Provider) -> support::Result<()> {
    if !have(provider.needs()).await {
        return Ok(());
    }
    let place = Place::open(provider).await?;
    for (agent, errand) in errands(&place, &Registration::Dynamic).await {
        let mut alice = Person::named("alice").denying();
        let told = agent.run(&errand, &mut alice).await?;
        assert_eq!(told.denied(), Some(("access_denied", false)), "{told:#?}");
        assert_eq!(told.revision(), None, "it never got in");
        assert_eq!(alice.consent_pages.len(), 1);
        assert_eq!(place.knock().await?, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(place.outbox.sent(), 0);
    Ok(())
}

#[tokio::test]
async fn who_denies_the_step_up_keeps_what_was_allowed_and_gives_no_more() -> support::Result<()> {
    let place = Place::open(Provider::Embedded).await?;
    for (agent, errand) in errands(&place, &Registration::Dynamic).await {
        let mut alice = Person::named("alice").allowing().then_denying();
        let told = agent.run(&errand, &mut alice).await?;
        assert!(told.result_of("whoami").is_some(), "{told:#?}");
        assert_eq!(told.denied(), Some(("access_denied", true)), "{told:#?}");
        assert_eq!(told.result_of("send_mail"), None);
    }
    assert_eq!(place.outbox.sent(), 0);
    Ok(())
}

/// An agent registers with the scopes of its first challenge, and this provider holds it to them.
/// Nothing that a resource server answers can change that: such an agent has to be registered
/// beforehand, or to be named by its own document.
#[tokio::test]
async fn an_agent_that_registered_itself_cannot_step_up_at_a_strict_provider() -> support::Result<()>
{
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let place = Place::open(Provider::Certified).await?;
    for (agent, errand) in errands(&place, &Registration::Dynamic).await {
        let mut alice = Person::named("alice").allowing();
        let told = agent.run(&errand, &mut alice).await?;
        assert!(told.result_of("whoami").is_some(), "{told:#?}");
        assert_eq!(told.refused(), ["mail:send"]);
        assert_eq!(told.denied(), Some(("invalid_scope", true)), "{told:#?}");
    }
    assert_eq!(place.outbox.sent(), 0);
    Ok(())
}

#[tokio::test]
async fn a_first_party_application_is_not_held_up_by_a_consent_page() -> support::Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let place = Place::open(Provider::Certified).await?;
    let own = Registration::preregistered("first-party");
    let errand = Errand::to(&place.server, Revision::V2026_07_28, own);
    // The other SDKs insist on the page (`prompt=consent`) because the provider advertises
    // `offline_access`.
    let mut alice = Person::named("alice").denying();
    let told = Agent::Rmcp.run(&errand, &mut alice).await?;
    assert!(told.result_of("send_mail").is_some(), "{told:#?}");
    assert!(alice.consent_pages.is_empty(), "{:#?}", alice.consent_pages);
    Ok(())
}

#[tokio::test]
async fn a_confidential_agent_steps_up_at_the_certified_provider() -> support::Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    let place = Place::open(Provider::Certified).await?;
    let registration = Registration::Preregistered {
        id: "third-party-confidential".to_owned(),
        secret: Some("a-secret-for-tests-only".to_owned()),
    };
    for (agent, errand) in errands(&place, &registration).await {
        let mut alice = Person::named("alice").allowing();
        let told = agent.run(&errand, &mut alice).await?;
        assert!(told.result_of("send_mail").is_some(), "{told:#?}");
    }
    Ok(())
}

/// Every agent that this machine can run, in both revisions.
async fn errands(place: &Place, registration: &Registration) -> Vec<(Agent, Errand)> {
    let mut errands = Vec::new();
    for agent in AGENTS {
        if !have(agent.needs()).await {
            continue;
        }
        for revision in REVISIONS {
            let errand = Errand::to(&place.server, revision, registration.clone());
            errands.push((agent, errand));
        }
    }
    errands
}
