//! The page for people, without a browser: who sees it, what it refuses, and what it escapes.

use http_client::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use http_client::{Method, RequestBuilder};
use mcp_authz::logto::{NewThirdPartyApp, ThirdPartyType};
use support::Reply;

use super::agent;
use super::place::{PORTAL, Place};

const FORM: [(&str, &str); 5] = [
    ("name", "Smith & \"Sons\""),
    ("kind", "traditional"),
    (
        "redirect_uris",
        "https://smith.example/cb\r\n\r\n  https://smith.example/cb2  \r\n",
    ),
    ("scope", "profile"),
    ("scope", "mail:send"),
];

/// Somebody at a browser: a cookie, and the seal of their page.
struct Person<'a> {
    place: &'a Place,
    name: &'static str,
    cookie: String,
    seal: String,
}

impl<'a> Person<'a> {
    async fn open(place: &'a Place, name: &'static str) -> Self {
        let request = place
            .request(Method::GET, "", None)
            .header("x-signed-in", name);
        let page = Reply::of(request).await;
        assert_eq!(page.status, 200, "{page:?}");
        let cookie = page.header(SET_COOKIE.as_str());
        assert!(
            cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
            "{cookie}"
        );
        Self {
            place,
            name,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            seal: seal(&page.body),
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let request = self.place.request(Method::GET, path, None);
        request
            .header("x-signed-in", self.name)
            .header(COOKIE, &self.cookie)
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut form = vec![("form", self.seal.as_str())];
        form.extend(fields);
        let request = self.place.request(Method::POST, path, None).form(&form);
        let request = request
            .header("x-signed-in", self.name)
            .header(COOKIE, &self.cookie);
        request.header(ORIGIN, self.place.origin())
    }
}

fn seal(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="form" value=""#).expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_developer_registers_rotates_and_deletes_on_the_page() {
    let place = Place::open().await;
    let alice = Person::open(&place, "alice").await;
    let made = Reply::of(alice.post("", &FORM)).await;
    assert_eq!(made.status, 200, "{made:?}");
    let policy = made.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(made.header("referrer-policy"), "same-origin");
    assert!(!made.body.contains("<script"));
    let apps = place.client.third_party_apps().await.unwrap();
    let [app] = apps.as_slice() else {
        panic!("{apps:?}")
    };
    assert_eq!(app.name, "Smith & \"Sons\"");
    assert_eq!(
        app.oidc_client_metadata.redirect_uris,
        ["https://smith.example/cb", "https://smith.example/cb2"]
    );
    let secret = place.client.application_secrets(&app.id).await.unwrap()[0]
        .expose()
        .to_owned();
    assert!(made.body.contains(&secret));
    assert!(
        made.body.contains("Smith &amp; &quot;Sons&quot;"),
        "{}",
        made.body
    );

    // Once: not in the list, nor before a rotation.
    let list = Reply::of(alice.get("")).await;
    assert!(list.body.contains(&app.id) && !list.body.contains(&secret));
    let question = Reply::of(alice.get(&format!("/apps/{}/rotate", app.id))).await;
    assert!(question.body.contains("A new secret?") && !question.body.contains(&secret));
    let rotated = Reply::of(alice.post(&format!("/apps/{}/rotate", app.id), &[])).await;
    let now = place.client.application_secrets(&app.id).await.unwrap();
    assert!(
        now.len() == 1 && rotated.body.contains(now[0].expose()) && !rotated.body.contains(&secret)
    );

    // It is the same person's as with a token.
    let token = place.token("alice", PORTAL);
    let path = format!("/register/{}", app.id);
    assert_eq!(
        place.ask(Method::GET, &path, Some(&token)).await.status,
        200
    );
    let gone = Reply::of(alice.post(&format!("/apps/{}/delete", app.id), &[])).await;
    assert!(gone.body.contains("was deleted"), "{}", gone.body);
    assert_eq!(place.apps(), 0);
}

#[tokio::test]
async fn without_a_person_the_page_is_nobody_s() {
    let place = Place::open().await;
    let before = place.logto.changes();
    let made = place.register_as_alice(&agent()).await;
    let after = place.logto.changes();
    let token = place.token("alice", PORTAL);
    for (method, path) in [
        (Method::GET, String::new()),
        (Method::POST, String::new()),
        (Method::GET, format!("/apps/{}/delete", made.id())),
        (Method::POST, format!("/apps/{}/delete", made.id())),
    ] {
        // A token is no session, either.
        let request = place.request(method, &path, Some(&token)).form(&FORM);
        let answer = Reply::of(request).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains(&made.id()));
    }
    assert!(before < after && place.logto.changes() == after);
}

#[tokio::test]
async fn a_form_that_this_page_did_not_make_for_this_person_does_nothing() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let alice = Person::open(&place, "alice").await;
    let bob = Person::open(&place, "bob").await;
    let before = place.logto.changes();
    for path in [
        String::new(),
        format!("/apps/{}/rotate", made.id()),
        format!("/apps/{}/delete", made.id()),
    ] {
        let with = |seal: &str, cookie: &str| {
            let mut form: Vec<(&str, &str)> = vec![("form", seal)];
            form.extend(FORM);
            let request = place.request(Method::POST, &path, None).form(&form);
            let request = request.header("x-signed-in", "alice");
            match cookie {
                "" => request,
                cookie => request.header(COOKIE, cookie),
            }
        };
        let planted = format!("{}; {}", bob.cookie, alice.cookie);
        let short = "mcp-authz-agents=x";
        for (seal, cookie) in [
            ("", &*alice.cookie),
            ("x", &*alice.cookie),
            (&*alice.seal, ""),
            (&*alice.seal, &*bob.cookie),
            // Bob's page in Alice's browser, with Bob's cookie planted beside hers or alone.
            (&*bob.seal, &*bob.cookie),
            (&*bob.seal, &*alice.cookie),
            (&*alice.seal, &*planted),
            ("", short),
        ] {
            let answer = Reply::of(with(seal, cookie)).await;
            assert_eq!(answer.status, 403, "{path} {seal} {cookie}");
        }
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1", ""] {
            let request = with(&alice.seal, &alice.cookie).header(ORIGIN, origin);
            assert_eq!(Reply::of(request).await.status, 403, "{path} {origin}");
        }
        // Another name for this machine (DNS rebinding).
        let request = with(&alice.seal, &alice.cookie).header(HOST, "evil.example");
        assert_eq!(Reply::of(request).await.status, 403, "{path}");
    }
    assert_eq!(place.logto.changes(), before);
    let good = Reply::of(alice.post(&format!("/apps/{}/delete", made.id()), &[])).await;
    assert_eq!(good.status, 200);
}

#[tokio::test]
async fn what_is_somebody_else_s_is_not_there() {
    let place = Place::open().await;
    let made = place.register_as_alice(&agent()).await;
    let bob = Person::open(&place, "bob").await;
    let before = place.logto.changes();
    let list = Reply::of(bob.get("")).await;
    assert!(!list.body.contains(&made.id()));
    for deed in ["rotate", "delete"] {
        for (id, other) in [(made.id(), "app000000000000009999")] {
            let foreign = Reply::of(bob.get(&format!("/apps/{id}/{deed}"))).await;
            let unknown = Reply::of(bob.get(&format!("/apps/{other}/{deed}"))).await;
            assert_eq!(
                (foreign.status.as_u16(), &foreign.body),
                (404, &unknown.body)
            );
            let foreign = Reply::of(bob.post(&format!("/apps/{id}/{deed}"), &[])).await;
            assert_eq!(
                (foreign.status.as_u16(), &foreign.body),
                (404, &unknown.body)
            );
        }
    }
    assert_eq!(place.logto.changes(), before);
}

#[tokio::test]
async fn markup_is_refused_or_escaped_wherever_it_comes_from() {
    let place = Place::open().await;
    let alice = Person::open(&place, "alice").await;
    let before = place.logto.changes();
    let markup = "\"><img src=x onerror=alert(1)>";
    let form = [
        ("name", markup),
        ("kind", markup),
        ("redirect_uris", markup),
        ("scope", markup),
    ];
    let refused = Reply::of(alice.post("", &form)).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.body.contains("<img"), "{}", refused.body);
    assert!(refused.body.contains("role=\"alert\""));
    // What was filled in is there again.
    assert!(refused.body.contains("&lt;img src=x"), "{}", refused.body);
    assert_eq!(place.logto.changes(), before);

    // A name that an operator gave in the console, of an application that is Alice's.
    let made = place.register_as_alice(&agent()).await;
    let record = place
        .client
        .application(&made.id())
        .await
        .unwrap()
        .custom_data;
    let mut renamed = NewThirdPartyApp::new(markup, ThirdPartyType::Native)
        .redirect_uri("https://agent.example/<b>");
    for (name, value) in record {
        renamed = renamed.custom_data(name, value);
    }
    let renamed = place.client.create_third_party_app(&renamed).await.unwrap();
    for path in [String::new(), format!("/apps/{}/delete", renamed.id)] {
        let page = Reply::of(alice.get(&path)).await;
        assert!(page.body.contains(&renamed.id));
        assert!(
            !page.body.contains("<img") && !page.body.contains("<b>"),
            "{}",
            page.body
        );
    }
}

#[tokio::test]
async fn the_guard_rails_are_the_same_as_for_programs() {
    let place = Place::open().await;
    let alice = Person::open(&place, "alice").await;
    let before = place.logto.changes();
    for (name, value) in [
        ("redirect_uris", "http://smith.example/cb"),
        ("redirect_uris", "http://127.0.0.1/cb"),
        ("redirect_uris", "https://*.smith.example/"),
        ("redirect_uris", ""),
        ("scope", "mail:plan"),
        ("name", "<b>Smith</b>"),
        ("name", ""),
    ] {
        let kept = FORM
            .iter()
            .filter(|(own, _)| *own != name || name == "scope");
        let mut form: Vec<(&str, &str)> = kept.copied().collect();
        form.push((name, value));
        let answer = Reply::of(alice.post("", &form)).await;
        assert_eq!(answer.status, 400, "{name}={value}");
    }
    let long = "x".repeat(20_000);
    let answer = Reply::of(alice.post("", &[("name", &*long)])).await;
    assert_eq!(answer.status, 400);
    assert_eq!(place.logto.changes(), before);
    for _ in 0..3 {
        assert_eq!(Reply::of(alice.post("", &FORM)).await.status, 200);
    }
    let full = Reply::of(alice.post("", &FORM)).await;
    assert_eq!(full.status, 403);
    assert!(full.body.contains("as many applications as you may have"));
    assert_eq!(place.apps(), 3);
}
