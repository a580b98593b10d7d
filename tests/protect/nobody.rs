//! What somebody without a token may do where the server lets those in: read, and call what is for
//! everybody.

use json::json;
use mcp_authz::{AuthInfo, BearerToken, ScopeSet, TokenVerifier, VerifyError};
use support::Lab;

use crate::ask;
use crate::office::{self, Office};

/// Vouches for callers, and says who they are only of some.
struct Keys;

impl TokenVerifier for Keys {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        let caller = AuthInfo::builder("keys").scopes(ScopeSet::parse("tools tasks"));
        match token.expose() {
            "nameless" => Ok(caller.build()),
            "alice" => Ok(caller.subject("alice").build()),
            _ => Err(VerifyError::rejected("no key")),
        }
    }
}

/// What is kept for a caller would be kept for everybody who has no name.
#[tokio::test]
async fn a_caller_whom_a_verifier_does_not_name_is_none() {
    let lab = Lab::protecting(Office::new, office::rules(), |authz| authz.verifier(Keys)).await;
    let params = json!({ "name": "echo", "arguments": {} });
    let nameless = ask(&lab, Some("nameless"), "tools/call", params.clone()).await;
    assert_eq!(nameless.status, 401, "{nameless:?}");
    assert_eq!(lab.ran.times(), 0);
    let alice = ask(&lab, Some("alice"), "tools/call", params).await;
    assert_eq!(alice.text(), "echo for alice", "{alice:?}");
}
