//! Tokens that are bound to a key of the client.

use mcp_authz::Dpop;
use mcp_authz::testing::{Matrix, TestServer, assert_challenge};
use support::Ran;

use crate::mail;

#[tokio::test]
async fn a_bound_token_is_good_with_its_proof_and_for_nobody_else() {
    for dpop in [Dpop::required(), Dpop::optional(), Dpop::required().nonce()] {
        let ran = Ran::default();
        let server = TestServer::start(mail(&ran).dpop(dpop)).await.unwrap();
        let reader = server.as_user("alice").scopes(["mail:read"]).dpop();
        let held = reader.keep_token();
        assert!(reader.call("count").await.is_ok());
        assert!(held.call("count").await.is_ok());
        let thief = server.with_token(reader.token());
        assert_challenge!(thief.call("count").await, 401, "invalid_token");
        // Bound to the key of another caller.
        let other = server.as_user("alice").scopes(["mail:read"]).dpop();
        let swapped = other.claim("cnf", json::json!({ "jkt": "0".repeat(43) }));
        assert_eq!(swapped.call("count").await.unwrap_err().status(), 401);
        assert_eq!(ran.times(), 2);
        let less = server.as_user("alice").dpop().call("count").await;
        assert_challenge!(less, 403, "insufficient_scope", ["mail:read"]);
        server.clock().advance(std::time::Duration::from_secs(3700));
        assert_challenge!(held.call("count").await, 401, "invalid_token");
        assert_eq!(ran.times(), 2);
    }
}

#[tokio::test]
async fn the_matrix_of_a_server_that_wants_proofs_brings_them() {
    let ran = Ran::default();
    let matrix = Matrix::of(mail(&ran).dpop(Dpop::required()));
    let tried = matrix.person(|person| person.dpop()).run().await.unwrap();
    assert!(tried.disagreements().is_empty(), "{tried}");
    let may = |trial: &&mcp_authz::testing::Trial| trial.refused.is_none();
    assert!(
        tried
            .items
            .iter()
            .all(|item| item.by.iter().any(|trial| may(&trial))),
        "{tried}"
    );
}
