//! What the person agreed to share: the standard claims, by the scopes that stand for them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::scope::ScopeSet;

/// The identity claims that the granted scopes stand for (OpenID Connect Core 1.0 §5.1, §5.4).
///
/// Made by [`AuthInfo::consented_claims`](crate::AuthInfo::consented_claims), and good as the
/// structured result of a tool. A claim whose scope was not granted, whose type is not the standard's,
/// or that neither the standard nor
/// [`Issuer::claims_for_scope`](crate::Issuer::claims_for_scope) knows is left out.
///
/// ```
/// use mcp_authz::{AuthInfo, Claims, Json};
///
/// /// Return the identity claims that the user agreed to share.
/// async fn whoami(auth: AuthInfo) -> Json<Claims> {
///     Json(auth.consented_claims())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

/// What a standard claim is (OpenID Connect Core 1.0 §5.1).
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Number,
    /// §5.1.1: an object of texts.
    Address,
}

/// Which claims a scope stands for: §5.4, in its order.
const STANDARD: [(&str, &[(&str, Kind)]); 4] = [
    (
        "profile",
        &[
            ("name", Kind::Text),
            ("family_name", Kind::Text),
            ("given_name", Kind::Text),
            ("middle_name", Kind::Text),
            ("nickname", Kind::Text),
            ("preferred_username", Kind::Text),
            ("profile", Kind::Text),
            ("picture", Kind::Text),
            ("website", Kind::Text),
            ("gender", Kind::Text),
            ("birthdate", Kind::Text),
            ("zoneinfo", Kind::Text),
            ("locale", Kind::Text),
            ("updated_at", Kind::Number),
        ],
    ),
    (
        "email",
        &[("email", Kind::Text), ("email_verified", Kind::Flag)],
    ),
    ("address", &[("address", Kind::Address)]),
    (
        "phone",
        &[
            ("phone_number", Kind::Text),
            ("phone_number_verified", Kind::Flag),
        ],
    ),
];

/// The members of an address (§5.1.1).
const ADDRESS: [&str; 6] = [
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];

/// What scopes stand for besides the standard: a provider's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScopeClaims(Vec<(String, Vec<String>)>);

impl ScopeClaims {
    pub(crate) fn add<C: Into<String>>(
        &mut self,
        scope: String,
        claims: impl IntoIterator<Item = C>,
    ) {
        let claims = claims.into_iter().map(Into::into).collect();
        self.0.push((scope, claims));
    }

    /// A claim of the standard keeps its type, whatever scope it comes with.
    fn select<'a>(
        &'a self,
        scopes: &'a ScopeSet,
        claims: &'a Map<String, Value>,
    ) -> impl Iterator<Item = (String, Value)> + 'a {
        let granted = self.0.iter().filter(|(scope, _)| scopes.contains(scope));
        let names = granted.flat_map(|(_, names)| names);
        names.filter(|name| *name != "sub").filter_map(|name| {
            let value = claims.get(name)?;
            let mut standard = STANDARD.iter().flat_map(|(_, claims)| *claims);
            let shared = match standard.find(|(known, _)| known == name) {
                Some((_, kind)) => kind.take(value)?,
                None => value.clone(),
            };
            Some((name.clone(), shared))
        })
    }
}

impl Claims {
    /// Takes from a token's claims what its scopes stand for, and the subject.
    pub(crate) fn select(
        subject: Option<&str>,
        scopes: &ScopeSet,
        claims: &Map<String, Value>,
        more: &ScopeClaims,
    ) -> Self {
        let granted = STANDARD
            .iter()
            .filter(|(scope, _)| scopes.contains(scope))
            .flat_map(|(_, claims)| *claims);
        let sub = subject.map(|sub| ("sub".to_owned(), Value::from(sub)));
        let shared = granted
            .filter_map(|(name, kind)| Some(((*name).to_owned(), kind.take(claims.get(*name)?)?)));
        let more = more.select(scopes, claims);
        Self(sub.into_iter().chain(shared).chain(more).collect())
    }

    #[cfg(feature = "logto")]
    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// One claim.
    ///
    /// ```
    /// # use mcp_authz::AuthInfo;
    /// let auth = AuthInfo::builder("https://as.example.com").subject("alice").build();
    /// assert_eq!(auth.consented_claims().get("sub").unwrap(), "alice");
    /// ```
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.0.get(claim)
    }

    /// The claims, by name.
    ///
    /// ```
    /// # use mcp_authz::AuthInfo;
    /// let auth = AuthInfo::builder("https://as.example.com").subject("alice").build();
    /// let shared = auth.consented_claims();
    /// for (name, value) in shared.iter() {
    ///     println!("{name}: {value}");
    /// }
    /// assert_eq!(shared.iter().count(), 1);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl Kind {
    /// The value, if it is of this kind: what leaves here must fit the schema that was announced.
    fn take(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Flag, Value::Bool(_))
            | (Self::Number, Value::Number(_)) => Some(value.clone()),
            (Self::Address, Value::Object(parts)) => {
                let known = ADDRESS.iter().filter_map(|name| {
                    let part = parts.get(*name).filter(|part| part.is_string())?;
                    Some(((*name).to_owned(), part.clone()))
                });
                Some(Value::Object(known.collect()))
            }
            _ => None,
        }
    }

    fn schema(self) -> Value {
        match self {
            Self::Text => Value::from(json_schema!({ "type": "string" })),
            Self::Flag => Value::from(json_schema!({ "type": "boolean" })),
            Self::Number => Value::from(json_schema!({ "type": "number" })),
            Self::Address => {
                let parts: Map<_, _> = ADDRESS
                    .iter()
                    .map(|name| ((*name).to_owned(), Self::Text.schema()))
                    .collect();
                Value::from(json_schema!({ "type": "object", "properties": parts }))
            }
        }
    }
}

impl JsonSchema for Claims {
    fn schema_name() -> Cow<'static, str> {
        "Claims".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let standard = STANDARD.iter().flat_map(|(_, claims)| *claims);
        let properties: Map<_, _> = std::iter::once(("sub".to_owned(), Kind::Text.schema()))
            .chain(standard.map(|(name, kind)| ((*name).to_owned(), kind.schema())))
            .collect();
        json_schema!({
            "description": "Identity claims that the user agreed to share (OpenID Connect Core 1.0, section 5.1)",
            "type": "object",
            "properties": properties,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn select(scopes: &str) -> Value {
        let claims = json!({
            "sub": "not this one", "iss": "i", "aud": "a", "roles": ["admin"], "name": "Alice", "nickname": 7,
            "email": "a@x.test", "email_verified": "true", "phone_number": "+1", "phone_number_verified": false,
            "address": {"country": "NO", "region": 3, "secret": "x"}, "updated_at": 1.5,
        });
        let Value::Object(claims) = claims else {
            unreachable!()
        };
        let mut more = ScopeClaims::default();
        more.add("groups".to_owned(), ["roles", "nickname", "sub", "absent"]);
        serde_json::to_value(Claims::select(
            Some("alice"),
            &ScopeSet::parse(scopes),
            &claims,
            &more,
        ))
        .unwrap()
    }

    #[test]
    fn a_scope_opens_its_claims_and_no_others() {
        assert_eq!(select(""), json!({"sub": "alice"}));
        assert_eq!(select("openid PROFILE e-mail"), json!({"sub": "alice"}));
        assert_eq!(
            select("profile"),
            json!({"sub": "alice", "name": "Alice", "updated_at": 1.5})
        );
        assert_eq!(
            select("email"),
            json!({"sub": "alice", "email": "a@x.test"})
        );
        assert_eq!(
            select("address"),
            json!({"sub": "alice", "address": {"country": "NO"}})
        );
        assert_eq!(
            select("phone"),
            json!({"sub": "alice", "phone_number": "+1", "phone_number_verified": false})
        );
    }

    #[test]
    fn a_provider_s_own_scope_opens_what_it_stands_for() {
        assert_eq!(
            select("groups"),
            json!({"sub": "alice", "roles": ["admin"]}),
            "and a claim of the standard keeps its type"
        );
    }

    #[test]
    fn the_schema_is_an_object_with_every_claim() {
        let schema = schemars::schema_for!(Claims).to_value();
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["properties"].as_object().unwrap().len(), 20);
        assert_eq!(
            schema["properties"]["address"]["properties"]["country"]["type"],
            "string"
        );
    }
}
