//! A list whose pages take their time, and what policies have no time for then.

use std::time::Duration;

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::testing::TestServer;
use mcp_authz::{Authz, PolicyError, Rule, Rules, scopes};

/// One tool on a page, and one page in three seconds.
struct Slow;

const PAGES: usize = 7;

fn name(number: usize) -> String {
    format!("tool-{number}")
}

impl ServerHandler for Slow {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let cursor = request.and_then(|request| request.cursor);
        let number = cursor.map_or(0, |cursor| cursor.parse().unwrap_or(PAGES));
        let tool = Tool::new(name(number), "", JsonObject::new());
        let mut page = ListToolsResult::with_all_items(vec![tool]);
        page.next_cursor = (number + 1 < PAGES).then(|| (number + 1).to_string());
        Ok(page)
    }
}

/// Each with a policy of its own, which takes a moment and allows the last one and the one before that.
fn rules() -> Rules {
    (0..PAGES).fold(Rules::new(), |rules, number| {
        let policy = move |_| async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            match number + 2 >= PAGES {
                true => Ok(()),
                false => Err(PolicyError::denied("not you")),
            }
        };
        let rule = Rule::from(scopes!["tools"]).policy(policy);
        rules.tool(name(number), rule.conceal())
    })
}

#[tokio::test(start_paused = true)]
async fn what_policies_had_no_time_for_comes_with_the_next_page() {
    let server = TestServer::start(Authz::new().protect(Slow, rules()));
    let server = server.await.unwrap();
    let listed = server.as_user("alice").scopes(["tools"]).tools().await;
    assert_eq!(listed.unwrap(), [name(PAGES - 2), name(PAGES - 1)]);
}

/// A policy that hangs hides what it is of, and nothing else; every request has an end.
#[tokio::test(start_paused = true)]
async fn a_policy_that_hangs_hides_its_own_and_nothing_else() {
    let hangs = |_| std::future::pending::<Result<(), PolicyError>>();
    let hangs = Rule::from(scopes!["tools"]).policy(hangs).conceal();
    let rules = (0..PAGES).fold(Rules::new(), |rules, number| match number % 2 {
        0 => rules.tool(name(number), hangs.clone()),
        _ => rules.tool(name(number), scopes!["tools"]),
    });
    let server = TestServer::start(Authz::new().protect(Slow, rules));
    let server = server.await.unwrap();
    let listed = server.as_user("alice").scopes(["tools"]).tools().await;
    assert_eq!(listed.unwrap(), [name(1), name(3), name(5)]);
}
