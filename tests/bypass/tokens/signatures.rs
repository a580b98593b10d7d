//! Signatures that must not verify: other keys, other bytes, other encodings.

use json::json;
use support::{Signer, base64url};

use super::{Desk, set};

#[tokio::test]
async fn other_keys_and_other_bytes() {
    let desk = Desk::open().await;
    let good = desk.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let spaced = desk.header().to_string().replace(':', ": ");
    let bob = set(desk.claims(), "sub", "bob");
    let raw = desk.keys.es256.sign("ES256", signed.as_bytes());
    let with = |raw: &[u8]| format!("{signed}.{}", base64url(raw));
    let half = raw.len() / 2;
    for (what, token) in [
        (
            "another key",
            Signer::es256().token(&desk.header(), &desk.claims()),
        ),
        (
            "header written otherwise",
            format!("{}.{claims}.{signature}", base64url(spaced)),
        ),
        (
            "other claims",
            format!("{header}.{}.{signature}", base64url(bob.to_string())),
        ),
        ("cut short", with(&raw[..raw.len() - 1])),
        ("half", with(&raw[..half])),
        ("one byte more", with(&[&raw[..], &[0]].concat())),
        ("a zero in front", with(&[&[0], &raw[..]].concat())),
        (
            "halves swapped",
            with(&[&raw[half..], &raw[..half]].concat()),
        ),
        ("DER", with(&der(&raw))),
        ("zeros", with(&[0; 64])),
        ("r = 0", with(&[&[0; 32], &raw[half..]].concat())),
        ("s = 0", with(&[&raw[..half], &[0; 32]].concat())),
        ("r = s = n", with(&[P256_ORDER, P256_ORDER].concat())),
        ("one byte", with(&[1])),
    ] {
        desk.refuse(what, &token).await;
    }
    desk.accept("good", &good).await;

    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "rs256" });
    let good = desk.keys.rsa.token(&header, &desk.claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let raw = desk.keys.rsa.sign("RS256", signed.as_bytes());
    let with = |raw: &[u8]| format!("{signed}.{}", base64url(raw));
    for (what, token) in [
        (
            "RSA: another key",
            Signer::rsa().token(&header, &desk.claims()),
        ),
        (
            "RSA: PSS",
            with(&desk.keys.rsa.sign("PS256", signed.as_bytes())),
        ),
        (
            "RSA: SHA-512",
            with(&desk.keys.rsa.sign("RS512", signed.as_bytes())),
        ),
        ("RSA: cut short", with(&raw[..255])),
        ("RSA: one byte more", with(&[&raw[..], &[0]].concat())),
        ("RSA: zeros", with(&[0; 256])),
        ("RSA: one", with(&[&[0; 255][..], &[1]].concat())),
        ("RSA: the padding itself", with(&padded(signed.as_bytes()))),
    ] {
        desk.refuse(what, &token).await;
    }
    desk.accept("good RSA", &good).await;
}

const P256_ORDER: &[u8] = &[
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The two numbers of an ECDSA signature as ASN.1, which JWS does not use (RFC 7518 §3.4).
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect();
        let sign = bytes.first().is_some_and(|byte| *byte >= 0x80);
        let bytes = if sign {
            [vec![0], bytes].concat()
        } else {
            bytes
        };
        [vec![2, bytes.len() as u8], bytes].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, both.len() as u8], both].concat()
}

/// What RSASSA-PKCS1-v1_5 makes of a message before it signs (RFC 8017 §9.2), for 2048 bits: with a
/// public exponent of 1 it is the signature.
pub(super) fn padded(message: &[u8]) -> Vec<u8> {
    const SHA256_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let hash = crypto::digest::digest(&crypto::digest::SHA256, message);
    let fill = vec![0xff; 256 - 3 - SHA256_INFO.len() - hash.as_ref().len()];
    [&[0, 1], &fill[..], &[0], &SHA256_INFO, hash.as_ref()].concat()
}
