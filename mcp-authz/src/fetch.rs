//! The seam to outgoing HTTP: everything that this library asks of the network goes through here.
//!
//! Bounded in size and time, without redirects (a redirect would let a document choose a host that
//! nobody configured), and never to an address that came out of a token.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use url::{Host, Url};

use crate::addresses::{self, PRIVATE, PrivateAddress, PublicOnly};

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

/// In a request's extensions: the author allows private addresses for it.
///
/// Without it a URL may name this machine, where the author wrote it so, or a public host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrivateAllowed;

/// What an author does to every HTTP client that is made: proxies, root certificates.
pub(crate) type Customize =
    std::sync::Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// The fetcher of every server: reqwest on rustls.
///
/// Where TLS cannot be set up, every answer says so: a server that fetches nothing still starts.
pub(crate) struct HttpFetch {
    public: Result<reqwest::Client, FetchError>,
    anywhere: Result<reqwest::Client, FetchError>,
}

impl HttpFetch {
    /// Makes the clients, as they come.
    pub(crate) fn new() -> Self {
        Self::customized(&|client| client)
    }

    /// Makes the clients; what bounds them is set after `customize` and cannot be undone by it.
    pub(crate) fn customized(
        customize: &dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Self {
        Self::resolving(customize, PublicOnly::system())
    }

    fn resolving(
        customize: &dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
        resolver: PublicOnly,
    ) -> Self {
        let client = || {
            // An environment variable must not put a third party between us and the issuer.
            customize(reqwest::Client::builder().no_proxy())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                // It would write tokens and secrets to the log as they are sent.
                .connection_verbose(false)
                .connect_timeout(DEADLINE)
                .timeout(DEADLINE)
                .user_agent(concat!("mcp-authz/", env!("CARGO_PKG_VERSION")))
        };
        let build = |client: reqwest::ClientBuilder| {
            client.build().map_err(|error| {
                FetchError::Failed(format!(
                    "TLS cannot be set up ({}): install the system's root certificates",
                    innermost(&error)
                ))
            })
        };
        Self {
            public: build(client().dns_resolver(std::sync::Arc::new(resolver))),
            anywhere: build(client()),
        }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        let private_allowed = request.extensions().get::<PrivateAllowed>().is_some();
        let request = reqwest::Request::try_from(request)
            .map_err(|_| FetchError::Refused("not a URL that can be fetched"))?;
        // Checked on the value that is sent, not on a text that a second parser might read otherwise.
        check_url(request.url()).map_err(FetchError::Refused)?;
        if !private_allowed && names_private_address(request.url()) {
            return Err(FetchError::Refused(PRIVATE));
        }
        let client = if private_allowed {
            &self.anywhere
        } else {
            &self.public
        };
        let client = client.as_ref().map_err(Clone::clone)?;
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

/// A private address in the URL itself, which no name resolution sees. This machine is none: whether
/// it may be named is decided where the URL comes from.
fn names_private_address(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        Some(Host::Domain(_)) | None => return false,
    };
    !is_loopback(url) && !addresses::is_public(address)
}

/// Whether the URL names a private address by itself: who writes it means it.
pub(crate) fn is_private(url: &Url) -> bool {
    is_loopback(url) || names_private_address(url)
}

fn failed(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        if one.is::<PrivateAddress>() {
            return FetchError::Refused(PRIVATE);
        }
        cause = one.source();
    }
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

    fn resolver(addresses: &'static [&'static str]) -> PublicOnly {
        PublicOnly(std::sync::Arc::new(|_| {
            let found = addresses.iter().map(|ip| {
                let ip: std::net::IpAddr = ip.parse().unwrap();
                (ip, 0).into()
            });
            Box::pin(std::future::ready(Ok(found.collect())))
        }))
    }

    fn resolves_to(addresses: &'static [&'static str]) -> HttpFetch {
        HttpFetch::resolving(&|client| client, resolver(addresses))
    }

    #[tokio::test]
    async fn names_and_numbers_of_private_networks_are_refused() {
        let private = Err(FetchError::Refused(PRIVATE));
        for url in [
            "https://10.0.0.1/",
            "https://169.254.169.254/latest",
            "https://0x0a000001/",
            "https://[fd00:ec2::254]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0.0.0.0/",
        ] {
            let request = Request::get(url).body(Bytes::new()).unwrap();
            let answer = HttpFetch::new().send(request).await;
            assert_eq!(answer.map(drop), private, "{url}");
        }
        for addresses in [
            &["127.0.0.1"] as &[_],
            &["10.0.0.1", "::1"],
            &["169.254.169.254"],
        ] {
            let request = Request::get("https://rebound.example/")
                .body(Bytes::new())
                .unwrap();
            let answer = resolves_to(addresses).send(request).await;
            assert_eq!(answer.map(drop), private, "{addresses:?}");
        }
    }

    /// The first lookup is public, the next one is not: each connection has its own.
    #[tokio::test]
    async fn a_name_that_changes_its_address_is_refused_then() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let request = || {
            let url = format!("https://rebound.example:{port}/");
            Request::get(url).body(Bytes::new()).unwrap()
        };
        let it = resolves_to(&["127.0.0.1"]);
        assert_eq!(
            it.send(request()).await.map(drop),
            Err(FetchError::Refused(PRIVATE))
        );
        let came = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(came.is_err(), "no connection was made");
    }

    /// Every name is this machine.
    struct Here;

    impl reqwest::dns::Resolve for Here {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let here: Vec<std::net::SocketAddr> = vec![([127, 0, 0, 1], 0).into()];
            let here: reqwest::dns::Addrs = Box::new(here.into_iter());
            Box::pin(std::future::ready(Ok(here)))
        }
    }

    /// An author's own resolver serves those who may go anywhere, and takes no check from the others.
    #[tokio::test]
    async fn who_may_go_to_private_addresses_gets_there() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "https://as.internal:{}/",
            listener.local_addr().unwrap().port()
        );
        let own = |client: reqwest::ClientBuilder| client.dns_resolver(std::sync::Arc::new(Here));
        let it = HttpFetch::resolving(&own, resolver(&["127.0.0.1"]));
        let request = || Request::get(&url).body(Bytes::new()).unwrap();
        let refused = it.send(request()).await.map(drop);
        assert_eq!(refused, Err(FetchError::Refused(PRIVATE)));
        let mut allowed = request();
        allowed.extensions_mut().insert(PrivateAllowed);
        let sending = tokio::spawn(async move { it.send(allowed).await.map(drop) });
        let came = tokio::time::timeout(DEADLINE, listener.accept()).await;
        assert!(came.is_ok_and(|came| came.is_ok()), "a connection was made");
        // There is no TLS behind it.
        assert!(matches!(sending.await.unwrap(), Err(FetchError::Failed(_))));
    }

    #[tokio::test]
    async fn an_author_s_proxy_is_used_and_redirects_stay_off() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            let answer =
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let it = HttpFetch::customized(&|client| {
            let client = client.redirect(reqwest::redirect::Policy::limited(5));
            client.proxy(reqwest::Proxy::all(&proxy).unwrap())
        });
        let request = Request::get("http://localhost:9/x")
            .body(Bytes::new())
            .unwrap();
        assert_eq!(it.send(request).await.unwrap().status(), 302);
        assert!(
            served
                .await
                .unwrap()
                .starts_with("GET http://localhost:9/x ")
        );
    }
}
