//! What is at stake: the values that a scope shows of a person.

use maud::{Markup, html};
use serde_json::Value;

use crate::dev::standard::standard;
use crate::dev::user::User;
use crate::scope::Scope;

/// Each value under its name; nothing for a scope that shows none.
pub(super) fn at_stake(user: &User, scope: &Scope) -> Markup {
    let values = match standard(scope.as_str()) {
        // The one that is no claim of the person's own.
        Some(standard) if standard.scope == "openid" => {
            vec![("user name".to_owned(), user.username.clone())]
        }
        Some(standard) if !standard.claims.is_empty() => user
            .known(standard)
            .map(|(name, value)| (name.replace('_', " "), words(value)))
            .collect(),
        _ => return html! {},
    };
    html! {
        @if values.is_empty() {
            p { small { "Nothing of this is known about you here." } }
        } @else {
            dl.values {
                @for (name, value) in &values { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

fn words(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => list(items.iter().map(words).collect()),
        Value::Object(members) => list(members.values().map(words).collect()),
        Value::Null | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_said_in_words() {
        for (value, expected) in [
            (json!("alice@example.com"), "alice@example.com"),
            (json!(true), "yes"),
            (json!(false), "no"),
            (json!(1), "1"),
            (json!(["a", 2]), "a, 2"),
            (
                json!({ "country": "US", "locality": "Springfield" }),
                "US, Springfield",
            ),
        ] {
            assert_eq!(words(&value), expected);
        }
    }

    #[test]
    fn a_scope_shows_what_it_stands_for_and_nothing_else() {
        let alice = User::new("alice")
            .claim("email", "alice@example.com")
            .claim("email_verified", true)
            .claim("phone_number", "<1>");
        let shown = |scope: &str| at_stake(&alice, &scope.parse().unwrap()).into_string();
        assert!(shown("email").contains("<dt>email</dt><dd>alice@example.com</dd>"));
        assert!(shown("email").contains("<dt>email verified</dt><dd>yes</dd>"));
        assert!(!shown("email").contains("phone"));
        assert!(shown("phone").contains("<dd>&lt;1&gt;</dd>"));
        assert!(shown("openid").contains("<dd>alice</dd>"));
        assert!(shown("address").contains("Nothing of this is known"));
        assert_eq!(shown("offline_access"), "");
        assert_eq!(shown("mail:read"), "");
    }
}
