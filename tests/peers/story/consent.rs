//! What Alice decides on the page, by clicking.

use json::Value;
use support::{Answer, Result, Visit, parameter};

use super::{BOTH, Stage, StandIn, Tenant, alice};
use crate::client::{Client, token};

/// What a page must say, in each provider's words.
#[track_caller]
fn names(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

/// What `whoami` may tell with `profile` and `email`, of all that each provider knows about Alice.
fn shared(stand_in: StandIn) -> &'static str {
    match stand_in {
        StandIn::Embedded => {
            "email email_verified family_name given_name locale name preferred_username sub"
        }
        StandIn::Certified => "email email_verified name preferred_username sub username",
    }
}

#[tokio::test]
async fn alice_allows_what_she_is_shown_and_is_asked_again_for_more() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        let Some(mut alice) = alice("allow", stand_in).await? else {
            continue;
        };
        let mut agent = stage.agent(&[])?;
        let page = agent.asks().await?;
        names(&agent.told, &["401", "agree to share: profile email"]);
        let first = alice.visit(&page, Answer::Allow).await?;
        let [_sign_in, question] = &first.pages[..] else {
            panic!("{stand_in:?}: other pages: {first:#?}");
        };
        let wanted = match stand_in {
            StandIn::Embedded => ["SmartMail AI", "See your profile", "alice@example.com"],
            StandIn::Certified => ["SmartMail AI", "profile", "email"],
        };
        names(question, &wanted);
        assert!(!question.to_lowercase().contains("send"), "{question}");

        let page = agent.asks().await?;
        names(
            &agent.told,
            &["alice@example.com", "403", "agree to share: mail:send"],
        );
        let told = agent
            .told
            .lines()
            .find_map(|line| line.strip_prefix("  <- {"));
        let told: Value = json::from_str(&format!("{{{}", told.ok_or("no identity")?))?;
        let told = told.as_object().into_iter().flatten();
        let told: Vec<_> = told.map(|(name, _)| name.as_str()).collect();
        assert_eq!(told.join(" "), shared(stand_in), "{stand_in:?}");
        assert_eq!(stage.done(), (1, 0), "{stand_in:?}");
        let second = alice.visit(&page, Answer::Allow).await?;
        let [question] = &second.pages[..] else {
            panic!("{stand_in:?}: she had signed in: {second:#?}");
        };
        let more = match stand_in {
            StandIn::Embedded => "Send mail in your name",
            StandIn::Certified => "mail:send",
        };
        names(question, &["SmartMail AI", more]);
        let told = agent.end().await?;
        names(
            &told,
            &["send_mail again", "alice wrote to bob@example.com"],
        );
        assert_eq!(stage.done(), (2, 1), "{stand_in:?}");
    }
    Ok(())
}

/// Denies, and sees how each stand-in says so: the certified one as Logto does, which is not at all.
#[track_caller]
fn is_a_no(stand_in: StandIn, visit: &Visit) {
    let error = parameter(&visit.callback, "error");
    match stand_in {
        StandIn::Embedded => assert_eq!(error.as_deref(), Some("access_denied")),
        StandIn::Certified => assert!(!visit.callback.contains('?'), "{}", visit.callback),
    }
}

#[tokio::test]
async fn alice_denies_and_nothing_happens() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        let Some(mut alice) = alice("deny", stand_in).await? else {
            continue;
        };
        let mut agent = stage.agent(&[])?;
        let page = agent.asks().await?;
        is_a_no(stand_in, &alice.visit(&page, Answer::Deny).await?);
        let told = agent.end().await?;
        names(&told, &["the person said no: SmartMail AI stops"]);
        assert!(!told.contains("whoami"), "{told}");
        assert_eq!(stage.done(), (0, 0), "{stand_in:?}");
    }
    Ok(())
}

#[tokio::test]
async fn alice_denies_more_and_keeps_what_she_allowed() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        let Some(mut alice) = alice("deny-more", stand_in).await? else {
            continue;
        };
        let mut agent = stage.agent(&[])?;
        let page = agent.asks().await?;
        alice.visit(&page, Answer::Allow).await?;
        let page = agent.asks().await?;
        is_a_no(stand_in, &alice.visit(&page, Answer::Deny).await?);
        let told = agent.end().await?;
        names(&told, &["alice@example.com", "the person said no"]);
        assert_eq!(stage.done(), (1, 0), "{stand_in:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_is_asked_about_an_app_of_the_operators_own() -> Result<()> {
    for stand_in in BOTH {
        let Some(stage) = Stage::set(stand_in, Tenant::default()).await? else {
            continue;
        };
        let Some(mut alice) = alice("first-party", stand_in).await? else {
            continue;
        };
        let client = Client::of(&stage.issuer, &stage.server).await?;
        let own = client.called("first-party");
        let scope = "profile email mail:send";
        let page = own.page(scope, &[])?;
        let visit = alice.visit(page.as_str(), Answer::Allow).await?;
        assert_eq!(
            visit.pages.len(),
            1,
            "{stand_in:?}: only the sign-in: {visit:#?}"
        );
        let code = parameter(&visit.callback, "code").ok_or("no code")?;
        let own = token(&own.redeem(&code, |request| request).await?)?;
        stage.guarded.knows(&own, "alice@example.com").await;

        // The same for somebody else's agent is a question, in the same browser.
        let other = Client::of(&stage.issuer, &stage.server).await?;
        let page = other.page(scope, &[])?;
        let visit = alice.visit(page.as_str(), Answer::Deny).await?;
        assert_eq!(visit.pages.len(), 1, "{stand_in:?}: {visit:#?}");
        names(&visit.pages[0], &["SmartMail AI"]);
        is_a_no(stand_in, &visit);
    }
    Ok(())
}
