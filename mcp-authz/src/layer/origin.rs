//! Where a request may come from: the `Host` it names and the `Origin` of the page that sent it.
//!
//! Protects local servers from DNS rebinding (MCP, Streamable HTTP §Security). rmcp could check such
//! lists in its own way; ours is stricter and comes first, so that a misplaced request learns nothing
//! else, and rmcp's is switched off.

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri};

/// The lists of one server.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) hosts: Vec<HostRule>,
    pub(crate) origins: Vec<OriginRule>,
}

/// A host with or without a port; without one, any port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostRule {
    host: String,
    port: Option<u16>,
}

/// A web origin (RFC 6454 §4); the port is exact or any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginRule {
    scheme: String,
    host: String,
    port: Option<u16>,
}

/// Why a request is turned away before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    Host,
    Origin,
}

impl Misplaced {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Host => "Forbidden: Host header is not allowed",
            Self::Origin => "Forbidden: Origin header is not allowed",
        }
    }
}

impl Origins {
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Misplaced> {
        self.check_host(uri, headers).ok_or(Misplaced::Host)?;
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(()),
            (Some(origin), None) if self.admits_origin(origin) => Ok(()),
            _ => Err(Misplaced::Origin),
        }
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Option<()> {
        let host = requested_host(uri, headers)?;
        let admitted = match host {
            // What nearly every client writes, letter by letter: no need to take it apart.
            Requested::Text(text) if self.hosts.iter().any(|rule| rule.is(text)) => true,
            Requested::Text(text) => self.admits_host(&Authority::try_from(text).ok()?),
            Requested::Authority(host) => self.admits_host(&host),
        };
        admitted.then_some(())
    }

    fn admits_host(&self, host: &Authority) -> bool {
        self.hosts.iter().any(|rule| rule.admits(host))
    }

    /// Whether pages of `origin` may talk to this server.
    pub(crate) fn admits_origin(&self, origin: &HeaderValue) -> bool {
        let Some(origin) = origin.to_str().ok().and_then(OriginRule::parse) else {
            return false;
        };
        self.origins.iter().any(|rule| rule.admits(&origin))
    }
}

/// The host that a request names.
enum Requested<'a> {
    Text(&'a [u8]),
    Authority(Authority),
}

/// The `Host` header, or the authority of an HTTP/2 request; none when they are absent, doubled or
/// disagree.
fn requested_host<'a>(uri: &Uri, headers: &'a HeaderMap) -> Option<Requested<'a>> {
    let mut hosts = headers.get_all(HOST).iter();
    let header = hosts.next().map(HeaderValue::as_bytes);
    if hosts.next().is_some() {
        return None;
    }
    match (header, uri.authority()) {
        (None, None) => None,
        (Some(header), None) => Some(Requested::Text(header)),
        (None, Some(authority)) => Some(Requested::Authority(authority.clone())),
        (Some(header), Some(authority)) => {
            let header = Authority::try_from(header).ok()?;
            (header == *authority).then_some(Requested::Authority(header))
        }
    }
}

impl HostRule {
    /// `host` or `host:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let authority = Authority::try_from(text)
            .ok()
            .filter(|parsed| parsed.as_str() == text)?;
        let behind = text.strip_prefix(authority.host())?;
        let is_plain = behind.is_empty() || authority.port_u16().is_some();
        // A `*` would stand for nothing but itself.
        (is_plain && !text.contains(['@', '*'])).then(|| Self {
            host: normalize(authority.host()),
            port: authority.port_u16(),
        })
    }

    /// Whether `text` is this rule, or its host with some port where any will do.
    fn is(&self, text: &[u8]) -> bool {
        let Some(port) = text.strip_prefix(self.host.as_bytes()) else {
            return false;
        };
        match (port, self.port) {
            ([], None) => true,
            ([b':', port @ ..], rule) if port.iter().all(u8::is_ascii_digit) => {
                let port = std::str::from_utf8(port)
                    .ok()
                    .and_then(|port| port.parse().ok());
                port.is_some() && rule.is_none_or(|rule| port == Some(rule))
            }
            _ => false,
        }
    }

    fn admits(&self, host: &Authority) -> bool {
        // Rules are kept in lower case; hosts are case-insensitive (RFC 3986 §3.2.2).
        host.host().eq_ignore_ascii_case(&self.host)
            && self.port.is_none_or(|port| host.port_u16() == Some(port))
    }
}

impl OriginRule {
    /// `scheme://host`, `scheme://host:port` or `scheme://host:*`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let (authority, any_port) = match rest.strip_suffix(":*") {
            Some(host) => (host, true),
            None => (rest, false),
        };
        let host = HostRule::parse(authority)?;
        Some(Self {
            scheme: scheme.to_owned(),
            host: host.host,
            port: (!any_port).then(|| host.port.unwrap_or(default)),
        })
    }

    fn admits(&self, origin: &Self) -> bool {
        self.scheme == origin.scheme
            && self.host == origin.host
            && (self.port.is_none() || self.port == origin.port)
    }
}

/// Hosts are case-insensitive (RFC 3986 §3.2.2).
fn normalize(host: &str) -> String {
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        Origins {
            hosts: ["mcp.test", "[::1]", "local:3001"]
                .map(|h| HostRule::parse(h).unwrap())
                .into(),
            origins: ["https://mcp.test", "http://localhost:*"]
                .map(|o| OriginRule::parse(o).unwrap())
                .into(),
        }
    }

    fn check(hosts: &[&str], pages: &[&str]) -> Result<(), Misplaced> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        for page in pages {
            headers.append(ORIGIN, HeaderValue::from_str(page).unwrap());
        }
        origins().check(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn hosts() {
        for host in [
            "mcp.test",
            "MCP.test",
            "mcp.test:443",
            "[::1]:80",
            "local:3001",
        ] {
            assert_eq!(check(&[host], &[]), Ok(()), "{host}");
        }
        for host in [
            "evil.test",
            "mcp.test.evil",
            "local",
            "local:3002",
            "",
            "mcp.test@evil",
        ] {
            assert_eq!(check(&[host], &[]), Err(Misplaced::Host), "{host}");
        }
        assert_eq!(check(&[], &[]), Err(Misplaced::Host));
        assert_eq!(check(&["mcp.test", "mcp.test"], &[]), Err(Misplaced::Host));
    }

    /// The short way lets nobody in whom the long one would not.
    #[test]
    fn both_ways_of_comparing_a_host_agree() {
        let hosts = [
            "mcp.test",
            "[::1]",
            "local",
            "mcp",
            "mcp.test.evil",
            "[::1",
            "::1",
            "",
            "%6dcp.test",
        ];
        let ends = [
            "",
            ":",
            ":80",
            ":3001",
            ":03001",
            ":65536",
            ":-1",
            ":+80",
            ":8 0",
            ":80:80",
            ":80@evil",
            "@evil",
            ":x",
            ".",
            "/",
            "?",
            "#",
            "\\",
            ":3001/",
            ":3001#",
            ":\u{663}",
            "\t",
            " ",
            ":99999999999999999999",
        ];
        for rule in ["mcp.test", "[::1]", "local:3001", "mcp.test:80"] {
            let rule = HostRule::parse(rule).unwrap();
            for host in hosts {
                for end in ends {
                    let text = format!("{host}{end}");
                    let long =
                        Authority::try_from(text.as_str()).is_ok_and(|host| rule.admits(&host));
                    assert!(long || !rule.is(text.as_bytes()), "{text:?} {rule:?}");
                }
            }
        }
    }

    #[test]
    fn the_authority_of_an_http2_request_counts_and_must_not_disagree() {
        let uri = Uri::from_static("https://mcp.test/mcp");
        assert_eq!(origins().check(&uri, &HeaderMap::new()), Ok(()));
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("[::1]"));
        assert_eq!(origins().check(&uri, &headers), Err(Misplaced::Host));
    }

    #[test]
    fn pages() {
        for page in [
            "https://mcp.test",
            "https://mcp.test:443",
            "http://localhost:8123",
        ] {
            assert_eq!(check(&["mcp.test"], &[page]), Ok(()), "{page}");
        }
        for page in [
            "null",
            "",
            "http://mcp.test",
            "https://mcp.test:444",
            "https://mcp.test.evil",
            "https://evil/?https://mcp.test",
            "https://mcp.test/",
            "ftp://mcp.test",
        ] {
            assert_eq!(
                check(&["mcp.test"], &[page]),
                Err(Misplaced::Origin),
                "{page}"
            );
        }
        let twice = ["https://mcp.test", "https://mcp.test"];
        assert_eq!(check(&["mcp.test"], &twice), Err(Misplaced::Origin));
    }
}
