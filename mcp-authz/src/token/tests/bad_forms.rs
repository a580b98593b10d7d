//! Tokens whose form is odd: what two parsers could read differently is refused.

use serde_json::json;

use super::support::{Fixture, b64, refusal};

#[tokio::test]
async fn members_that_appear_twice() {
    let it = Fixture::new().await;
    let (header, claims) = (
        json!(it.header()).to_string(),
        json!(it.claims()).to_string(),
    );
    let twice = |json: &str, more: &str| json.replacen('{', &format!("{{{more},"), 1);
    for more in [
        r#""alg":"none""#,
        r#""kid":"k1""#,
        r#""typ":"at+jwt""#,
        r#""\u0061lg":"ES256""#,
    ] {
        let reason = refusal(
            more,
            it.verify(&it.signer.token_of(&twice(&header, more), &claims))
                .await,
        );
        assert!(reason.starts_with("JSON:"), "{more}: {reason}");
    }
    for more in [
        r#""iss":"https://evil.example.com""#,
        r#""aud":"x""#,
        r#""exp":1"#,
        r#""sub":"bob""#,
        r#""scope":"admin""#,
        r#""sc\u006fpe":"admin""#,
        r#""x":{"a":1,"a":2}"#,
        r#""x":[{"a":1,"a":2}]"#,
    ] {
        let reason = refusal(
            more,
            it.verify(&it.signer.token_of(&header, &twice(&claims, more)))
                .await,
        );
        assert!(reason.starts_with("JSON:"), "{more}: {reason}");
    }
}

#[tokio::test]
async fn forms() {
    let it = Fixture::new().await;
    let good = it.token();
    let parts: Vec<&str> = good.split('.').collect();
    let (h, c, s) = (parts[0], parts[1], parts[2]);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    for (what, token, class) in [
        ("empty", String::new(), "token: opaque"),
        (
            "opaque",
            "2YotnFZFEjr1zCsicMWpAA".to_owned(),
            "token: opaque",
        ),
        ("two parts", format!("{h}.{c}"), "token: not a signed JWT"),
        (
            "four parts",
            format!("{good}.{s}"),
            "token: not a signed JWT",
        ),
        (
            "five parts (JWE)",
            format!("{good}.{s}.{s}"),
            "token: not a signed JWT",
        ),
        ("empty signature", format!("{h}.{c}."), "signature: empty"),
        ("empty header", format!(".{c}.{s}"), "token: opaque"),
        ("empty claims", format!("{h}..{s}"), "JSON:"),
        (
            "claims are an array",
            it.signer.token_of(&json!(it.header()).to_string(), "[1]"),
            "JSON:",
        ),
        (
            "claims are null",
            it.signer.token_of(&json!(it.header()).to_string(), "null"),
            "JSON:",
        ),
        (
            "deep claims",
            it.signer.token_of(&json!(it.header()).to_string(), &deep),
            "JSON:",
        ),
        (
            "trailing bytes",
            it.signer.token_of(&json!(it.header()).to_string(), "{}{}"),
            "JSON:",
        ),
        (
            "padding",
            format!("{good}=="),
            "token: a part is not canonical",
        ),
        (
            "newline",
            format!("{good}\t"),
            "token: a part is not canonical",
        ),
        (
            "space",
            format!("{h}. {c}.{s}"),
            "token: a part is not canonical",
        ),
        (
            "huge",
            format!("{h}.{}.{s}", "A".repeat(20_000)),
            "token: longer",
        ),
        ("huge and opaque", "x".repeat(20_000), "token: longer"),
        (
            "cut signature",
            format!("{h}.{c}.{}", &s[..40]),
            "signature: does not verify",
        ),
        (
            "zero signature",
            format!("{h}.{c}.{}", b64([0; 64])),
            "signature: does not verify",
        ),
        (
            "not UTF-8",
            format!("{h}.{}.{s}", b64([b'{', 0xff, b'}'])),
            "JSON:",
        ),
    ] {
        let reason = refusal(what, it.verify(&token).await);
        assert!(reason.starts_with(class), "{what}: {reason}");
        assert!(it.cached(&token).is_none(), "{what}");
    }
    assert!(it.verify(&good).await.is_ok());
}

#[tokio::test]
async fn one_token_has_one_spelling() {
    let it = Fixture::new().await;
    let good = it.token();
    // The last character of a 64-byte signature carries four unused bits.
    let last = good.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).unwrap();
    let other = &alphabet[index + 1..index + 2];
    let respelled = format!("{}{other}", &good[..good.len() - 1]);
    let reason = refusal("non-canonical", it.verify(&respelled).await);
    assert_eq!(reason, "token: a part is not canonical base64url");
}

/// Nothing of a token can be changed: every character, replaced by another of the alphabet.
#[tokio::test]
async fn no_character_of_a_good_token_can_be_changed() {
    let it = Fixture::new().await;
    let good = it.token();
    it.verify(&good).await.unwrap();
    for (position, old) in good.char_indices() {
        for new in ["A", "B", "."] {
            if new.contains(old) {
                continue;
            }
            let changed = format!("{}{new}{}", &good[..position], &good[position + 1..]);
            refusal(&changed, it.verify(&changed).await);
            assert!(it.cached(&changed).is_none());
        }
    }
}
