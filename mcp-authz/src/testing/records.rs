//! What the Logto tenant of an issuer keeps of its users.

use serde_json::Value;

use super::issuer::TestIssuer;

/// The records of its users, for a server that takes the persons' claims from there
/// ([`identity_from`](crate::Issuer::identity_from)).
///
/// Alice and Bob have theirs; of anybody else the tenant knows that they exist. The tokens themselves say
/// nothing of the person, as Logto's do not. Trouble with the records is one of
/// [`Endpoint::Userinfo`](crate::dev::Endpoint::Userinfo).
#[cfg_attr(docsrs, doc(cfg(feature = "logto")))]
impl TestIssuer {
    /// Replaces members of somebody's record, by the names that they have at Logto (`primaryEmail`,
    /// `profile`, `customData`, `isSuspended`). The server believes what it read before for as long as it
    /// [is set to](crate::logto::UserRecords::cache_for), for the same token.
    ///
    /// Needs the feature `logto`.
    ///
    /// ```standalone_crate
    /// use mcp_authz::logto::Management;
    /// use mcp_authz::testing::{TestServer, assert_challenge};
    /// use mcp_authz::{AuthInfo, Claims, Issuer, Json, Server, tool};
    /// use serde_json::json;
    ///
    /// /// Return the identity claims that the person agreed to share.
    /// #[tool(scopes = ["email"])]
    /// fn whoami(auth: AuthInfo) -> Json<Claims> {
    ///     Json(auth.consented_claims())
    /// }
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let logto = Management::builder("https://tenant.logto.app").app("app", "s3cret").build()?;
    /// let issuer = Issuer::logto("https://tenant.logto.app").identity_from(logto);
    /// let server = TestServer::start(Server::builder("mail").issuer(issuer)).await?;
    ///
    /// let alice = server.as_user("alice").scopes(["email"]);
    /// server.issuer().edit_user("alice", json!({ "primaryEmail": "al@example.com" }));
    /// assert_eq!(alice.call("whoami").await?.structured()["email"], "al@example.com");
    ///
    /// server.issuer().edit_user("alice", json!({ "isSuspended": true }));
    /// assert_challenge!(alice.call("whoami").await, 401, "invalid_token");
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// If `members` is no object, or the server does not ask for records of this issuer.
    #[track_caller]
    pub fn edit_user(&self, id: &str, members: impl Into<Value>) {
        self.needs_records();
        let Value::Object(members) = members.into() else {
            panic!("members of a record are an object");
        };
        self.provider.records.edit(id, members);
    }

    /// Has the tenant know nobody of this id any more.
    ///
    /// Needs the feature `logto`.
    ///
    /// # Panics
    ///
    /// If the server does not ask for records of this issuer.
    #[track_caller]
    pub fn delete_user(&self, id: &str) {
        self.needs_records();
        self.provider.records.delete(id);
    }

    #[track_caller]
    fn needs_records(&self) {
        let name = self.identifier();
        assert!(
            self.settings.reads_records(),
            "nobody reads the records of {name}: give the issuer `.identity_from(..)`"
        );
    }
}
