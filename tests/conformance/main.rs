//! The whole protocol through the gate: the official suite must not be able to tell that it is there.

mod compare;
mod everything;
mod nothing;
mod oracle;
mod place;
mod proxy;
mod resume;
mod rules;
mod strangers;
mod stream;

use compare::{assert_good, assert_private, assert_same};
use mcp_authz::SessionLimits;
use place::{Place, Replies};
use support::{Suite, Tool, Verdicts, have};

macro_rules! suites {
    ($($name:ident: $revision:literal, $replies:ident, $passed:literal;)*) => {
        $(#[tokio::test]
        async fn $name() -> support::Result<()> {
            the_suite_cannot_tell($revision, Replies::$replies, $passed).await
        })*
    };
}

// So many checks pass without a gate.
suites! {
    all_of_2025_11_25_with_streams: "2025-11-25", Streams, 83;
    all_of_2025_11_25_with_json: "2025-11-25", Json, 83;
    all_of_2026_07_28_with_streams: "2026-07-28", Streams, 197;
    all_of_2026_07_28_with_json: "2026-07-28", Json, 196;
}

async fn the_suite_cannot_tell(
    revision: &str,
    replies: Replies,
    passed: usize,
) -> support::Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let (bare, gated) = (
        Place::bare(replies).await?,
        Place::gated(replies, rules::ALL, SessionLimits::default()).await?,
    );
    let folder = |which| format!("{revision}-{replies:?}-{which}");
    let (on_bare, on_gated) = (folder("bare"), folder("gated"));
    let (of_bare, of_gated) = tokio::try_join!(
        Suite::revision(&bare.url, revision, &on_bare),
        Suite::revision(&gated.url, revision, &on_gated),
    )?;
    assert_good(&of_bare, passed);
    assert_good(&of_gated, passed);
    assert_same(&of_bare, &of_gated, [&bare.address(), &gated.address()]);
    if revision == "2026-07-28" {
        assert_private(&of_gated);
    }
    Ok(())
}

#[tokio::test]
async fn skills_of_2025_11_25() -> support::Result<()> {
    the_suite_cannot_tell_of_skills("2025-11-25", 43).await
}

#[tokio::test]
async fn skills_of_2026_07_28() -> support::Result<()> {
    the_suite_cannot_tell_of_skills("2026-07-28", 45).await
}

/// Extensions that no revision requires.
const SKILLS: [&str; 3] = [
    "sep-2640-skills-directory",
    "sep-2640-skills-enumeration",
    "sep-2640-skills-manifest",
];

async fn the_suite_cannot_tell_of_skills(revision: &str, passed: usize) -> support::Result<()> {
    if !have(&[Tool::Node]).await {
        return Ok(());
    }
    let (bare, gated) = (
        Place::bare(Replies::Json).await?,
        Place::gated(Replies::Json, rules::ALL, SessionLimits::default()).await?,
    );
    let (of_bare, of_gated) = tokio::try_join!(
        skills(&bare, revision, "bare"),
        skills(&gated, revision, "gated"),
    )?;
    assert_good(&of_bare, passed);
    assert_good(&of_gated, passed);
    assert_same(&of_bare, &of_gated, [&bare.address(), &gated.address()]);
    assert_private(&of_gated);
    Ok(())
}

async fn skills(place: &Place, revision: &str, which: &str) -> support::Result<Verdicts> {
    let mut all = Verdicts::default();
    for scenario in SKILLS {
        let folder = format!("{revision}-{which}-{scenario}");
        all.extend(Suite::scenario(&place.url, scenario, revision, &folder).await?);
    }
    Ok(all)
}
