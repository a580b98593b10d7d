//! What somebody without a token may do where the server lets those in: read, and call what is for
//! everybody.

use json::json;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{AuthInfo, BearerToken, Rule, Rules, ScopeSet, TokenVerifier, VerifyError};
use support::{Lab, Ran, Reply, legacy_body};

use crate::ask;
use crate::office::{self, Office};

/// Has a setting that is everybody's.
struct Loud(Ran);

#[expect(deprecated)]
impl ServerHandler for Loud {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_logging();
        ServerConfig::new(capabilities.build())
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.note();
        Ok(())
    }
}

#[tokio::test]
async fn nobody_changes_a_setting() {
    let rules = Rules::new().method("acme/hello", Rule::anonymous());
    let lab = Lab::protecting(Loud, rules, |authz| authz.allow_anonymous()).await;
    let level = json!({ "level": "debug" });
    let set = async |token: Option<&str>| {
        let legacy = lab
            .post(token)
            .header("mcp-protocol-version", "2025-11-25")
            .body(legacy_body("logging/setLevel", level.clone()));
        [
            ask(&lab, token, "logging/setLevel", level.clone()).await,
            Reply::of(legacy).await,
        ]
    };
    for reply in set(None).await {
        assert_eq!(reply.status, 401, "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 0);
    for reply in set(Some(&lab.token(""))).await {
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(lab.ran.times(), 2);
    // Everything that only reads stays open.
    let reply = ask(&lab, None, "server/discover", json!({})).await;
    assert!(reply.message()["result"].is_object(), "{reply:?}");
}

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
