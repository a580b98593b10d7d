//! What is said twice of one thing holds twice: nothing that is asked for takes another's place.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use json::{Map, Value, json};
use mcp_authz::{
    AuditEvent, AuthInfo, Authz, BearerToken, Dpop, Error, PolicyError, Requirement, Rule, Scope,
    TokenVerifier, VerifyError, scopes,
};
use support::{Lab, Ran, Reply};

use crate::ask;
use crate::office::{self, Office};

/// What was asked, or told, in its order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn event(&self, event: &AuditEvent<'_>) {
        self.add(format!("{:?} {}", event.outcome, event.reason));
    }

    /// A policy that says so when it is asked, and lets through who is not named by the call or its caller.
    fn policy(&self, name: &'static str, allows: bool) -> Result<(), PolicyError> {
        self.add(name.to_owned());
        match allows {
            true => Ok(()),
            false => Err(PolicyError::denied(format!("{name} says no"))),
        }
    }
}

/// A server whose tool `echo` is under `rule`, and what is on its record.
async fn lab(rule: Rule) -> (Lab, Told) {
    let record = Told::default();
    let sink = record.clone();
    let rules = office::without_tools()
        .tools(["ask", "hidden"], scopes!["tools"])
        .tools(["echo", "long"], rule);
    let lab = Lab::protecting(Office::new, rules, |authz| {
        authz.audit(move |event: &AuditEvent<'_>| sink.event(event))
    });
    (lab.await, record)
}

async fn echo(lab: &Lab, token: &str) -> Reply {
    let params = json!({ "name": "echo", "arguments": { "n": 1 } });
    ask(lab, Some(token), "tools/call", params).await
}

#[tokio::test]
async fn of_several_policies_each_must_allow_and_the_first_that_does_not_is_told() {
    for (one, other) in [(true, true), (true, false), (false, true), (false, false)] {
        let asked = Told::default();
        let (first, second) = (asked.clone(), asked.clone());
        let of_caller = Rule::from(scopes!["tools"])
            .policy(move |_| {
                let said = first.policy("the first", one);
                async { said }
            })
            .policy(move |_| {
                let said = second.policy("the second", other);
                async { said }
            });
        let (first, second) = (asked.clone(), asked.clone());
        let of_arguments = Rule::from(scopes!["tools"])
            .policy_for(move |arguments, _| {
                let said = first.policy("the first", one && arguments["n"] == 1);
                async { said }
            })
            .policy_for(move |arguments, _| {
                let said = second.policy("the second", other && arguments["n"] == 1);
                async { said }
            });
        for rule in [of_caller, of_arguments] {
            let (lab, record) = lab(rule).await;
            let reply = echo(&lab, &lab.token("tools")).await;
            let denied = [(one, "the first"), (other, "the second")];
            match denied.iter().find(|(allows, _)| !allows) {
                None => {
                    assert_eq!(reply.text(), "echo for alice", "{reply:?}");
                    assert_eq!(asked.take(), ["the first", "the second"]);
                    assert_eq!(record.take(), ["Allowed "]);
                }
                Some((_, name)) => {
                    assert_eq!((reply.status.as_u16(), reply.challenge()), (403, ""));
                    assert!(reply.body.contains(&format!("{name} says no")), "{reply:?}");
                    assert_eq!(asked.take().last().map(String::as_str), Some(*name));
                    assert_eq!(record.take(), [format!("Refused policy: {name} says no")]);
                    assert_eq!(lab.ran.times(), 0);
                }
            }
        }
    }
}

/// Either of them: what comes back to a task, or completes an argument, is asked about like the call.
#[tokio::test]
async fn each_of_several_policies_over_arguments_is_asked_about_a_task_and_a_completion() {
    let only = |name: &'static str, value: &'static str| {
        move |given: Map<String, Value>, auth: AuthInfo| async move {
            let is_gone = auth.claims().contains_key("gone");
            match given.get(name).is_none_or(|given| given == value) && !is_gone {
                true => Ok(()),
                false => Err(PolicyError::denied("not that")),
            }
        }
    };
    let fine = |_: Map<String, Value>, _: AuthInfo| async { Ok(()) };
    for rule in [
        Rule::from(scopes!["tools"])
            .policy_for(only("name", "b"))
            .policy_for(fine),
        Rule::from(scopes!["tools"])
            .policy_for(fine)
            .policy_for(only("name", "b")),
    ] {
        let rules = office::without_tools()
            .tools(["ask", "hidden", "echo", "long"], rule.clone())
            .unlisted_resource("drawer:///{name}", rule);
        let lab = Lab::protecting(Office::new, rules, |authz| authz).await;
        let alice = lab.token("tools");
        let call = json!({ "name": "long", "arguments": { "name": "b" } });
        let made = ask(&lab, Some(&alice), "tools/call", call).await;
        let id = json!({ "taskId": made.message()["result"]["taskId"] });
        assert!(id["taskId"].is_string(), "{made:?}");
        let reply = ask(&lab, Some(&alice), "tasks/get", id.clone()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        lab.ran.reset();
        let gone = lab.mint("alice", "smartmail", "tools").claim("gone", true);
        let reply = ask(&lab, Some(&gone.sign().unwrap()), "tasks/get", id).await;
        assert_eq!(reply.status, 403, "{reply:?}");
        assert_eq!(lab.ran.times(), 0);
        let params = json!({
            "ref": { "type": "ref/resource", "uri": "drawer:///{name}" },
            "argument": { "name": "name", "value": "" },
        });
        let reply = ask(&lab, Some(&alice), "completion/complete", params).await;
        let values = &reply.message()["result"]["completion"]["values"];
        assert_eq!(*values, json!(["b"]), "{reply:?}");
    }
}

#[tokio::test]
async fn what_several_requirements_ask_for_is_needed_in_one_challenge() {
    let asks = |scope: &'static str| {
        move |_: &Map<String, Value>, _: &AuthInfo| Requirement::from(Scope::new(scope))
    };
    let rule = Rule::from(scopes!["tools"])
        .scopes_for(asks("first"))
        .scopes_for(asks("second"));
    let (lab, _) = lab(rule).await;
    for scopes in ["tools", "tools first", "tools second"] {
        let reply = echo(&lab, &lab.token(scopes)).await;
        assert_eq!(reply.status, 403, "{scopes}: {reply:?}");
        let challenge = reply.challenge();
        assert!(
            challenge.contains(r#"scope="tools first second""#),
            "{challenge}"
        );
    }
    assert_eq!(lab.ran.times(), 0);
    let reply = echo(&lab, &lab.token("tools first second")).await;
    assert_eq!(reply.text(), "echo for alice", "{reply:?}");
}

#[tokio::test]
async fn of_several_ways_of_signing_in_the_strictest_is_asked_for() {
    let (long, short) = (Duration::from_secs(3_600), Duration::from_secs(300));
    let rule = |first, second| {
        Rule::from(scopes!["tools"])
            .max_age(first)
            .max_age(second)
            .acr_values(["password", "mfa", "phr"])
            .acr_values(["phr", "mfa"])
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    for rule in [rule(long, short), rule(short, long)] {
        let (lab, _) = lab(rule).await;
        let signed_in = |ago: u64, acr: &str| {
            let mint = lab.mint("alice", "smartmail", "tools");
            let mint = mint.claim("auth_time", now - ago).claim("acr", acr);
            mint.sign().unwrap()
        };
        for (ago, acr) in [(600, "mfa"), (10, "password"), (600, "password")] {
            let reply = echo(&lab, &signed_in(ago, acr)).await;
            assert_eq!(reply.status, 401, "{ago} {acr}: {reply:?}");
            let challenge = reply.challenge();
            assert!(challenge.contains("max_age=\"300\""), "{challenge}");
            assert!(challenge.contains("acr_values=\"phr mfa\""), "{challenge}");
        }
        assert_eq!(lab.ran.times(), 0);
        let reply = echo(&lab, &signed_in(10, "mfa")).await;
        assert_eq!(reply.text(), "echo for alice", "{reply:?}");
    }
}

#[tokio::test]
async fn every_sink_has_the_whole_record_and_what_one_of_them_lacks_does_not_run() {
    let (first, second) = (Told::default(), Told::default());
    let (one, other) = (first.clone(), second.clone());
    let lab = Lab::protecting(Office::new, office::rules(), |authz| {
        authz
            .audit(move |event: &AuditEvent<'_>| {
                one.event(event);
                assert!(
                    event.caller.and_then(AuthInfo::subject) != Some("bob"),
                    "on purpose"
                );
            })
            .audit(move |event: &AuditEvent<'_>| other.event(event))
    });
    let lab = lab.await;
    let reply = echo(&lab, &lab.token("tools")).await;
    assert_eq!(reply.text(), "echo for alice", "{reply:?}");
    lab.ran.reset();
    let bob = lab.token_of("bob", "smartmail", "tools");
    let reply = echo(&lab, &bob).await;
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_eq!(lab.ran.times(), 0);
    assert_eq!(first.take(), ["Allowed ", "Allowed "]);
    assert_eq!(second.take(), ["Allowed ", "Allowed "]);
}

#[tokio::test]
async fn what_is_done_to_the_http_client_is_done_after_what_was_done_before() {
    let done = Told::default();
    let (one, other) = (done.clone(), done.clone());
    let guarded = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .issuer("https://as.example.com")
        .http_client(move |client| {
            one.add("first".to_owned());
            client
        })
        .http_client(move |client| {
            other.add("second".to_owned());
            client
        })
        .protect(Office::new(Ran::default()), office::rules());
    guarded.manifest().await.unwrap();
    let done = done.take();
    assert_eq!(done[..2], ["first", "second"], "{done:?}");
}

struct Keys;

impl TokenVerifier for Keys {
    async fn verify(&self, _: &BearerToken) -> Result<AuthInfo, VerifyError> {
        Err(VerifyError::rejected("no key"))
    }
}

#[tokio::test]
async fn what_can_be_meant_in_one_way_only_does_not_start_when_it_is_said_twice() {
    let no_way = Rule::from(scopes!["tools"])
        .acr_values(["password"])
        .acr_values(["mfa"]);
    let rules = office::without_tools().tools(["echo", "ask", "long", "hidden"], no_way);
    let guarded = Authz::new()
        .resource("https://mcp.example.com/mcp")
        .verifier(Keys)
        .verifier(Keys)
        .dpop(Dpop::required())
        .dpop(Dpop::optional())
        .protect(Office::new(Ran::default()), rules);
    let Err(Error::Config(error)) = guarded.build().await else {
        panic!("it started");
    };
    for told in [
        "`.verifier(..)` is called twice",
        "`.dpop(..)` is called twice",
        "or none that each call names",
    ] {
        let problems = error.problems();
        let is_told = problems.iter().any(|problem| problem.contains(told));
        assert!(is_told, "{told}: {problems:#?}");
    }
}
