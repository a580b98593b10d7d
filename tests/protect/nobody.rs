//! What somebody without a token may do where the server lets those in: read, and call what is for
//! everybody.

use json::json;
use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rule, Rules};
use support::{Lab, Ran, Reply, legacy_body};

use crate::ask;

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
