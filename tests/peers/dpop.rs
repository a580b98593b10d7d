//! Tokens that a certified provider binds to the key of an agent (RFC 9449), from its sign-in page to
//! the call of a tool. No SDK does this yet, so the agent is played here.

use json::{Value, json};
use mcp_authz::Dpop;
use support::{ClientKey, Person, Reply, Result, have, modern_body, modern_headers};

use crate::client::Client;
use crate::place::{Place, Provider};

/// An agent that does DPoP.
struct Agent {
    key: ClientKey,
    client: Client,
    resource: String,
}

impl Agent {
    async fn of(place: &Place) -> Result<Self> {
        Ok(Self {
            key: ClientKey::generate(),
            client: place.agent().await?,
            resource: place.server.clone(),
        })
    }

    /// Sends the person to the provider and redeems the code, with a proof (RFC 9449 §5, §10).
    async fn ask(&self, person: &mut Person, scope: &str) -> Result<Value> {
        let jkt = self.key.thumbprint();
        let code = self
            .client
            .code(person, scope, &[("dpop_jkt", &jkt)])
            .await?;
        let endpoint = self.client.endpoint("token_endpoint");
        let proof = self.key.proof("POST", endpoint).sign();
        let redeem = self
            .client
            .redeem(&code, |request| request.header("dpop", proof));
        redeem.await
    }

    fn proof(&self, key: &ClientKey, token: &str) -> String {
        key.proof("POST", &self.resource).token(token).sign()
    }

    async fn call(&self, tool: &str, authorization: &str, proof: &str) -> Reply {
        let params = json!({ "name": tool, "arguments": { "to": "bob@example.com" } });
        let request = self
            .client
            .http
            .post(&self.resource)
            .headers(modern_headers("tools/call", Some(tool)))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .header("authorization", authorization)
            .header("dpop", proof);
        Reply::of(request.body(modern_body("tools/call", params))).await
    }
}

#[tokio::test]
async fn an_agent_with_a_key_steps_up_and_nobody_else_can_use_its_token() -> Result<()> {
    if !have(Provider::Certified.needs()).await {
        return Ok(());
    }
    for alg in ["ES256", "RS256", "EdDSA"] {
        for dpop in [Dpop::optional(), Dpop::required()] {
            let settings = [("ALG", alg)];
            let configure = |server: mcp_authz::ServerBuilder| server.dpop(dpop);
            travel(&Place::open_with(Provider::Certified, &settings, configure).await?).await?;
        }
    }
    Ok(())
}

async fn travel(place: &Place) -> Result<()> {
    let agent = Agent::of(place).await?;
    let mut alice = Person::named("alice").allowing();
    let first = agent.ask(&mut alice, "profile email").await?;
    assert_eq!(first["token_type"], "DPoP", "{first}");
    let token = first["access_token"].as_str().unwrap_or_default();
    let dpop = format!("DPoP {token}");

    let proof = agent.proof(&agent.key, token);
    let reply = agent.call("whoami", &dpop, &proof).await;
    assert!(reply.body.contains("alice@example.com"), "{reply:?}");
    let again = agent.call("whoami", &dpop, &proof).await;
    refused(&again, "DPoP ", "invalid_dpop_proof");
    let thief = ClientKey::generate();
    let stolen = agent
        .call("whoami", &dpop, &agent.proof(&thief, token))
        .await;
    refused(&stolen, "DPoP ", "invalid_token");
    let bearer = format!("Bearer {token}");
    let downgraded = agent
        .call("whoami", &bearer, &agent.proof(&agent.key, token))
        .await;
    refused(&downgraded, "", "invalid_token");

    let refusal = agent
        .call("send_mail", &dpop, &agent.proof(&agent.key, token))
        .await;
    assert_eq!(refusal.status, 403, "{refusal:?}");
    let asked = r#"error="insufficient_scope", scope="mail:send""#;
    assert!(refusal.challenge().starts_with("DPoP "), "{refusal:?}");
    assert!(refusal.challenge().contains(asked), "{refusal:?}");
    assert_eq!(place.outbox.sent(), 0);

    let wider = agent.ask(&mut alice, "profile email mail:send").await?;
    let token = wider["access_token"].as_str().unwrap_or_default();
    let dpop = format!("DPoP {token}");
    let sent = agent
        .call("send_mail", &dpop, &agent.proof(&agent.key, token))
        .await;
    assert!(
        sent.text().contains("alice wrote to bob@example.com"),
        "{sent:?}"
    );
    assert_eq!(place.outbox.sent(), 1);
    assert_eq!(alice.consent_pages.len(), 2);
    Ok(())
}

#[track_caller]
fn refused(reply: &Reply, scheme: &str, error: &str) {
    assert_eq!(reply.status, 401, "{reply:?}");
    let challenge = reply.challenge();
    assert!(challenge.starts_with(scheme), "{challenge}");
    assert!(
        challenge.contains(&format!(r#"error="{error}""#)),
        "{challenge}"
    );
}
