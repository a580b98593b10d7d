//! How long an access lasts: past the end of a token, and no further than Alice wants.

use std::time::Duration;

use support::{Answer, Result};
use tokio::time::sleep;

use super::{ALICE_ALLOWS, BOTH, Running, Stage, Tenant, alice};

/// Seconds, as short as a busy machine takes.
const LIFETIME: u64 = 3;

const SHORT: Tenant = Tenant {
    lifetime: Some(LIFETIME),
    consent: None,
    user_scopes: None,
};

#[tokio::test]
async fn a_token_that_ends_is_renewed_and_nobody_is_asked() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, SHORT).await? else {
            continue;
        };
        let flags = [&ALICE_ALLOWS[..], &["--stay"]].concat();
        let mut agent = stage.agent(&flags)?;
        agent.says("alice wrote to").await?;
        // The second token is over by now; and a third one would be.
        for _ in 0..2 {
            sleep(Duration::from_secs(LIFETIME + 1)).await;
            let before = stage.done().0;
            agent.says("SmartMail AI calls whoami").await?;
            while stage.done().0 == before {
                agent.says("alice@example.com").await?;
            }
        }
        assert_eq!(agent.told.matches("The person decides").count(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn what_alice_takes_back_ends_and_the_agent_stops() -> Result<()> {
    for stand_in in BOTH {
        let Some(mut stage) = Stage::set(stand_in, SHORT).await? else {
            continue;
        };
        let Some(mut alice) = alice("taken-back", stand_in).await? else {
            continue;
        };
        let mut agent = stage.agent(&["--stay"])?;
        for _ in 0..2 {
            let page = agent.asks().await?;
            alice.visit(&page, Answer::Allow).await?;
        }
        agent.says("alice wrote to").await?;
        match &mut stage.provider {
            Running::Embedded(_) => {
                let grants = format!("{}/grants", stage.issuer);
                let pages = alice.press(&grants, "Take back").await?;
                assert!(pages[1].contains("has no more access"), "{pages:#?}");
            }
            Running::Certified(provider) => provider.take_back("alice").await?,
        }
        let told = agent.end().await?;
        let stops = "401: the access was taken back, or is over: SmartMail AI stops";
        assert!(told.contains(stops), "{told}");
        assert_eq!(told.matches("The person decides").count(), 2, "{told}");

        // Starting over is asking anew.
        let done = stage.done();
        let mut again = stage.agent(&[])?;
        let page = again.asks().await?;
        let visit = alice.visit(&page, Answer::Deny).await?;
        assert!(visit.pages[0].contains("SmartMail AI"), "{visit:#?}");
        again.says("the person said no").await?;
        assert_eq!(stage.done(), done, "{stand_in:?}");
    }
    Ok(())
}
