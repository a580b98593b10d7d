//! The whole way, for every provider, agent and revision: 401, metadata, sign-in and consent, a
//! call, 403, more consent, the call again.

use mcp_authz::{ServerBuilder, SessionLimits};
use support::{Agent, Errand, Event, Person, Registration, Revision, Transcript, have};

use crate::place::{Place, Provider};

macro_rules! journeys {
    ($($name:ident: $provider:ident, $agent:ident, $revision:ident;)*) => {
        $(#[tokio::test]
        async fn $name() -> support::Result<()> {
            travel(Provider::$provider, Agent::$agent, Revision::$revision).await
        })*
    };
}

journeys! {
    rmcp_steps_up_at_the_embedded_provider_in_2026_07_28: Embedded, Rmcp, V2026_07_28;
    rmcp_steps_up_at_the_embedded_provider_in_2025_11_25: Embedded, Rmcp, V2025_11_25;
    rmcp_steps_up_at_the_certified_provider_in_2026_07_28: Certified, Rmcp, V2026_07_28;
    rmcp_steps_up_at_the_certified_provider_in_2025_11_25: Certified, Rmcp, V2025_11_25;
    typescript_steps_up_at_the_embedded_provider_in_2026_07_28: Embedded, TypeScript, V2026_07_28;
    typescript_steps_up_at_the_embedded_provider_in_2025_11_25: Embedded, TypeScript, V2025_11_25;
    typescript_steps_up_at_the_certified_provider_in_2026_07_28: Certified, TypeScript, V2026_07_28;
    typescript_steps_up_at_the_certified_provider_in_2025_11_25: Certified, TypeScript, V2025_11_25;
    python_steps_up_at_the_embedded_provider_in_2026_07_28: Embedded, Python, V2026_07_28;
    python_steps_up_at_the_embedded_provider_in_2025_11_25: Embedded, Python, V2025_11_25;
    python_steps_up_at_the_certified_provider_in_2026_07_28: Certified, Python, V2026_07_28;
    python_steps_up_at_the_certified_provider_in_2025_11_25: Certified, Python, V2025_11_25;
    rmcp_steps_up_at_the_independent_provider_in_2026_07_28: Independent, Rmcp, V2026_07_28;
    rmcp_steps_up_at_the_independent_provider_in_2025_11_25: Independent, Rmcp, V2025_11_25;
    typescript_steps_up_at_the_independent_provider_in_2026_07_28: Independent, TypeScript, V2026_07_28;
    typescript_steps_up_at_the_independent_provider_in_2025_11_25: Independent, TypeScript, V2025_11_25;
    python_steps_up_at_the_independent_provider_in_2026_07_28: Independent, Python, V2026_07_28;
    python_steps_up_at_the_independent_provider_in_2025_11_25: Independent, Python, V2025_11_25;
}

async fn travel(provider: Provider, agent: Agent, revision: Revision) -> support::Result<()> {
    if !(have(provider.needs()).await && have(agent.needs()).await) {
        return Ok(());
    }
    let place = Place::open(provider).await?;
    for registration in place.registrations() {
        go(&place, agent, revision, registration).await?;
    }
    Ok(())
}

async fn go(
    place: &Place,
    agent: Agent,
    revision: Revision,
    registration: Registration,
) -> support::Result<()> {
    let sent_before = place.outbox.sent();
    let mut alice = Person::named("alice").allowing();
    let errand = Errand::to(&place.server, revision, registration);
    let told = agent.run(&errand, &mut alice).await?;
    assert_eq!(told.revision(), Some(revision.as_str()));
    arrives(&told);
    was_asked_twice(&alice);
    assert_eq!(place.outbox.sent(), sent_before + 1, "the call ran once");
    Ok(())
}

#[tokio::test]
async fn the_certified_provider_may_sign_with_rs256_or_eddsa() -> support::Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    for alg in ["RS256", "EdDSA"] {
        let place = Place::open_with(Provider::Certified, &[("ALG", alg)], |server| server).await?;
        let own = Registration::preregistered("third-party");
        go(&place, Agent::Rmcp, Revision::V2026_07_28, own).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_agent_steps_up_within_a_session_of_2025_11_25() -> support::Result<()> {
    let sessions = |server: ServerBuilder| server.sessions(SessionLimits::default());
    let place = Place::open_with(Provider::Embedded, &[], sessions).await?;
    everyone(&place, &[Revision::V2025_11_25]).await
}

#[tokio::test]
async fn every_agent_steps_up_where_replies_are_streams() -> support::Result<()> {
    let streams = |server: ServerBuilder| server.json_replies(false);
    let place = Place::open_with(Provider::Embedded, &[], streams).await?;
    everyone(&place, &[Revision::V2025_11_25, Revision::V2026_07_28]).await
}

async fn everyone(place: &Place, revisions: &[Revision]) -> support::Result<()> {
    for agent in [Agent::Rmcp, Agent::TypeScript, Agent::Python] {
        if !have(agent.needs()).await {
            continue;
        }
        for revision in revisions {
            go(place, agent, *revision, Registration::Dynamic).await?;
        }
    }
    Ok(())
}

fn arrives(told: &Transcript) {
    assert_eq!(told.unauthorized(), ["email profile"], "{told:#?}");
    let mut names = told
        .0
        .iter()
        .find_map(tools)
        .expect("the tools were listed");
    names.sort_unstable();
    assert_eq!(names, ["send_mail", "whoami"]);
    let identity = told
        .result_of("whoami")
        .expect("whoami was called")
        .to_string();
    assert!(identity.contains("alice@example.com"), "{identity}");
    assert_eq!(told.refused(), ["mail:send"], "{told:#?}");
    let sent = told
        .result_of("send_mail")
        .expect("send_mail was called")
        .to_string();
    assert!(sent.contains("wrote to bob@example.com"), "{sent}");
    assert_eq!(told.denied(), None);
    assert_eq!(told.0.last(), Some(&Event::Done));
}

fn tools(event: &Event) -> Option<Vec<&str>> {
    match event {
        Event::Tools { names } => Some(names.iter().map(String::as_str).collect()),
        _ => None,
    }
}

fn was_asked_twice(person: &Person) {
    let [first, second] = person.consent_pages.as_slice() else {
        panic!("two consent pages, not {:#?}", person.consent_pages);
    };
    assert!(first.contains("SmartMail AI"), "{first}");
    assert!(
        first.contains("profile") && first.contains("email"),
        "{first}"
    );
    assert!(
        !first.contains("mail:send"),
        "nothing is asked before it is needed: {first}"
    );
    assert!(second.contains("mail:send"), "{second}");
    assert_eq!(person.sign_ins, 1, "the browser remembers who it is");
}
