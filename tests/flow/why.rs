//! Why a request was refused: the operator learns it exactly, in the log and in the record, the client does
//! not.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use json::{Value, json};
use mcp_authz::{AuditEvent, AuthInfo, Denied, Issuer, Scope, State, tool};
use support::{Lab, Ran, Reply, ScriptedIssuer, Signer};

use crate::start::Log;

#[tool(scopes = ["notes:read", "notes:write"])]
fn amend(ran: State<Ran>) {
    ran.note();
}

#[tool(authenticated)]
fn ponder(auth: AuthInfo) -> Result<String, Denied> {
    auth.require(Scope::new("notes:think"))?;
    Ok(String::new())
}

/// A server with a log and a record.
struct Told {
    lab: Lab,
    issuer: ScriptedIssuer,
    key: Signer,
    record: Arc<Mutex<Vec<String>>>,
}

impl Told {
    async fn start() -> Self {
        let key = Signer::es256();
        let issuer = ScriptedIssuer::start(&[key.jwk("k")]).await;
        let record = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&record);
        let lab = Lab::start(|server| {
            let server = server.tools([amend::tool(), ponder::tool()]);
            let server = server.prompts([]).mcp_resources([]);
            let sink =
                move |event: &AuditEvent<'_>| kept.lock().unwrap().push(event.reason.to_string());
            server.issuer(Issuer::new(issuer.identifier())).audit(sink)
        })
        .await;
        Self {
            lab,
            issuer,
            key,
            record,
        }
    }

    /// A token of the scripted issuer's.
    fn token(&self, kid: &str, change: impl FnOnce(&mut Value)) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap().as_secs();
        let mut claims = json!({
            "iss": self.issuer.identifier(), "aud": self.lab.url, "sub": "alice", "client_id": "c",
            "iat": now, "exp": now + 600, "scope": "notes:read",
        });
        change(&mut claims);
        self.key.token(
            &json!({ "alg": "ES256", "typ": "at+jwt", "kid": kid }),
            &claims,
        )
    }

    /// The answer to a call, what the log says since, and the last entry of the record.
    async fn call(&self, token: &str, tool: &str, logged: &str) -> (Reply, Vec<String>, String) {
        let log = Log::listen();
        let before = log.lines(logged).len();
        let reply = self.lab.call(Some(token), tool).await;
        let lines = log.lines(logged).split_off(before);
        let entry = self.record.lock().unwrap().last().cloned();
        (reply, lines, entry.unwrap_or_default())
    }
}

#[tokio::test]
async fn why_a_token_was_refused_is_told_with_whose_it_is_and_by_how_much() {
    let told = Told::start().await;
    let issuer = told.issuer.identifier();
    let off = |name: &'static str, by: i64| {
        move |claims: &mut Value| {
            let then = claims["iat"].as_i64().unwrap() + by;
            claims[name] = json!(then);
        }
    };
    for (token, why) in [
        (told.token("k", off("exp", -200)), "exp: expired, 20"),
        (
            told.token("k", off("nbf", 300)),
            "nbf, iat: in the future, by 2",
        ),
        (
            told.token("k-of-nobody", |_| {}),
            "kid: the issuer has no such key: k-of-nobody",
        ),
    ] {
        let (reply, lines, entry) = told.call(&token, "amend", issuer).await;
        assert_eq!(lines.len(), 1, "{why}: {lines:#?}");
        for told in [&lines[0], &entry] {
            assert!(told.contains(why) && told.contains(issuer), "{why}: {told}");
        }
        assert_eq!(reply.status, 401);
        let answer = format!("{}{}", reply.body, reply.challenge());
        for secret in [issuer, "exp:", "nbf", "kid", "k-of-nobody", " ago"] {
            assert!(!answer.contains(secret), "{secret}: {answer}");
        }
    }
    // What nobody would call a key is repeated nowhere.
    let odd = told.token("../../etc/passwd", |_| {});
    let (_, lines, entry) = told.call(&odd, "amend", issuer).await;
    for told in [&lines[0], &entry] {
        assert!(
            told.contains("no such key") && !told.contains("passwd"),
            "{told}"
        );
    }
    assert_eq!(told.lab.ran.times(), 0);
}

#[tokio::test]
async fn why_a_call_was_refused_is_told_with_what_the_token_lacks() {
    let told = Told::start().await;
    let token = told.token("k", |_| {});
    let (reply, lines, entry) = told.call(&token, "amend", "\"amend\"").await;
    let why = "insufficient_scope: notes:read notes:write (the token has notes:read)";
    assert_eq!(entry, why);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for part in ["refused", why, "alice", told.issuer.identifier()] {
        assert!(lines[0].contains(part), "{part}: {lines:#?}");
    }
    assert_eq!(reply.status, 403);
    let answer = format!("{}{}", reply.body, reply.challenge());
    assert!(
        !answer.contains("the token has") && !answer.contains("alice"),
        "{answer}"
    );
    assert_eq!(told.lab.ran.times(), 0);

    let (reply, lines, entry) = told.call(&token, "ponder", "\"ponder\"").await;
    assert_eq!(
        (reply.status.as_u16(), &*entry),
        (403, "insufficient_scope: notes:think")
    );
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for part in ["refused by the function", "notes:think", "alice"] {
        assert!(lines[0].contains(part), "{part}: {lines:#?}");
    }
}

#[tokio::test]
async fn while_nobody_can_tell_the_log_says_what_is_out_of_order() {
    let told = Told::start().await;
    let token = told.token("k-to-come", |_| {});
    told.issuer.page("/jwks", 500, &json!({}));
    let (reply, lines, entry) = told.call(&token, "amend", told.issuer.identifier()).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    for told in [&lines.concat(), &entry] {
        assert!(
            told.contains("keys cannot be had") && told.contains("500"),
            "{told}"
        );
    }
    let answer = format!("{}{}", reply.body, reply.challenge());
    assert!(
        !answer.contains("keys") && !answer.contains(told.issuer.identifier()),
        "{answer}"
    );
}
