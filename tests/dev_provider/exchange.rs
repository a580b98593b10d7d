//! One token for another (RFC 8693): a server acts for the person at another API.

use super::*;
use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const CALENDAR: &str = "http://127.0.0.1:4002/calendar";
const ROOMS: &str = "http://127.0.0.1:4003/rooms";

/// A server at [`RESOURCE`] that may exchange, the calendar that may as well, and one that may not.
async fn start(change: impl FnOnce(Builder) -> Builder) -> Lab {
    let server = |id: &str| Client::first_party(id, "A server").secret("s3cret");
    let provider = builder()
        .client(server("server").may_exchange(RESOURCE))
        .client(server("calendar").may_exchange(CALENDAR))
        .client(server("other"));
    Lab::with(change(provider)).await
}

impl Lab {
    /// A token that Alice gave to the agent for the server.
    fn subject_token(&self) -> String {
        self.minted(|mint| mint)
    }

    fn minted(
        &self,
        change: impl FnOnce(mcp_authz::dev::Mint<'_>) -> mcp_authz::dev::Mint<'_>,
    ) -> String {
        let mint = self.provider.mint("alice").client("agent");
        let mint = mint.resource(RESOURCE).scopes("calendar:read mail:read");
        change(mint).sign().unwrap()
    }

    /// Asks for a token for the calendar; `changes` replace members of the form, and an empty value drops
    /// one.
    async fn exchange(&self, token: &str, changes: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut form: Form = vec![
            ("grant_type", GRANT_TYPE),
            ("client_id", "server"),
            ("client_secret", "s3cret"),
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", CALENDAR),
            ("scope", "calendar:read"),
        ];
        for (name, value) in changes {
            form.retain(|(own, _)| own != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        self.token(&form).await
    }

    #[track_caller]
    fn refused(&self, (status, body): (StatusCode, Value), code: &str, what: &str) {
        assert_eq!(
            (status.as_u16(), text(&body, "error")),
            (400, code),
            "{what}: {body}"
        );
    }
}

/// What a signed token says.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn the_new_token_is_the_person_s_and_says_who_acts() {
    let lab = start(|builder| builder).await;
    let subject = lab.subject_token();
    let (status, answer) = lab.exchange(&subject, &[]).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["scope"], "calendar:read");
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let (before, after) = (claims(&subject), claims(text(&answer, "access_token")));
    for (claim, value) in [
        ("sub", json!("alice")),
        ("aud", json!(CALENDAR)),
        ("client_id", json!("server")),
        ("scope", json!("calendar:read")),
        ("act", json!({ "sub": "server", "act": { "sub": "agent" } })),
        ("auth_time", before["auth_time"].clone()),
    ] {
        assert_eq!(after[claim], value, "{claim}");
    }
    assert!(after["exp"].as_u64() <= before["exp"].as_u64());
    assert_ne!(after["jti"], before["jti"]);
    // Who is asked next knows all that came before.
    let next = [("client_id", "calendar"), ("resource", ROOMS)];
    let (_, third) = lab.exchange(text(&answer, "access_token"), &next).await;
    let act = json!({ "sub": "calendar", "act": { "sub": "server", "act": { "sub": "agent" } } });
    assert_eq!(claims(text(&third, "access_token"))["act"], act);
}

#[tokio::test]
async fn without_a_word_about_scopes_it_has_those_of_the_old_one() {
    let lab = start(|builder| builder).await;
    let (_, answer) = lab.exchange(&lab.subject_token(), &[("scope", "")]).await;
    assert_eq!(answer["scope"], "calendar:read mail:read");
}

#[tokio::test]
async fn it_lives_no_longer_than_the_old_one() {
    let lab = start(|builder| builder).await;
    let short = lab.minted(|mint| mint.lifetime(std::time::Duration::from_secs(60)));
    let (_, answer) = lab.exchange(&short, &[]).await;
    assert!(
        answer["expires_in"].as_u64().is_some_and(|left| left <= 60),
        "{answer}"
    );
}

#[tokio::test]
async fn opaque_tokens_are_exchanged_and_issued() {
    let lab = start(|builder| builder.opaque_tokens_for(CALENDAR)).await;
    let mint = lab
        .provider
        .mint("alice")
        .client("agent")
        .resource(RESOURCE);
    let subject = mint.scopes("calendar:read").opaque().unwrap();
    let (status, answer) = lab.exchange(&subject, &[]).await;
    assert_eq!(status, 200, "{answer}");
    let token = text(&answer, "access_token");
    assert!(!token.contains('.'));
    let known = lab.introspect(token).await;
    assert_eq!(
        (&known["sub"], &known["aud"]),
        (&json!("alice"), &json!(CALENDAR))
    );
    assert_eq!(known["act"]["sub"], "server");
}

#[tokio::test]
async fn a_token_that_is_not_good_is_exchanged_for_nothing() {
    let mut lab = start(|builder| builder).await;
    let elsewhere = builder().start().await.unwrap();
    let foreign = elsewhere
        .mint("alice")
        .resource(RESOURCE)
        .scopes("calendar:read");
    let revoked = lab.subject_token();
    lab.http
        .post(lab.url("/revoke"))
        .form(&[("client_id", "agent"), ("token", &revoked)])
        .send()
        .await
        .unwrap();
    let tokens = lab.tokens("own", "openid calendar:read").await;
    let deep = (0..9).fold(
        json!({ "sub": "a" }),
        |act, _| json!({ "sub": "a", "act": act }),
    );
    for (what, token) in [
        ("invented", "invented".to_owned()),
        ("of another provider", foreign.sign().unwrap()),
        (
            "expired",
            lab.minted(|mint| mint.lifetime(std::time::Duration::ZERO)),
        ),
        ("revoked", revoked),
        ("for another API", lab.minted(|mint| mint.resource(ROOMS))),
        (
            "for several APIs",
            lab.minted(|mint| mint.claim("aud", json!([RESOURCE, ROOMS]))),
        ),
        (
            "bound to a key",
            lab.minted(|mint| mint.claim("cnf", json!({ "jkt": "x" }))),
        ),
        (
            "with an endless chain of actors",
            lab.minted(|mint| mint.claim("act", deep)),
        ),
        ("an ID token", text(&tokens, "id_token").to_owned()),
        ("a refresh token", text(&tokens, "refresh_token").to_owned()),
    ] {
        let answer = lab.exchange(&token, &[]).await;
        lab.refused(answer, "invalid_request", what);
    }
}

#[tokio::test]
async fn only_who_may_exchanges_and_only_what_is_its_own() {
    let lab = start(|builder| builder).await;
    let token = lab.subject_token();
    for client in ["other", "web"] {
        let answer = lab.exchange(&token, &[("client_id", client)]).await;
        lab.refused(answer, "unauthorized_client", client);
    }
    let public = [("client_id", "agent"), ("client_secret", "")];
    lab.refused(
        lab.exchange(&token, &public).await,
        "unauthorized_client",
        "public",
    );
    for secret in ["wrong", ""] {
        let (status, body) = lab.exchange(&token, &[("client_secret", secret)]).await;
        assert_eq!(
            (status.as_u16(), text(&body, "error")),
            (401, "invalid_client")
        );
    }
    // The calendar has no business with a token that is for the server.
    let answer = lab
        .exchange(&token, &[("client_id", "calendar"), ("resource", ROOMS)])
        .await;
    lab.refused(answer, "invalid_request", "another server's token");
}

#[tokio::test]
async fn scopes_and_targets_are_what_the_person_s_token_allows() {
    let lab = start(|builder| builder).await;
    let token = lab.subject_token();
    for (code, what, changes) in [
        (
            "invalid_scope",
            "more",
            vec![("scope", "calendar:read calendar:write")],
        ),
        ("invalid_scope", "something else", vec![("scope", "openid")]),
        ("invalid_target", "nowhere", vec![("resource", "")]),
        ("invalid_target", "no URI", vec![("resource", "calendar")]),
        (
            "invalid_target",
            "a fragment",
            vec![("resource", "http://127.0.0.1/#x")],
        ),
        ("invalid_target", "itself", vec![("resource", RESOURCE)]),
        ("invalid_target", "a name", vec![("audience", "calendar")]),
        ("invalid_request", "no token", vec![("subject_token", "")]),
        (
            "invalid_request",
            "no type",
            vec![("subject_token_type", "")],
        ),
        (
            "invalid_request",
            "another type",
            vec![(
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:id_token",
            )],
        ),
        (
            "invalid_request",
            "for another type",
            vec![(
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:refresh_token",
            )],
        ),
        ("invalid_request", "an actor", vec![("actor_token", "x")]),
    ] {
        let answer = lab.exchange(&token, &changes).await;
        lab.refused(answer, code, what);
    }
    let (status, _) = lab
        .exchange(&token, &[("requested_token_type", ACCESS_TOKEN)])
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn what_ends_the_person_s_token_ends_what_came_of_it() {
    let mut lab = start(|builder| builder).await;
    let tokens = lab.tokens("agent", "calendar:read").await;
    let subject = text(&tokens, "access_token");
    let (_, first) = lab.exchange(subject, &[]).await;
    let next = [("client_id", "calendar"), ("resource", ROOMS)];
    let (_, second) = lab.exchange(text(&first, "access_token"), &next).await;
    let both = [text(&first, "access_token"), text(&second, "access_token")];
    for token in both {
        assert_eq!(lab.introspect(token).await["active"], true);
    }
    // Alice takes back what she allowed the agent.
    let url = lab.url("/grants");
    let page = lab.browser.open(url).await.page();
    assert!(!page.html.contains("not yet"), "the exchange was a use");
    let section = page.section("SmartMail AI").expect("a section");
    let id = section.button("grant").to_owned();
    lab.browser.submit(&section, &[("grant", &id)]).await;
    for token in both {
        assert_eq!(lab.introspect(token).await, json!({ "active": false }));
    }
    lab.refused(
        lab.exchange(subject, &[]).await,
        "invalid_request",
        "afterwards",
    );
}

#[tokio::test]
async fn a_client_that_nothing_proves_does_not_start() {
    let client = Client::third_party("c", "C").redirect_uri("http://127.0.0.1/cb");
    let started = builder()
        .client(client.may_exchange(RESOURCE))
        .start()
        .await;
    let Err(Error::Config(error)) = started else {
        panic!("it started");
    };
    assert!(error.problems()[0].contains("add .secret(..)"), "{error}");
}
