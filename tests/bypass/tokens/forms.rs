//! Tokens whose form is odd: what two readers could read in two ways is refused.

use json::json;
use support::base64url;

use super::Desk;

#[tokio::test]
async fn members_that_appear_twice() {
    let desk = Desk::open().await;
    let (header, claims) = (desk.header().to_string(), desk.claims().to_string());
    let first = |json: &str, more: &str| json.replacen('{', &format!("{{{more},"), 1);
    let last = |json: &str, more: &str| format!("{},{more}}}", json.trim_end_matches('}'));
    for twice in [first, last] {
        for more in [
            r#""alg":"none""#,
            r#""alg":"ES256""#,
            r#""kid":"rsa""#,
            r#""typ":"at+jwt""#,
            r#""\u0061lg":"none""#,
        ] {
            let token = desk.keys.es256.token_of(&twice(&header, more), &claims);
            desk.refuse(more, &token).await;
        }
        for more in [
            r#""iss":"https://evil.example.com""#,
            r#""aud":"https://evil.example.com""#,
            r#""exp":1"#,
            r#""sub":"bob""#,
            r#""client_id":"evil""#,
            r#""scope":"profile""#,
            r#""sc\u006fpe":"profile""#,
            r#""org":{"id":1,"id":2}"#,
            r#""list":[{"id":1,"id":2}]"#,
        ] {
            let token = desk.keys.es256.token_of(&header, &twice(&claims, more));
            desk.refuse(more, &token).await;
        }
    }
    desk.accept("good", &desk.good()).await;
}

#[tokio::test]
async fn parts_that_are_none() {
    let desk = Desk::open().await;
    // One whose signature has a character that the standard alphabet has not.
    let has_one = |token: &String| {
        token
            .rsplit('.')
            .next()
            .is_some_and(|s| s.contains(['-', '_']))
    };
    let good = std::iter::repeat_with(|| desk.good())
        .find(has_one)
        .unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let [h, c, s] = parts[..] else {
        panic!("three parts")
    };
    let claiming = |claims: &str| desk.keys.es256.token_of(&desk.header().to_string(), claims);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(3_000), "]".repeat(3_000));
    let own = desk.claims().to_string();
    for (what, token) in [
        ("opaque", "2YotnFZFEjr1zCsicMWpAA".to_owned()),
        ("dots", "..".to_owned()),
        ("header alone", format!("{h}..")),
        ("two parts", format!("{h}.{c}")),
        ("four parts", format!("{good}.{s}")),
        ("encrypted", format!("{h}.{s}.{c}.{s}.{s}")),
        ("no signature", format!("{h}.{c}.")),
        ("no header", format!(".{c}.{s}")),
        ("no claims", format!("{h}..{s}")),
        ("padded signature", format!("{good}=")),
        ("twice padded signature", format!("{good}==")),
        ("claims are an array", claiming("[1]")),
        ("claims are null", claiming("null")),
        ("claims are a string", claiming("\"{}\"")),
        ("claims are deep", claiming(&deep)),
        (
            "something behind the claims",
            claiming(&format!("{own}{{}}")),
        ),
        ("a NUL behind the claims", claiming(&format!("{own}\0"))),
        ("a byte order mark", claiming(&format!("\u{feff}{own}"))),
        ("claims cut off", claiming(own.trim_end_matches('}'))),
        (
            "claims of 200 kB",
            claiming(&json!({ "x": "y".repeat(200_000) }).to_string()),
        ),
        (
            "not UTF-8",
            format!("{h}.{}.{s}", base64url([b'{', 0xff, b'}'])),
        ),
        (
            "standard alphabet",
            format!("{h}.{c}.{}", s.replace(['-', '_'], "+")),
        ),
        (
            "a JSON serialization",
            base64url(json!({ "payload": c }).to_string()),
        ),
    ] {
        desk.refuse(what, &token).await;
    }
    assert_eq!(desk.lab.ran.times(), 0);
    desk.accept("good", &good).await;
}

/// The last character of a 64-byte signature has unused bits: no second spelling of a token may run,
/// also while the first is remembered.
#[tokio::test]
async fn one_token_has_one_spelling() {
    let desk = Desk::open().await;
    let good = desk.good();
    desk.accept("good", &good).await;
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = good.split_at(good.len() - 1);
    for other in alphabet.chars().filter(|other| !last.starts_with(*other)) {
        let respelled = format!("{rest}{other}");
        desk.refuse(&format!("{last} as {other}"), &respelled).await;
    }
    // At the header, which takes no white space or comma in a token.
    for odd in [
        format!("{good},x"),
        format!("{good} x"),
        format!("\"{good}\""),
    ] {
        assert_eq!(desk.call(&odd).await.status, 400, "{odd}");
    }
    assert_eq!(desk.lab.ran.times(), 1);
}
