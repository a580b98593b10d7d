//! Claims that must be refused, each for its own reason.

use serde_json::{Value, json};

use super::support::{Fixture, Object, RESOURCE, Row, refusal, set};
use crate::token::Issuer;

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
    let it = Fixture::with(Issuer::accept_typ_jwt).await;
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
