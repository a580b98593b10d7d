//! What the metadata must say for a server to exchange tokens there, and what it had better.

use serde_json::{Value, json};

use super::reports::site;
use crate::World;
use crate::token::documents::Documents;
use crate::token::{ClientAuth, Issuer, TokenExchange};

/// What the operator is told when the metadata is read.
async fn told(changes: Value) -> Vec<String> {
    let site = site(changes).await;
    let mut issuer = Issuer::new(&site.identifier);
    issuer.exchange = Some(TokenExchange::new(ClientAuth::secret_basic(
        "server", "s3cret",
    )));
    let documents = Documents::new(&issuer, issuer.url().unwrap(), World::system());
    documents.read().await.ok().unwrap();
    documents.told().await
}

#[tokio::test]
async fn what_the_metadata_does_not_list_is_a_warning() {
    const GRANTS: &str = "grant_types_supported";
    const METHODS: &str = "token_endpoint_auth_methods_supported";
    let grant = "urn:ietf:params:oauth:grant-type:token-exchange";
    for (changes, says) in [
        // A list that is left out says nothing.
        (json!({}), None),
        (json!({ GRANTS: ["authorization_code", grant] }), None),
        (json!({ GRANTS: ["authorization_code"] }), Some(grant)),
        (
            json!({ METHODS: ["client_secret_post", "none"] }),
            Some("write `ClientAuth::secret_post(..)`"),
        ),
        // Of introspection, which is not asked for.
        (
            json!({ "introspection_endpoint_auth_methods_supported": [] }),
            None,
        ),
    ] {
        let told = told(changes.clone()).await;
        assert_eq!(
            told.len(),
            usize::from(says.is_some()),
            "{changes}: {told:?}"
        );
        assert!(
            told.iter()
                .all(|one| one.contains(says.unwrap_or_default())),
            "{told:?}"
        );
    }
}
