//! What is printed of values that hold a secret, with `{:?}` and `{}`: who it is, and not the secret.

use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use json::json;
use mcp_authz::{
    Algorithm, AuthInfo, BearerToken, ClientAuth, Introspection, Issuer, Server, TokenVerifier,
    Userinfo, VerifyError, danger, dev, tool,
};
use support::Lab;

/// In everything below, wherever something secret may be.
const SECRET: &str = "Tr0ub4dor-and-3-correct-horses";

#[tool(authenticated)]
fn hello(auth: AuthInfo) -> String {
    format!("{auth:?}")
}

#[track_caller]
fn says(value: &impl Debug, what: &str) {
    for printed in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!printed.contains("Tr0ub4dor"), "{printed}");
        assert!(printed.contains(what), "{what:?} is not in {printed}");
    }
}

#[track_caller]
fn tells(value: &impl Display, what: &str) {
    let printed = value.to_string();
    assert!(!printed.contains("Tr0ub4dor"), "{printed}");
    assert!(printed.contains(what), "{what:?} is not in {printed}");
}

#[test]
fn how_a_server_proves_who_it_is() {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    for (method, auth) in [
        (
            "client_secret_basic",
            ClientAuth::secret_basic("me", SECRET),
        ),
        ("client_secret_post", ClientAuth::secret_post("me", SECRET)),
        (
            "private_key_jwt",
            ClientAuth::private_key_jwt("me", Algorithm::Es256, pem.clone()).key_id("k"),
        ),
    ] {
        says(&auth, method);
        let introspection = Introspection::new(auth.clone());
        says(&introspection, method);
        let issuer = Issuer::new("https://as.example.com");
        let issuer = issuer
            .introspection(introspection)
            .userinfo(Userinfo::new());
        says(&issuer, method);
        let clients = danger::without_audience(["smartmail"]);
        says(&issuer.opaque_tokens(clients), "smartmail");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_configuration() {
    let unusable = ClientAuth::private_key_jwt("", Algorithm::Es256, SECRET);
    let issuer = Issuer::new("https://as.example.com").introspection(unusable);
    let server = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = server.issuer(issuer).sealing_keys([("", SECRET)]);
    let error = server.build().await.expect_err("it starts");
    says(&error, "PKCS#8");
    tells(&error, "PKCS#8");
}

#[tokio::test]
async fn a_server_and_the_embedded_provider() {
    let client = dev::Client::third_party("agent", "Agent").secret(SECRET);
    let client = client.redirect_uri("http://127.0.0.1/callback");
    says(&client, "agent");
    let user = dev::User::new("alice").claim("password", SECRET);
    says(&user, "alice");
    let builder = dev::AuthorizationServer::builder()
        .client(client)
        .user(user);
    says(&builder, "agent");
    let provider = builder.start().await.expect("the provider starts");
    says(&provider, provider.issuer());
    let mint = provider.mint("alice").claim("x", SECRET);
    says(&mint, "alice");

    let auth = ClientAuth::secret_basic("me", SECRET);
    let issuer = Issuer::new(provider.issuer()).introspection(auth);
    let server = Server::builder("x").resource("https://mcp.example.com/mcp");
    let server = server
        .issuer(issuer)
        .sealing_keys([("k", format!("{SECRET}..."))]);
    says(&server, "x");
    let server = server.build().await.expect("the server starts");
    says(&server, "/mcp");
    tells(&server, "hello");
    says(server.manifest(), "hello");
    says(&server.token_cache(), "TokenCache");
}

#[test]
fn a_caller_is_named_and_its_claims_are_not_shown() {
    let claims = json!({ "email": SECRET, "act": { "sub": SECRET } });
    let claims = claims.as_object().expect("an object").clone();
    let caller = AuthInfo::builder("https://as.example.com");
    let caller = caller.subject("alice").claims(claims);
    says(&caller, "https://as.example.com");
    says(&caller.build(), "alice");
}

/// Notes how a token prints, as a verifier of somebody's own might.
#[derive(Clone, Default)]
struct Printing(Arc<Mutex<Vec<String>>>);

impl TokenVerifier for Printing {
    async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
        assert_eq!(token.expose(), SECRET);
        let printed = format!("{token:?} {token:#?}");
        self.0.lock().expect("the list").push(printed);
        Err(VerifyError::rejected("never"))
    }
}

#[tokio::test]
async fn a_token_in_the_hands_of_a_verifier() {
    let printing = Printing::default();
    let lab = Lab::start(|server| server.verifier(printing.clone())).await;
    assert_eq!(lab.call(Some(SECRET), "hello").await.status, 401);
    let printed = printing.0.lock().expect("the list").join(" ");
    assert!(printed.contains("redacted"), "{printed}");
    assert!(!printed.contains("Tr0ub4dor"), "{printed}");
}
