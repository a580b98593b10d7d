//! The pages of the embedded provider, for somebody who uses no mouse and perhaps no eyes: what Tab
//! reaches, what a screen reader says, what a checker for accessibility finds. Pictures are in
//! `target/peers/pages`.

use http_client::Url;
use json::{Value, json};
use mcp_authz::dev::{AuthorizationServer, Client, User};
use support::{Browser, Look, ScriptedIssuer, Tool, Walk, have};

const REDIRECT: &str = "http://127.0.0.1:8976/callback";
const RESOURCE: &str = "http://127.0.0.1:3001/mcp";

struct Stage {
    provider: AuthorizationServer,
    /// Where an agent describes itself.
    site: ScriptedIssuer,
}

impl Stage {
    /// None where this machine has no browser.
    async fn set() -> support::Result<Option<Self>> {
        if !have(&[Tool::Node, Tool::Chromium]).await {
            return Ok(None);
        }
        let known = Client::third_party("smartmail", "SmartMail AI").redirect_uri(REDIRECT);
        let carol = User::new("carol").claim("email", "carol@example.com");
        let provider = AuthorizationServer::builder()
            .user(
                User::new("alice")
                    .claim("name", "Alice Example")
                    .claim("email", "alice@example.com")
                    .claim("email_verified", true)
                    .claim("locale", "en"),
            )
            .user(carol)
            .client(known)
            .scope("mail:read", "Read your mail")
            .scope("mail:send", "Send mail in your name")
            .start()
            .await?;
        let site = ScriptedIssuer::start(&[]).await;
        let document = json!({
            "client_id": site.url("/agent.json"), "client_name": "SmartMail AI",
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token"],
        });
        site.page("/agent.json", 200, &document);
        Ok(Some(Self { provider, site }))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.provider.issuer())
    }

    fn request(&self, client: &str, scope: &str) -> String {
        let parameters = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", "the-state"),
            ("resource", RESOURCE),
            // The challenge of RFC 7636, appendix B. Nobody redeems the code.
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
        ];
        let url = Url::parse_with_params(&self.url("/authorize"), parameters);
        url.expect("an address").into()
    }

    async fn walk(&self, steps: Value, folder: &str) -> support::Result<Walk> {
        let walk = Browser::walk(REDIRECT, &steps, folder).await?;
        for look in &walk.looks {
            assert!(look.problems.is_empty(), "{}: {look:#?}", look.title);
        }
        Ok(walk)
    }
}

#[track_caller]
fn says(look: &Look, words: &[&str]) {
    for words in words {
        assert!(look.text.contains(words), "{words}: {}", look.text);
    }
}

#[tokio::test]
async fn what_was_allowed_is_taken_back_without_a_mouse() -> support::Result<()> {
    let Some(stage) = Stage::set().await? else {
        return Ok(());
    };
    let id = stage.site.url("/agent.json");
    let (less, more) = ("openid email", "openid email profile mail:send");
    let (less, more) = (stage.request(&id, less), stage.request(&id, more));
    let grants = stage.url("/grants");
    let steps = json!([
        { "open": less }, { "look": "sign-in" }, { "press": "Alice Example" },
        { "look": "first" }, { "press": "What you have allowed" }, { "look": "nothing-yet" },
        { "open": less }, { "press": "Allow" },
        { "open": more }, { "look": "more" }, { "press": "Allow" },
        { "open": more }, { "look": "the-same" },
        { "open": grants }, { "look": "grants" }, { "press": "Take back" },
        { "look": "taken-back" },
        { "open": more }, { "look": "again" },
    ]);
    let walk = stage.walk(steps, "documented").await?;
    assert_eq!(walk.callbacks.len(), 2, "{:?}", walk.callbacks);
    let [
        sign_in,
        first,
        nothing_yet,
        more,
        same,
        granted,
        taken,
        again,
    ] = &walk.looks[..]
    else {
        panic!("other pages: {walk:#?}");
    };
    let host = stage.site.identifier().trim_start_matches("http://");
    let people = [r#"button "Alice Example alice""#, r#"button "carol carol""#];
    assert_eq!(sign_in.controls, people);
    let question = [
        r#"link "Not you?""#,
        r#"link "What you have allowed so far""#,
        r#"button "Deny""#,
        r#"button "Allow""#,
    ];
    assert_eq!(first.controls, question);
    assert_eq!(first.title, format!("Allow access for {host}?"));
    let lead = format!("{host} asks for access to your account\n\nIt calls itself “SmartMail AI”.");
    assert!(first.text.contains(&lead), "{}", first.text);
    says(
        first,
        &[
            "It would get",
            "alice@example.com",
            "So far it has no access",
        ],
    );
    says(nothing_yet, &["No application has access in your name."]);
    let (gain, present) = more.text.split_once("It has already").expect("both");
    for (part, own) in [("Send mail in your name", gain), ("Alice Example", gain)] {
        assert!(own.contains(part), "{part}: {}", more.text);
    }
    assert!(gain.contains("It would newly get") && !gain.contains("alice@example.com"));
    assert!(present.contains("alice@example.com") && !present.contains("mail:send"));
    says(same, &["It would get nothing new", "can't prove"]);
    says(
        granted,
        &[host, "“SmartMail AI”", "Send mail", "Allowed\njust now"],
    );
    let take_back = format!(r#"button "Take back the access of {host}""#);
    assert_eq!(granted.controls, [r#"link "Not you?""#, &take_back]);
    assert_eq!(taken.url, grants);
    let done = format!("{host} has no more access.");
    says(taken, &[&done, "No application has access"]);
    says(again, &["It would get\n", "So far it has no access"]);
    Ok(())
}

#[tokio::test]
async fn no_is_as_near_as_yes() -> support::Result<()> {
    let Some(stage) = Stage::set().await? else {
        return Ok(());
    };
    let url = stage.request("smartmail", "address mail:read");
    let steps = json!([
        { "open": url }, { "press": "carol" }, { "look": "known" }, { "press": "Deny" },
    ]);
    let walk = stage.walk(steps, "known").await?;
    says(
        &walk.looks[0],
        &["SmartMail AI asks for access", "Nothing of this is known"],
    );
    let [callback] = &walk.callbacks[..] else {
        panic!("{:?}", walk.callbacks);
    };
    let callback = Url::parse(callback)?;
    let answer = |name: &str| {
        let found = callback.query_pairs().find(|(own, _)| own == name);
        found.map(|(_, value)| value.into_owned())
    };
    assert_eq!(answer("error").as_deref(), Some("access_denied"));
    assert_eq!(answer("state").as_deref(), Some("the-state"));
    assert_eq!(answer("iss").as_deref(), Some(stage.provider.issuer()));
    assert_eq!(answer("code"), None);
    Ok(())
}
