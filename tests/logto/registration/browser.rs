//! The page in a real browser, by the keyboard alone. Pictures are in `target/peers/pages/agents`.

use json::json;
use support::{Browser, Tool, have};

use super::place::Place;

#[tokio::test]
async fn a_developer_registers_an_agent_in_chromium() -> support::Result<()> {
    if !have(&[Tool::Node, Tool::Chromium]).await {
        return Ok(());
    }
    let place = Place::of("alice").await;
    let steps = json!([
        { "open": place.url },
        { "look": "empty" },
        { "fill": "Name", "with": "Smith & Sons' \"Mail\"" },
        { "check": "Web application with a server" },
        { "fill": "Redirect URIs", "with": "http://smith.example/callback" },
        { "check": "your profile" },
        { "press": "Register" },
        { "look": "refused" },
        { "fill": "Redirect URIs", "with": "https://smith.example/callback" },
        { "press": "Register" },
        { "look": "registered" },
        { "press": "Back to your agents" },
        { "look": "list" },
        { "press": "New secret" },
        { "look": "question" },
        { "press": "Make a new secret" },
        { "look": "rotated" },
        { "press": "Back to your agents" },
        { "press": "Delete" },
        { "press": "Delete it" },
        { "look": "deleted" },
    ]);
    let walk = Browser::walk("http://nowhere.example/", &steps, "agents").await?;
    for look in &walk.looks {
        assert_eq!(
            look.problems,
            Vec::<String>::new(),
            "{}: {}",
            look.title,
            look.text
        );
    }
    let text = |number: usize| walk.looks[number].text.as_str();
    assert!(
        text(0).contains("You have registered none yet."),
        "{}",
        text(0)
    );
    assert!(
        text(1).contains("it is http on a public host"),
        "{}",
        text(1)
    );
    assert!(
        text(2).contains("Smith & Sons' \"Mail\" is registered"),
        "{}",
        text(2)
    );
    assert!(text(2).contains("it is not shown again") && text(2).contains("s3cret"));
    assert!(!text(3).contains("s3cret") && !text(4).contains("s3cret"));
    assert!(text(5).contains("s3cret"), "{}", text(5));
    assert!(text(6).contains("was deleted."), "{}", text(6));
    // What Tab reaches says what it is and whose.
    let controls = walk.looks[3].controls.join("\n");
    assert!(
        controls.contains("New secret for Smith & Sons"),
        "{controls}"
    );
    assert!(controls.contains("Delete Smith & Sons"), "{controls}");
    assert_eq!(place.apps(), 0);
    Ok(())
}
