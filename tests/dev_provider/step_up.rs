//! A sign-in that is too old, or of the wrong kind, for what a server guards (RFC 9470): from the
//! challenge over the person to the call that runs.

use std::time::Duration;

use mcp_authz::rmcp::model::*;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::rmcp::{ErrorData, RoleServer, ServerHandler};
use mcp_authz::{Rule, Rules, scopes};
use support::{Lab as Server, Person, Ran, Reply};

use super::*;

/// Long enough for a busy machine to get from a sign-in to a call.
const MAX_AGE: Duration = Duration::from_secs(4);

/// Counts what it runs.
struct Vault(Ran);

impl ServerHandler for Vault {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &'static str| Tool::new(name, name, JsonObject::new());
        Ok(ListToolsResult::with_all_items(vec![
            tool("pay"),
            tool("sign"),
            tool("look"),
        ]))
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.note();
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
    }
}

/// A server whose tools want a recent sign-in, a strong one, and any; and an agent's client there.
struct Scene {
    server: Server,
    client: String,
    alice: Person,
}

impl Scene {
    async fn set() -> Self {
        let rules = Rules::new()
            .tool("look", scopes!["pay"])
            .tool("pay", Rule::from(scopes!["pay"]).max_age(MAX_AGE))
            .tool("sign", Rule::from(scopes!["pay"]).acr_values(["hw", "mfa"]));
        let server = Server::protecting(Vault, rules, |authz| authz).await;
        let metadata = json!({
            "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        });
        let url = format!("{}/register", server.provider.issuer());
        let (_, client) = answered(server.http.post(url).json(&metadata)).await;
        Self {
            client: text(&client, "client_id").to_owned(),
            server,
            alice: Person::named("alice").allowing(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.provider.issuer())
    }

    /// Sends Alice to the provider with these parameters as well; returns the token.
    async fn authorize(&mut self, more: &[(&str, &str)]) -> support::Result<String> {
        let own = [
            ("response_type", "code"),
            ("client_id", &self.client),
            ("redirect_uri", REDIRECT),
            ("scope", "pay"),
            ("resource", &self.server.url),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let url = Url::parse_with_params(&self.url("/authorize"), own.iter().chain(more))?;
        let callback = self.alice.visit(url.as_str()).await?.parse()?;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code_verifier", VERIFIER),
            ("code", &answer(&callback, "code")),
        ];
        let request = self.server.http.post(self.url("/token")).form(&form);
        let (status, tokens) = answered(request).await;
        assert_eq!(status, 200, "{tokens}");
        Ok(text(&tokens, "access_token").to_owned())
    }

    async fn call(&self, token: &str, tool: &str) -> Reply {
        self.server.call(Some(token), tool).await
    }
}

/// What the challenge says about the sign-in that is wanted.
#[track_caller]
fn wanted<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let challenge = reply.challenge();
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(challenge.contains(r#"error="insufficient_user_authentication""#));
    let (_, rest) = challenge
        .split_once(&format!(r#"{name}=""#))
        .expect(challenge);
    rest.split_once('"').expect(challenge).0
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_made_again_and_the_call_runs() -> support::Result<()> {
    let mut scene = Scene::set().await;
    let token = scene.authorize(&[]).await?;
    tokio::time::sleep(MAX_AGE + Duration::from_secs(1)).await;
    let refused = scene.call(&token, "pay").await;
    assert_eq!(wanted(&refused, "max_age"), "4");
    // A fresh token of the same old sign-in is no better.
    let token = scene.authorize(&[]).await?;
    assert_eq!(scene.alice.sign_ins, 1);
    let again = scene.call(&token, "pay").await;
    assert_eq!(again.status, 401, "{again:?}");
    assert_eq!(scene.server.ran.times(), 0);
    assert_eq!(scene.call(&token, "look").await.text(), "done");
    scene.server.ran.reset();

    let max_age = ("max_age", wanted(&refused, "max_age"));
    let token = scene.authorize(&[max_age]).await?;
    assert_eq!(scene.alice.sign_ins, 2);
    assert_eq!(scene.call(&token, "pay").await.text(), "done");
    assert_eq!(scene.server.ran.times(), 1);
    Ok(())
}

#[tokio::test]
async fn a_sign_in_of_another_kind_is_made_and_the_call_runs() -> support::Result<()> {
    let mut scene = Scene::set().await;
    let token = scene.authorize(&[]).await?;
    let refused = scene.call(&token, "sign").await;
    assert_eq!(wanted(&refused, "acr_values"), "hw mfa");
    assert_eq!(scene.server.ran.times(), 0);
    let values = ("acr_values", wanted(&refused, "acr_values"));
    let token = scene.authorize(&[values]).await?;
    assert_eq!(scene.alice.sign_ins, 2);
    assert_eq!(scene.call(&token, "sign").await.text(), "done");
    // Now that the sign-in is of that kind, it does.
    scene.authorize(&[values]).await?;
    assert_eq!(scene.alice.sign_ins, 2);
    assert_eq!(scene.server.ran.times(), 1);
    Ok(())
}
