//! Which clients may ask, and for what.

use super::*;

#[tokio::test]
async fn faults_that_the_client_may_be_told() {
    let mut lab = Lab::start().await;
    for (change, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_mode", "fragment"), "invalid_request"),
        (("request", "e30"), "request_not_supported"),
        (("resource", "mcp"), "invalid_target"),
        (("scope", "a\"b"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
    ] {
        let url = lab.request("agent", "a", &[change]);
        let callback = lab.browser.open(url).await.callback();
        assert_eq!(answer(&callback, "error"), error, "{change:?}");
        assert_eq!(answer(&callback, "state"), "xyz");
        assert_eq!(answer(&callback, "iss"), lab.provider.issuer());
    }
}

#[tokio::test]
async fn nothing_is_sent_to_an_unproven_address() {
    let mut lab = Lab::start().await;
    for change in [
        ("client_id", "nobody"),
        ("client_id", ""),
        ("redirect_uri", ""),
        ("redirect_uri", "http://127.0.0.1:4711/other"),
        ("redirect_uri", "http://localhost:4711/callback"),
        ("redirect_uri", "https://evil.test/callback"),
    ] {
        let url = lab.request("agent", "a", &[change]);
        let page = lab.browser.open(url).await.page();
        assert_eq!(page.status, 400, "{change:?}");
        assert!(!page.asks_for("username"));
    }
}

#[tokio::test]
async fn a_client_registers_and_may_ask_for_more_than_it_registered() {
    let mut lab = Lab::start().await;
    let metadata = json!({
        "client_name": "Self-made", "redirect_uris": ["http://localhost:4711/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none", "scope": "mail:read",
    });
    let request = lab.http.post(lab.url("/register")).json(&metadata);
    let (status, client) = answered(request).await;
    assert_eq!(status, 201, "{client}");
    assert_eq!(client["scope"], "mail:read");
    assert!(client.get("client_secret").is_none());
    let redirect = ("redirect_uri", "http://localhost:4711/callback");
    let id = text(&client, "client_id");
    let page = lab
        .consent_page(lab.request(id, "", &[redirect, ("scope", "")]))
        .await;
    assert!(
        page.html.contains("Read your mail"),
        "the registered scope is the default"
    );
    assert!(page.html.contains("registered itself"));
    let url = lab.request(id, "mail:read mail:send", &[redirect]);
    let code = answer(&lab.browser.play(url, "alice", "allow").await, "code");
    let (_, tokens) = lab.redeem(id, &code, &[redirect]).await;
    assert_eq!(tokens["scope"], "mail:read mail:send");
    let bad = json!({ "redirect_uris": ["http://evil.test/"] });
    let (status, error) = answered(lab.http.post(lab.url("/register")).json(&bad)).await;
    assert_eq!(
        (status, &error["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_redirect_uri"))
    );
}

#[tokio::test]
async fn a_registered_secret_is_asked_for() {
    let mut lab = Lab::start().await;
    let metadata = json!({ "redirect_uris": [REDIRECT] });
    let (_, client) = answered(lab.http.post(lab.url("/register")).json(&metadata)).await;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let code = lab.code(id, "a").await;
    let (status, error) = lab.redeem(id, &code, &[]).await;
    assert_eq!(
        (status, &error["error"]),
        (StatusCode::UNAUTHORIZED, &json!("invalid_client"))
    );
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", REDIRECT),
    ];
    let basic = lab
        .http
        .post(lab.url("/token"))
        .basic_auth(id, Some(secret));
    let (status, tokens) = answered(basic.form(&form)).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(
        tokens.get("refresh_token").is_none(),
        "the grant was not registered"
    );
}

#[tokio::test]
async fn a_client_is_described_by_the_document_that_its_id_names() {
    let mut lab = Lab::start().await;
    let (id, wrong) = documents().await;
    let page = lab.consent_page(lab.request(&id, "mail:read", &[])).await;
    // The host leads: the name is the client's own claim.
    let host = id.trim_start_matches("http://").split('/').next().unwrap();
    for words in [
        format!("<strong>{host}</strong> asks for access"),
        "It calls itself “<strong>Documented</strong>”. Nobody has checked".to_owned(),
        format!("<code>{id}</code>"),
    ] {
        assert!(page.html.contains(&words), "{words}: {}", page.html);
    }
    let callback = lab
        .browser
        .submit(&page, &[("decision", "allow")])
        .await
        .callback();
    let (status, tokens) = lab.redeem(&id, &answer(&callback, "code"), &[]).await;
    assert_eq!(status, 200, "{tokens}");
    let page = lab
        .browser
        .open(lab.request(&wrong, "mail:read", &[]))
        .await
        .page();
    assert_eq!(page.status, 400);
    assert!(
        page.html.contains("describes another client_id"),
        "{}",
        page.html
    );
}

/// Serves one document, under its own URL and under another one.
async fn documents() -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let id = format!("{origin}/client.json");
    let redirect = [REDIRECT];
    let body = json!({ "client_id": id, "client_name": "Documented", "redirect_uris": redirect });
    let body = body.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .await
                .unwrap();
        }
    });
    (id, format!("{origin}/other.json"))
}
