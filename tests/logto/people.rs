//! A server whose callers are a tenant's people, and JWTs as Logto signs them.

use std::time::{SystemTime, UNIX_EPOCH};

use json::{Map, Value, json};
use mcp_authz::logto::{Management, UserRecords};
use mcp_authz::{AuthInfo, Claims, Issuer, Json, State, tool};
use support::{Lab, Logto, Ran, Relay, Reply, Signer};

/// Return the identity claims that the person agreed to share.
#[tool(scopes = ["profile", "email"])]
pub(crate) fn whoami(ran: State<Ran>, auth: AuthInfo) -> Json<Claims> {
    ran.note();
    Json(auth.consented_claims())
}

/// The same for whatever was agreed to.
#[tool(authenticated)]
fn shared(ran: State<Ran>, auth: AuthInfo) -> Json<Claims> {
    ran.note();
    Json(auth.consented_claims())
}

/// All that the server knows of its caller.
#[tool(authenticated)]
fn known(ran: State<Ran>, auth: AuthInfo) -> Json<Map<String, Value>> {
    ran.note();
    let mut known = auth.claims().clone();
    known.insert("_scopes".into(), json!(auth.scopes().to_string()));
    Json(known)
}

/// What only a caller with that scope may do.
#[tool(scopes = ["mail:send"])]
fn send_mail(ran: State<Ran>) -> String {
    ran.note();
    "sent".to_owned()
}

/// A tenant, a server that trusts it, and what stands between the server and the Management API.
pub(crate) struct People {
    pub(crate) logto: Logto,
    pub(crate) api: Relay,
    pub(crate) lab: Lab,
    pub(crate) key: Signer,
    /// Somebody with a full record.
    pub(crate) alice: String,
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}

impl People {
    /// Whose JWTs say who the person is by an id: the rest is in the tenant's records.
    pub(crate) async fn known_by_record(options: impl FnOnce(UserRecords) -> UserRecords) -> Self {
        Self::known(|issuer, records| issuer.identity_from(options(records))).await
    }

    /// Whose JWTs say it themselves.
    pub(crate) async fn known_by_claims() -> Self {
        Self::known(|issuer, _| issuer).await
    }

    async fn known(configure: impl FnOnce(Issuer, UserRecords) -> Issuer) -> Self {
        let (logto, key) = (Logto::start().await, Signer::es384());
        logto.publish(&[key.jwk("k")]);
        let api = Relay::before(logto.endpoint()).await;
        let (id, secret) = Logto::APP;
        let management = Management::builder(api.url("")).app(id, secret);
        let management = management.build().expect("the configuration is right");
        let records = UserRecords::new(management);
        let records = records.of_issuer(format!("{}/oidc", logto.endpoint()));
        let issuer = configure(Issuer::logto(logto.endpoint()), records);
        let lab = Lab::start(|server| {
            let tools = [
                whoami::tool(),
                shared::tool(),
                known::tool(),
                send_mail::tool(),
            ];
            server.issuer(issuer).tools(tools)
        })
        .await;
        let alice = logto.sign_up("alice");
        logto.edit(
            &alice,
            &json!({
                "name": "Alice Archer", "avatar": "https://example.com/alice.png",
                "primaryPhone": "4712345678", "customData": { "plan": "internal" },
                "profile": { "givenName": "Alice", "address": { "country": "NO" } },
            }),
        );
        Self {
            logto,
            api,
            lab,
            key,
            alice,
        }
    }

    /// The claims of a JWT that Alice gave to SmartMail AI.
    pub(crate) fn claims(&self, scope: &str) -> Value {
        json!({
            "jti": "yMzuxrYtAYqjyMMdNCn4K", "sub": self.alice, "iat": now(), "exp": now() + 600,
            "scope": scope, "client_id": "smartmail", "iss": format!("{}/oidc", self.logto.endpoint()),
            "aud": self.lab.url,
        })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES384", "typ": "at+jwt", "kid": "k" });
        self.key.token(&header, claims)
    }

    /// A JWT of hers.
    pub(crate) fn token(&self, scope: &str) -> String {
        self.sign(&self.claims(scope))
    }

    /// Her JWT with something else in it; null takes a claim out.
    pub(crate) fn altered(&self, scope: &str, changes: Value) -> String {
        let mut claims = self.claims(scope);
        for (name, value) in changes.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(claims.as_object_mut().map(|own| own.remove(name))),
                value => claims[name] = value.clone(),
            }
        }
        self.sign(&claims)
    }

    pub(crate) async fn call(&self, tool: &str, token: &str) -> Reply {
        self.lab.call(Some(token), tool).await
    }

    /// What a tool returns.
    pub(crate) async fn says(&self, tool: &str, token: &str) -> Value {
        let before = self.lab.ran.times();
        let reply = self.call(tool, token).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(self.lab.ran.times(), before + 1);
        reply.message()["result"]["structuredContent"].clone()
    }

    /// No good here: who holds it signs in anew.
    pub(crate) async fn turns_away(&self, what: &str, token: &str) {
        let before = self.lab.ran.times();
        let reply = self.call("shared", token).await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.body);
        let challenge = reply.challenge();
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{what}: {challenge}"
        );
        assert_eq!(self.lab.ran.times(), before, "{what}");
    }

    /// Nobody can say: no one signs in anew.
    pub(crate) async fn cannot_tell(&self, what: &str, token: &str) {
        let before = self.lab.ran.times();
        let reply = self.call("shared", token).await;
        assert_eq!(
            (reply.status.as_u16(), reply.challenge()),
            (503, ""),
            "{what}: {}",
            reply.body
        );
        assert!(
            reply
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|pause| pause > 0),
            "{what}"
        );
        assert_eq!(self.lab.ran.times(), before, "{what}");
    }

    /// How often the Management API was asked who she is.
    pub(crate) fn asked(&self) -> usize {
        self.api.asked(&self.record())
    }

    pub(crate) fn record(&self) -> String {
        format!("/api/users/{}", self.alice)
    }
}
