//! What the operator lets an agent have at most. Logto drops what is above that without a word, and only
//! the token says so: whoever asks again, asks for ever.

use support::{Answer, Result};

use super::{ALICE_ALLOWS, BOTH, Stage, StandIn, Tenant, alice};

#[tokio::test]
async fn an_agent_that_gets_less_than_it_asks_for_stops_and_says_what_is_withheld() -> Result<()> {
    let limited = Tenant {
        consent: Some("profile email"),
        ..Tenant::default()
    };
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, limited).await? else {
            continue;
        };
        let Some(mut alice) = alice("withheld", stand_in).await? else {
            continue;
        };
        let mut agent = stage.agent(&[])?;
        for _ in 0..2 {
            let page = agent.asks().await?;
            alice.visit(&page, Answer::Allow).await?;
        }
        let told = agent.end().await?;
        let stops = "the provider withholds mail:send: SmartMail AI stops";
        assert!(told.contains(stops), "{told}");
        assert_eq!(told.matches("The person decides").count(), 2, "{told}");
        assert_eq!(stage.done(), (1, 0), "{stand_in:?}");
    }
    Ok(())
}

/// The engine's answer names no scope at all where none is left.
#[tokio::test]
async fn an_agent_that_gets_too_little_for_its_first_call_does_not_ask_twice() -> Result<()> {
    for (consent, withheld) in [("profile", "email"), ("", "profile email")] {
        let limited = Tenant {
            consent: Some(consent),
            ..Tenant::default()
        };
        let Some(stage) = Stage::set(StandIn::Certified, limited).await? else {
            return Ok(());
        };
        let told = stage.agent(&ALICE_ALLOWS)?.end().await?;
        let stops = format!("the provider withholds {withheld}: SmartMail AI stops");
        assert!(told.contains(&stops), "{told}");
        assert_eq!(told.matches("The person decides").count(), 1, "{told}");
        assert_eq!(stage.done(), (0, 0));
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_that_asks_for_what_it_may_not_have_says_so() -> Result<()> {
    let limited = Tenant {
        consent: Some("profile mail:send"),
        user_scopes: Some("profile"),
        ..Tenant::default()
    };
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, limited).await? else {
            continue;
        };
        let told = stage.agent(&ALICE_ALLOWS)?.end().await?;
        let stops = "the provider refuses: invalid_scope: SmartMail AI stops";
        assert!(told.contains(stops), "{told}");
        assert_eq!(stage.done(), (0, 0), "{stand_in:?}");
    }
    Ok(())
}
