//! What a client carries for the server, sealed for one owner and one purpose.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use rmcp::model::{JsonObject, SealOptions};
use serde_json::Value;

use super::keys::SealingKeys;
use super::owner;
use crate::auth_info::AuthInfo;

/// How long a client may take for the next request of an exchange: a person may have to answer.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// It was not sealed for this caller and this purpose, or not by us, or long ago.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Foreign;

/// The system gave no random bytes, so it does not leave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsealed;

/// What something is sealed for.
pub(crate) enum Purpose<'a> {
    /// The next page of this list, of what is in this place.
    Cursor { list: &'static str, of: &'a str },
    /// The next request of this exchange, with the same arguments.
    Round {
        method: &'static str,
        name: &'a str,
        arguments: Option<&'a JsonObject>,
    },
}

/// Seals and opens with the server's keys.
#[derive(Clone)]
pub(crate) struct Seal {
    keys: SealingKeys,
    /// Whose keys these are: another server can have the same.
    resource: String,
    lifetime: Duration,
}

impl Seal {
    pub(crate) fn new(keys: SealingKeys, resource: impl Into<String>) -> Self {
        Self {
            keys,
            resource: resource.into(),
            lifetime: LIFETIME,
        }
    }

    /// `text`, for its owner to carry and not to read.
    pub(crate) fn seal(
        &self,
        text: &str,
        caller: Option<&AuthInfo>,
        purpose: &Purpose<'_>,
    ) -> Result<String, Unsealed> {
        let bound = self.bound(caller, purpose);
        let encrypted = self.keys.cipher.encrypt(text, &bound);
        let options = SealOptions::new()
            .associated_data(&bound)
            .ttl(self.lifetime);
        let encrypted = encrypted.map_err(|_| Unsealed)?;
        Ok(self.keys.codec.seal_with(&encrypted, &options))
    }

    pub(crate) fn open(
        &self,
        sealed: &str,
        caller: Option<&AuthInfo>,
        purpose: &Purpose<'_>,
    ) -> Result<String, Foreign> {
        let bound = self.bound(caller, purpose);
        let opened = self.keys.codec.open_with(sealed, &bound);
        let text = self
            .keys
            .cipher
            .decrypt(&opened.map_err(|_| Foreign)?, &bound);
        text.ok_or(Foreign)
    }

    /// The server, the owner and the purpose, in a form that no others have.
    fn bound(&self, caller: Option<&AuthInfo>, purpose: &Purpose<'_>) -> Vec<u8> {
        let digest_of;
        let (kind, parts) = match purpose {
            Purpose::Cursor { list, of } => ("cursor", vec![*list, *of]),
            Purpose::Round {
                method,
                name,
                arguments,
            } => {
                digest_of = digest(*arguments);
                ("round", vec![*method, *name, digest_of.as_str()])
            }
        };
        let owner = caller.map(owner::parts);
        serde_json::to_vec(&(&self.resource, kind, owner, parts)).unwrap_or_default()
    }
}

/// The same for equal arguments, in whatever order their members come.
fn digest(arguments: Option<&JsonObject>) -> String {
    let mut context = Context::new(&SHA256);
    if let Some(arguments) = arguments {
        hash_object(arguments, &mut context);
    }
    let digest = context.finish();
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn hash_object(object: &JsonObject, context: &mut Context) {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    context.update(b"{");
    for (name, value) in members {
        hash(&Value::from(name.as_str()), context);
        hash(value, context);
    }
    context.update(b"}");
}

/// Brackets and JSON's own quoting keep the pieces apart.
fn hash(value: &Value, context: &mut Context) {
    match value {
        Value::Object(object) => hash_object(object, context),
        Value::Array(items) => {
            context.update(b"[");
            items.iter().for_each(|item| hash(item, context));
            context.update(b"]");
        }
        plain => {
            context.update(plain.to_string().as_bytes());
            context.update(b",");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seal() -> Seal {
        seal_of("https://mcp.test/mcp")
    }

    fn seal_of(resource: &str) -> Seal {
        Seal::new(SealingKeys::own([7; 32]).unwrap(), resource)
    }

    fn caller(subject: &str, client: &str) -> AuthInfo {
        let caller = AuthInfo::builder("https://as.test").subject(subject);
        caller.client_id(client).build()
    }

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().unwrap()
    }

    fn round<'a>(name: &'a str, arguments: Option<&'a JsonObject>) -> Purpose<'a> {
        Purpose::Round {
            method: "tools/call",
            name,
            arguments,
        }
    }

    #[test]
    fn it_opens_for_its_owner_and_its_purpose_alone() {
        let (alice, arguments) = (caller("alice", "agent"), object(&json!({ "to": "bob" })));
        let (seal, purpose) = (seal(), round("send", Some(&arguments)));
        let sealed = seal.seal("state", Some(&alice), &purpose).unwrap();
        assert_eq!(
            seal.open(&sealed, Some(&alice), &purpose),
            Ok("state".to_owned())
        );
        let other = object(&json!({ "to": "eve" }));
        for (who, purpose) in [
            (
                Some(caller("bob", "agent")),
                round("send", Some(&arguments)),
            ),
            (
                Some(caller("alice", "webmail")),
                round("send", Some(&arguments)),
            ),
            (None, round("send", Some(&arguments))),
            (Some(alice.clone()), round("read", Some(&arguments))),
            (Some(alice.clone()), round("send", Some(&other))),
            (Some(alice.clone()), round("send", None)),
            (
                Some(alice.clone()),
                Purpose::Cursor {
                    list: "send",
                    of: "",
                },
            ),
            (
                Some(alice.clone()),
                Purpose::Round {
                    method: "prompts/get",
                    name: "send",
                    arguments: Some(&arguments),
                },
            ),
        ] {
            assert_eq!(seal.open(&sealed, who.as_ref(), &purpose), Err(Foreign));
        }
        let elsewhere = seal_of("https://mcp.test/other");
        assert_eq!(
            elsewhere.open(&sealed, Some(&alice), &purpose),
            Err(Foreign)
        );
        for forged in ["", "rs1", "state", &sealed[1..], &format!("{sealed}A")] {
            assert_eq!(
                seal.open(forged, Some(&alice), &purpose),
                Err(Foreign),
                "{forged}"
            );
        }
    }

    #[test]
    fn it_opens_again_and_again_and_not_for_ever() {
        let alice = caller("alice", "agent");
        let purpose = round("send", None);
        let brief = Seal {
            lifetime: Duration::from_millis(50),
            ..seal()
        };
        let sealed = brief.seal("state", Some(&alice), &purpose).unwrap();
        for _ in 0..2 {
            let opened = brief.open(&sealed, Some(&alice), &purpose);
            assert_eq!(opened.as_deref(), Ok("state"));
        }
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(brief.open(&sealed, Some(&alice), &purpose), Err(Foreign));
    }

    #[test]
    fn what_an_old_key_sealed_opens_as_long_as_it_is_in_the_ring() {
        let key = |id: &str, byte| (id.to_owned(), vec![byte; 32]);
        let with = |keys: &[(String, Vec<u8>)]| {
            Seal::new(SealingKeys::shared(keys).unwrap(), "https://mcp.test/mcp")
        };
        let (old, both, new) = (
            with(&[key("10", 1)]),
            with(&[key("11", 2), key("10", 1)]),
            with(&[key("11", 2)]),
        );
        let purpose = round("send", None);
        let sealed = |by: &Seal| by.seal("state", None, &purpose).unwrap();
        let opens = |by: &Seal, sealed: &str| by.open(sealed, None, &purpose).is_ok();
        assert!(opens(&both, &sealed(&old)) && opens(&new, &sealed(&both)));
        assert!(!opens(&new, &sealed(&old)) && !opens(&old, &sealed(&both)));
    }

    /// As they are written: what the handler gets is one value, and so is what it is bound to.
    #[test]
    fn arguments_are_compared_as_the_handler_gets_them() {
        let of = |text: &str| {
            let value: Value = serde_json::from_str(text).unwrap();
            digest(Some(&object(&value)))
        };
        for (one, other, same) in [
            (r#"{"a":1}"#, r#"{ "a" : 1 }"#, true),
            (r#"{"a":1}"#, r#"{"\u0061":1}"#, true),
            (r#"{"a":"é"}"#, r#"{"a":"\u00e9"}"#, true),
            (r#"{"a":1.0}"#, r#"{"a":1e0}"#, true),
            (r#"{"a":2,"a":1}"#, r#"{"a":1}"#, true),
            (r#"{"a":1}"#, r#"{"a":1.0}"#, false),
            (r#"{"a":0}"#, r#"{"a":-0.0}"#, false),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, false),
            (r#"{"a":"é"}"#, r#"{"a":"e\u0301"}"#, false),
            (
                r#"{"a":9007199254740993}"#,
                r#"{"a":9007199254740992}"#,
                false,
            ),
            (
                r#"{"a":{"b":[{"c":1}]}}"#,
                r#"{"a":{"b":[{"c":2}]}}"#,
                false,
            ),
            (r#"{"a":[{},[]]}"#, r#"{"a":[[],{}]}"#, false),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} {other}");
        }
    }

    #[test]
    fn equal_arguments_have_one_digest_and_others_another() {
        let of = |value: Value| digest(Some(&object(&value)));
        assert_eq!(
            of(json!({ "a": 1, "b": [1, 2] })),
            of(json!({ "b": [1, 2], "a": 1 }))
        );
        let all = [
            json!({}),
            json!({ "a": [] }),
            json!({ "a": {} }),
            json!({ "a": null }),
            json!({ "a": "null" }),
            json!({ "a": 1 }),
            json!({ "a": 12 }),
            json!({ "a": [1, 2] }),
            json!({ "a": [12] }),
            json!({ "a": [[1], 2] }),
            json!({ "a": ["1,2"] }),
            json!({ "a": { "b": 1 } }),
            json!({ "a": {}, "b": 1 }),
        ];
        for (index, one) in all.iter().enumerate() {
            for other in &all[..index] {
                assert_ne!(of(one.clone()), of(other.clone()), "{one} {other}");
            }
        }
        assert_ne!(digest(None), of(json!({})));
    }
}
