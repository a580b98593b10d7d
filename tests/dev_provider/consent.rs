//! Who is asked what, and when an answer counts.

use super::*;

#[tokio::test]
async fn a_person_denies_and_the_client_gets_nothing() {
    let mut lab = Lab::start().await;
    let url = lab.request("agent", "mail:read", &[]);
    let callback = lab.browser.play(url.clone(), "alice", "deny").await;
    assert_eq!(answer(&callback, "error"), "access_denied");
    assert_eq!(answer(&callback, "state"), "xyz");
    assert_eq!(answer(&callback, "iss"), lab.provider.issuer());
    assert!(!callback.query_pairs().any(|(name, _)| name == "code"));
    assert!(
        lab.browser.open(url).await.page().asks_for("decision"),
        "asked again"
    );
}

#[tokio::test]
async fn a_first_party_client_is_not_asked_about_and_a_third_party_one_always() {
    let mut lab = Lab::start().await;
    let page = lab
        .browser
        .open(lab.request("own", "mail:read", &[]))
        .await
        .page();
    let callback = lab
        .browser
        .submit(&page, &[("username", "alice")])
        .await
        .callback();
    answer(&callback, "code");
    // Signed in from here on.
    answer(
        &lab.browser
            .open(lab.request("own", "x", &[]))
            .await
            .callback(),
        "code",
    );
    for _ in 0..2 {
        let page = lab
            .browser
            .open(lab.request("agent", "mail:read", &[]))
            .await
            .page();
        lab.browser
            .submit(&page, &[("decision", "allow")])
            .await
            .callback();
    }
}

#[tokio::test]
async fn asking_for_more_means_asking_again() {
    let mut lab = Lab::start().await;
    let first = lab.request("web", "openid", &[]);
    let page = lab.consent_page(first.clone()).await;
    assert!(page.html.contains("Web Agent") && page.html.contains("127.0.0.1:4711"));
    assert!(page.html.contains("It would get<") && page.html.contains("So far it has no access"));
    lab.browser
        .submit(&page, &[("decision", "allow")])
        .await
        .callback();
    // A client that proves who it is by a secret is not asked about the same thing twice …
    answer(&lab.browser.open(first).await.callback(), "code");
    // … but about anything new, and about the same thing for another API.
    let page = lab
        .consent_page(lab.request("web", "openid mail:read", &[]))
        .await;
    let [gain, present] = both(&page);
    assert!(gain.contains("It would newly get") && gain.contains("Read your mail"));
    assert!(!gain.contains("<code>openid</code>"), "{gain}");
    assert!(present.contains("It has already") && present.contains("<code>openid</code>"));
    assert!(!present.contains("Read your mail"), "{present}");
    let other = lab.request("web", "openid", &[("resource", "http://127.0.0.1:9/mcp")]);
    assert!(lab.consent_page(other).await.asks_for("decision"));
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let mut lab = Lab::start().await;
    let silent = [("prompt", "none")];
    let ask = |lab: &Lab, client: &str| lab.request(client, "a", &silent);
    let url = ask(&lab, "agent");
    let callback = lab.browser.open(url).await.callback();
    assert_eq!(answer(&callback, "error"), "login_required");
    lab.code("web", "a").await;
    let url = ask(&lab, "agent");
    let callback = lab.browser.open(url).await.callback();
    assert_eq!(answer(&callback, "error"), "consent_required");
    let url = ask(&lab, "web");
    answer(&lab.browser.open(url).await.callback(), "code");
    let url = lab.request("web", "a", &[("prompt", "login")]);
    assert!(lab.browser.open(url).await.page().asks_for("username"));
}

#[tokio::test]
async fn a_sign_in_that_was_asked_for_can_not_be_skipped() {
    let mut lab = Lab::start().await;
    lab.code("web", "a").await;
    let url = lab.request("agent", "a", &[("prompt", "login")]);
    let page = lab.browser.open(url).await.page();
    let mut form = page.hidden_fields();
    form.push(("decision".into(), "allow".into()));
    let page = lab.browser.post(lab.url("/consent"), &form).await.page();
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn a_form_counts_only_from_the_page_and_browser_it_was_shown_in() {
    let mut lab = Lab::start().await;
    let page = lab.consent_page(lab.request("agent", "a", &[])).await;
    let allow = ("decision".to_owned(), "allow".to_owned());
    let hidden = page.hidden_fields();
    let only = |name: &str| {
        let kept = hidden.iter().filter(|(own, _)| own == name).cloned();
        kept.chain([allow.clone()]).collect::<Vec<_>>()
    };
    let mut forged = only("transaction");
    forged.push(("csrf".into(), "guess".into()));
    for form in [only("transaction"), only("csrf"), forged] {
        let refused = lab.browser.post(page.action(), &form).await.page();
        assert_eq!(refused.status, 400);
    }
    let stranger = Browser::new()
        .submit(&page, &[("decision", "allow")])
        .await
        .page();
    assert_eq!(stranger.status, 400);
    let callback = lab
        .browser
        .submit(&page, &[("decision", "allow")])
        .await
        .callback();
    answer(&callback, "code");
    let again = lab.browser.submit(&page, &[("decision", "allow")]).await;
    assert!(
        matches!(again, Landing::Page(page) if page.status == 400),
        "one form, one answer"
    );
}

#[tokio::test]
async fn signing_in_changes_the_session_and_leaves_other_pages_behind() {
    let mut lab = Lab::start().await;
    let asked_as_alice = lab.consent_page(lab.request("agent", "a", &[])).await;
    let before = lab.browser.cookies();
    let url = lab.request("own", "a", &[("prompt", "login")]);
    lab.browser.play(url, "bob", "allow").await;
    assert_ne!(lab.browser.cookies(), before);
    let late = lab
        .browser
        .submit(&asked_as_alice, &[("decision", "allow")])
        .await
        .page();
    assert_eq!(late.status, 400, "Alice's page does not answer for Bob");
}

/// What allowing would add, and what is there already.
fn both(page: &Page) -> [String; 2] {
    ["gain", "present"].map(|id| page.section(&format!(r#"id="{id}""#)).expect(id).html)
}

#[tokio::test]
async fn the_values_at_stake_are_shown_and_no_others() {
    let mut lab = Lab::start().await;
    let page = lab
        .consent_page(lab.request("agent", "openid mail:read", &[]))
        .await;
    assert!(page.html.contains("<dt>user name</dt><dd>alice</dd>"));
    assert!(!page.html.contains("alice@example.com"), "{}", page.html);
    let page = lab
        .consent_page(lab.request("agent", "email phone", &[]))
        .await;
    assert!(
        page.html
            .contains("<dt>email</dt><dd>alice@example.com</dd>")
    );
    assert!(
        page.html
            .contains("Nothing of this is known about you here.")
    );
    assert!(!page.html.contains("<dt>name</dt>"));
}

#[tokio::test]
async fn what_a_client_has_is_shown_though_it_does_not_ask_for_it() {
    let mut lab = Lab::start().await;
    lab.code("agent", "email mail:read").await;
    let page = lab
        .consent_page(lab.request("agent", "mail:read", &[]))
        .await;
    let [gain, present] = both(&page);
    assert!(gain.contains("It would get nothing new") && gain.contains("can't prove"));
    assert!(present.contains("Read your mail") && present.contains("alice@example.com"));
    let url = lab.request("web", "mail:read", &[("prompt", "consent")]);
    lab.browser.play(url.clone(), "alice", "allow").await;
    let page = lab.consent_page(url).await;
    assert!(both(&page)[0].contains("It wants you to decide again."));
    // Another person's is another matter.
    let url = lab.request("agent", "mail:read", &[("prompt", "login")]);
    let page = lab.browser.open(url).await.page();
    let page = lab
        .browser
        .submit(&page, &[("username", "bob")])
        .await
        .page();
    assert!(page.html.contains("So far it has no access"));
    assert!(page.section(r#"id="present""#).is_none());
}

#[tokio::test]
async fn no_and_yes_are_alike() {
    let mut lab = Lab::start().await;
    let page = lab
        .consent_page(lab.request("agent", "", &[("scope", "")]))
        .await;
    assert!(page.html.contains("without any further permission"));
    let buttons: Vec<&str> = page.html.split("<button").skip(1).collect();
    let attributes = |answer: &str| {
        let button = buttons.iter().find(|button| button.contains(answer));
        let (attributes, _) = button.expect(answer).split_once('>').expect("a tag");
        attributes.replace(answer, "")
    };
    assert_eq!(buttons.len(), 2);
    assert_eq!(attributes("deny"), attributes("allow"));
    assert!(!page.html.contains("autofocus"));
}
