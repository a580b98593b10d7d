//! Tokens that are bound to a key of the client (RFC 9449), over real HTTP. That nothing ran is
//! proved by a counter in the handler.

mod binding;
mod challenges;
mod nonces;
mod proofs;

use http_client::RequestBuilder;
use http_client::header::AUTHORIZATION;
use json::json;
use mcp_authz::rmcp::RoleServer;
use mcp_authz::rmcp::service::RequestContext;
use mcp_authz::{AuthInfo, Dpop, Rmcp, ServerBuilder, State, tool};
use support::{ClientKey, Lab, Ran, Reply, modern_body, modern_headers};

/// What everybody wants to call.
#[tool(scopes = ["mail:read"])]
fn read_mail(auth: AuthInfo, ran: State<Ran>) -> String {
    ran.note();
    format!("{}'s mail", auth.subject().unwrap_or("nobody"))
}

/// The headers of the request that a handler can see.
#[tool(authenticated)]
fn headers(context: Rmcp<RequestContext<RoleServer>>) -> String {
    let parts = context.0.extensions.get::<http_types::request::Parts>();
    parts.map_or_else(String::new, |parts| format!("{:?}", parts.headers))
}

/// A server that understands DPoP, and a client that does it.
struct Bound {
    lab: Lab,
    key: ClientKey,
    token: String,
}

impl Bound {
    async fn to(dpop: Dpop) -> Self {
        Self::with(|server| server.dpop(dpop)).await
    }

    async fn with(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let lab = Lab::start(configure).await;
        let key = ClientKey::generate();
        let token = bound_token(&lab, &key, "mail:read");
        Self { lab, key, token }
    }

    /// A good proof for the next call.
    fn proof(&self) -> support::Proof<'_> {
        self.key.proof("POST", &self.lab.url).token(&self.token)
    }

    fn call(&self, token: &str, proofs: &[&str]) -> RequestBuilder {
        call(&self.lab, "read_mail", &format!("DPoP {token}"), proofs)
    }

    async fn present(&self, proof: &str) -> Reply {
        Reply::of(self.call(&self.token, &[proof])).await
    }
}

fn bound_token(lab: &Lab, key: &ClientKey, scopes: &str) -> String {
    let mint = lab.provider.mint("alice").client("smartmail");
    let mint = mint.resource(&lab.url).scopes(scopes);
    let mint = mint.claim("cnf", json!({ "jkt": key.thumbprint() }));
    mint.sign().expect("the provider signs")
}

fn call(lab: &Lab, tool: &str, authorization: &str, proofs: &[&str]) -> RequestBuilder {
    let params = json!({ "name": tool, "arguments": {} });
    let request = lab
        .post(None)
        .headers(modern_headers("tools/call", Some(tool)))
        .header(AUTHORIZATION, authorization)
        .body(modern_body("tools/call", params));
    proofs
        .iter()
        .fold(request, |request, proof| request.header("dpop", *proof))
}

fn challenges(reply: &Reply) -> Vec<&str> {
    let values = reply.headers.get_all("www-authenticate").iter();
    values.filter_map(|value| value.to_str().ok()).collect()
}

#[track_caller]
fn refused(reply: &Reply, what: &str, error: &str) {
    assert_eq!(reply.status, 401, "{what}");
    let [challenge] = challenges(reply)[..] else {
        panic!("{what}: not one challenge: {:?}", challenges(reply));
    };
    assert!(
        challenge.starts_with(r#"DPoP algs="ES256 "#),
        "{what}: {challenge}"
    );
    let error = format!(r#"error="{error}""#);
    assert!(challenge.contains(&error), "{what}: {challenge}");
    assert!(
        challenge.contains("resource_metadata="),
        "{what}: {challenge}"
    );
    assert_eq!(reply.header("cache-control"), "no-store");
}
