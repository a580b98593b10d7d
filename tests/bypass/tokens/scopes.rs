//! Tokens that are good and whose scopes are odd: they grant what they grant, and nothing by chance
//! (RFC 6749 §3.3, RFC 9068 §2.2.3).

use json::{Value, json};

use super::{Desk, set, without};

#[tokio::test]
async fn no_spelling_of_a_scope_stands_for_another() {
    let desk = Desk::open().await;
    for scope in [
        json!(7),
        json!(true),
        json!({ "admin": true }),
        json!(["admin"]),
        json!(["admin", 7]),
        json!([["admin"]]),
        Value::Null,
        json!(""),
        json!("profile\u{a0}admin"),
        json!("profile\tadmin"),
        json!("profile\nadmin"),
        json!("profile,admin"),
        json!("profileadmin"),
        json!("ADMIN"),
        json!("admi\u{274}"),
        json!("admin2"),
        json!("adm"),
        json!("adm*"),
        json!("*"),
        json!("\"admin\""),
        json!("admin\0"),
    ] {
        let reply = desk.call(&desk.claims_with("scope", scope.clone())).await;
        assert_eq!(reply.status, 403, "{scope}: {reply:?}");
        assert!(reply.challenge().contains(r#"scope="admin""#), "{scope}");
    }
    // One claim decides; another beside it adds nothing.
    for (name, value) in [
        ("scp", json!(["admin"])),
        ("scp", json!("admin")),
        ("permissions", json!(["admin"])),
        ("roles", json!(["admin"])),
    ] {
        let narrow = set(desk.claims(), "scope", "profile");
        let both = set(narrow, name, value.clone());
        let token = desk.keys.es256.token(&desk.header(), &both);
        assert_eq!(desk.call(&token).await.status, 403, "{name}");
    }
    let none = without(desk.claims(), "scope");
    let token = desk.keys.es256.token(&desk.header(), &none);
    assert_eq!(desk.call(&token).await.status, 403, "no scope at all");
    assert_eq!(desk.lab.ran.times(), 0);

    for scope in ["profile admin", "profile  admin", " admin ", "admin admin"] {
        desk.accept(scope, &desk.claims_with("scope", scope)).await;
    }
    for scp in [json!("profile admin"), json!(["profile", "admin"])] {
        let claims = set(none.clone(), "scp", scp.clone());
        let token = desk.keys.es256.token(&desk.header(), &claims);
        desk.accept(&format!("scp {scp}"), &token).await;
    }
}
