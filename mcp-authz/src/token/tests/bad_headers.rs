//! Headers that must be refused, each for its own reason: the class in the operator's log is checked,
//! so that no row passes because of another's fault.

use serde_json::{Value, json};

use super::support::{Fixture, Row, refusal, set};

async fn refuse_headers(it: &Fixture, rows: Vec<Row>) {
    for (name, value, expected) in rows {
        let mut header = it.header();
        set(&mut header, name, &value);
        let what = format!("{name}: {value:?}");
        let reason = refusal(&what, it.verify(&it.signed(&header, &it.claims())).await);
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
