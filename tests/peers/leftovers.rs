//! What the browser leaves on this machine: nothing, also where a test failed in the middle.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use support::{Answer, Browser, Result, Tool, have};

#[tokio::test]
async fn a_test_that_fails_leaves_no_profile_behind() -> Result<()> {
    if !have(&[Tool::Node, Tool::Chromium]).await {
        return Ok(());
    }
    let mut browser = Browser::of("alice", "leftovers").await?;
    // Nobody listens there.
    let visit = browser.visit(
        "http://127.0.0.1:1/?redirect_uri=http://nowhere.example",
        Answer::Allow,
    );
    assert!(visit.await.is_err());
    let folder = browser.temporary().to_owned();
    let names = |entries: fs::ReadDir| entries.flatten().map(|entry| entry.file_name()).collect();
    let left: Vec<_> = names(fs::read_dir(&folder)?);
    let has_profile = |name: &std::ffi::OsString| name.to_string_lossy().contains("profile");
    assert!(left.iter().any(has_profile), "{left:?}");
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let _browser = browser;
        panic!("a test that fails");
    }));
    assert!(failed.is_err());
    assert!(!folder.exists());
    // Chromium is gone, or it would write there again.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(!folder.exists());
    Ok(())
}
