use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::*;
use crate::clock::{Clock, TestClock};
use crate::gate::{PolicyError, Rule, Rules, Visibility, deferred_scopes};
use crate::scope::{ChallengeScopes, Hierarchy, Scope, Terms};
use serde_json::{Value, json};

fn a_and_b() -> Requirement {
    Requirement::all([Scope::new("a").into(), Scope::new("b").into()])
}

fn rules() -> Rules {
    Rules::new()
        .tool("scoped", a_and_b())
        .tool("mine", Rule::authenticated())
        .tool("public", Rule::anonymous())
        .tool("hidden", Rule::from(a_and_b()).conceal())
}

fn book_of(rules: Rules, terms: Terms, visibility: Visibility) -> Rulebook {
    Rulebook::new(
        rules,
        Arc::new(terms),
        visibility,
        Arc::new(TestClock::new()),
    )
}

fn book(rules: Rules) -> Rulebook {
    book_of(rules, Terms::default(), Visibility::Granted)
}

fn caller(scopes: &str) -> Caller {
    with_claims(scopes, &json!({}))
}

fn with_claims(scopes: &str, claims: &Value) -> Caller {
    let caller = AuthInfo::builder("https://as.test")
        .scopes(ScopeSet::parse(scopes))
        .claims(claims.as_object().cloned().unwrap());
    Some(caller.build())
}

fn call(name: &str) -> Operation<'_> {
    Operation::Tool(name, Arguments::These(None))
}

fn ask(scopes: &str) -> Decision {
    Decision::Deny(Denial::InsufficientScope(ScopeSet::parse(scopes)))
}

/// The same refusal of what this caller is not to know of.
fn concealed(refusal: Decision) -> Decision {
    match refusal {
        Decision::Deny(denial) => Decision::Unknown(Some(denial)),
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn every_caller_against_every_kind_of_tool() {
    let allow = || Decision::Allow;
    let sign_in = |scopes| Decision::Deny(Denial::Unauthenticated(ScopeSet::parse(scopes)));
    for (name, caller, expected) in [
        ("scoped", caller("a b"), allow()),
        ("scoped", caller("b c a"), allow()),
        ("scoped", caller("a"), ask("a b")),
        ("scoped", caller("A B"), ask("a b")),
        ("scoped", caller(""), ask("a b")),
        ("scoped", None, sign_in("a b")),
        ("mine", caller(""), allow()),
        ("mine", None, sign_in("")),
        ("public", caller(""), allow()),
        ("public", None, allow()),
        ("hidden", caller("a b"), allow()),
        ("hidden", caller("a"), concealed(ask("a b"))),
        ("hidden", None, concealed(sign_in("a b"))),
        ("Scoped", caller("a b"), Decision::Unknown(None)),
        ("scoped ", caller("a b"), Decision::Unknown(None)),
        ("", None, Decision::Unknown(None)),
    ] {
        let decision = book(rules()).decide(call(name), &caller);
        assert_eq!(decision, expected, "{name:?} by {caller:?}");
    }
}

#[test]
fn a_rule_is_for_one_kind_of_item() {
    let rules = Rules::new()
        .tool("x", Rule::authenticated())
        .prompt("y", Rule::authenticated())
        .resource("z:1", Rule::authenticated())
        .method("w/v", Rule::authenticated());
    let book = book(rules);
    let none = Arguments::These(None);
    let every = |name| {
        [
            Operation::Tool(name, none),
            Operation::Prompt(name, none),
            Operation::Resource(name),
            Operation::Method(name),
            Operation::Template(name),
        ]
    };
    for (name, only) in [("x", 0), ("y", 1), ("z:1", 2), ("w/v", 3)] {
        for (index, operation) in every(name).into_iter().enumerate() {
            let allowed = book.decide(operation, &caller("")) == Decision::Allow;
            assert_eq!(allowed, index == only, "{operation:?}");
        }
    }
}

#[test]
fn a_wider_scope_is_enough_and_the_narrow_one_is_asked_for() {
    let hierarchy = Hierarchy::new().includes("admin", ["a"]);
    let inclusions = hierarchy.close().unwrap();
    let terms = Terms {
        inclusions,
        ..Terms::default()
    };
    let book = book_of(rules(), terms, Visibility::All);
    let decide = |scopes| book.decide(call("scoped"), &caller(scopes));
    assert_eq!(decide("admin b"), Decision::Allow);
    assert_eq!(decide("admin"), ask("a b"));
    assert_eq!(decide("b"), ask("a b"));
}

#[test]
fn a_challenge_can_carry_what_is_granted_already() {
    let terms = Terms {
        challenge: ChallengeScopes::RequiredAndGranted,
        ..Terms::default()
    };
    let book = book_of(rules(), terms, Visibility::All);
    assert_eq!(book.decide(call("scoped"), &caller("x b")), ask("a b x"));
}

#[tokio::test]
async fn what_is_shown_as_granted_is_exactly_what_a_call_would_allow() {
    let book = book(rules());
    for scopes in [None, Some(""), Some("a"), Some("a b")] {
        let caller = scopes.and_then(caller);
        for tool in ["scoped", "mine", "public", "hidden", "none"] {
            let allowed = book.judge(call(tool), &caller).await == Decision::Allow;
            let shown = book.shows(Operation::Tool(tool, Arguments::Some), &caller);
            assert_eq!(shown.await, allowed, "{tool} to {scopes:?}");
        }
    }
}

#[tokio::test]
async fn what_is_concealed_is_shown_to_whoever_may_run_it() {
    let book = book_of(rules(), Terms::default(), Visibility::All);
    for (tool, caller, shown) in [
        ("scoped", caller(""), true),
        ("hidden", caller("a"), false),
        ("hidden", None, false),
        ("hidden", caller("a b"), true),
    ] {
        let shows = book.shows(Operation::Tool(tool, Arguments::Some), &caller);
        assert_eq!(shows.await, shown, "{tool} to {caller:?}");
    }
}

#[test]
fn a_uri_is_under_the_rule_of_its_spelling() {
    let scope = |name| Requirement::from(Scope::new(name));
    let book = book(
        Rules::new()
            .resource("file:///secret", scope("secret"))
            .resource("file:///{name}", scope("read"))
            .resource("file:///{name}.log", scope("logs"))
            .resource("bucket:///{bucket}/{+path}", scope("files:{bucket}:read")),
    );
    for (uri, scopes, expected) in [
        ("file:///a", "read", Decision::Allow),
        ("file:///secret", "read", ask("secret")),
        ("file:///secret", "secret", Decision::Allow),
        ("file:///%73ecret", "read", Decision::Unknown(None)),
        ("file:///Secret", "read", Decision::Unknown(None)),
        ("file:///Notes", "read", Decision::Allow),
        ("file:///notes.LOG", "read logs", Decision::Unknown(None)),
        ("FILE:///secret", "read", Decision::Unknown(None)),
        ("file:///x/../secret", "read", Decision::Unknown(None)),
        // Under two rules: both must allow, and both are asked for.
        ("file:///a.log", "read", ask("logs")),
        ("file:///a.log", "", ask("read logs")),
        ("file:///a.log", "read logs", Decision::Allow),
        ("bucket:///a/x/y", "files:a:read", Decision::Allow),
        ("bucket:///a/x/y", "files:b:read", ask("files:a:read")),
        (
            "bucket:///a/x/y",
            "files:{bucket}:read",
            ask("files:a:read"),
        ),
        (
            "bucket:///a%20b/x",
            "files:a%20b:read",
            Decision::Unknown(None),
        ),
        (
            "bucket:///a%3Ab/x",
            "files:a:b:read",
            Decision::Unknown(None),
        ),
    ] {
        let decision = book.decide(Operation::Resource(uri), &caller(scopes));
        assert_eq!(decision, expected, "{uri} by {scopes:?}");
    }
    // For a template, whether some of its URIs could be had.
    let template = Operation::Template("bucket:///{bucket}/{+path}");
    assert!(book.decide(template, &caller("files:a:read")).passes());
    assert!(!book.decide(template, &caller("files:a:write")).passes());
    assert_eq!(
        book.decide(Operation::Template("x:{y}"), &caller("")),
        Decision::Unknown(None)
    );
}

#[test]
fn a_template_is_shown_to_whoever_could_have_one_of_its_resources() {
    let both = Requirement::all([
        Scope::new("files:{bucket}:read").into(),
        Scope::new("files:{bucket}:list").into(),
    ]);
    let hierarchy = Hierarchy::new().includes("staff", ["files:hr:read", "files:hr:list"]);
    let inclusions = hierarchy.close().unwrap();
    let terms = Terms {
        inclusions,
        ..Terms::default()
    };
    let rules = Rules::new().resource("bucket:///{bucket}", both);
    let book = book_of(rules, terms, Visibility::Granted);
    for (scopes, one) in [
        ("files:a:read files:a:list", Some("a")),
        ("files:a:read files:b:list", None),
        ("staff", Some("hr")),
        ("staff files:a:read", Some("hr")),
        // Nobody can ask for the braces, and nobody may have been granted them.
        ("files:{bucket}:read files:{bucket}:list", None),
        ("", None),
    ] {
        let template = Operation::Template("bucket:///{bucket}");
        let shown = book.decide(template, &caller(scopes)).passes();
        assert_eq!(shown, one.is_some(), "{scopes}");
        for bucket in ["a", "b", "hr", "{bucket}"] {
            let uri = format!("bucket:///{bucket}");
            let had = book.decide(Operation::Resource(&uri), &caller(scopes));
            assert_eq!(had.passes(), one == Some(bucket), "{uri} by {scopes}");
        }
    }
}

#[test]
fn arguments_can_ask_for_more() {
    let rule = Rule::from(Scope::new("pay")).scopes_for(|arguments, _| {
        let large = arguments.get("amount").and_then(Value::as_u64) != Some(1);
        Scope::new(if large { "pay:any" } else { "pay" }).into()
    });
    let book = book(Rules::new().tool("pay", rule));
    for (arguments, scopes, expected) in [
        (json!({ "amount": 1 }), "pay", Decision::Allow),
        (json!({ "amount": 2 }), "pay", ask("pay pay:any")),
        (json!({ "amount": "1" }), "pay", ask("pay pay:any")),
        (json!({}), "pay", ask("pay pay:any")),
        (json!({ "amount": 2 }), "pay pay:any", Decision::Allow),
        // The rest first: what the arguments would ask is not told to whoever lacks it.
        (json!({ "amount": 2 }), "", ask("pay")),
    ] {
        let arguments = arguments.as_object();
        let call = Operation::Tool("pay", Arguments::These(arguments));
        assert_eq!(
            book.decide(call, &caller(scopes)),
            expected,
            "{arguments:?}"
        );
    }
    let no_arguments = book.decide(call("pay"), &caller("pay"));
    assert_eq!(no_arguments, ask("pay pay:any"));
}

#[test]
fn the_variables_of_a_uri_can_ask_for_more() {
    let rule = Rule::from(Scope::new("files")).scopes_for(|variables, _| {
        match variables.get("bucket").and_then(Value::as_str) {
            Some("public") => Scope::new("files").into(),
            _ => Scope::new("files:all").into(),
        }
    });
    let rules = Rules::new().resource("files:{bucket}", rule.clone());
    let book = book(rules.resource("files:fixed", rule));
    let decide = |operation, scopes| book.decide(operation, &caller(scopes));
    let public = Operation::Resource("files:public");
    assert_eq!(decide(public, "files"), Decision::Allow);
    for uri in ["files:mine", "files:fixed"] {
        let operation = Operation::Resource(uri);
        assert_eq!(decide(operation, "files"), ask("files files:all"), "{uri}");
        assert_eq!(decide(operation, "files files:all"), Decision::Allow);
        assert_eq!(decide(operation, ""), ask("files"), "the rest first");
    }
    // Some URI could pass.
    let listed = Operation::Template("files:{bucket}");
    assert_eq!(decide(listed, "files"), Decision::Allow);
}

#[test]
fn a_sign_in_must_be_fresh_and_strong_enough() {
    let clock = TestClock::new();
    let now = clock
        .wall()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let minutes = Duration::from_secs(300);
    let rule = Rule::from(Scope::new("a"))
        .max_age(minutes)
        .acr_values(["mfa", "hw"]);
    let rules = Rules::new().tool("t", rule);
    let book = Rulebook::new(rules, Arc::default(), Visibility::All, Arc::new(clock));
    let denied = Decision::Deny(Denial::InsufficientAuthentication {
        scopes: ScopeSet::parse("a"),
        max_age: Some(minutes),
        acr_values: "mfa hw".into(),
    });
    for (claims, allowed) in [
        (json!({ "auth_time": now - 300, "acr": "mfa" }), true),
        (json!({ "auth_time": now - 301, "acr": "mfa" }), false),
        (json!({ "auth_time": now + 60, "acr": "hw" }), true),
        (json!({ "auth_time": now + 62, "acr": "hw" }), false),
        (json!({ "auth_time": now, "acr": "pwd" }), false),
        (json!({ "auth_time": now, "acr": "mfa hw" }), false),
        (json!({ "auth_time": now, "acr": ["mfa"] }), false),
        (json!({ "auth_time": now }), false),
        (json!({ "auth_time": now.to_string(), "acr": "mfa" }), false),
        (json!({ "auth_time": -1, "acr": "mfa" }), false),
        (json!({ "auth_time": u64::MAX, "acr": "mfa" }), false),
        (json!({ "acr": "mfa" }), false),
        (json!({}), false),
    ] {
        let expected = if allowed {
            Decision::Allow
        } else {
            denied.clone()
        };
        let decision = book.decide(call("t"), &with_claims("a", &claims));
        assert_eq!(decision, expected, "{claims}");
    }
    // One trip for both.
    assert_eq!(book.decide(call("t"), &caller("")), denied);
}

#[tokio::test]
async fn a_policy_has_three_answers_and_is_asked_last() {
    let book = |rule: Rule| book(Rules::new().tool("t", rule));
    let scoped = || Rule::from(Scope::new("a"));
    let judge = async |rule, scopes| book(rule).judge(call("t"), &caller(scopes)).await;
    let yes = scoped().policy(|_| async { Ok(()) });
    assert_eq!(judge(yes.clone(), "a").await, Decision::Allow);
    assert_eq!(judge(yes, "").await, ask("a"));

    let no = scoped().policy(|_| async { Err(PolicyError::denied("no")) });
    let forbidden = Decision::Deny(Denial::Forbidden("no".into()));
    assert_eq!(judge(no.clone(), "a").await, forbidden.clone());
    assert_eq!(judge(no.clone(), "").await, ask("a"));
    assert_eq!(judge(no.conceal(), "a").await, concealed(forbidden));

    let unknown = scoped().policy(|_| async { Err(PolicyError::unavailable()) });
    let decision = judge(unknown.clone(), "a").await;
    assert!(matches!(
        &decision,
        Decision::Deny(Denial::Unavailable { .. })
    ));
    assert_eq!(judge(unknown.conceal(), "a").await, concealed(decision));

    let panics = scoped().policy(|auth| async move {
        assert!(auth.subject().is_some(), "what a policy did not expect");
        Ok(())
    });
    assert_eq!(
        judge(panics.clone(), "a").await,
        Decision::Deny(Denial::Failed)
    );
    let failed = concealed(Decision::Deny(Denial::Failed));
    assert_eq!(judge(panics.conceal(), "a").await, failed);
}

#[tokio::test]
async fn first_party_is_asked_besides_any_policy_in_whichever_order_they_are_written() {
    let refused = || Denial::from(crate::first_party(&caller("").unwrap()).unwrap_err());
    let own = AuthInfo::builder("https://as.test")
        .client_id("ours")
        .first_party()
        .build();
    for (answer, expected) in [
        (true, Decision::Allow),
        (false, Decision::Deny(Denial::Forbidden("no".into()))),
    ] {
        let policy = move |_| async move { answer.then_some(()).ok_or(PolicyError::denied("no")) };
        for rule in [
            Rule::authenticated().first_party().policy(policy),
            Rule::authenticated().policy(policy).first_party(),
        ] {
            let unseen = book(Rules::new().tool("t", rule.clone().conceal()));
            let book = book(Rules::new().tool("t", rule));
            assert_eq!(book.judge(call("t"), &Some(own.clone())).await, expected);
            let others = book.judge(call("t"), &caller("")).await;
            assert_eq!(others, Decision::Deny(refused()));
            assert_eq!(
                unseen.judge(call("t"), &caller("")).await,
                Decision::Unknown(Some(refused()))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_does_not_come_back_lets_nobody_through() {
    for rule in [
        Rule::authenticated().policy(|_| std::future::pending()),
        Rule::authenticated().policy_for(|_, _| std::future::pending()),
    ] {
        let book = book(Rules::new().tool("t", rule));
        let decision = book.judge(call("t"), &caller("")).await;
        assert!(matches!(
            decision,
            Decision::Deny(Denial::Unavailable { .. })
        ));
    }
}

#[tokio::test]
async fn what_decides_on_its_own_arguments_is_left_open_for_a_call_alone() {
    let no = Rule::from(Scope::new("a")).policy(|_| async { Err(PolicyError::denied("no")) });
    let rules = Rules::new().tool("t", deferred_scopes(no.clone()));
    let book = book(rules.prompt("p", deferred_scopes(no)));
    let judge = async |operation, scopes| book.judge(operation, &caller(scopes)).await;
    let forbidden = Decision::Deny(Denial::Forbidden("no".into()));
    let none = Arguments::These(None);
    for (call, other) in [
        (
            Operation::Tool("t", none),
            Operation::Tool("t", Arguments::Some),
        ),
        (
            Operation::Prompt("p", none),
            Operation::Prompt("p", Arguments::Some),
        ),
    ] {
        assert_eq!(judge(call, "a").await, Decision::Defer);
        assert_eq!(judge(call, "").await, ask("a"));
        // Nobody comes back to decide on a list, a task or a completion.
        assert_eq!(judge(other, "a").await, forbidden);
    }
}

#[test]
fn nobody_is_asked_for_all_scopes_of_the_operation_too() {
    let rules = Rules::new()
        .resource("x:///{a}/{b}", Scope::new("one"))
        .resource("x:///{+rest}", Scope::new("two"));
    let decision = book(rules).decide(Operation::Resource("x:///1/2"), &None);
    let both = ScopeSet::parse("one two");
    assert_eq!(decision, Decision::Deny(Denial::Unauthenticated(both)));
}
