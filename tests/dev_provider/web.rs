//! Where it is found, and who may talk to it.

use super::*;

#[tokio::test]
async fn pages_are_protected_against_other_sites() {
    let mut lab = Lab::start().await;
    let page = lab.consent_page(lab.request("agent", "a", &[])).await;
    let header = |name: &str| page.headers[name].to_str().unwrap();
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert!(!page.html.contains("<script"));
    for (path, readable) in [("/jwks", true), ("/sign-in", false), ("/authorize", false)] {
        let request = lab
            .http
            .get(lab.url(path))
            .header("origin", "https://evil.test");
        let response = request.send().await.unwrap();
        let allowed = response
            .headers()
            .contains_key("access-control-allow-origin");
        assert_eq!(allowed, readable, "{path}");
    }
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_text() {
    let evil =
        Client::third_party("evil", "<script>alert(1)</script>").redirect_uri("evil.app:/cb");
    let mut lab = Lab::with(builder().client(evil)).await;
    let url = lab.request("evil", "<b>", &[("redirect_uri", "evil.app:/cb")]);
    let page = lab.consent_page(url).await;
    assert!(!page.html.contains("<script") && !page.html.contains("<b>"));
    assert!(page.html.contains("&lt;script&gt;"));
    let callback = lab
        .browser
        .submit(&page, &[("decision", "deny")])
        .await
        .callback();
    assert!(
        callback
            .as_str()
            .starts_with("evil.app:/cb?error=access_denied")
    );
}

#[tokio::test]
async fn only_loopback_names_are_answered() {
    let lab = Lab::start().await;
    let url = lab.url("/.well-known/openid-configuration");
    for (host, status) in [
        ("evil.test", 403),
        ("127.0.0.1.evil.test", 403),
        ("localhost", 200),
    ] {
        let response = lab
            .http
            .get(url.clone())
            .header("host", host)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{host}");
    }
}

#[tokio::test]
async fn a_public_address_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let error = builder().bind(address).start().await.unwrap_err();
        assert!(matches!(error, Error::NotLoopback(_)), "{error}");
    }
}

#[tokio::test]
async fn it_is_discovered_where_clients_look() {
    for (path, locations) in [
        (
            "",
            vec![
                "/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server",
            ],
        ),
        (
            "/oidc",
            vec![
                "/.well-known/oauth-authorization-server/oidc",
                "/oidc/.well-known/openid-configuration",
            ],
        ),
    ] {
        let provider = builder().path(path).start().await.unwrap();
        let issuer = provider.issuer().to_owned();
        assert!(issuer.ends_with(path));
        let origin: Url = issuer.parse().unwrap();
        for location in locations {
            let url = origin.join(location).unwrap();
            let (status, document) = answered(Http::new().get(url)).await;
            assert_eq!(
                (status.as_u16(), text(&document, "issuer")),
                (200, issuer.as_str())
            );
            let (status, keys) = answered(Http::new().get(text(&document, "jwks_uri"))).await;
            assert_eq!(
                (status.as_u16(), &keys["keys"][0]["alg"]),
                (200, &json!("ES256"))
            );
        }
    }
}

#[tokio::test]
async fn the_flow_works_below_a_path() {
    let mut lab = Lab::with(builder().path("/oidc")).await;
    let tokens = lab.tokens("agent", "openid email").await;
    let (status, claims) = lab.userinfo(text(&tokens, "access_token")).await;
    assert_eq!((status.as_u16(), text(&claims, "sub")), (200, "alice"));
}
