//! Attempts to reach one resource by the name of another: what some file system or router takes for
//! the same.

use json::json;
use mcp_authz::scopes;
use support::Lab;

use crate::ask;
use crate::office::{self, Office};

#[tokio::test]
async fn a_template_does_not_lead_to_what_has_a_rule_of_its_own() {
    let rules = office::rules()
        .unlisted_resource("drawer:///{name}", scopes!["notes"])
        .unlisted_resource("drawer:///secret", scopes!["admin"])
        .unlisted_resource("drawer:///caf%C3%A9", scopes!["admin"])
        .unlisted_resource("drawer:///a b", scopes!["admin"]);
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let token = lab.token("notes");
    let read = async |name: &str| {
        let uri = format!("drawer:///{name}");
        ask(&lab, Some(&token), "resources/read", json!({ "uri": uri })).await
    };
    for alias in [
        "secret",
        "Secret",
        "SECRET",
        "secret.",
        "secret...",
        "secret%20",
        "secret.%20.",
        "caf%C3%A9",
        "CAF%C3%A9",
        "caf%C3%89",
        "caf%c3%a9",
        "a%20b",
        "A%20B",
    ] {
        let reply = read(alias).await;
        assert!(reply.message()["result"].is_null(), "{alias}: {reply:?}");
        assert_eq!(lab.ran.times(), 0, "{alias}");
    }
    for other in [
        "se.cret",
        "secret1",
        ".secret",
        "caf%C3%A8",
        "a%20c",
        "a%2520b",
    ] {
        let reply = read(other).await;
        assert!(reply.message()["result"].is_object(), "{other}: {reply:?}");
        assert_eq!(lab.ran.reset(), 1, "{other}");
    }
}

#[tokio::test]
async fn no_value_of_a_variable_is_another_place() {
    let rules = office::rules()
        .unlisted_resource("drawer:///{name}", scopes!["notes"])
        .unlisted_resource("tree:///{+path}", scopes!["notes"]);
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let token = lab.token("notes");
    for place in [
        ".",
        "..",
        "...",
        "%20",
        "..%20",
        ".%20.",
        "%2e%2e",
        // Once more, for who decodes twice.
        "%252e%252e",
        "%252E%252e",
        "a%252fb",
        "a%252Fb",
        "a%255cb",
        "a%2500b",
        "a%250Ab",
    ] {
        for uri in [
            format!("drawer:///{place}"),
            format!("tree:///{place}"),
            format!("tree:///a/{place}/b"),
        ] {
            let reply = ask(&lab, Some(&token), "resources/read", json!({ "uri": uri })).await;
            assert!(reply.message()["result"].is_null(), "{uri}: {reply:?}");
            assert_eq!(lab.ran.times(), 0, "{uri}");
        }
    }
}

/// What a client writes into a URI becomes part of a challenge only where it is a plain word.
#[tokio::test]
async fn no_odd_value_is_asked_for() {
    let lab = Lab::protecting(Office::new, office::rules(), |authz| authz).await;
    let read = async |bucket: &str| {
        let uri = format!("bucket:///{bucket}/x");
        let token = lab.token("notes");
        ask(&lab, Some(&token), "resources/read", json!({ "uri": uri })).await
    };
    for odd in [
        "a%22",
        "a%20admin",
        "a%5C",
        "a%2C",
        "%7Bbucket%7D",
        "a:b",
        "%C3%A9",
        "*",
        "a\"b",
        "a b",
        &"a".repeat(257),
    ] {
        let reply = read(odd).await;
        assert_eq!(reply.challenge(), "", "{odd}: {reply:?}");
        assert_eq!(reply.error_code(), -32602, "{odd}: {reply:?}");
    }
    let plain = read("a-b.c_1~").await;
    assert!(plain.challenge().contains(r#"scope="files:a-b.c_1~:read""#));
    assert_eq!(lab.ran.times(), 0);
}

/// Every template would read it, and the handler after them.
#[tokio::test]
async fn a_uri_that_is_too_long_is_nothing_s_name() {
    let rules = office::rules().unlisted_resource("drawer:///{name}", scopes!["notes"]);
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    for (length, status) in [(8_000, true), (8_200, false), (900_000, false)] {
        let uri = format!("drawer:///{}", "a".repeat(length));
        let body = support::legacy_body("resources/read", json!({ "uri": uri }));
        let request = lab.post(Some(&lab.token("notes"))).body(body);
        let reply = support::Reply::of(request).await;
        let found = reply.message()["result"].is_object();
        assert_eq!(found, status, "{length}: {}", reply.status);
    }
    assert_eq!(lab.ran.times(), 1);
}
