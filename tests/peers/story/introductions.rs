//! How the agent is known to the provider: by configuration alone.

use support::{Result, SmartMail, parameter};

use super::{ALICE_ALLOWS, BOTH, Running, Stage, StandIn, Tenant};

const CONFIDENTIAL: (&str, &str) = ("CLIENT_ID", "third-party-confidential");
/// As the confidential client is registered, which cannot take any port.
const REDIRECT: (&str, &str) = ("REDIRECT_URI", "http://127.0.0.1:8976/callback");

/// Does the whole errand; returns by which name it was known.
async fn errand(stage: &Stage, environment: &[(&str, &str)]) -> Result<String> {
    let before = stage.done();
    let mut agent = SmartMail::start(&stage.server, &ALICE_ALLOWS, environment)?;
    let page = agent.asks().await?;
    let told = agent.end().await?;
    assert!(told.contains("alice wrote to bob@example.com"), "{told}");
    assert_eq!(stage.done(), (before.0 + 2, before.1 + 1));
    Ok(parameter(&page, "client_id").ok_or("no client_id")?)
}

#[tokio::test]
async fn an_agent_that_was_registered_is_who_its_settings_say() -> Result<()> {
    let secret = ("CLIENT_SECRET", "a-secret-for-tests-only");
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        let public = errand(&stage, &[("CLIENT_ID", "third-party")]).await?;
        assert_eq!(public, "third-party");
        let confidential = errand(&stage, &[CONFIDENTIAL, secret, REDIRECT]).await?;
        assert_eq!(confidential, "third-party-confidential");
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_without_its_secret_gets_nothing() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        for secret in [None, Some(("CLIENT_SECRET", "guessed"))] {
            let settings: Vec<_> = [CONFIDENTIAL, REDIRECT].into_iter().chain(secret).collect();
            let agent = SmartMail::start(&stage.server, &ALICE_ALLOWS, &settings)?;
            let told = agent.end().await?;
            assert!(told.contains("invalid_client"), "{told}");
            assert!(!told.contains("calls whoami"), "{told}");
            assert_eq!(stage.done(), (0, 0), "{stand_in:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_agent_with_a_document_is_who_it_says_there() -> Result<()> {
    let Some(stage) = Stage::set(StandIn::Certified, Tenant::default()).await? else {
        return Ok(());
    };
    let Running::Certified(provider) = &stage.provider else {
        return Err("another provider".into());
    };
    let document = provider.metadata_document.as_str();
    let id = errand(&stage, &[("CLIENT_METADATA_URL", document)]).await?;
    assert_eq!(id, document);
    Ok(())
}

#[tokio::test]
async fn an_agent_that_nobody_knows_registers_itself_or_says_that_it_cannot() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        match stand_in {
            StandIn::Embedded => {
                let id = errand(&stage, &[]).await?;
                assert_ne!(id, "third-party");
            }
            // As Logto is.
            StandIn::Certified => {
                let told = SmartMail::start(&stage.server, &ALICE_ALLOWS, &[])?.end();
                let told = told.await?;
                assert!(told.contains("client registration not supported"), "{told}");
                assert_eq!(stage.done(), (0, 0));
            }
        }
    }
    Ok(())
}
