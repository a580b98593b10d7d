//! Finds an issuer's key set by its metadata (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use super::json;
use crate::fetch::{self, Fetch, FetchError};

/// Why an issuer's documents could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It may work later: the issuer cannot be reached, or is in trouble.
    #[error("{0}")]
    Unreachable(String),
    /// It will not work as configured: the issuer answers, with something wrong.
    #[error("{0}")]
    Wrong(String),
}

/// What is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As MCP clients ask.
    Standard,
    /// Where OpenID Connect has it. An issuer that answers there alone would be asked in vain before;
    /// and what a proxy leads to another program, maybe to this one, is not the issuer's own.
    OpenIdFirst,
}

/// Where an issuer's metadata may be, in the order in which MCP clients ask (2026-07-28,
/// authorization server discovery): RFC 8414, OpenID with the path inserted, OpenID appended.
pub(crate) fn locations(issuer: &Url, order: Order) -> Vec<Url> {
    let path = issuer.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    if order == Order::OpenIdFirst {
        paths.rotate_right(1);
    }
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    paths.into_iter().map(at).collect()
}

/// The metadata document of an issuer.
pub(crate) struct Metadata {
    document: Map<String, Value>,
    location: Url,
}

impl Metadata {
    /// The document as it came.
    pub(crate) fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// An address that the document names, if it is one that this issuer may name.
    ///
    /// # Errors
    ///
    /// [`Failure::Wrong`], also where there is none.
    pub(crate) fn endpoint(&self, member: &'static str, issuer: &Url) -> Result<Url, Failure> {
        let read = || {
            let text = self.document.get(member).and_then(Value::as_str);
            let text = text.ok_or_else(|| format!("the document has no `{member}`"))?;
            let url = Url::parse(text).map_err(|_| format!("its `{member}` is not a URL"))?;
            check_endpoint(&url, issuer).map_err(|why| format!("its `{member}`: {why}"))?;
            Ok(url)
        };
        read().map_err(|why: String| Failure::Wrong(format!("{}: {why}", self.location)))
    }
}

/// Asks the locations in turn and returns the first metadata document.
///
/// Something else than a document (404, a redirect, the HTML page of a catch-all route) leads to the
/// next location; a document that is wrong, or a server in trouble, ends the search: what stands at
/// a later location must not win over an answer that could not be had.
pub(crate) async fn metadata(
    fetch: &dyn Fetch,
    issuer: &str,
    url: &Url,
    order: Order,
) -> Result<Metadata, Failure> {
    let mut answers = Vec::new();
    for location in locations(url, order) {
        let answer = get(fetch, &location).await?;
        let status = answer.status();
        if status == StatusCode::OK {
            if let Ok(document) = json::object(answer.body()) {
                return match speaks_for(&document, issuer) {
                    Ok(()) => Ok(Metadata { document, location }),
                    Err(why) => Err(Failure::Wrong(format!("{location}: {why}"))),
                };
            }
            answers.push(format!("{location} holds no JSON object"));
        } else {
            answers.push(format!("{location} answers {}", status.as_u16()));
        }
    }
    Err(Failure::Wrong(format!(
        "no metadata document: {}. Write the issuer as the provider names itself, in `iss` of its tokens and \
         in front of `/.well-known/…`",
        answers.join("; ")
    )))
}

/// So much of a name that is not ours is shown, in characters.
const MOST_SHOWN: usize = 200;

/// The key set at `url`, as it came.
pub(crate) async fn key_set(fetch: &dyn Fetch, url: &Url) -> Result<Bytes, Failure> {
    let answer = get(fetch, url).await?;
    match answer.status() {
        StatusCode::OK => Ok(answer.into_body()),
        status => Err(Failure::Wrong(format!(
            "{url} answers {} instead of a key set",
            status.as_u16()
        ))),
    }
}

/// Fetches; trouble on the way or at the server is `Unreachable`, anything else is an answer.
async fn get(fetch: &dyn Fetch, url: &Url) -> Result<Response<Bytes>, Failure> {
    let request = Request::get(url.as_str())
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_| Failure::Wrong(format!("{url}: not a URL that can be fetched")))?;
    let answer = fetch.send(request).await.map_err(|error| match error {
        FetchError::Refused(_) | FetchError::TooLarge => Failure::Wrong(format!("{url}: {error}")),
        FetchError::Timeout | FetchError::Failed(_) => {
            Failure::Unreachable(format!("{url}: {error}"))
        }
    })?;
    let status = answer.status();
    // 408, 425 and 429 are temporary by definition (RFC 9110 section 15.5.9, RFC 8470, RFC 6585).
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
        return Err(Failure::Unreachable(format!(
            "{url} answers {}",
            status.as_u16()
        )));
    }
    Ok(answer)
}

/// RFC 8414 §3.3: identical, or the document must not be used (mix-up attacks).
fn speaks_for(document: &Map<String, Value>, issuer: &str) -> Result<(), String> {
    match document.get("issuer").and_then(Value::as_str) {
        Some(own) if own == issuer => Ok(()),
        Some(own) => Err(differs(own, issuer)),
        None => Err("the document has no `issuer`".to_owned()),
    }
}

/// An address is only as trustworthy as its issuer: a public one must not point us at this machine.
pub(crate) fn check_endpoint(url: &Url, issuer: &Url) -> Result<(), &'static str> {
    fetch::check_url(url)?;
    if fetch::is_loopback(url) && !fetch::is_loopback(issuer) {
        return Err("it points at this machine");
    }
    Ok(())
}

fn differs(own: &str, issuer: &str) -> String {
    if own.strip_suffix('/') == Some(issuer) || issuer.strip_suffix('/') == Some(own) {
        return format!("its `issuer` differs in the trailing slash: write `.issuer({own:?})`");
    }
    // The document is not ours: what it says is shown quoted, and not at any length.
    let shown: String = own.chars().take(MOST_SHOWN).collect();
    format!(
        "its `issuer` is another one, {shown:?}: if that is yours, write it exactly as its metadata does"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(issuer: &str) -> Vec<String> {
        locations(&issuer.parse().unwrap(), Order::Standard)
            .iter()
            .map(|url| url.as_str().replacen("https://h", "", 1))
            .collect()
    }

    #[test]
    fn without_a_path_there_are_two_places() {
        for issuer in ["https://h", "https://h/"] {
            assert_eq!(
                paths(issuer),
                [
                    "/.well-known/oauth-authorization-server",
                    "/.well-known/openid-configuration"
                ]
            );
        }
    }

    #[test]
    fn with_a_path_there_are_three() {
        for issuer in ["https://h/t/1", "https://h/t/1/"] {
            assert_eq!(
                paths(issuer),
                [
                    "/.well-known/oauth-authorization-server/t/1",
                    "/.well-known/openid-configuration/t/1",
                    "/t/1/.well-known/openid-configuration",
                ]
            );
        }
        assert_eq!(
            paths("https://h:8443/a%2Fb")[0],
            ":8443/.well-known/oauth-authorization-server/a%2Fb"
        );
    }
}
