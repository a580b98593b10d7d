//! Protected-resource metadata (RFC 9728).

use http_client::Method;
use json::{Value, json};
use support::{Lab, Reply};

use crate::{closed, lab, lab_with};

const AT_ROOT: &str = "/.well-known/oauth-protected-resource";
const AT_PATH: &str = "/.well-known/oauth-protected-resource/mcp";

async fn document(lab: &Lab, path: &str) -> Reply {
    Reply::of(lab.http.get(format!("{}{path}", lab.origin))).await
}

#[tokio::test]
async fn the_document_is_at_the_path_of_the_resource_and_at_the_root() {
    let lab = lab().await;
    for path in [AT_PATH, AT_ROOT] {
        let reply = document(&lab, path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert!(reply.header("cache-control").contains("max-age"));
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let document: Value = json::from_str(&reply.body).unwrap();
        let expected = json!({
            "resource": lab.url,
            "authorization_servers": [lab.provider.issuer()],
            "scopes_supported": ["profile", "email"],
            "bearer_methods_supported": ["header"],
            "resource_name": "lab",
        });
        assert_eq!(document, expected);
    }
    assert_eq!(
        document(&lab, &format!("{AT_ROOT}/other")).await.status,
        404
    );
}

#[tokio::test]
async fn the_challenge_points_to_it_and_no_request_can_change_that() {
    let lab = lab().await;
    let expected = format!("{}{AT_PATH}", lab.origin);
    for header in ["x-forwarded-host", "x-forwarded-proto", "forwarded"] {
        let reply = Reply::of(lab.post(None).header(header, "evil.test").body("{}")).await;
        assert!(
            reply.challenge().contains(&expected),
            "{}",
            reply.challenge()
        );
    }
    let port = lab.origin.rsplit(':').next().unwrap();
    let other_name = lab
        .post(None)
        .header("host", format!("localhost:{port}"))
        .body("{}");
    assert!(Reply::of(other_name).await.challenge().contains(&expected));
}

#[tokio::test]
async fn without_settings_every_required_scope_is_asked_for_first() {
    let lab = Lab::start(|server| server.tools(closed())).await;
    let document: Value = json::from_str(&document(&lab, AT_ROOT).await.body).unwrap();
    let expected = json!(["pay", "eu", "us", "mail:send", "profile", "email"]);
    assert_eq!(document["scopes_supported"], expected);
    let reply = lab.call(None, "whoami").await;
    assert!(
        reply
            .challenge()
            .contains(r#"scope="pay eu us mail:send profile email""#)
    );
}

#[tokio::test]
async fn all_scopes_can_be_advertised_while_the_challenge_asks_for_little() {
    let lab = lab_with(|server| server.initial_scopes(["profile"]).advertise_all_scopes()).await;
    assert!(document(&lab, AT_ROOT).await.body.contains("mail:send"));
    let reply = lab.call(None, "whoami").await;
    assert!(
        reply.challenge().contains(r#"scope="profile""#),
        "{}",
        reply.challenge()
    );
}

#[tokio::test]
async fn a_preflight_of_the_document_is_answered_without_a_token() {
    let lab = lab().await;
    let preflight = lab
        .http
        .request(Method::OPTIONS, format!("{}{AT_PATH}", lab.origin))
        .header("origin", "https://inspector.test")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "mcp-protocol-version");
    let reply = Reply::of(preflight).await;
    assert!(reply.status.is_success());
    assert_eq!(reply.header("access-control-allow-origin"), "*");
}
