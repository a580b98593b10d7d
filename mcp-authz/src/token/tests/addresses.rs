//! Where an issuer's documents may lie, with an internet that is made up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use http::{Request, Response};
use serde_json::json;

use super::support::{RESOURCE, Signer, claims};
use crate::World;
use crate::bearer::BearerToken;
use crate::clock::TestClock;
use crate::fetch::{Fetch, FetchError, PrivateAllowed};
use crate::token::{Issuer, Verifiers};

/// Pages by their address, and who asked for them.
#[derive(Default)]
struct Internet {
    pages: HashMap<String, String>,
    asked: Mutex<Vec<Asked>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    url: String,
    /// Whether the request may go to a private address.
    anywhere: bool,
}

impl Fetch for Internet {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        let asked = Asked {
            url: request.uri().to_string(),
            anywhere: request.extensions().get::<PrivateAllowed>().is_some(),
        };
        let page = self.pages.get(&asked.url).cloned();
        self.asked.lock().unwrap().push(asked);
        let mut response = Response::new(Bytes::from(page.clone().unwrap_or_default()));
        if page.is_none() {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
        }
        Box::pin(ready(Ok(response)))
    }
}

/// Verifies a token of `issuer`, whose metadata says that its keys are at `keys`.
async fn verify(issuer: Issuer, keys: &str) -> (bool, Vec<Asked>) {
    let (signer, clock) = (Signer::es256(), Arc::new(TestClock::new()));
    let identifier = issuer.identifier.clone();
    let metadata = json!({"issuer": identifier, "jwks_uri": keys}).to_string();
    let at = format!("{identifier}/.well-known/oauth-authorization-server");
    let set = json!({"keys": [signer.jwk("k1")]}).to_string();
    let internet = Arc::new(Internet {
        pages: HashMap::from([(at, metadata), (keys.to_owned(), set)]),
        asked: Mutex::default(),
    });
    let fetch: Arc<dyn Fetch> = Arc::<Internet>::clone(&internet);
    let world = World {
        clock: Arc::<TestClock>::clone(&clock),
        fetch,
    };
    let verifiers =
        Verifiers::new(vec![issuer], None, RESOURCE, world).unwrap_or_else(|_| panic!());
    let claims = json!(claims(&identifier, &clock)).to_string();
    let token = signer.token_of(r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#, &claims);
    let verified = verifiers.verify(&BearerToken::new(token)).await.is_ok();
    let asked = internet.asked.lock().unwrap().clone();
    (verified, asked)
}

#[tokio::test]
async fn the_keys_of_a_public_issuer_may_be_on_another_public_host() {
    let elsewhere = "https://keys.example.net/jwks";
    let issuer = || Issuer::new("https://as.example.com");
    let (verified, asked) = verify(issuer(), elsewhere).await;
    let asked: Vec<_> = asked.iter().map(|asked| asked.url.as_str()).collect();
    let metadata = "https://as.example.com/.well-known/oauth-authorization-server";
    assert_eq!((verified, &asked[..]), (true, &[metadata, elsewhere][..]));
    let (verified, asked) = verify(issuer().jwks_uri(elsewhere), elsewhere).await;
    assert_eq!((verified, asked.len()), (true, 1));
    // RFC 9728 §7.7: not on this machine, and not without TLS.
    for keys in [
        "https://127.0.0.1/jwks",
        "http://127.0.0.1/jwks",
        "http://keys.example.net/",
    ] {
        let (verified, asked) = verify(issuer(), keys).await;
        assert_eq!((verified, asked.len()), (false, 1), "{keys}");
    }
}

#[tokio::test]
async fn only_an_issuer_inside_may_lead_to_private_addresses() {
    let public = Issuer::new("https://as.example.com");
    let inside = Issuer::new("https://as.example.internal").allow_private_addresses();
    for (issuer, anywhere) in [
        (public, false),
        (inside, true),
        (Issuer::new("https://10.1.2.3"), true),
        (Issuer::new("http://127.0.0.1:9"), true),
    ] {
        let keys = format!("{}/jwks", issuer.identifier);
        let (verified, asked) = verify(issuer, &keys).await;
        assert!(verified, "{keys}");
        assert_eq!(asked.len(), 2, "{keys}");
        assert!(
            asked.iter().all(|one| one.anywhere == anywhere),
            "{asked:?}"
        );
    }
}
