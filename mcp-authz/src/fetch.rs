//! The seam to outgoing HTTP: everything that this library asks of the network goes through here.
//!
//! Bounded in size and time, without redirects (a redirect would let a document choose a host that
//! nobody configured), and never to an address that came out of a token.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use url::{Host, Url};

/// The largest body that is read, in bytes: metadata and key sets are a few kilobytes.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// From the first packet to the last byte of the body.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// Sends one request. Only tests, and later an author's own HTTP client, replace it.
pub(crate) trait Fetch: Send + Sync + 'static {
    /// Answers with whatever status came; a redirect is an answer like any other.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>>;
}

/// Why there is no answer. Never holds a body or a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// Not sent: this library does not go there.
    #[error("{0}")]
    Refused(&'static str),
    /// Nothing complete within [`DEADLINE`].
    #[error("no complete answer within {} s", DEADLINE.as_secs())]
    Timeout,
    /// More than [`MAX_BODY`].
    #[error("the answer is larger than {} KiB", MAX_BODY / 1024)]
    TooLarge,
    /// Name resolution, connection or TLS.
    #[error("{0}")]
    Failed(String),
}

/// Whether this library may talk to `url`: https, or plain http on this very machine.
pub(crate) fn check_url(url: &Url) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user name or password in it is not fetched");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        _ => Err("only https URLs are fetched (http on a loopback host alone)"),
    }
}

/// Whether the host is this machine by its name alone, without asking DNS.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // RFC 6761 section 6.3. Not `*.localhost`: resolvers exist that send those to DNS.
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The fetcher of every server: reqwest on rustls.
///
/// Where TLS cannot be set up, every answer says so: a server that fetches nothing still starts.
pub(crate) struct HttpFetch(Result<reqwest::Client, FetchError>);

impl HttpFetch {
    /// Makes the one client.
    pub(crate) fn new() -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // An environment variable must not put a third party between us and the issuer.
            .no_proxy()
            .connect_timeout(DEADLINE)
            .timeout(DEADLINE)
            .user_agent(concat!("mcp-authz/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(client.map_err(|error| {
            FetchError::Failed(format!(
                "TLS cannot be set up ({}): install the system's root certificates",
                innermost(&error)
            ))
        }))
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|_| FetchError::Refused("not a URL that can be fetched"))?;
        // Checked on the value that is sent, not on a text that a second parser might read otherwise.
        check_url(request.url()).map_err(FetchError::Refused)?;
        let client = self.0.as_ref().map_err(Clone::clone)?;
        let mut answer = client.execute(request).await.map_err(|e| failed(&e))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = read(answer).await?;
        Ok(response)
    }
}

impl Fetch for HttpFetch {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, FetchError>> {
        Box::pin(self.exchange(request))
    }
}

/// Reads the body while counting, because `Content-Length` is only a claim.
async fn read(mut answer: reqwest::Response) -> Result<Bytes, FetchError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| failed(&e))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn failed(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() {
        FetchError::Timeout
    } else {
        FetchError::Failed(innermost(error))
    }
}

/// The cause that helps an operator ("connection refused", "unknown issuer"), without the URL.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_http_on_this_machine_alone() {
        for url in [
            "https://as.example.com/x",
            "http://127.0.0.1:9/",
            "http://[::1]/",
            "http://localhost:80/",
        ] {
            assert_eq!(check_url(&url.parse().unwrap()), Ok(()), "{url}");
        }
        for url in [
            "http://as.example.com/",
            "http://localhost.example.com/",
            "http://x.localhost/",
            "http://10.0.0.1/",
            "http://127.0.0.1.example.com/",
            "file:///etc/passwd",
            "ftp://as.example.com/",
            "https://user@as.example.com/",
            "https://:pw@as.example.com/",
        ] {
            assert!(check_url(&url.parse().unwrap()).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_refused_url_is_never_sent() {
        for url in ["http://192.0.2.1/", "http://user@127.0.0.1:9/", "/relative"] {
            let request = Request::get(url).body(Bytes::new()).unwrap();
            let answer = HttpFetch::new().send(request).await;
            assert!(matches!(answer, Err(FetchError::Refused(_))), "{url}");
        }
    }
}
