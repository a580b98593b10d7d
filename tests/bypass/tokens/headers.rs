//! Bad headers: what the token says about itself and its key (RFC 7515 §4.1, RFC 8725 §3).

use json::{Value, json};
use support::{Signer, base64url};

use super::{Desk, set, without};

#[tokio::test]
async fn no_algorithm_but_the_key_s_own() {
    let desk = Desk::open().await;
    let claims = desk.claims();
    let unsigned = |alg: &str| format!("{}.", desk.signed_part(alg, "es256"));
    for alg in ["none", "None", "nOnE", "NONE", "", "ES256", "HS256"] {
        let what = format!("{alg:?}, unsigned");
        desk.refuse(&what, &unsigned(alg)).await;
    }
    for alg in ["none", "nOnE", "HS256", "HS512", "es256", "ES256K", "ES512"] {
        desk.refuse(alg, &desk.header_with("alg", alg)).await;
    }
    for alg in [Value::Null, json!(7), json!(["ES256"]), json!({})] {
        let what = format!("alg: {alg}");
        desk.refuse(&what, &desk.header_with("alg", alg)).await;
    }
    let none = without(desk.header(), "alg");
    desk.refuse("no alg", &desk.keys.es256.token(&none, &claims))
        .await;

    // Each signature is good for the algorithm that the header names, or for the key.
    for (signer, kid, alg) in [
        (&desk.keys.rsa, "rs256", "PS256"),
        (&desk.keys.rsa, "rs256", "RS512"),
        (&desk.keys.rsa, "es256", "RS256"),
        (&desk.keys.es256, "rsa", "ES256"),
        (&desk.keys.es256, "es256", "ES384"),
        (&desk.keys.es384, "es384", "ES256"),
        (&desk.keys.es384, "es256", "ES384"),
        (&desk.keys.eddsa, "es256", "EdDSA"),
        (&desk.keys.eddsa, "eddsa", "ES256"),
        (&desk.keys.es256, "eddsa", "ES256"),
    ] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": kid });
        let what = format!("{alg} with the key {kid}");
        desk.refuse(&what, &signer.token(&header, &claims)).await;
    }
    desk.accept("good", &desk.good()).await;
}

/// The public key as the secret of an HMAC (CVE-2015-9235 and its kin). The issuer's metadata lists
/// HS256, which widens nothing.
#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let desk = Desk::open().await;
    let Signer::Rsa(pair) = &desk.keys.rsa else {
        panic!("an RSA key")
    };
    let (pkcs1, spki) = public_key_files(pair);
    let secrets: Vec<(&str, &str, Vec<u8>)> = vec![
        ("PEM", "rsa", pem("PUBLIC KEY", &spki).into_bytes()),
        ("PEM, PKCS#1", "rsa", pem("RSA PUBLIC KEY", &pkcs1).into()),
        ("DER", "rs256", spki),
        ("DER, PKCS#1", "rs256", pkcs1),
        (
            "RSA JWK",
            "rsa",
            desk.keys.rsa.jwk("rsa").to_string().into(),
        ),
        (
            "EC JWK",
            "es256",
            desk.keys.es256.jwk("es256").to_string().into(),
        ),
        ("x", "es256", text(&desk.keys.es256.jwk("es256")["x"])),
        (
            "Ed25519 JWK",
            "eddsa",
            text(&desk.keys.eddsa.jwk("eddsa")["x"]),
        ),
        ("empty", "es256", Vec::new()),
    ];
    for (what, kid, secret) in secrets {
        for (alg, kind) in [
            ("HS256", crypto::hmac::HMAC_SHA256),
            ("HS384", crypto::hmac::HMAC_SHA384),
            ("RS256", crypto::hmac::HMAC_SHA256),
        ] {
            let signed = desk.signed_part(alg, kid);
            let key = crypto::hmac::Key::new(kind, &secret);
            let tag = base64url(crypto::hmac::sign(&key, signed.as_bytes()));
            desk.refuse(&format!("{alg} with {what}"), &format!("{signed}.{tag}"))
                .await;
        }
    }
    desk.accept("good", &desk.good()).await;
}

fn text(value: &Value) -> Vec<u8> {
    value.as_str().expect("a string").into()
}

/// The public key as it lies in files: PKCS#1 and SubjectPublicKeyInfo.
fn public_key_files(pair: &crypto::signature::RsaKeyPair) -> (Vec<u8>, Vec<u8>) {
    use crypto::encoding::AsDer as _;
    use crypto::signature::KeyPair as _;
    let key = pair.public_key();
    let spki: crypto::encoding::PublicKeyX509Der<'_> = key.as_der().expect("a public key");
    (key.as_ref().to_vec(), spki.as_ref().to_vec())
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64url::Engine as _;
    let text = base64url::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

#[tokio::test]
async fn a_key_id_is_a_name_and_nothing_else() {
    let desk = Desk::open().await;
    for kid in [
        "../../../../dev/null",
        "/etc/passwd",
        "' UNION SELECT 'AA' --",
        "es256\0",
        "es256\r\nx: y",
        "",
        "ES256",
        "es256 ",
        &"k".repeat(9_000),
    ] {
        let what = format!("kid {kid:.30}");
        desk.refuse(&what, &desk.header_with("kid", kid)).await;
    }
    for kid in [json!(1), json!(["es256"]), json!({}), Value::Null] {
        let what = format!("kid {kid}");
        desk.refuse(&what, &desk.header_with("kid", kid)).await;
    }
    desk.accept("good", &desk.good()).await;
}

/// RFC 8725 §3.10: neither a key nor an address of one is taken from the token.
#[tokio::test]
async fn a_token_does_not_bring_its_own_key() {
    let desk = Desk::open().await;
    let own = Signer::es256();
    let evil = json!({ "keys": [own.jwk("es256"), own.jwk("own")] });
    desk.issuer.page("/evil", 200, &evil);
    let there = desk.issuer.url("/evil");
    for kid in ["es256", "own"] {
        for (name, value) in [
            ("jku", json!(there)),
            ("x5u", json!(there)),
            ("jwk", own.jwk(kid)),
            ("x5c", json!(["MIIB"])),
        ] {
            let header = set(set(desk.header(), "kid", kid), name, value);
            for signer in [&own, &desk.keys.es256] {
                let what = format!("{name}, {kid}");
                let token = signer.token(&header, &desk.claims());
                desk.refuse(&what, &token).await;
            }
        }
    }
    assert_eq!(desk.issuer.asked("/evil"), 0);
    desk.accept("good", &desk.good()).await;
}

/// RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3: nothing that changes how the token is read.
#[tokio::test]
async fn extensions_of_the_format_are_refused() {
    let desk = Desk::open().await;
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!(["http://example.com/unknown"]),
        json!([]),
        json!("exp"),
        json!({}),
        Value::Null,
    ] {
        let what = format!("crit {crit}");
        desk.refuse(&what, &desk.header_with("crit", crit)).await;
    }
    for (name, value) in [
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("cty", json!("application/json")),
    ] {
        let what = format!("{name} {value}");
        desk.refuse(&what, &desk.header_with(name, value)).await;
    }
    // As RFC 7797 means it: the payload goes unencoded, and `b64` is critical.
    let header = set(set(desk.header(), "b64", false), "crit", json!(["b64"]));
    let signed = format!("{}.payload", base64url(header.to_string()));
    let signature = base64url(desk.keys.es256.sign("ES256", signed.as_bytes()));
    desk.refuse("unencoded", &format!("{signed}.{signature}"))
        .await;
    desk.accept("good", &desk.good()).await;
}

/// RFC 8725 §3.11: other things that the issuer signs with the same keys.
#[tokio::test]
async fn other_kinds_of_token_are_no_access_tokens() {
    let desk = Desk::open().await;
    for typ in [
        "JWT",
        "",
        "logout+jwt",
        "dpop+jwt",
        "oauth-id-jag+jwt",
        "token-introspection+jwt",
        "secevent+jwt",
        "client-authentication+jwt",
        "kb+jwt",
        "at+jwt;x=y",
        "application/application/at+jwt",
    ] {
        desk.refuse(typ, &desk.header_with("typ", typ)).await;
    }
    for typ in [Value::Null, json!(["at+jwt"]), json!(1)] {
        let what = format!("typ {typ}");
        desk.refuse(&what, &desk.header_with("typ", typ)).await;
    }
    let none = without(desk.header(), "typ");
    let none = desk.keys.es256.token(&none, &desk.claims());
    desk.refuse("no typ", &none).await;
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        desk.accept(typ, &desk.header_with("typ", typ)).await;
    }
}

/// Where an issuer is allowed to call its access tokens `JWT`, an ID token is told by its claims.
#[tokio::test]
async fn an_id_token_stays_out_where_access_tokens_say_jwt() {
    let desk = Desk::with(mcp_authz::Issuer::accept_typ_jwt).await;
    let header = set(desk.header(), "typ", "JWT");
    let sign = |claims: &Value| desk.keys.es256.token(&header, claims);
    let both = set(desk.claims(), "aud", json!(["smartmail", desk.lab.url]));
    for (what, claims) in [
        (
            "an ID token",
            set(set(both.clone(), "nonce", "n"), "at_hash", "h"),
        ),
        ("with a nonce", set(desk.claims(), "nonce", "n")),
        ("with at_hash", set(both.clone(), "at_hash", "h")),
        ("with c_hash", set(both.clone(), "c_hash", "h")),
        ("for the client", set(desk.claims(), "aud", "smartmail")),
        ("a logout token", set(desk.claims(), "events", json!({}))),
        ("by Keycloak", set(desk.claims(), "typ", "ID")),
        ("a refresh token", set(desk.claims(), "typ", "Refresh")),
        ("by Cognito", set(desk.claims(), "token_use", "id")),
    ] {
        desk.refuse(what, &sign(&claims)).await;
    }
    desk.accept("plain", &sign(&desk.claims())).await;
    desk.accept("several audiences", &sign(&both)).await;
}
