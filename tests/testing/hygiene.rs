//! The assertions in a module where nothing is in scope.

#[tokio::test]
async fn the_assertions_name_only_what_is_theirs() {
    let ran = support::Ran::default();
    bare::assert(&crate::started(&ran).await, crate::mail(&ran)).await;
}

mod bare {
    #![no_implicit_prelude]

    pub(super) async fn assert(
        server: &::mcp_authz::testing::TestServer,
        mail: ::mcp_authz::ServerBuilder,
    ) {
        let refused = server.as_user("alice").call("count").await;
        ::mcp_authz::assert_challenge!(refused, 403, "insufficient_scope", ["mail:read"]);
        ::mcp_authz::assert_challenge!(server.anonymous().call("count").await, 401, None);
        ::mcp_authz::assert_snapshot!("tests/testing/access.md", server.manifest().to_markdown());
        ::mcp_authz::assert_matrix!(mail);
    }
}
