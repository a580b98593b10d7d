//! The page where people see what they allowed, and take it back.

use super::*;

const OTHER: &str = "http://127.0.0.1:3002/mcp";

/// Opens the page of whoever is signed in.
async fn grants(lab: &mut Lab) -> Page {
    let url = lab.url("/grants");
    lab.browser.open(url).await.page()
}

/// Presses the button in the section that says `words`; returns the page that follows.
async fn take_back(lab: &mut Lab, words: &str) -> Page {
    let page = grants(lab).await;
    let section = page.section(words).expect("a section");
    let id = section.button("grant").to_owned();
    lab.browser.submit(&section, &[("grant", &id)]).await.page()
}

fn active(claims: &Value) -> bool {
    claims["active"] == true
}

#[tokio::test]
async fn alice_sees_what_she_allowed() {
    let mut lab = Lab::start().await;
    lab.code("agent", "openid email mail:read").await;
    lab.code("web", "mail:send").await;
    let page = grants(&mut lab).await;
    assert_eq!(page.status, 200);
    let agent = page.section("SmartMail AI").expect("a section");
    for words in [
        "Read your mail",
        "See your e-mail address",
        "<code>mail:read</code>",
        RESOURCE,
        "just now",
        "not yet",
        "somebody else",
    ] {
        assert!(agent.html.contains(words), "{words}: {}", agent.html);
    }
    assert!(!agent.html.contains("mail:send"));
    let web = page.section("Web Agent").expect("a section");
    assert!(web.html.contains("mail:send") && !web.html.contains("mail:read"));
    assert!(!page.html.contains("<script"));
    for name in ["content-security-policy", "x-frame-options"] {
        assert!(page.headers.contains_key(name), "{name}");
    }
    assert_eq!(page.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn what_is_used_says_so() {
    let mut lab = Lab::with(builder().opaque_tokens_without_resource()).await;
    let unused = |page: &Page| page.html.matches("not yet").count();
    let code = lab.code("agent", "openid").await;
    let without = lab.request("agent", "openid", &[("resource", "")]);
    let other = answer(&lab.browser.play(without, "alice", "allow").await, "code");
    assert_eq!(unused(&grants(&mut lab).await), 2);
    lab.redeem("agent", &code, &[]).await;
    assert_eq!(unused(&grants(&mut lab).await), 1);
    lab.redeem("agent", &other, &[]).await;
    assert_eq!(unused(&grants(&mut lab).await), 0);
}

#[tokio::test]
async fn a_token_that_is_shown_to_the_provider_is_a_use() {
    let mut lab = Lab::start().await;
    lab.code("agent", "openid").await;
    let mint = |client| lab.provider.mint("alice").client(client).scopes("openid");
    let token = mint("agent").resource(RESOURCE).sign().unwrap();
    let without = mint("agent").sign().unwrap();
    let (foreign, stranger) = (
        mint("agent").resource(OTHER).sign().unwrap(),
        mint("web").resource(RESOURCE).sign().unwrap(),
    );
    for token in [foreign, stranger] {
        assert_eq!(lab.userinfo(&token).await.0, 200);
    }
    assert!(grants(&mut lab).await.html.contains("not yet"));
    assert_eq!(lab.userinfo(&token).await.0, 200);
    assert!(!grants(&mut lab).await.html.contains("not yet"));

    let url = lab.request("agent", "openid", &[("resource", "")]);
    lab.browser.play(url, "alice", "allow").await;
    assert!(grants(&mut lab).await.html.contains("not yet"));
    assert!(active(&lab.introspect(&without).await));
    assert!(!grants(&mut lab).await.html.contains("not yet"));
}

#[tokio::test]
async fn taking_back_ends_the_tokens_and_the_next_request_is_asked_about() {
    for builder in [builder(), builder().opaque_tokens_for(RESOURCE)] {
        let mut lab = Lab::with(builder).await;
        let first = lab.tokens("agent", "openid email").await;
        let (_, second) = lab.refresh(text(&first, "refresh_token"), None).await;
        let code = lab.code("web", "openid").await;
        let secret = [("client_secret", "s3cret")];
        let (_, kept) = lab.redeem("web", &code, &secret).await;
        let page = take_back(&mut lab, "SmartMail AI").await;
        assert_eq!(page.url, lab.url("/grants"));
        assert!(page.html.contains(r#"role="status""#), "{}", page.html);
        assert!(page.section("SmartMail AI").is_none());
        assert!(page.section("Web Agent").is_some());
        for tokens in [&first, &second] {
            let token = text(tokens, "access_token");
            assert_eq!(lab.introspect(token).await, json!({ "active": false }));
            assert_eq!(lab.userinfo(token).await.0, 401);
        }
        let (_, refused) = lab.refresh(text(&second, "refresh_token"), None).await;
        assert_eq!(refused["error"], "invalid_grant");
        assert!(active(&lab.introspect(text(&kept, "access_token")).await));
        // What was done is said once.
        assert!(!grants(&mut lab).await.html.contains(r#"role="status""#));
        let again = lab.tokens("agent", "openid").await;
        assert!(active(&lab.introspect(text(&again, "access_token")).await));
    }
}

#[tokio::test]
async fn a_client_that_was_not_asked_about_any_more_is_again() {
    let mut lab = Lab::start().await;
    let url = lab.request("web", "mail:read", &[]);
    lab.code("web", "mail:read").await;
    answer(&lab.browser.open(url.clone()).await.callback(), "code");
    take_back(&mut lab, "Web Agent").await;
    let silent = lab.request("web", "mail:read", &[("prompt", "none")]);
    let callback = lab.browser.open(silent).await.callback();
    assert_eq!(answer(&callback, "error"), "consent_required");
    let page = lab.browser.open(url).await.page();
    assert!(page.asks_for("decision"));
}

#[tokio::test]
async fn a_code_that_is_still_out_is_taken_back_too() {
    let mut lab = Lab::start().await;
    let code = lab.code("agent", "mail:read mail:send").await;
    take_back(&mut lab, "SmartMail AI").await;
    let (status, error) = lab.redeem("agent", &code, &[]).await;
    assert_eq!(
        (status.as_u16(), text(&error, "error")),
        (400, "invalid_grant")
    );
    // Nor does a narrower consent bring it back.
    let code = lab.code("agent", "mail:read mail:send").await;
    take_back(&mut lab, "SmartMail AI").await;
    let narrow = lab.code("agent", "mail:read").await;
    let (_, error) = lab.redeem("agent", &code, &[]).await;
    assert_eq!(error["error"], "invalid_grant");
    let (_, tokens) = lab.redeem("agent", &narrow, &[]).await;
    assert_eq!(tokens["scope"], "mail:read");
}

#[tokio::test]
async fn each_api_is_taken_back_for_itself() {
    let mut lab = Lab::start().await;
    let here = lab.tokens("agent", "openid").await;
    let url = lab.request("agent", "openid", &[("resource", OTHER)]);
    let code = answer(&lab.browser.play(url, "alice", "allow").await, "code");
    let (_, there) = lab.redeem("agent", &code, &[]).await;
    let page = take_back(&mut lab, OTHER).await;
    assert!(page.section(OTHER).is_none() && page.section(RESOURCE).is_some());
    assert!(active(&lab.introspect(text(&here, "access_token")).await));
    assert!(!active(&lab.introspect(text(&there, "access_token")).await));
}

#[tokio::test]
async fn people_see_and_take_back_their_own_alone() {
    let mut lab = Lab::start().await;
    let tokens = lab.tokens("agent", "openid").await;
    let alice_s = grants(&mut lab).await;
    let id = alice_s.button("grant").to_owned();
    let mut bob = Browser::new();
    // Nobody is signed in there: the page asks who it is, and comes back.
    let page = bob.open(lab.url("/grants")).await.page();
    let own = bob.submit(&page, &[("username", "bob")]).await.page();
    assert_eq!(own.url, lab.url("/grants"));
    assert!(own.section("SmartMail AI").is_none());
    bob.open(lab.request("web", "a", &[])).await;
    bob.play(lab.request("web", "a", &[]), "bob", "allow").await;
    let own = bob.open(lab.url("/grants")).await.page();
    let answer = bob.submit(&own, &[("grant", &id)]).await.page();
    assert!(
        !answer.html.contains(r#"role="status""#),
        "nothing happened"
    );
    assert!(active(&lab.introspect(text(&tokens, "access_token")).await));
    assert!(grants(&mut lab).await.section("SmartMail AI").is_some());
}

#[tokio::test]
async fn nothing_is_taken_back_by_a_form_of_another_site() {
    let mut lab = Lab::start().await;
    let tokens = lab.tokens("agent", "openid").await;
    let page = grants(&mut lab).await;
    let url = lab.url("/grants");
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (id, csrf) = (
        page.button("grant").to_owned(),
        page.hidden_fields().remove(0).1,
    );
    let mut bob = Browser::new();
    let sign_in = bob.open(url.clone()).await.page();
    let bob_s = lab.consent_page(lab.request("web", "a", &[])).await;
    bob.submit(&sign_in, &[("username", "bob")]).await;
    for form in [
        vec![field("grant", &id)],
        vec![field("grant", &id), field("csrf", "")],
        vec![field("grant", &id), field("csrf", "guess")],
        vec![
            field("grant", &id),
            field("csrf", &csrf),
            field("csrf", &csrf),
        ],
        // The page of another question.
        vec![field("grant", &id), bob_s.hidden_fields().remove(1)],
        vec![field("csrf", &csrf)],
    ] {
        let refused = lab.browser.post(url.clone(), &form).await.page();
        assert_eq!(refused.status, 400, "{form:?}");
    }
    let good = [field("grant", &id), field("csrf", &csrf)];
    for mut browser in [bob, Browser::new()] {
        let refused = browser.post(url.clone(), &good).await.page();
        assert_eq!(refused.status, 400);
    }
    assert!(active(&lab.introspect(text(&tokens, "access_token")).await));
    // A GET changes nothing.
    let mut link = url.clone();
    link.query_pairs_mut().extend_pairs(&good);
    lab.browser.open(link).await;
    assert!(active(&lab.introspect(text(&tokens, "access_token")).await));
    let page = lab.browser.post(url, &good).await.page();
    assert!(page.section("SmartMail AI").is_none());
}

#[tokio::test]
async fn another_person_gets_in_by_signing_in() {
    let mut lab = Lab::start().await;
    lab.code("agent", "mail:read").await;
    let late = grants(&mut lab).await;
    let url = lab.url("/grants/sign-in");
    assert!(late.html.contains("/grants/sign-in"));
    let page = lab.browser.open(url).await.page();
    let bob_s = lab
        .browser
        .submit(&page, &[("username", "bob")])
        .await
        .page();
    assert!(bob_s.html.contains("signed in as bob"));
    assert!(bob_s.section("SmartMail AI").is_none());
    let id = late.button("grant").to_owned();
    let section = late.section("SmartMail AI").expect("a section");
    let refused = lab.browser.submit(&section, &[("grant", &id)]).await.page();
    assert_eq!(refused.status, 400, "Alice's page does nothing for Bob");
}

#[tokio::test]
async fn it_is_found_from_the_consent_page_and_below_a_path() {
    let mut lab = Lab::with(builder().path("/oidc")).await;
    let page = lab.consent_page(lab.request("agent", "a", &[])).await;
    assert!(
        page.html.contains(r#"href="/oidc/grants""#),
        "{}",
        page.html
    );
    lab.code("agent", "a").await;
    let page = take_back(&mut lab, "SmartMail AI").await;
    assert_eq!(page.url, lab.url("/grants"));
    assert!(page.section("SmartMail AI").is_none());
    let request = lab.http.get(lab.url("/grants"));
    let response = request.header("origin", "https://evil.test").send().await;
    let headers = response.unwrap().headers().clone();
    assert!(!headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_first_party_client_that_was_allowed_is_there_too() {
    let mut lab = Lab::start().await;
    let tokens = lab.tokens("own", "openid").await;
    assert!(
        grants(&mut lab).await.section("My App").is_none(),
        "nobody was asked"
    );
    let url = lab.request("own", "openid", &[("prompt", "consent")]);
    let code = answer(&lab.browser.play(url, "alice", "allow").await, "code");
    let (_, asked) = lab.redeem("own", &code, &[]).await;
    take_back(&mut lab, "My App").await;
    assert!(!active(&lab.introspect(text(&asked, "access_token")).await));
    assert!(active(&lab.introspect(text(&tokens, "access_token")).await));
}
