//! What is printed is the same in every run.

use mcp_authz::testing::assert_snapshot;
use support::Ran;

use crate::started;

#[tokio::test]
async fn manifest_refusal_and_reply_print_alike_in_every_run() {
    let ran = Ran::default();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = started(&ran).await;
        let refused = server.as_user("alice").call("count").await.unwrap_err();
        let reply = server
            .as_user("bob")
            .scopes(["mail:read"])
            .call("count")
            .await
            .unwrap();
        let as_json = json::to_string(&(&refused, &reply)).unwrap();
        runs.push(format!(
            "{}{refused}\n{reply}\n{as_json}",
            server.manifest().to_json()
        ));
        assert_snapshot!("tests/testing/access.md", server.manifest().to_markdown());
        assert_snapshot!("tests/testing/refused.txt", refused);
    }
    assert_eq!(runs[0], runs[1]);
}
