use serde_json::json;

use super::*;

#[test]
fn an_id_is_letters_and_digits() {
    for id in ["2g8m6qxzp5u1", "A", "a-b_c"] {
        assert!(is_user_id(id), "{id}");
    }
    let long = "x".repeat(65);
    for id in [
        "", ".", "..", "a/b", "a%2fb", "a b", "é", "a?b", "a#", "a\n", &long,
    ] {
        assert!(!is_user_id(id), "{id}");
    }
}

#[test]
fn a_record_is_of_this_person_and_says_that_they_may_come_in() {
    let check = |record: Value| check(record.as_object().unwrap(), "alice");
    assert!(check(json!({ "id": "alice", "isSuspended": false })).is_ok());
    let suspended = check(json!({ "id": "alice", "isSuspended": true }));
    assert!(matches!(suspended, Err(VerifyError::Rejected(_))));
    for record in [
        json!({}),
        json!({ "id": "alice" }),
        json!({ "id": "alice", "isSuspended": null }),
        json!({ "id": "alice", "isSuspended": "false" }),
        json!({ "id": "bob", "isSuspended": false }),
        json!({ "id": "bob", "isSuspended": true }),
        json!({ "id": ["alice"], "isSuspended": false }),
        json!({ "isSuspended": false }),
    ] {
        let outcome = check(record.clone());
        let is_unavailable = matches!(outcome, Err(VerifyError::Unavailable { .. }));
        assert!(is_unavailable, "{record}");
    }
}

#[test]
fn only_logto_s_own_word_makes_somebody_unknown() {
    let refused = |status, code: &str, seconds: Option<u64>| {
        unanswered(&Error::Refused {
            call: "",
            status,
            code: code.to_owned(),
            message: "quotes the id".to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        })
    };
    let unknown = refused(404, "entity.not_exists_with_id", None);
    assert!(matches!(unknown, VerifyError::Rejected(_)));
    for (status, code) in [
        (404, ""),
        (404, "guard.not_found"),
        (400, "entity.not_exists"),
        (401, "auth.unauthorized"),
        (403, "auth.forbidden"),
        (422, "user.suspended"),
        (500, ""),
    ] {
        let outcome = refused(status, code, None);
        assert!(
            matches!(outcome, VerifyError::Unavailable { .. }),
            "{status} {code}"
        );
        assert!(!outcome.to_string().contains("quotes"), "{outcome}");
    }
    for (said, told) in [(None, 5), (Some(0), 5), (Some(20), 20), (Some(9_999), 60)] {
        let VerifyError::Unavailable { retry_after, .. } = refused(429, "", said) else {
            panic!("{said:?}")
        };
        assert_eq!(retry_after.as_secs(), told);
    }
}

#[test]
fn the_tenant_is_the_issuer_s_own() {
    let management = |endpoint: &str| {
        let builder = Management::builder(endpoint).app("app", "secret");
        builder.build().unwrap()
    };
    let problems =
        |records: UserRecords, issuer: &str| records.problems(&Url::parse(issuer).unwrap()).len();
    let tenant = || UserRecords::new(management("https://a.logto.app"));
    assert_eq!(problems(tenant(), "https://a.logto.app/oidc"), 0);
    assert_eq!(problems(tenant(), "https://b.logto.app/oidc"), 1);
    assert_eq!(problems(tenant(), "https://a.logto.app/oidc/"), 1);
    let own = || tenant().of_issuer("https://login.example.com/oidc");
    assert_eq!(problems(own(), "https://login.example.com/oidc"), 0);
    assert_eq!(problems(own(), "https://a.logto.app/oidc"), 1);
    let long = own().cache_for(Duration::from_secs(301));
    assert_eq!(problems(long, "https://login.example.com/oidc"), 1);
}
