//! What a token costs before rmcp is asked, beside the bare libraries.
//!
//! Through the public door: a GET, which rmcp answers at once, with a new token, with a known one,
//! and without any. The difference is the token's cost.

use std::time::Instant;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mcp_authz::Server;
use serde_json::{Map, Value};

use crate::calls::knock;
use crate::inprocess::call;
use crate::keys::{Key, Keys};
use crate::rounds::{median, micros};
use crate::servers::{RESOURCE, gated};

/// Turns of each kind, by turns.
const ROUNDS: usize = 20;
/// Tokens in a turn.
const TURN: usize = 50;

pub(crate) async fn measure() -> String {
    let keys = Keys::start().await;
    let server = gated(keys.issuer(), true).await;
    let mut table = "| token | signature alone, aws-lc-rs µs | `jsonwebtoken::decode` µs | ours, new token µs | ours, seen before µs |\n|---|---|---|---|---|\n"
        .to_owned();
    for key in &keys.all {
        table += &row(&keys, key, &server).await;
    }
    table
}

async fn row(keys: &Keys, key: &Key, server: &Server) -> String {
    let (mut raw, mut theirs, mut ours, mut again) = (vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let tokens: Vec<_> = (0..TURN)
            .map(|index| keys.sign(key, round * TURN + index))
            .collect();
        raw.push(signatures(key, &tokens));
        theirs.push(decoded(key, &tokens));
        let nothing = knocked(server, &[]).await;
        ours.push(knocked(server, &tokens).await - nothing);
        again.push(knocked(server, &tokens).await - nothing);
    }
    format!(
        "| {} | {:.1} | {:.1} | {:.1} | {:.2} |\n",
        key.name,
        median(raw.into_iter()),
        median(theirs.into_iter()),
        median(ours.into_iter()),
        median(again.into_iter()),
    )
}

/// A request with each token, or as many without.
async fn knocked(server: &Server, tokens: &[String]) -> f64 {
    let mut service = server.mcp_service();
    let requests: Vec<_> = (0..TURN)
        .map(|index| knock(tokens.get(index).map(String::as_str)))
        .collect();
    let begun = Instant::now();
    for request in requests {
        let status = call(&mut service, request).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
    micros(begun.elapsed()) / TURN as f64
}

fn decoded(key: &Key, tokens: &[String]) -> f64 {
    let decoding = DecodingKey::from_jwk(&key.public).unwrap();
    let mut validation = Validation::new(key.algorithm);
    validation.set_audience(&[RESOURCE]);
    let begun = Instant::now();
    for token in tokens {
        jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation).unwrap();
    }
    micros(begun.elapsed()) / tokens.len() as f64
}

fn signatures(key: &Key, tokens: &[String]) -> f64 {
    let algorithm: &'static dyn VerificationAlgorithm = match key.algorithm {
        Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let public = UnparsedPublicKey::new(algorithm, &key.raw);
    let parts: Vec<_> = tokens
        .iter()
        .map(|token| {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            (
                signed.as_bytes(),
                URL_SAFE_NO_PAD.decode(signature).unwrap(),
            )
        })
        .collect();
    let begun = Instant::now();
    for (signed, signature) in &parts {
        public.verify(signed, signature).unwrap();
    }
    micros(begun.elapsed()) / parts.len() as f64
}
