//! Access tokens that say nothing: what is known about them, and how they end.

use std::time::Duration;

use super::*;

/// Opaque for [`RESOURCE`] and for none, as [`builder`] says otherwise.
async fn opaque() -> Lab {
    let builder = builder().opaque_tokens_for(RESOURCE);
    Lab::with(builder.opaque_tokens_without_resource()).await
}

#[tokio::test]
async fn introspection_says_what_the_token_does_not() {
    let mut lab = opaque().await;
    let tokens = lab.tokens("agent", "openid email mail:read").await;
    let token = text(&tokens, "access_token");
    // 256 bits, in base64url.
    assert_eq!(token.len(), 43);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    assert!(token.bytes().all(allowed), "{token}");
    assert_eq!(tokens["expires_in"], 3600);
    let claims = lab.introspect(token).await;
    for (name, expected) in [
        ("active", json!(true)),
        ("iss", json!(lab.provider.issuer())),
        ("sub", json!("alice")),
        ("username", json!("alice")),
        ("aud", json!(RESOURCE)),
        ("client_id", json!("agent")),
        ("scope", json!("openid email mail:read")),
        ("token_type", json!("Bearer")),
        // What else is known about her is for userinfo to say.
        ("email", Value::Null),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 3600);
    let known = json!({ "sub": "alice", "email": "alice@example.com" });
    assert_eq!(lab.userinfo(token).await, (StatusCode::OK, known));
    assert_eq!(text(&tokens, "id_token").split('.').count(), 3);
    let again = lab.tokens("agent", "openid email mail:read").await;
    assert_ne!(text(&again, "access_token"), token);
}

#[tokio::test]
async fn without_a_resource_it_names_no_audience() {
    let mut lab = opaque().await;
    let url = lab.request("agent", "openid email", &[("resource", "")]);
    let code = answer(&lab.browser.play(url, "alice", "allow").await, "code");
    let (_, tokens) = lab.redeem("agent", &code, &[]).await;
    let claims = lab.introspect(text(&tokens, "access_token")).await;
    assert_eq!(
        (&claims["active"], &claims["aud"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(lab.userinfo(text(&tokens, "access_token")).await.0, 200);
}

#[tokio::test]
async fn who_gets_which_is_settled_by_the_resource() {
    const OTHER: &str = "http://127.0.0.1:3002/mcp";
    let parts = |tokens: &Value| text(tokens, "access_token").split('.').count();
    for (builder, expected) in [
        (builder(), [3, 3, 3]),
        (builder().opaque_tokens_for(RESOURCE), [1, 3, 3]),
        (builder().opaque_tokens_without_resource(), [3, 3, 1]),
    ] {
        let lab = Lab::with(builder).await;
        for (resource, expected) in [RESOURCE, OTHER, ""].into_iter().zip(expected) {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", "web"),
                ("client_secret", "s3cret"),
                ("resource", resource),
            ];
            let (status, tokens) = lab.token(&form).await;
            assert_eq!(status, 200, "{tokens}");
            assert_eq!(parts(&tokens), expected, "{resource:?}");
        }
    }
}

#[tokio::test]
async fn a_refresh_gives_another_one_and_a_reused_code_ends_them_all() {
    let mut lab = opaque().await;
    let code = lab.code("agent", "a b").await;
    let (_, first) = lab.redeem("agent", &code, &[]).await;
    let (status, second) = lab.refresh(text(&first, "refresh_token"), Some("a")).await;
    assert_eq!(status, 200, "{second}");
    let tokens = [text(&first, "access_token"), text(&second, "access_token")];
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(lab.introspect(tokens[0]).await["scope"], "a b");
    assert_eq!(lab.introspect(tokens[1]).await["scope"], "a");
    assert_eq!(lab.redeem("agent", &code, &[]).await.0, 400);
    for token in tokens {
        assert_eq!(lab.introspect(token).await, json!({ "active": false }));
        assert_eq!(lab.userinfo(token).await.0, 401);
    }
}

#[tokio::test]
async fn it_is_revoked_by_its_client_alone() {
    let mut lab = opaque().await;
    let tokens = lab.tokens("agent", "openid").await;
    let token = text(&tokens, "access_token");
    let revoke = async |client: &str| {
        let form = [("client_id", client), ("token", token)];
        let request = lab.http.post(lab.url("/revoke")).form(&form);
        request.send().await.unwrap().status()
    };
    assert_eq!(revoke("own").await, 200);
    assert_eq!(lab.introspect(token).await["active"], true);
    assert_eq!(revoke("agent").await, 200);
    assert_eq!(lab.introspect(token).await, json!({ "active": false }));
    assert_eq!(lab.userinfo(token).await.0, 401);
}

#[tokio::test]
async fn it_ends_with_its_lifetime() {
    let builder = builder().opaque_tokens_for(RESOURCE);
    let mut lab = Lab::with(builder.access_token_lifetime(Duration::from_secs(3))).await;
    let tokens = lab.tokens("agent", "openid").await;
    assert_eq!(tokens["expires_in"], 3);
    let token = text(&tokens, "access_token");
    assert_eq!(lab.introspect(token).await["active"], true);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert_eq!(lab.introspect(token).await, json!({ "active": false }));
    assert_eq!(lab.userinfo(token).await.0, 401);
}

#[tokio::test]
async fn a_test_makes_one_with_whatever_is_wrong_with_it() {
    let lab = Lab::start().await;
    let mint = || lab.provider.mint("alice").client("agent").scopes("a");
    let plain = lab.introspect(&mint().opaque().unwrap()).await;
    assert_eq!(
        (&plain["active"], &plain["aud"]),
        (&json!(true), &Value::Null)
    );
    let odd = mint()
        .resource(RESOURCE)
        .claim("exp", 1)
        .claim("token_type", "refresh_token")
        .opaque();
    let odd = lab.introspect(&odd.unwrap()).await;
    assert_eq!((&odd["active"], &odd["exp"]), (&json!(true), &json!(1)));
    assert_eq!(odd["token_type"], "refresh_token");
    let over = mint().lifetime(Duration::ZERO).opaque().unwrap();
    assert_eq!(lab.introspect(&over).await, json!({ "active": false }));
    let guess = "a".repeat(over.len());
    assert_eq!(lab.introspect(&guess).await, json!({ "active": false }));
}

/// RFC 9701: signed for the client that asks, where it asks for that, and no token itself.
#[tokio::test]
async fn an_answer_is_signed_for_who_wants_it_so() {
    use base64url::Engine as _;
    const SIGNED: &str = "application/token-introspection+jwt";
    let lab = Lab::start().await;
    let token = lab.provider.mint("alice").resource(RESOURCE).opaque();
    let token = token.unwrap();
    let ask = async |accept: &str, secret: &str| {
        let form = [("token", token.as_str()), ("client_id", "web")];
        let form = [form.as_slice(), &[("client_secret", secret)]].concat();
        let request = lab.http.post(lab.url("/introspect")).form(&form);
        let answer = request.header("accept", accept).send().await.unwrap();
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (kind, answer.text().await.unwrap())
    };
    for accept in [
        SIGNED,
        "application/json;q=0.5, application/Token-Introspection+jwt;q=1",
    ] {
        let (kind, answer) = ask(accept, "s3cret").await;
        assert_eq!(kind, SIGNED, "{accept}");
        let parts: Vec<Value> = answer
            .split('.')
            .take(2)
            .map(|part| {
                let part = base64url::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
                json::from_slice(&part.unwrap()).unwrap()
            })
            .collect();
        assert_eq!(parts[0]["typ"], "token-introspection+jwt");
        assert_eq!(parts[1]["iss"], lab.provider.issuer());
        assert_eq!(parts[1]["aud"], "web");
        assert!(parts[1]["iat"].is_u64());
        assert_eq!(
            parts[1]["token_introspection"],
            lab.introspect(&token).await
        );
        assert_eq!(lab.introspect(&answer).await, json!({ "active": false }));
        assert_eq!(lab.userinfo(&answer).await.0, 401);
    }
    for (accept, secret) in [
        ("application/json", "s3cret"),
        ("*/*", "s3cret"),
        (SIGNED, "wrong"),
    ] {
        let (kind, answer) = ask(accept, secret).await;
        assert_eq!(kind, "application/json", "{accept}: {answer}");
    }
}
