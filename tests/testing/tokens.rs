//! The configuration that is deployed is what is tested: issuers as they are, several, opaque tokens.

use mcp_authz::testing::{TestServer, assert_challenge};
use mcp_authz::{
    Algorithm, AuthInfo, BearerToken, ClientAuth, Introspection, Issuer, TokenVerifier, Userinfo,
    VerifyError, tool,
};
use support::Ran;

use crate::{count, mail, only};

/// The whole name of a scope, which tokens of Entra ID cut short.
#[tool(scopes = ["api://66666666-7777-8888-9999-000000000000/mail.read"])]
fn prefixed() {}

#[tokio::test]
async fn tokens_look_as_each_issuer_s_do() {
    for issuer in [
        Issuer::logto("https://tenant.logto.app"),
        Issuer::auth0("https://tenant.eu.auth0.com/"),
        Issuer::keycloak("https://sso.example.com/realms/acme"),
        Issuer::okta("https://example.okta.com/oauth2/default"),
        Issuer::cognito("eu-central-1_AbCdEfGhI"),
        Issuer::generic("https://as.example.com"),
        Issuer::new("https://as.example.com/t/1")
            .algorithms([Algorithm::Rs256])
            .scope_claim("realm_access.roles")
            .client_id_claim("azp")
            .require_claim("org.name", "acme")
            .max_token_lifetime(std::time::Duration::from_secs(600))
            .jwks_uri("https://keys.example.com/as"),
        Issuer::new("https://as.example.com").scope_claim("https://as.example.com/scopes"),
        Issuer::new("https://as.example.com").userinfo(Userinfo::new()),
    ] {
        let (name, ran) = (format!("{issuer:?}"), Ran::default());
        let builder = mail(&ran)
            .issuer(issuer)
            .resource("https://mcp.example.com/mcp");
        let server = TestServer::start(builder.eager()).await;
        let server = server.unwrap_or_else(|error| panic!("{name}: {error}"));
        let reader = server
            .as_user("alice")
            .client("agent")
            .scopes(["openid", "mail:read"]);
        let answer = reader.call("count").await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
        let less = server
            .as_user("alice")
            .scopes(["openid"])
            .call("count")
            .await;
        assert_challenge!(less, 403, "insufficient_scope", ["mail:read"]);
        assert_eq!(ran.times(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_lifetime_that_is_asked_for_is_not_made_shorter() {
    let ran = Ran::default();
    let minutes = |minutes: u64| std::time::Duration::from_secs(60 * minutes);
    let issuer = Issuer::new("https://as.example.com").max_token_lifetime(minutes(10));
    let server = TestServer::start(mail(&ran).issuer(issuer)).await.unwrap();
    let reader = server.as_user("alice").scopes(["mail:read"]);
    assert!(reader.call("count").await.is_ok());
    let long = reader.lifetime(minutes(11)).call("count").await;
    assert_challenge!(long, 401, "invalid_token");
    assert_eq!(ran.times(), 1);
}

#[tokio::test]
async fn a_prefix_is_left_out_of_the_token_as_the_provider_does() {
    let application = "66666666-7777-8888-9999-000000000000";
    let issuer = Issuer::entra_id("11111111-2222-3333-4444-555555555555", application);
    let builder = only(prefixed::tool()).issuer(issuer);
    let server = TestServer::start(builder).await.unwrap();
    let scope = format!("api://{application}/mail.read");
    let reader = server.as_user("alice").scopes([&scope]);
    assert!(reader.call("prefixed").await.is_ok());
    let refused = server.as_user("alice").call("prefixed").await;
    assert_challenge!(refused, 403, "insufficient_scope", [scope.as_str()]);
}

#[tokio::test]
async fn several_issuers_each_have_their_own_people_and_keys() {
    let ran = Ran::default();
    let [one, other] = ["https://one.test/a", "https://one.test/a/b"];
    let server = TestServer::start(mail(&ran).issuer(one).issuer(other))
        .await
        .unwrap();
    let reader = server.as_user("alice").scopes(["mail:read"]);
    for issuer in [one, other] {
        assert!(
            reader.clone().issuer(issuer).call("count").await.is_ok(),
            "{issuer}"
        );
        let forged = reader.clone().issuer(one).claim("iss", other);
        assert_challenge!(forged.call("count").await, 401, "invalid_token");
    }
    assert_eq!(ran.times(), 2);
}

#[tokio::test]
async fn opaque_tokens_are_asked_about() {
    for auth in [ClientAuth::secret_basic, ClientAuth::secret_post] {
        let ran = Ran::default();
        let auth: ClientAuth = auth("mcp-server", "of the real provider");
        let asked = Introspection::new(auth).endpoint("https://as.example.com/oauth/ask");
        let issuer = Issuer::new("https://as.example.com").introspection(asked);
        let server = TestServer::start(mail(&ran).issuer(issuer)).await.unwrap();
        let alice = server.as_user("alice").opaque();
        let reader = alice.clone().scopes(["mail:read"]).keep_token();
        let answer = reader.call("count").await;
        assert!(answer.is_ok(), "{answer:?}");
        let less = alice.call("count").await;
        assert_challenge!(less, 403, "insufficient_scope", ["mail:read"]);
        let unknown = server.with_token("x").call("count").await;
        assert_challenge!(unknown, 401, "invalid_token");
        server.clock().advance(std::time::Duration::from_secs(3700));
        assert_challenge!(reader.call("count").await, 401, "invalid_token");
        assert_eq!(ran.times(), 1);
    }
}

#[tokio::test]
async fn a_verifier_of_one_s_own_judges_as_it_does() {
    struct Keys;
    impl TokenVerifier for Keys {
        async fn verify(&self, token: &BearerToken) -> Result<AuthInfo, VerifyError> {
            match token.expose() {
                "good" => Ok(AuthInfo::builder("keys").subject("alice").build()),
                _ => Err(VerifyError::rejected("unknown")),
            }
        }
    }
    let ran = Ran::default();
    let builder = only(count::tool()).state(ran.clone());
    let server = TestServer::start(builder.verifier(Keys)).await.unwrap();
    assert_eq!(
        server
            .with_token("bad")
            .call("count")
            .await
            .unwrap_err()
            .status(),
        401
    );
    assert_eq!(
        server
            .with_token("good")
            .call("count")
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert_eq!(ran.times(), 0);
}
