//! What a client may be allowed at most, and what a person can pass on.

use super::*;

const LOOPBACK: &str = "http://127.0.0.1/callback";

/// A third party that may be shown the e-mail address and may read mail; a guest who holds no more
/// than that, and an admin who does.
async fn limited() -> Lab {
    let agent = |id: &str| {
        let client = Client::third_party(id, "Limited").redirect_uri(LOOPBACK);
        client.consent_scopes(["email", "mail:read"])
    };
    let builder = builder()
        .client(agent("limited"))
        .client(agent("proven").secret("s3cret"))
        .user(User::new("guest").scopes(["mail:read"]))
        .user(User::new("admin").scopes(["mail:read", "mail:send"]));
    Lab::with(builder).await
}

impl Lab {
    /// The scopes of the token that `person` lets `client` have.
    async fn granted(&mut self, person: &str, client: &str, scope: &str) -> String {
        let url = self.request(client, scope, &[("prompt", "login")]);
        let code = answer(&self.browser.play(url, person, "allow").await, "code");
        let (status, tokens) = self.redeem(client, &code, &[]).await;
        assert_eq!(status, 200, "{tokens}");
        let claims = self.introspect(text(&tokens, "access_token")).await;
        assert_eq!(claims["scope"], tokens["scope"]);
        text(&tokens, "scope").to_owned()
    }
}

#[tokio::test]
async fn an_openid_scope_above_the_ceiling_is_refused() {
    let mut lab = limited().await;
    for scope in ["phone", "openid profile", "email address mail:read"] {
        let url = lab.request("limited", scope, &[]);
        let callback = lab.browser.open(url).await.callback();
        assert_eq!(answer(&callback, "error"), "invalid_scope", "{scope}");
        assert_eq!(answer(&callback, "state"), "xyz");
        assert_eq!(answer(&callback, "iss"), lab.provider.issuer());
    }
    // What needs no permission of the operator's.
    let granted = lab.granted("alice", "limited", "openid email offline_access");
    assert_eq!(granted.await, "openid email offline_access");
}

#[tokio::test]
async fn an_api_scope_above_the_ceiling_is_left_out() {
    let mut lab = limited().await;
    let url = lab.request("limited", "mail:read mail:send", &[]);
    let page = lab.consent_page(url).await;
    assert!(page.html.contains("Read your mail"));
    assert!(!page.html.contains("mail:send"), "{}", page.html);
    for (asked, granted) in [
        ("mail:read mail:send", "mail:read"),
        ("mail:send admin", ""),
        ("openid mail:send", "openid"),
    ] {
        assert_eq!(lab.granted("alice", "limited", asked).await, granted);
    }
    // Without a ceiling, everything may be asked for.
    assert_eq!(lab.granted("alice", "agent", "phone x").await, "phone x");
}

#[tokio::test]
async fn a_person_passes_on_what_they_hold() {
    let mut lab = limited().await;
    for (person, client, asked, granted) in [
        (
            "guest",
            "agent",
            "email mail:read mail:send",
            "email mail:read",
        ),
        ("guest", "agent", "mail:send", ""),
        ("guest", "own", "mail:send mail:read", "mail:read"),
        (
            "admin",
            "agent",
            "mail:read mail:send x",
            "mail:read mail:send",
        ),
        // The narrower of the two.
        ("admin", "limited", "mail:read mail:send", "mail:read"),
        ("alice", "agent", "mail:send x", "mail:send x"),
    ] {
        let got = lab.granted(person, client, asked).await;
        assert_eq!(got, granted, "{person} {client} {asked}");
    }
}

#[tokio::test]
async fn what_was_left_out_is_not_asked_about_again_and_again() {
    let mut lab = limited().await;
    // Above the ceiling of one, and more than the guest holds, whichever asks.
    for client in ["proven", "web"] {
        let url = lab.request(client, "mail:read mail:send", &[]);
        lab.browser.play(url.clone(), "guest", "allow").await;
        // The client proves who it is, and gets what it was allowed, and no more.
        let code = answer(&lab.browser.open(url).await.callback(), "code");
        let secret = [("client_secret", "s3cret")];
        let (_, tokens) = lab.redeem(client, &code, &secret).await;
        assert_eq!(tokens["scope"], "mail:read");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("client_secret", "s3cret"),
            ("refresh_token", text(&tokens, "refresh_token")),
            ("scope", "mail:read mail:send"),
        ];
        assert_eq!(lab.token(&form).await.1["error"], "invalid_scope");
    }
}

#[tokio::test]
async fn limits_that_are_wrong_do_not_start() {
    let client = |client: Client| builder().client(client.redirect_uri(LOOPBACK));
    let bad = ["two words"];
    for builder in [
        client(Client::first_party("c", "C").consent_scopes(["a"])),
        client(Client::third_party("c", "C").consent_scopes(bad)),
        builder().user(User::new("c").scopes(bad)),
        builder().user(User::new("c").scopes(["email"])),
    ] {
        let started = builder.start().await;
        assert!(matches!(started, Err(Error::Config(_))), "{started:?}");
    }
}
