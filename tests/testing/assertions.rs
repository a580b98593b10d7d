//! An assertion that fails says what was wanted and what came.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mcp_authz::testing::assert_challenge;
use support::Ran;

use crate::started;

fn failure(assert: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assert)).expect_err("the assertion must fail");
    *panic.downcast::<String>().expect("a text")
}

#[tokio::test]
async fn a_challenge_that_is_another_is_shown() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let refused = server.as_user("alice").call("send").await;
    assert_challenge!(
        refused,
        403,
        "insufficient_scope",
        ["mail:send", "mail:read"]
    );
    let scopes = vec!["mail:read", "mail:send"];
    assert_challenge!(refused, 403, "insufficient_scope", scopes);
    assert_challenge!(refused, 403, "insufficient_scope", scopes[..],);
    assert_challenge!(&refused, 403, "insufficient_scope");
    assert_challenge!(refused.clone().unwrap_err(), 403, "insufficient_scope");
    let told = failure(|| assert_challenge!(refused, 401, "invalid_token", ["mail:read"]));
    assert_eq!(
        told,
        "wanted: 401, invalid_token, for mail:read\n\
         got:    403 insufficient_scope: The person has not consented to what this operation needs.\n  \
         Bearer error=\"insufficient_scope\", scope=\"mail:read mail:send\", \
         resource_metadata=\"https://mcp.test/.well-known/oauth-protected-resource/mcp\", \
         error_description=\"The person has not consented to what this operation needs.\""
    );
    for one_is_wrong in [
        failure(|| assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"])),
        failure(|| assert_challenge!(refused, 403, "insufficient_scope", [])),
        failure(|| assert_challenge!(refused, 403, "invalid_token", ["mail:read", "mail:send"])),
        failure(|| assert_challenge!(refused, 401, "insufficient_scope")),
        failure(|| assert_challenge!(refused, 403, None)),
    ] {
        assert!(
            one_is_wrong.contains("got:    403 insufficient_scope"),
            "{one_is_wrong}"
        );
    }
}

#[tokio::test]
async fn a_result_or_a_refusal_without_a_challenge_is_none() {
    let ran = Ran::default();
    let server = started(&ran).await;
    let reader = server.as_user("alice").scopes(["mail:read"]);
    let answer = reader.call("count").await;
    let told = failure(|| assert_challenge!(answer, 403, "insufficient_scope"));
    assert!(
        told.contains("got:    a result\n") && told.contains("alice has 3 mails"),
        "{told}"
    );
    let unknown = reader.call("none").await;
    let told = failure(|| assert_challenge!(unknown, 200, None));
    assert!(
        told.contains("got:    no challenge: 200 (-32602): tool not found"),
        "{told}"
    );
}
