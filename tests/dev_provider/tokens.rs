//! What a code is exchanged for, and how that ends.

use super::*;

#[tokio::test]
async fn a_person_allows_and_the_token_says_what_was_allowed() {
    let mut lab = Lab::start().await;
    let url = lab.request("agent", "openid email mail:read", &[("nonce", "n-1")]);
    let callback = lab.browser.play(url, "alice", "allow").await;
    assert!(callback.as_str().starts_with(REDIRECT), "{callback}");
    assert_eq!(answer(&callback, "state"), "xyz");
    assert_eq!(answer(&callback, "iss"), lab.provider.issuer());
    let (status, tokens) = lab
        .redeem(
            "agent",
            &answer(&callback, "code"),
            &[("resource", RESOURCE)],
        )
        .await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "openid email mail:read");
    let claims = lab.introspect(text(&tokens, "access_token")).await;
    for (name, expected) in [
        ("active", json!(true)),
        ("iss", json!(lab.provider.issuer())),
        ("sub", json!("alice")),
        ("aud", json!(RESOURCE)),
        ("client_id", json!("agent")),
        ("scope", json!("openid email mail:read")),
        ("email", json!("alice@example.com")),
        ("name", Value::Null),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    assert!(claims["jti"].is_string() && claims["auth_time"].is_u64());
    assert_eq!(text(&tokens, "id_token").split('.').count(), 3);
    // {"typ":"at+jwt","alg":"ES256",…
    assert!(text(&tokens, "access_token").starts_with("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiI"));
}

#[tokio::test]
async fn a_code_is_bound_to_what_was_asked() {
    let mut lab = Lab::start().await;
    let code = lab.code("agent", "mail:read").await;
    let wrong = "a-verifier-that-nobody-has-ever-hashed-before";
    for (change, error) in [
        (("code_verifier", wrong), "invalid_grant"),
        (("code_verifier", ""), "invalid_request"),
        (
            ("redirect_uri", "http://127.0.0.1:4712/callback"),
            "invalid_grant",
        ),
        (("client_id", "own"), "invalid_grant"),
        (("client_id", "nobody"), "invalid_client"),
        (("resource", "http://127.0.0.1:9/mcp"), "invalid_target"),
        (("code", "guess"), "invalid_grant"),
    ] {
        let (_, answer) = lab.redeem("agent", &code, &[change]).await;
        assert_eq!(answer["error"], error, "{change:?}");
    }
    assert_eq!(
        lab.redeem("agent", &code, &[]).await.0,
        200,
        "none of them used it up"
    );
}

#[tokio::test]
async fn a_code_that_is_used_twice_takes_its_tokens_with_it() {
    let mut lab = Lab::start().await;
    let code = lab.code("agent", "mail:read").await;
    let (_, tokens) = lab.redeem("agent", &code, &[]).await;
    assert_eq!(
        lab.introspect(text(&tokens, "access_token")).await["active"],
        true
    );
    let (status, again) = lab.redeem("agent", &code, &[]).await;
    assert_eq!(
        (status, &again["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    let dead = lab.introspect(text(&tokens, "access_token")).await;
    assert_eq!(dead, json!({ "active": false }));
    assert_eq!(
        lab.refresh(text(&tokens, "refresh_token"), None).await.0,
        400
    );
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_reuse_ends_the_family() {
    let mut lab = Lab::start().await;
    let first = lab.tokens("agent", "a b").await;
    let first = text(&first, "refresh_token");
    let (_, wider) = lab.refresh(first, Some("a c")).await;
    assert_eq!(wider["error"], "invalid_scope");
    let (status, narrow) = lab.refresh(first, Some("a")).await;
    assert_eq!((status, &narrow["scope"]), (StatusCode::OK, &json!("a")));
    let second = text(&narrow, "refresh_token");
    assert_ne!(first, second);
    let (_, full) = lab.refresh(second, None).await;
    assert_eq!(full["scope"], "a b", "narrowing is for one access token");
    assert_eq!(
        lab.refresh(second, None).await.1["error"],
        "invalid_grant",
        "reuse"
    );
    assert_eq!(lab.refresh(text(&full, "refresh_token"), None).await.0, 400);
    assert_eq!(
        lab.introspect(text(&full, "access_token")).await["active"],
        false
    );
}

#[tokio::test]
async fn without_a_resource_the_token_is_good_for_userinfo_alone() {
    let mut lab = Lab::start().await;
    let url = lab.request("agent", "openid email", &[("resource", "")]);
    let code = answer(&lab.browser.play(url, "alice", "allow").await, "code");
    let (_, tokens) = lab.redeem("agent", &code, &[]).await;
    let token = text(&tokens, "access_token");
    assert_eq!(lab.introspect(token).await["aud"], lab.provider.issuer());
    let claims = json!({ "sub": "alice", "email": "alice@example.com" });
    assert_eq!(lab.userinfo(token).await, (StatusCode::OK, claims));
}

#[tokio::test]
async fn userinfo_refuses_the_way_rfc_6750_says() {
    let lab = Lab::start().await;
    let challenge = async |token: Option<&str>| {
        let request = lab.http.get(lab.url("/userinfo"));
        let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
        let response = request.send().await.unwrap();
        let challenge = response.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned();
        (response.status().as_u16(), challenge)
    };
    let without_openid = lab.provider.mint("alice").scopes("email").sign().unwrap();
    assert_eq!(challenge(None).await, (401, "Bearer".into()));
    assert_eq!(
        challenge(Some("x")).await,
        (401, r#"Bearer error="invalid_token""#.into())
    );
    let (status, header) = challenge(Some(&without_openid)).await;
    assert_eq!(status, 403);
    assert!(header.contains(r#"scope="openid""#));
}

#[tokio::test]
async fn a_revoked_token_is_gone() {
    let mut lab = Lab::start().await;
    let tokens = lab.tokens("agent", "a").await;
    let revoke = async |client: &str, token: &str| {
        let form = [("client_id", client), ("token", token)];
        let request = lab.http.post(lab.url("/revoke")).form(&form);
        request.send().await.unwrap().status()
    };
    let access = text(&tokens, "access_token");
    assert_eq!(revoke("own", access).await, 200);
    assert_eq!(
        lab.introspect(access).await["active"],
        true,
        "not that client's to revoke"
    );
    assert_eq!(revoke("agent", access).await, 200);
    assert_eq!(lab.introspect(access).await["active"], false);
    assert_eq!(revoke("agent", text(&tokens, "refresh_token")).await, 200);
    assert_eq!(
        lab.refresh(text(&tokens, "refresh_token"), None).await.0,
        400
    );
}

#[tokio::test]
async fn a_confidential_client_acts_for_itself() {
    let lab = Lab::start().await;
    let form = |client: &'static str, secret: &'static str| {
        let own = [
            ("grant_type", "client_credentials"),
            ("scope", "a"),
            ("resource", RESOURCE),
        ];
        let mut form = own.to_vec();
        form.push(("client_id", client));
        form.extend(Some(("client_secret", secret)).filter(|(_, secret)| !secret.is_empty()));
        form
    };
    let (status, tokens) = lab.token(&form("web", "s3cret")).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = lab.introspect(text(&tokens, "access_token")).await;
    assert_eq!(
        (text(&claims, "sub"), text(&claims, "aud")),
        ("web", RESOURCE)
    );
    assert_eq!(lab.token(&form("web", "wrong")).await.0, 401);
    assert_eq!(
        lab.token(&form("agent", "")).await.1["error"],
        "unauthorized_client"
    );
}

#[tokio::test]
async fn keys_rotate_and_the_provider_stops() {
    let lab = Lab::start().await;
    let count = async || {
        let (_, keys) = answered(lab.http.get(lab.url("/jwks"))).await;
        keys["keys"].as_array().unwrap().len()
    };
    let token = lab.provider.mint("alice").scopes("openid").sign().unwrap();
    lab.provider.rotate_keys().unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(lab.userinfo(&token).await.0, 200);
    lab.provider.forget_old_keys();
    assert_eq!(count().await, 1);
    assert_eq!(lab.userinfo(&token).await.0, 401);
    let url = lab.url("/jwks");
    let http = Http::builder().no_proxy().build().unwrap();
    lab.provider.shutdown().await;
    assert!(http.get(url).send().await.is_err());
}
