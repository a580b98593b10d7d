//! Bad claims: who issued the token, for whom, when, and about whom (RFC 9068 §4, RFC 7519 §4.1).

use std::time::Duration;

use json::{Value, json};

use super::{Desk, now, set, without};

#[tokio::test]
async fn another_issuer_is_not_ours() {
    let desk = Desk::open().await;
    let asked = desk.issuer.asked("/jwks");
    let own = desk.issuer.identifier().to_owned();
    for iss in [
        Value::Null,
        json!(7),
        json!([own]),
        json!({ "iss": own }),
        json!(""),
        json!(format!("{own}/")),
        json!(format!("{own}/tenant2")),
        json!(format!("{own}#")),
        json!(format!(" {own}")),
        json!(own.replace("127.0.0.1", "localhost")),
        json!(own.to_uppercase()),
        json!("https://login.microsoftonline.com/{tenantid}/v2.0"),
        json!("https://evil.example.com"),
    ] {
        let what = format!("iss {iss}");
        desk.refuse(&what, &desk.claims_with("iss", iss)).await;
    }
    let none = without(desk.claims(), "iss");
    desk.refuse("no iss", &desk.keys.es256.token(&desk.header(), &none))
        .await;
    assert_eq!(desk.issuer.asked("/jwks"), asked, "nothing is fetched");
    desk.accept("good", &desk.good()).await;
}

#[tokio::test]
async fn a_token_for_another_resource_is_not_ours() {
    let desk = Desk::open().await;
    let (own, origin) = (desk.lab.url.clone(), desk.lab.origin.clone());
    for aud in [
        Value::Null,
        json!(7),
        json!(true),
        json!([]),
        json!({ "aud": own }),
        json!([own, 1]),
        json!([own, null]),
        json!([[own]]),
        json!(""),
        json!(origin),
        json!(format!("{origin}/")),
        json!(format!("{own}/")),
        json!(format!("{own}?x")),
        json!(format!("{own}#")),
        json!(format!("{own}2")),
        json!(own.replace("http:", "HTTP:")),
        json!(own.replace("/mcp", "/MCP")),
        json!(own.replace("127.0.0.1", "localhost")),
        json!(format!(" {own}")),
        json!(format!("{own} https://api.example.com")),
        json!("smartmail"),
        json!(["https://api.example.com", "smartmail"]),
    ] {
        let what = format!("aud {aud}");
        desk.refuse(&what, &desk.claims_with("aud", aud)).await;
    }
    let none = without(desk.claims(), "aud");
    desk.refuse("no aud", &desk.keys.es256.token(&desk.header(), &none))
        .await;
    for aud in [json!([own]), json!(["https://api.example.com", own])] {
        let what = format!("aud {aud}");
        desk.accept(&what, &desk.claims_with("aud", aud)).await;
    }
}

#[tokio::test]
async fn a_token_is_good_in_its_time_alone() {
    let desk = Desk::open().await;
    let years = json!(253_402_300_800_u64);
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!((now() + 600).to_string()),
            Value::Null,
            json!(-1),
            json!(1e300),
            json!(u64::MAX),
            json!([now() + 600]),
            json!(true),
            years.clone(),
        ] {
            let what = format!("{name} {value}");
            desk.refuse(&what, &desk.claims_with(name, value)).await;
        }
    }
    let ended = |exp: u64| {
        let claims = set(
            set(desk.claims(), "iat", exp.saturating_sub(600)),
            "exp",
            exp,
        );
        desk.keys.es256.token(&desk.header(), &claims)
    };
    desk.refuse("over for 61 s", &ended(now() - 61)).await;
    desk.refuse("over since 1970", &ended(0)).await;
    for (name, value) in [("nbf", now() + 70), ("iat", now() + 70)] {
        let what = format!("{name} {value}");
        desk.refuse(&what, &desk.claims_with(name, value)).await;
    }
    let none = without(desk.claims(), "exp");
    desk.refuse("no exp", &desk.keys.es256.token(&desk.header(), &none))
        .await;
    let late = set(set(desk.claims(), "iat", now() + 40), "exp", now() + 30);
    desk.refuse(
        "iat after exp",
        &desk.keys.es256.token(&desk.header(), &late),
    )
    .await;
    // Numbers that no serializer writes.
    let exp = desk.claims()["exp"].to_string();
    for number in ["1e400", "NaN", "Infinity", "0x7fffffff", "+9999999999"] {
        let claims = desk.claims().to_string().replace(&exp, number);
        let token = desk
            .keys
            .es256
            .token_of(&desk.header().to_string(), &claims);
        desk.refuse(number, &token).await;
    }
    // Leeway of 60 s either way, once; a fraction is dropped.
    desk.accept("over for 50 s", &ended(now() - 50)).await;
    for (name, value) in [
        ("exp", json!(now() as f64 + 30.5)),
        ("nbf", json!(now() + 50)),
        ("iat", json!(now() + 50)),
    ] {
        let what = format!("{name} {value}");
        desk.accept(&what, &desk.claims_with(name, value)).await;
    }
}

#[tokio::test]
async fn a_token_that_lives_too_long_is_refused_where_that_was_asked_for() {
    let desk = Desk::with(|issuer| issuer.max_token_lifetime(Duration::from_secs(3600))).await;
    for exp in [now() + 3700, 253_402_300_799] {
        desk.refuse("long", &desk.claims_with("exp", exp)).await;
    }
    let ageless = without(desk.claims(), "iat");
    desk.refuse("no iat", &desk.keys.es256.token(&desk.header(), &ageless))
        .await;
    desk.accept("good", &desk.good()).await;
}

#[tokio::test]
async fn nobody_is_no_caller() {
    let desk = Desk::open().await;
    for name in ["sub", "client_id"] {
        for value in [
            Value::Null,
            json!(""),
            json!(7),
            json!(["alice"]),
            json!({ "id": "alice" }),
            json!("alice\0"),
            json!("alice\nbob"),
            json!("x".repeat(2_000)),
        ] {
            let what = format!("{name} {value:.30}");
            desk.refuse(&what, &desk.claims_with(name, value)).await;
        }
    }
    let nobody = without(without(desk.claims(), "sub"), "client_id");
    desk.refuse("nobody", &desk.keys.es256.token(&desk.header(), &nobody))
        .await;
    for name in ["sub", "client_id"] {
        let one = without(desk.claims(), name);
        let token = desk.keys.es256.token(&desk.header(), &one);
        desk.accept(&format!("no {name}"), &token).await;
    }
}

/// RFC 9449 §7.2, RFC 8705 §3: a token bound to a key is no bearer token, whatever it is bound to.
#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    let desk = Desk::open().await;
    for cnf in [
        json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
        json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
        json!({ "jwk": {} }),
        json!({}),
        json!("jkt"),
        Value::Null,
    ] {
        let what = format!("cnf {cnf}");
        desk.refuse(&what, &desk.claims_with("cnf", cnf)).await;
    }
    desk.accept("good", &desk.good()).await;
}
