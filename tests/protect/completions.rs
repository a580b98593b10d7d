//! Attempts to learn by completions what one may not have.

use json::{Value, json};
use mcp_authz::{PolicyError, Rule, Rules, Scope, scopes};
use support::Lab;

use crate::ask;
use crate::office::{self, Office};

/// The handler completes everything to a, b and c.
async fn completed(
    rules: Rules,
    scopes: &str,
    template: &str,
    argument: &str,
    given: Value,
) -> Value {
    let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
    let params = json!({
        "ref": { "type": "ref/resource", "uri": template },
        "argument": { "name": argument, "value": "" },
        "context": { "arguments": given },
    });
    let token = lab.token(scopes);
    let reply = ask(&lab, Some(&token), "completion/complete", params).await;
    reply.message()["result"]["completion"].clone()
}

#[tokio::test]
async fn a_value_that_leads_to_what_another_rule_keeps_is_left_out() {
    let drawer = || office::rules().unlisted_resource("drawer:///{name}", scopes!["notes"]);
    let policy =
        Rule::from(scopes!["notes"]).policy(|_| async { Err(PolicyError::denied("not today")) });
    for rules in [
        drawer().unlisted_resource("drawer:///b", scopes!["admin"]),
        drawer().unlisted_resource("drawer:///B", scopes!["admin"]),
        drawer().unlisted_resource("drawer:///b", policy),
    ] {
        let values = completed(rules, "notes", "drawer:///{name}", "name", json!({})).await;
        assert_eq!(values, json!({ "values": ["a", "c"] }));
    }
    let more = drawer().unlisted_resource("drawer:///b", scopes!["admin"]);
    let values = completed(more, "notes admin", "drawer:///{name}", "name", json!({})).await;
    assert_eq!(values["values"], json!(["a", "b", "c"]));
}

#[tokio::test]
async fn the_rules_of_every_template_count_once_the_uri_is_known() {
    let rules = || {
        office::rules()
            .unlisted_resource("shelf:///{row}/{book}", scopes!["notes"])
            .unlisted_resource("shelf:///a/{+rest}", scopes!["admin"])
    };
    let template = "shelf:///{row}/{book}";
    let in_a = completed(rules(), "notes", template, "book", json!({ "row": "a" })).await;
    assert_eq!(in_a["values"], json!([]));
    let in_b = completed(rules(), "notes", template, "book", json!({ "row": "b" })).await;
    assert_eq!(in_b["values"], json!(["a", "b", "c"]));
    // Which rows there are is what the template's own rule lets its reader know.
    let rows = completed(rules(), "notes", template, "row", json!({})).await;
    assert_eq!(rows["values"], json!(["a", "b", "c"]));
    // What else a client says about itself is no part of the URI.
    let more = json!({ "row": "b", "x": "y", "book": "../../a" });
    let in_b = completed(rules(), "notes", template, "book", more).await;
    assert_eq!(in_b["values"], json!(["a", "b", "c"]));
}

/// A part of a URI leads to as little as the templates allow that stand for all that begin with it.
#[tokio::test]
async fn what_other_templates_keep_whatever_follows_is_left_out_before_that_is_known() {
    let rules = || {
        office::rules()
            .unlisted_resource("cupboard:///{row}/{shelf}/{book}", scopes!["notes"])
            .unlisted_resource("cupboard:///b/{+rest}", scopes!["admin"])
            .unlisted_resource("cupboard:///c/{shelf}/x", scopes!["admin"])
    };
    let template = "cupboard:///{row}/{shelf}/{book}";
    for (scopes, argument, given, expected) in [
        // Which rows there are is for the template's own rule to tell.
        ("notes", "row", json!({}), json!(["a", "b", "c"])),
        ("notes admin", "row", json!({}), json!(["a", "b", "c"])),
        ("notes", "shelf", json!({ "row": "b" }), json!([])),
        ("notes", "shelf", json!({ "row": "B" }), json!([])),
        (
            "notes admin",
            "shelf",
            json!({ "row": "b" }),
            json!(["a", "b", "c"]),
        ),
        // Not all that is there is kept.
        (
            "notes",
            "shelf",
            json!({ "row": "c" }),
            json!(["a", "b", "c"]),
        ),
    ] {
        let found = completed(rules(), scopes, template, argument, given.clone()).await;
        assert_eq!(
            found["values"], expected,
            "{scopes}, {argument} beside {given}"
        );
    }
    let of_shelves = office::rules()
        .unlisted_resource("cupboard:///{row}/{shelf}/{book}", scopes!["notes"])
        .unlisted_resource("cupboard:///{row}/{+rest}", scopes!["files:{row}:read"]);
    let found = completed(of_shelves, "notes files:a:read", template, "row", json!({})).await;
    assert_eq!(found["values"], json!(["a"]));
}

/// The handler looks where the values that are given lead: what no URI of the template can have, nobody reads.
#[tokio::test]
async fn what_is_given_beside_it_leads_nowhere_else() {
    let rules = || {
        office::rules()
            .unlisted_resource("shelf:///{row}/{book}", scopes!["notes"])
            .unlisted_resource("shelf:///a/{+rest}", scopes!["admin"])
            .unlisted_resource("cupboard:///{row}/{shelf}/{book}", scopes!["notes"])
    };
    for row in [
        "../a", "..", ".", "", "a/b", "/", "b/..", "%2e%2e", "..%2fa", "a%2fb", "b\\a", "b\0",
        "b\n",
    ] {
        for (template, argument) in [
            ("shelf:///{row}/{book}", "book"),
            // Not all of it is given.
            ("cupboard:///{row}/{shelf}/{book}", "shelf"),
        ] {
            let given = json!({ "row": row });
            let found = completed(rules(), "notes", template, argument, given).await;
            assert_eq!(found["values"], json!([]), "{row:?} {template}");
        }
    }
    let given = json!({ "row": "b c" });
    let found = completed(rules(), "notes", "shelf:///{row}/{book}", "book", given).await;
    assert_eq!(found["values"], json!(["a", "b", "c"]));
}

/// rmcp would leave the client without an answer.
#[tokio::test]
async fn a_requirement_that_panics_completes_to_nothing() {
    let broken = Rule::from(scopes!["notes"]).scopes_for(|variables, _| {
        assert!(
            variables.get("name").is_none_or(|name| name != "b"),
            "on purpose"
        );
        Scope::new("notes").into()
    });
    let rules = office::rules().unlisted_resource("drawer:///{name}", broken);
    let answer = completed(rules, "notes", "drawer:///{name}", "name", json!({}));
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), answer).await;
    assert_eq!(answer.expect("an answer")["values"], json!(["a", "c"]));
}
