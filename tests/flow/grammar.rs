//! Challenges as others read them: the grammar of the standards, and the parsers of clients.

use std::collections::BTreeMap;

use http_client::Url;
use mcp_authz::Dpop;
use rmcp_client::transport::auth::WWWAuthenticateParams;
use support::{Lab, Reply};

use crate::{closed, lab_with};

/// One challenge by RFC 9110 §11.6.1, in the form that RFC 6750 §3 asks for: every value is a
/// quoted-string, and no parameter comes twice.
fn strictly(challenge: &str) -> (&str, BTreeMap<&str, &str>) {
    let (scheme, mut rest) = challenge.split_once(' ').expect("a parameter at least");
    assert!(is_token(scheme), "{challenge}");
    let mut parameters = BTreeMap::new();
    loop {
        let (name, value) = rest.split_once("=\"").expect("name=\"value\"");
        assert!(is_token(name), "{name:?} in {challenge}");
        let (value, after) = value.split_once('"').expect("a closing quote");
        // RFC 6750 §3: neither quotes nor backslashes, so nothing is ever escaped.
        let plain = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(value.bytes().all(plain), "{value:?} in {challenge}");
        assert!(parameters.insert(name, value).is_none(), "{name} twice");
        match after.strip_prefix(", ") {
            Some(more) => rest = more,
            None => {
                assert_eq!(after, "", "{challenge}");
                return (scheme, parameters);
            }
        }
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let special = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || special(byte))
}

/// What follows the first `name="`, as clients search for it that read no grammar.
fn loosely<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = challenge.split_once(&format!("{name}=\""))?;
    value.split('"').next()
}

async fn refusals(lab: &Lab) -> Vec<(u16, Option<&'static str>, Option<&'static str>, Reply)> {
    let narrow = lab.token("");
    let twice = lab.post(Some(&narrow)).bearer_auth(&narrow);
    vec![
        (
            401,
            None,
            Some("profile email"),
            lab.call(None, "whoami").await,
        ),
        (
            401,
            Some("invalid_token"),
            Some("profile email"),
            lab.call(Some("x"), "whoami").await,
        ),
        (
            400,
            Some("invalid_request"),
            None,
            Reply::of(twice.body("{}")).await,
        ),
        (
            403,
            Some("insufficient_scope"),
            Some("profile email"),
            lab.call(Some(&narrow), "whoami").await,
        ),
        (
            403,
            Some("insufficient_scope"),
            Some("pay eu"),
            lab.call(Some(&narrow), "pay").await,
        ),
    ]
}

#[tokio::test]
async fn every_challenge_reads_the_same_to_everybody() {
    let lab = lab_with(|server| server).await;
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", lab.origin);
    let base: Url = lab.url.parse().unwrap();
    for (status, error, scope, reply) in refusals(&lab).await {
        assert_eq!(reply.status, status);
        assert_eq!(reply.headers.get_all("www-authenticate").iter().count(), 1);
        let challenge = reply.challenge();
        let (scheme, parameters) = strictly(challenge);
        assert_eq!(scheme, "Bearer");
        let theirs = WWWAuthenticateParams::parse(challenge, &base);
        for (name, expected, rmcp) in [
            ("error", error, theirs.error),
            ("scope", scope, theirs.scope),
            (
                "resource_metadata",
                Some(metadata.as_str()),
                theirs.resource_metadata_url.map(Into::into),
            ),
        ] {
            assert_eq!(parameters.get(name).copied(), expected, "{challenge}");
            assert_eq!(loosely(challenge, name), expected, "{challenge}");
            assert_eq!(rmcp.as_deref(), expected, "{challenge}");
        }
        let described = parameters.contains_key("error_description");
        assert_eq!(described, error.is_some(), "{challenge}");
    }
    assert_eq!(lab.ran.times(), 0);
}

/// Two challenges come in two fields, Bearer's first: clients read the first.
#[tokio::test]
async fn a_second_scheme_has_a_field_of_its_own() {
    let lab = lab_with(|server| server.dpop(Dpop::optional())).await;
    for token in [None, Some("x")] {
        let reply = lab.call(token, "whoami").await;
        let values = reply.headers.get_all("www-authenticate").iter();
        let schemes: Vec<_> = values
            .map(|value| strictly(value.to_str().unwrap()).0)
            .collect();
        match token {
            None => assert_eq!(schemes, ["Bearer", "DPoP"]),
            Some(_) => assert_eq!(schemes.first(), Some(&"Bearer")),
        }
    }
}

/// Whatever a page of an allowed origin must send or read.
#[tokio::test]
async fn a_page_gets_every_header_of_the_protocol() {
    let lab = Lab::start(|server| server.tools(closed())).await;
    let wanted = "authorization,content-type,accept,mcp-protocol-version,mcp-method,mcp-name,\
                  mcp-param-region,mcp-session-id,last-event-id,dpop";
    let preflight = lab
        .request(http_client::Method::OPTIONS, None)
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", wanted);
    let reply = Reply::of(preflight).await;
    assert!(reply.status.is_success());
    assert_eq!(reply.header("access-control-allow-headers"), wanted);
    let call = lab.post(None).header("origin", "http://localhost:6274");
    let reply = Reply::of(call.body("{}")).await;
    let exposed = reply.header("access-control-expose-headers");
    for header in ["www-authenticate", "mcp-session-id", "dpop-nonce"] {
        assert!(
            exposed.split(',').any(|one| one.trim() == header),
            "{exposed}"
        );
    }
}
