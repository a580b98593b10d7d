//! Which sign-in a client gets, and what its tokens say of it.

use base64url::Engine as _;
use base64url::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// What the access token and the ID token say of the sign-in.
async fn sign_in(lab: &Lab, tokens: &Value) -> [Value; 2] {
    let claims = lab.introspect(text(tokens, "access_token")).await;
    let id_token = text(tokens, "id_token").split('.').nth(1).unwrap();
    let id_token = URL_SAFE_NO_PAD.decode(id_token).unwrap();
    let id_token: Value = json::from_slice(&id_token).unwrap();
    for name in ["auth_time", "acr"] {
        assert_eq!(claims[name], id_token[name], "{name}");
    }
    [claims["auth_time"].clone(), claims["acr"].clone()]
}

impl Lab {
    /// Lets Alice do what she is asked at the first-party client; returns the tokens.
    async fn ask(&mut self, changes: &[(&str, &str)]) -> Value {
        let url = self.request("own", "openid", changes);
        let code = answer(&self.browser.play(url, "alice", "allow").await, "code");
        self.redeem("own", &code, &[]).await.1
    }

    /// Whether the person has to sign in for this, being signed in.
    async fn asks_for_sign_in(&mut self, changes: &[(&str, &str)]) -> bool {
        let url = self.request("own", "openid", changes);
        match self.browser.open(url).await {
            Landing::Page(page) => page.asks_for("username"),
            Landing::Callback(url) => {
                answer(&url, "code");
                false
            }
        }
    }
}

#[tokio::test]
async fn tokens_say_when_and_how_the_person_signed_in() {
    for builder in [builder(), builder().opaque_tokens_for(RESOURCE)] {
        let mut lab = Lab::with(builder).await;
        let tokens = lab.tokens("agent", "openid").await;
        let [auth_time, acr] = sign_in(&lab, &tokens).await;
        assert!(auth_time.is_u64());
        assert_eq!(acr, "pwd");
        // A refresh is no sign-in.
        let (_, fresh) = lab.refresh(text(&tokens, "refresh_token"), None).await;
        assert_eq!(sign_in(&lab, &fresh).await, [auth_time, acr]);
    }
}

#[tokio::test]
async fn the_kind_of_sign_in_that_is_wanted_is_made() {
    let mut lab = Lab::start().await;
    let first = lab.ask(&[]).await;
    assert_eq!(sign_in(&lab, &first).await[1], "pwd");
    for (values, asks) in [
        ("pwd", false),
        ("mfa pwd", false),
        ("mfa", true),
        ("hw mfa", true),
    ] {
        let changes = [("acr_values", values)];
        assert_eq!(lab.asks_for_sign_in(&changes).await, asks, "{values}");
    }
    let url = lab.request("own", "openid", &[("acr_values", "hw mfa")]);
    let page = lab.browser.open(url).await.page();
    assert!(
        page.html.contains("of the kind <strong>mfa</strong>"),
        "{}",
        page.html
    );
    let strong = lab.ask(&[("acr_values", "hw mfa pwd")]).await;
    assert_eq!(
        sign_in(&lab, &strong).await[1],
        "pwd",
        "the one that there is does"
    );
    let strong = lab.ask(&[("acr_values", "hw mfa")]).await;
    assert_eq!(sign_in(&lab, &strong).await[1], "mfa");
    assert!(lab.asks_for_sign_in(&[("acr_values", "pwd")]).await);
    assert!(!lab.asks_for_sign_in(&[]).await);
}

#[tokio::test]
async fn whoever_signs_in_instead_signs_in_as_was_wanted() {
    let mut lab = Lab::start().await;
    let url = lab.request("agent", "openid", &[("acr_values", "mfa")]);
    let consent = lab.consent_page(url).await;
    let link = consent
        .html
        .split("href=\"/sign-in")
        .nth(1)
        .expect("a way out");
    let link = format!("/sign-in{}", link.split('"').next().unwrap());
    let page = lab.browser.open(lab.url(&link)).await.page();
    let consent = lab
        .browser
        .submit(&page, &[("username", "bob")])
        .await
        .page();
    let allow = [("decision", "allow")];
    let callback = lab.browser.submit(&consent, &allow).await.callback();
    let (_, tokens) = lab.redeem("agent", &answer(&callback, "code"), &[]).await;
    assert_eq!(sign_in(&lab, &tokens).await[1], "mfa");
}

#[tokio::test]
async fn what_can_not_be_met_is_said_at_once() {
    let words = ["urn:example:password", "urn:example:key"];
    let mut lab = Lab::with(builder().acr_values(words)).await;
    let (_, document) = answered(lab.http.get(lab.url("/.well-known/openid-configuration"))).await;
    assert_eq!(document["acr_values_supported"], json!(words));
    let url = lab.request("agent", "a", &[("acr_values", "mfa pwd")]);
    let callback = lab.browser.open(url).await.callback();
    let error = answer(&callback, "error");
    assert_eq!(error, "unmet_authentication_requirements");
    assert_eq!(answer(&callback, "state"), "xyz");
    let tokens = lab.ask(&[]).await;
    assert_eq!(sign_in(&lab, &tokens).await[1], words[0]);
}

#[tokio::test]
async fn a_silent_request_for_another_sign_in_is_refused() {
    let mut lab = Lab::start().await;
    lab.ask(&[]).await;
    let none = ("prompt", "none");
    assert!(!lab.asks_for_sign_in(&[none, ("max_age", "600")]).await);
    for wanted in [("max_age", "0"), ("acr_values", "mfa")] {
        let url = lab.request("own", "openid", &[none, wanted]);
        let callback = lab.browser.open(url).await.callback();
        assert_eq!(answer(&callback, "error"), "login_required", "{wanted:?}");
    }
}

#[tokio::test]
async fn no_age_at_all_is_a_sign_in_each_time() {
    let mut lab = Lab::start().await;
    lab.ask(&[]).await;
    for _ in 0..2 {
        assert!(lab.asks_for_sign_in(&[("max_age", "0")]).await);
        // Once, not for ever: the sign-in that follows is recent enough.
        lab.ask(&[("max_age", "0")]).await;
    }
    assert!(!lab.asks_for_sign_in(&[("max_age", "600")]).await);
}
