//! A user record as claims, named as Logto's userinfo names them.

use serde_json::{Map, Value};

/// Of the record, and what it is called in a token: `plan/customizer.js` has the same, and `roles` besides.
const OWN: [(&str, &str); 5] = [
    ("name", "name"),
    ("username", "username"),
    ("avatar", "picture"),
    ("primaryEmail", "email"),
    ("primaryPhone", "phone_number"),
];

/// Of the record's `profile`.
const PROFILE: [(&str, &str); 12] = [
    ("preferredUsername", "preferred_username"),
    ("givenName", "given_name"),
    ("familyName", "family_name"),
    ("middleName", "middle_name"),
    ("nickname", "nickname"),
    ("profile", "profile"),
    ("website", "website"),
    ("gender", "gender"),
    ("birthdate", "birthdate"),
    ("zoneinfo", "zoneinfo"),
    ("locale", "locale"),
    ("address", "address"),
];

/// Everything that a scope may stand for.
pub(super) fn of(user: &Map<String, Value>, custom_data: bool) -> Map<String, Value> {
    let none = Map::new();
    let profile = user.get("profile").and_then(Value::as_object);
    let mut claims = take(user, &OWN);
    claims.extend(take(profile.unwrap_or(&none), &PROFILE));
    let alone = [
        ("username", "preferred_username"),
        // A primary address or number is one that was verified.
        ("email", "email_verified"),
        ("phone_number", "phone_number_verified"),
    ];
    for (from, to) in alone {
        let Some(value) = claims.get(from).cloned() else {
            continue;
        };
        let value = match to {
            "preferred_username" => value,
            _ => Value::Bool(true),
        };
        claims.entry(to).or_insert(value);
    }
    if let (true, Some(data)) = (custom_data, user.get("customData")) {
        claims.insert("custom_data".to_owned(), data.clone());
    }
    claims
}

/// What is there and says something.
fn take(from: &Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let found = names.iter().filter_map(|(name, claim)| {
        let value = from.get(*name)?;
        let says = !value.is_null() && value.as_str() != Some("");
        says.then(|| ((*claim).to_owned(), value.clone()))
    });
    found.collect()
}

/// The other direction, for `testing`: the record of somebody of whom these claims hold.
#[cfg(feature = "testing")]
pub(crate) fn record_of(claims: &Map<String, Value>) -> Map<String, Value> {
    let of = |names: &[(&str, &str)]| -> Map<String, Value> {
        let known = names.iter().filter_map(|(member, claim)| {
            let value = claims.get(*claim)?;
            Some(((*member).to_owned(), value.clone()))
        });
        known.collect()
    };
    let mut record = of(&OWN);
    record.insert("profile".to_owned(), of(&PROFILE).into());
    record
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn claims(user: &Value, custom_data: bool) -> Value {
        Value::Object(of(user.as_object().unwrap(), custom_data))
    }

    #[test]
    fn a_record_says_what_userinfo_would() {
        let user = json!({
            "id": "2g8m6qxzp5u1", "username": "alice", "name": "Alice", "avatar": "https://a/1.png",
            "primaryEmail": "alice@example.com", "primaryPhone": "4712345678",
            "profile": { "givenName": "Alice", "address": { "country": "NO" }, "preferredUsername": "al" },
            "customData": { "plan": "internal" }, "identities": { "google": {} }, "isSuspended": false,
            "passwordAlgorithm": "Argon2i", "hasPassword": true, "lastSignInAt": 1, "ssoIdentities": [],
        });
        let expected = json!({
            "username": "alice", "name": "Alice", "picture": "https://a/1.png",
            "email": "alice@example.com", "email_verified": true,
            "phone_number": "4712345678", "phone_number_verified": true,
            "given_name": "Alice", "address": { "country": "NO" }, "preferred_username": "al",
        });
        assert_eq!(claims(&user, false), expected);
        assert_eq!(
            claims(&user, true)["custom_data"],
            json!({ "plan": "internal" })
        );
    }

    #[test]
    fn what_is_empty_says_nothing() {
        let user = json!({
            "username": "alice", "name": null, "avatar": "", "primaryEmail": null, "profile": null,
        });
        let expected = json!({ "username": "alice", "preferred_username": "alice" });
        assert_eq!(claims(&user, true), expected);
    }

    /// Both ways of telling who somebody is say the same, but for `roles`, which a record does not hold, and
    /// `custom_data`, which the customizer leaves where it is.
    #[test]
    fn the_token_customizer_says_the_same_and_the_roles_besides() {
        let script = include_str!("../plan/customizer.js");
        let released = script.split("const released = {").nth(1).unwrap();
        let released = released.split("\n  };").next().unwrap();
        // `claim: user.member` or `claim: profile.member`, whatever becomes of it.
        let pairs = released.split(['{', '}', ',', '\n']).filter_map(|part| {
            let (claim, from) = part.trim().split_once(": ")?;
            let is_path = |c: char| c.is_ascii_alphabetic() || c == '.';
            Some((claim, from.split(|c| !is_path(c)).next()?.to_owned()))
        });
        let own = OWN.map(|(member, claim)| (claim, format!("user.{member}")));
        let profile = PROFILE.map(|(member, claim)| (claim, format!("profile.{member}")));
        let alone = [
            ("email_verified", "user.primaryEmail".to_owned()),
            ("phone_number_verified", "user.primaryPhone".to_owned()),
            ("roles", "user.roles".to_owned()),
        ];
        let expected = own.into_iter().chain(profile).chain(alone);
        assert_eq!(
            pairs.collect::<BTreeSet<_>>(),
            expected.collect::<BTreeSet<_>>()
        );
    }
}
