//! Which published keys may verify, and how they are told apart.

use serde_json::{Value, json};

use super::support::{Signer, b64};
use crate::clock::{Clock as _, SystemClock};
use crate::token::Algorithm;
use crate::token::jwks::{KeySet, Lookup};

fn usable(keys: &[Value]) -> KeySet {
    let set = json!({ "keys": keys }).to_string();
    KeySet::parse(set.as_bytes(), &Algorithm::ALL, SystemClock.now()).unwrap()
}

fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

#[test]
fn keys_that_must_not_verify_are_skipped_and_others_still_work() {
    let (ec, ec384, ed, rsa) = (
        Signer::es256().jwk("a"),
        Signer::es384().jwk("a"),
        Signer::ed25519().jwk("a"),
        Signer::rsa().jwk("a"),
    );
    let good = Signer::es256().jwk("good");
    let modulus = |bytes: usize, last: u8| {
        let mut n = vec![0xAB; bytes];
        n[bytes - 1] = last;
        b64(n)
    };
    for (what, jwk) in [
        (
            "symmetric",
            json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
        ),
        ("symmetric in disguise", with(ec.clone(), "k", "c2VjcmV0")),
        ("private", with(ec.clone(), "d", "AA")),
        ("private RSA", with(rsa.clone(), "p", "AA")),
        ("use enc", with(ec.clone(), "use", "enc")),
        (
            "use of another type",
            with(ec.clone(), "use", json!(["sig"])),
        ),
        (
            "key_ops without verify",
            with(ec.clone(), "key_ops", json!(["encrypt"])),
        ),
        ("key_ops empty", with(ec.clone(), "key_ops", json!([]))),
        (
            "key_ops of another type",
            with(ec.clone(), "key_ops", "verify"),
        ),
        (
            "alg of another type of key",
            with(ec.clone(), "alg", "RS256"),
        ),
        ("alg of another curve", with(ec.clone(), "alg", "ES384")),
        ("alg symmetric", with(rsa.clone(), "alg", "HS256")),
        ("alg for encryption", with(rsa.clone(), "alg", "RSA-OAEP")),
        ("alg null", with(ec.clone(), "alg", Value::Null)),
        ("kid of another type", with(ec.clone(), "kid", 7)),
        ("kid empty", with(ec.clone(), "kid", "")),
        ("kty unknown", with(ec.clone(), "kty", "XYZ")),
        ("kty swapped", with(rsa.clone(), "kty", "EC")),
        ("curve unknown", with(ec.clone(), "crv", "secp256k1")),
        ("P-256 labelled P-384", with(ec.clone(), "crv", "P-384")),
        ("P-384 labelled P-256", with(ec384, "crv", "P-256")),
        ("X25519", with(ed.clone(), "crv", "X25519")),
        ("Ed25519 cut short", with(ed, "x", b64([7; 31]))),
        ("off the curve", with(ec.clone(), "y", b64([7; 32]))),
        (
            "at infinity",
            with(with(ec.clone(), "x", b64([0; 32])), "y", b64([0; 32])),
        ),
        ("padded base64", with(ec, "x", "AA==")),
        ("RSA 1024", with(rsa.clone(), "n", modulus(128, 1))),
        (
            "RSA 2047",
            with(
                rsa.clone(),
                "n",
                b64([[0x7F; 255].as_slice(), &[1]].concat()),
            ),
        ),
        ("RSA 16384", with(rsa.clone(), "n", modulus(2048, 1))),
        ("RSA zeros", with(rsa.clone(), "n", b64([0; 256]))),
        ("RSA even", with(rsa.clone(), "n", modulus(256, 2))),
        ("e = 1", with(rsa.clone(), "e", "AQ")),
        ("e = 0", with(rsa.clone(), "e", "AA")),
        ("e even", with(rsa.clone(), "e", "Ag")),
        ("e huge", with(rsa, "e", b64([0xFF; 16]))),
        ("no object", json!("key")),
        ("empty", json!({})),
    ] {
        let keys = usable(&[jwk, good.clone()]);
        assert_eq!(keys.len(), 1, "{what}");
        assert!(
            matches!(keys.find(Some("good"), Algorithm::Es256), Lookup::Found(_)),
            "{what}"
        );
    }
}

#[test]
fn a_kid_that_names_two_keys_names_none() {
    let (a, b) = (Signer::es256().jwk("k"), Signer::es256().jwk("k"));
    let keys = usable(&[a.clone(), b]);
    assert!(matches!(
        keys.find(Some("k"), Algorithm::Es256),
        Lookup::Refused(_)
    ));
    // The same key listed twice is one key, and another kind under the same name is told apart.
    let keys = usable(&[a.clone(), a.clone(), Signer::ed25519().jwk("k")]);
    assert_eq!(keys.len(), 2);
    assert!(matches!(
        keys.find(Some("k"), Algorithm::Es256),
        Lookup::Found(_)
    ));
    assert!(matches!(
        keys.find(Some("k"), Algorithm::EdDsa),
        Lookup::Found(_)
    ));
    assert!(matches!(
        keys.find(Some("k"), Algorithm::Rs256),
        Lookup::Refused(_)
    ));
}

#[test]
fn without_a_kid_one_key_alone_may_fit() {
    let (a, b) = (Signer::es256().jwk("a"), Signer::es256().jwk("b"));
    let two = usable(&[a.clone(), b]);
    assert!(matches!(
        two.find(None, Algorithm::Es256),
        Lookup::Refused(_)
    ));
    let one = usable(&[a, Signer::rsa().jwk("c")]);
    assert!(matches!(one.find(None, Algorithm::Es256), Lookup::Found(_)));
    assert!(matches!(one.find(None, Algorithm::Es384), Lookup::Unknown));
}

#[test]
fn an_rsa_key_with_leading_zeros_is_read() {
    let rsa = Signer::rsa().jwk("a");
    let n = crate::token::jose::decode(rsa["n"].as_str().unwrap()).unwrap();
    let keys = usable(&[with(rsa, "n", b64([vec![0], n].concat()))]);
    assert_eq!(keys.len(), 1);
}
