//! Tokens that must be refused, each for its own reason: the class in the operator's log is checked,
//! so that no row passes because of another's fault.

use serde_json::{Value, json};

use super::support::{
    FakeIssuer, Fixture, Object, RESOURCE, Signer, b64, claims, refusal, verifiers,
};
use crate::bearer::BearerToken;
use crate::token::Issuer;

/// A member, its value (`None` removes it), and how the refusal begins.
type Row = (&'static str, Option<Value>, &'static str);

fn set(object: &mut Object, name: &str, value: &Option<Value>) {
    match value {
        Some(value) => drop(object.insert(name.to_owned(), value.clone())),
        None => drop(object.remove(name)),
    }
}

async fn refuse_headers(it: &Fixture, rows: Vec<Row>) {
    for (name, value, expected) in rows {
        let mut header = it.header();
        set(&mut header, name, &value);
        let what = format!("{name}: {value:?}");
        let reason = refusal(&what, it.verify(&it.signed(&header, &it.claims())).await);
        assert!(reason.starts_with(expected), "{what}: {reason}");
    }
}

async fn refuse_claims(it: &Fixture, header: &Object, rows: Vec<Row>) {
    for (name, value, expected) in rows {
        let mut claims = it.claims();
        set(&mut claims, name, &value);
        let what = format!("{name}: {value:?}");
        let reason = refusal(&what, it.verify(&it.signed(header, &claims)).await);
        assert!(reason.starts_with(expected), "{what}: {reason}");
    }
}

#[tokio::test]
async fn headers() {
    let it = Fixture::new().await;
    let mut rows: Vec<Row> = vec![
        ("alg", None, "alg: missing"),
        (
            "kid",
            Some(json!("unknown")),
            "kid: the issuer has no such key",
        ),
        (
            "kid",
            Some(json!("../../etc/passwd")),
            "kid: the issuer has no such key",
        ),
        (
            "kid",
            Some(json!("' OR 1=1 --")),
            "kid: the issuer has no such key",
        ),
        ("kid", Some(json!("k".repeat(10_000))), "kid: not a string"),
        ("kid", Some(json!("k1\0")), "kid: not a string"),
        ("kid", Some(json!("")), "kid: not a string"),
        ("kid", Some(json!(1)), "kid: not a string"),
        ("kid", Some(json!(["k1"])), "kid: not a string"),
        ("kid", Some(Value::Null), "kid: not a string"),
        ("typ", None, "typ: not `at+jwt`"),
        ("typ", Some(json!("JWT")), "typ: not `at+jwt`"),
        ("typ", Some(Value::Null), "typ: not a string"),
        ("typ", Some(json!(["at+jwt"])), "typ: not a string"),
        (
            "jku",
            Some(json!(it.issuer.at("/evil"))),
            "header: the token names its own key",
        ),
        (
            "x5u",
            Some(json!(it.issuer.at("/evil"))),
            "header: the token names its own key",
        ),
        (
            "jwk",
            Some(it.signer.jwk("k1")),
            "header: the token names its own key",
        ),
        (
            "x5c",
            Some(json!(["MIIB"])),
            "header: the token names its own key",
        ),
    ];
    for alg in [
        "none", "None", "nOnE", "", "HS256", "HS384", "HS512", "es256", "ES512", "ES256K",
    ] {
        rows.push(("alg", Some(json!(alg)), "alg: missing, or not"));
    }
    for alg in [Value::Null, json!(7), json!(["ES256"])] {
        rows.push(("alg", Some(alg), "alg: missing, or not"));
    }
    for typ in [
        "logout+jwt",
        "dpop+jwt",
        "oauth-id-jag+jwt",
        "token-introspection+jwt",
        "secevent+jwt",
        "client-authentication+jwt",
        "id+jwt",
        "at+jwt;x",
        "",
    ] {
        rows.push(("typ", Some(json!(typ)), "typ: a token of another kind"));
    }
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!("exp"),
        Value::Null,
    ] {
        rows.push(("crit", Some(crit), "header: `crit`"));
    }
    for (name, value) in [
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        rows.push((name, Some(value), "header: `crit`"));
    }
    refuse_headers(&it, rows).await;
    assert_eq!(
        it.issuer.hits_of("/evil"),
        0,
        "nothing is fetched for a token"
    );
}

#[tokio::test]
async fn claims_of_identity_and_audience() {
    let it = Fixture::new().await;
    let id = it.issuer.identifier.clone();
    let mut rows: Vec<Row> = Vec::new();
    for iss in [
        None,
        Some(Value::Null),
        Some(json!([id])),
        Some(json!({"iss": id})),
        Some(json!(7)),
        Some(json!("")),
        Some(json!(format!("{id}/"))),
        Some(json!(format!("{id}/other"))),
        Some(json!(id.to_uppercase())),
        Some(json!("https://evil.example.com")),
        Some(json!(format!("{id}#"))),
        Some(json!(format!(" {id}"))),
    ] {
        rows.push(("iss", iss, "iss: not a configured issuer"));
    }
    rows.push(("aud", None, "aud: missing"));
    for aud in [Value::Null, json!(7), json!(true), json!({"aud": RESOURCE})] {
        rows.push(("aud", Some(aud), "aud: neither"));
    }
    for aud in [
        json!([RESOURCE, 1]),
        json!([[RESOURCE]]),
        json!([RESOURCE, null]),
    ] {
        rows.push(("aud", Some(aud), "aud: not strings"));
    }
    rows.push(("aud", Some(json!([])), "aud: issued for another"));
    for aud in [
        "",
        "https://mcp.example.com",
        "https://mcp.example.com/",
        "https://mcp.example.com/mcp/",
        "https://mcp.example.com/mcp?x",
        "https://mcp.example.com/mcp#",
        "https://MCP.example.com/mcp",
        "https://mcp.example.com/mcp2",
        "https://mcp.example.com/MCP",
        "http://mcp.example.com/mcp",
        "https://mcp.example.com:443/mcp",
        " https://mcp.example.com/mcp",
        "smartmail",
        "https://mcp.example.com/mcp https://x",
    ] {
        rows.push(("aud", Some(json!(aud)), "aud: issued for another"));
        rows.push(("aud", Some(json!([aud])), "aud: issued for another"));
    }
    for name in ["sub", "client_id"] {
        for value in [
            json!(""),
            Value::Null,
            json!(7),
            json!(["alice"]),
            json!("a\0b"),
            json!("a\nb"),
            json!("x".repeat(1025)),
        ] {
            rows.push((name, Some(value), name));
        }
    }
    for cnf in [
        json!({"jkt": "x"}),
        json!({"x5t#S256": "x"}),
        json!({}),
        Value::Null,
    ] {
        rows.push(("cnf", Some(cnf), "cnf: a sender-constrained"));
    }
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    rows.push(("events", Some(logout), "events: a logout"));
    refuse_claims(&it, &it.header(), rows).await;

    let mut claims = it.claims();
    claims.remove("sub");
    claims.remove("client_id");
    let reason = refusal("nobody", it.verify(&it.signed(&it.header(), &claims)).await);
    assert_eq!(reason, "sub, client_id: both missing");
}

#[tokio::test]
async fn claims_of_time() {
    let it = Fixture::new().await;
    let mut rows: Vec<Row> = vec![
        ("exp", None, "exp: missing"),
        ("exp", Some(json!(it.seconds(-60))), "exp: expired"),
        ("exp", Some(json!(0)), "exp: expired"),
        (
            "nbf",
            Some(json!(it.seconds(62))),
            "nbf, iat: in the future",
        ),
        (
            "iat",
            Some(json!(it.seconds(62))),
            "nbf, iat: in the future",
        ),
    ];
    for (name, class) in [
        ("exp", "exp: not a date"),
        ("nbf", "nbf: not a date"),
        ("iat", "iat: not a date"),
    ] {
        for value in [
            json!("4102444800"),
            Value::Null,
            json!(-1),
            json!(-1.5),
            json!(1e300),
            json!(u64::MAX),
            json!([1]),
            json!(true),
            json!(253_402_300_800_u64),
        ] {
            rows.push((name, Some(value), class));
        }
    }
    refuse_claims(&it, &it.header(), rows).await;

    let mut claims = it.claims();
    claims.insert("exp".to_owned(), it.seconds(-10).into());
    claims.insert("iat".to_owned(), it.seconds(0).into());
    let reason = refusal(
        "iat > exp",
        it.verify(&it.signed(&it.header(), &claims)).await,
    );
    assert_eq!(reason, "iat: after exp");
    for number in ["1e400", "NaN", "Infinity", "01"] {
        let text = json!(it.claims())
            .to_string()
            .replace(&it.claims()["exp"].to_string(), number);
        let token = it.signer.token_of(&json!(it.header()).to_string(), &text);
        refusal(number, it.verify(&token).await);
    }
}

#[tokio::test]
async fn id_tokens_and_proofs_stay_out_where_typ_is_relaxed() {
    let it = Fixture::with(|issuer| issuer.accept_typ_jwt()).await;
    let mut header = it.header();
    header.insert("typ".to_owned(), "JWT".into());
    let mut rows: Vec<Row> = Vec::new();
    for name in ["nonce", "at_hash", "c_hash", "s_hash", "htm", "htu"] {
        rows.push((name, Some(json!("x")), "typ: an ID token"));
    }
    for kind in [
        json!("ID"),
        json!("Refresh"),
        json!("Logout"),
        json!(7),
        Value::Null,
    ] {
        rows.push(("typ", Some(kind), "typ: by its claims"));
    }
    for kind in [json!("id"), json!("refresh"), Value::Null] {
        rows.push(("token_use", Some(kind), "typ: by its claims"));
    }
    rows.push(("events", Some(json!({})), "events: a logout"));
    rows.push(("cnf", Some(json!({"jkt": "x"})), "cnf:"));
    rows.push(("aud", Some(json!("smartmail")), "aud:"));
    refuse_claims(&it, &header, rows).await;
}

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
        ("two parts", format!("{h}.{c}"), "token: opaque"),
        ("four parts", format!("{good}.{s}"), "token: opaque"),
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
            format!("{good}\n"),
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

#[tokio::test]
async fn signatures_by_other_keys_and_over_other_bytes() {
    let it = Fixture::new().await;
    let (header, claims) = (
        json!(it.header()).to_string(),
        json!(it.claims()).to_string(),
    );
    let bad = "signature: does not verify";
    let forged = Signer::es256().token_of(&header, &claims);
    assert_eq!(refusal("another key", it.verify(&forged).await), bad);

    let good = it.signer.token_of(&header, &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    let spaced = b64(header.replace(':', ": "));
    let reencoded = format!("{spaced}.{payload}.{signature}");
    assert_eq!(
        refusal("re-encoded header", it.verify(&reencoded).await),
        bad
    );

    let mut admin = it.claims();
    admin.insert("scope".to_owned(), "admin".into());
    let swapped = format!(
        "{}.{}.{signature}",
        b64(&header),
        b64(json!(admin).to_string())
    );
    assert_eq!(refusal("swapped claims", it.verify(&swapped).await), bad);
}

/// RFC 8725 section 3.1: the algorithm belongs to the key.
#[tokio::test]
async fn algorithms_that_are_not_the_key_s() {
    let mut it = Fixture::new().await;
    let mut rs256 = Signer::rsa().jwk("rs");
    rs256["alg"] = "RS256".into();
    it.issuer.keys(&[rs256, it.signer.jwk("k1")]);
    let mut header = it.header();
    for (kid, alg) in [
        ("rs", "PS256"),
        ("rs", "RS512"),
        ("rs", "ES256"),
        ("k1", "ES384"),
        ("k1", "RS256"),
        ("k1", "EdDSA"),
    ] {
        header.insert("kid".to_owned(), kid.into());
        header.insert("alg".to_owned(), alg.into());
        let reason = refusal(alg, it.verify(&it.signed(&header, &it.claims())).await);
        assert_eq!(reason, "alg: not what the key is for", "{kid} {alg}");
    }
    // An allow-list that leaves the issuer's algorithm out.
    it.signer = Signer::es256();
    let strict = Issuer::new(&it.issuer.identifier).algorithms([crate::Algorithm::Rs256]);
    let verifiers = verifiers(vec![strict], &it.clock);
    let reason = refusal(
        "ES256",
        verifiers.verify(&BearerToken::new(it.token())).await,
    );
    assert_eq!(reason, "alg: not allowed for this issuer");
}

/// The public key as the secret of an HMAC: the classic confusion (CVE-2015-9235 and its kin).
#[tokio::test]
async fn hmac_with_the_public_key() {
    let it = Fixture::new().await;
    let secret = it.signer.jwk("k1").to_string();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let mut header = it.header();
    header.insert("alg".to_owned(), "HS256".into());
    let signed = format!(
        "{}.{}",
        b64(json!(header).to_string()),
        b64(json!(it.claims()).to_string())
    );
    let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
    let reason = refusal("HS256", it.verify(&format!("{signed}.{}", b64(tag))).await);
    assert!(reason.starts_with("alg: missing, or not"), "{reason}");
}

/// RFC 8725 section 3.12: keys of one issuer are no keys of another, even under the same name.
#[tokio::test]
async fn issuers_do_not_share_keys() {
    let first = Fixture::new().await;
    let other_key = Signer::es256();
    let second = FakeIssuer::with_keys(&[other_key.jwk("k1")]).await;
    let both = verifiers(
        vec![
            Issuer::new(&first.issuer.identifier),
            Issuer::new(&second.identifier),
        ],
        &first.clock,
    );
    let header = json!(first.header()).to_string();
    let claims_of = |issuer: &str| json!(claims(issuer, &first.clock)).to_string();
    let verify = async |token: String| both.verify(&BearerToken::new(token)).await;

    let crossed = other_key.token_of(&header, &claims_of(&first.issuer.identifier));
    assert_eq!(
        refusal("crossed", verify(crossed).await),
        "signature: does not verify"
    );
    let crossed = first
        .signer
        .token_of(&header, &claims_of(&second.identifier));
    assert_eq!(
        refusal("crossed", verify(crossed).await),
        "signature: does not verify"
    );
    let own = other_key.token_of(&header, &claims_of(&second.identifier));
    assert_eq!(verify(own).await.unwrap().issuer(), second.identifier);
}

#[tokio::test]
async fn an_unknown_issuer_causes_no_fetch() {
    let it = Fixture::new().await;
    let evil = FakeIssuer::with_keys(&[it.signer.jwk("k1")]).await;
    let mut claims = it.claims();
    claims.insert("iss".to_owned(), evil.identifier.clone().into());
    refusal("evil", it.verify(&it.signed(&it.header(), &claims)).await);
    assert!(evil.hits().is_empty());
    assert!(it.issuer.hits().is_empty());
}
