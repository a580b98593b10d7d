//! The authorization endpoint: reads and checks a request (RFC 6749 §4.1.1, OAuth 2.1 §4.1.1,
//! OpenID Connect Core §3.1.2.1).

use std::sync::Arc;

use axum::extract::{RawForm, State};
use axum::response::Response;
use http::HeaderMap;
use url::Url;

use super::client::Client;
use super::error::OAuthError;
use super::grant::Grant;
use super::interaction;
use super::pages;
use super::params::Params;
use super::prompt::{Prompt, SignedIn};
use super::provider::Provider;
use super::redirect;
use super::web;
use crate::scope::{Scope, ScopeSet};

/// More than any tool list needs, and little enough to read.
const MOST_SCOPES: usize = 100;
const LONGEST_PARAMETER: usize = 2_048;

/// A request that may be shown to a person.
pub(super) struct Request {
    pub(super) client: Arc<Client>,
    pub(super) reply_to: ReplyTo,
    pub(super) scopes: ScopeSet,
    pub(super) resource: Option<String>,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) prompt: Prompt,
}

/// Where the answer goes: the only place that it may go to.
#[derive(Clone)]
pub(super) struct ReplyTo {
    /// As requested, so that the token request can be compared with it.
    pub(super) redirect_uri: String,
    pub(super) url: Url,
    pub(super) state: Option<String>,
}

pub(super) async fn authorize(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    RawForm(query): RawForm,
) -> Response {
    let params = Params::parse(&query);
    let (client, reply_to) = match addressee(&provider, &params).await {
        Ok(found) => found,
        // RFC 6749 §4.1.2.1: the person is told, and nothing is sent to an unproven address.
        Err(problem) => return pages::problem(&problem),
    };
    let request = Request::read(&provider, &params, client, reply_to.clone());
    match request.and_then(|request| interaction::begin(&provider, &headers, request)) {
        Ok(response) => response,
        Err(error) => reply_to.refuse(&provider, &error),
    }
}

/// Who asks, and where the answer may go.
async fn addressee(provider: &Provider, params: &Params) -> Result<(Arc<Client>, ReplyTo), String> {
    let required = |name| {
        params
            .required(name)
            .map_err(|error| error.description.into_owned())
    };
    let client = provider.client(required("client_id")?).await?;
    let redirect_uri = required("redirect_uri")?;
    if !client.may_redirect_to(redirect_uri) {
        let name = client.display_name();
        return Err(format!(
            "{name} has not registered the redirect URI {redirect_uri}"
        ));
    }
    let url = redirect::parse(redirect_uri)?;
    let reply_to = ReplyTo {
        redirect_uri: redirect_uri.to_owned(),
        url,
        // A repeated state is reported without one.
        state: params.get("state").ok().flatten().map(str::to_owned),
    };
    Ok((client, reply_to))
}

impl Request {
    fn read(
        provider: &Provider,
        params: &Params,
        client: Arc<Client>,
        reply_to: ReplyTo,
    ) -> Result<Self, OAuthError> {
        params.get("state")?;
        refuse_unsupported(params)?;
        let scopes = match params.get("scope")? {
            Some(list) => parse_scopes(list)?,
            None => client.default_scopes.clone(),
        };
        Ok(Self {
            scopes: client.within_ceiling(scopes)?,
            resource: read_resource(params)?,
            challenge: read_challenge(params)?,
            nonce: read_nonce(params)?,
            prompt: Prompt::read(params, &provider.settings.acr_values)?,
            client,
            reply_to,
        })
    }

    /// What `who` would agree to: at most what they hold.
    pub(super) fn grant(&self, provider: &Provider, who: &SignedIn) -> Grant {
        let user = provider.user(&who.username);
        Grant {
            user: Some(who.username.clone()),
            client_id: self.client.id.clone(),
            scopes: user.map(|user| user.held(&self.scopes)).unwrap_or_default(),
            resource: self.resource.clone(),
            consent: None,
            auth_time: Some(who.at),
            acr: Some(who.acr.clone()),
            nonce: self.nonce.clone(),
        }
    }
}

impl ReplyTo {
    /// Sends the browser back with `answer`, `state` and `iss` (RFC 9207).
    pub(super) fn send(&self, provider: &Provider, answer: &[(&str, &str)]) -> Response {
        let mut url = self.url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(answer);
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", &provider.issuer);
        }
        web::see_other(url.as_str())
    }

    pub(super) fn refuse(&self, provider: &Provider, error: &OAuthError) -> Response {
        let answer = [
            ("error", error.code),
            ("error_description", error.description.as_ref()),
        ];
        self.send(provider, &answer)
    }
}

fn refuse_unsupported(params: &Params) -> Result<(), OAuthError> {
    if params.required("response_type")? != "code" {
        return Err(OAuthError::new(
            "unsupported_response_type",
            "only the code flow is supported",
        ));
    }
    if params
        .get("response_mode")?
        .is_some_and(|mode| mode != "query")
    {
        return Err(OAuthError::invalid_request(
            "the only response_mode is query",
        ));
    }
    // OpenID Connect Core §6.1 and §6.2.
    if params.get("request")?.is_some() {
        return Err(OAuthError::new(
            "request_not_supported",
            "request objects are not supported",
        ));
    }
    if params.get("request_uri")?.is_some() {
        return Err(OAuthError::new(
            "request_uri_not_supported",
            "request_uri is not supported",
        ));
    }
    Ok(())
}

/// Reads a scope list strictly: a request, unlike a token, is refused when it is malformed.
pub(super) fn parse_scopes(list: &str) -> Result<ScopeSet, OAuthError> {
    let tokens = list.split(' ').filter(|token| !token.is_empty());
    let scopes = tokens
        .map(str::parse::<Scope>)
        .collect::<Result<ScopeSet, _>>()
        .map_err(|error| OAuthError::invalid_scope(error.to_string()))?;
    if scopes.len() > MOST_SCOPES || list.len() > LONGEST_PARAMETER {
        return Err(OAuthError::invalid_scope("too many scopes for one request"));
    }
    Ok(scopes)
}

/// RFC 8707 §2: an absolute URI without a fragment. Several would make one token good for several
/// APIs, and each of them could use it at the others.
pub(super) fn read_resource(params: &Params) -> Result<Option<String>, OAuthError> {
    let target = |text: &'static str| OAuthError::new("invalid_target", text);
    let Some(resource) = params
        .get("resource")
        .map_err(|_| target("ask for one resource at a time"))?
    else {
        return Ok(None);
    };
    let url = Url::parse(resource).map_err(|_| target("the resource is not an absolute URI"))?;
    if url.fragment().is_some() {
        return Err(target("the resource has a fragment"));
    }
    if resource.len() > LONGEST_PARAMETER || !resource.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(target("the resource is not a URI"));
    }
    Ok(Some(resource.to_owned()))
}

/// OAuth 2.1 §4.1.1: PKCE is not optional here, and `plain` protects nothing.
fn read_challenge(params: &Params) -> Result<String, OAuthError> {
    let challenge = params.get("code_challenge")?.ok_or_else(|| {
        OAuthError::invalid_request("PKCE is required: send code_challenge (RFC 7636)")
    })?;
    if params.get("code_challenge_method")? != Some("S256") {
        return Err(OAuthError::invalid_request(
            "code_challenge_method must be S256",
        ));
    }
    // BASE64URL of a SHA-256 hash: anything else could never match.
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return Err(OAuthError::invalid_request(
            "code_challenge is not an S256 challenge",
        ));
    }
    Ok(challenge.to_owned())
}

fn read_nonce(params: &Params) -> Result<Option<String>, OAuthError> {
    match params.get("nonce")? {
        Some(nonce) if nonce.len() > LONGEST_PARAMETER => {
            Err(OAuthError::invalid_request("the nonce is too long"))
        }
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn code<T>(read: fn(&Params) -> Result<T, OAuthError>, query: &str) -> Option<&'static str> {
        read(&Params::parse(query.as_bytes()))
            .err()
            .map(|error| error.code)
    }

    #[test]
    fn pkce_takes_s256_and_nothing_less() {
        let good = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
        assert_eq!(code(read_challenge, &good), None);
        for bad in [
            String::new(),
            "code_challenge_method=S256".into(),
            format!("code_challenge={CHALLENGE}"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
            "code_challenge=short&code_challenge_method=S256".into(),
            format!("{good}&code_challenge={CHALLENGE}"),
        ] {
            assert_eq!(code(read_challenge, &bad), Some("invalid_request"), "{bad}");
        }
    }

    #[test]
    fn a_resource_is_one_absolute_uri() {
        for (query, expected) in [
            ("", None),
            ("resource=https://mcp.test/mcp", None),
            ("resource=/mcp", Some("invalid_target")),
            ("resource=https://mcp.test/%23x", Some("invalid_target")),
            ("resource=https://mcp.test/%0ax", Some("invalid_target")),
            (
                "resource=https://a.test&resource=https://b.test",
                Some("invalid_target"),
            ),
        ] {
            assert_eq!(code(read_resource, query), expected, "{query}");
        }
    }

    #[test]
    fn scopes_are_read_strictly() {
        assert_eq!(parse_scopes("a  b a").unwrap().to_string(), "a b");
        assert!(parse_scopes("").unwrap().is_empty());
        assert!(parse_scopes("a\tb").is_err());
        assert!(parse_scopes(&"x ".repeat(2_000)).is_err());
    }
}
