//! Redirect URIs: which may be registered, and which requested one is a registered one.

use url::{Host, Url};

/// Schemes that a browser would read as something else than "open this application".
const NOT_PRIVATE_USE: [&str; 11] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "javascript",
    "vbscript",
    "ws",
    "wss",
];

/// What a client may register: https, http on this machine, or a private-use scheme (RFC 8252 §7).
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let uri = Url::parse(text).map_err(|_| format!("{text} is not an absolute URI"))?;
    if uri.fragment().is_some() {
        return Err(format!("{text} has a fragment (RFC 6749 section 3.1.2)"));
    }
    if !uri.username().is_empty() || uri.password().is_some() {
        return Err(format!("{text} carries credentials"));
    }
    match uri.scheme() {
        "https" => Ok(uri),
        "http" if is_loopback(&uri) => Ok(uri),
        "http" => Err(format!(
            "{text} is http, but not on this machine: use https"
        )),
        other if NOT_PRIVATE_USE.contains(&other) => {
            Err(format!("{text}: {other} is no scheme of an application"))
        }
        _ => Ok(uri),
    }
}

/// Whether `requested` is the `registered` one: the same text (RFC 9700 §2.1), except that the
/// port of a loopback address is the application's to choose at run time (RFC 8252 §7.3).
pub(super) fn matches(registered: &str, requested: &str) -> bool {
    if registered == requested {
        return true;
    }
    let (Ok(registered), Ok(requested)) = (parse(registered), parse(requested)) else {
        return false;
    };
    registered.scheme() == "http"
        && requested.scheme() == "http"
        && registered.host() == requested.host()
        && registered.path() == requested.path()
        && registered.query() == requested.query()
}

/// Where the answer goes, in words.
pub(super) fn destination(uri: &Url) -> String {
    match (uri.scheme(), uri.host_str(), uri.port()) {
        ("http", Some(host), Some(port)) => format!("a program on this computer ({host}:{port})"),
        ("http", Some(host), None) => format!("a program on this computer ({host})"),
        ("https", Some(host), Some(port)) => format!("{host}:{port}"),
        ("https", Some(host), None) => host.to_owned(),
        (scheme, _, _) => format!("the application that opens “{scheme}:” links on this computer"),
    }
}

/// `localhost` counts: RFC 8252 §8.3 advises against it, and most MCP clients use it.
pub(super) fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_port_may_differ() {
        let loopback = "http://127.0.0.1/callback";
        for (registered, requested, expected) in [
            (loopback, "http://127.0.0.1/callback", true),
            (loopback, "http://127.0.0.1:4711/callback", true),
            (
                "http://127.0.0.1:1/callback",
                "http://127.0.0.1:2/callback",
                true,
            ),
            ("http://[::1]/cb", "http://[::1]:9/cb", true),
            ("http://localhost/cb", "http://localhost:9/cb", true),
            (loopback, "http://localhost/callback", false),
            (loopback, "http://127.0.0.2/callback", false),
            (loopback, "https://127.0.0.1:4711/callback", false),
            (loopback, "http://127.0.0.1:4711/callback/", false),
            (loopback, "http://127.0.0.1:4711/callback?x=1", false),
            (loopback, "http://127.0.0.1:4711/callback#x", false),
            (loopback, "http://a@127.0.0.1:4711/callback", false),
            (loopback, "http://127.0.0.1:4711@evil.test/callback", false),
            (loopback, "http://127.0.0.1.evil.test/callback", false),
            ("https://app.test/cb", "https://app.test:444/cb", false),
            ("https://app.test/cb", "https://app.test/cb", true),
            ("https://app.test/cb", "https://app.test/cb?", false),
            ("https://app.test/cb", "https://app.test/CB", false),
            ("my.app:/cb", "my.app:/cb", true),
            ("my.app:/cb", "my.app:/cb2", false),
        ] {
            assert_eq!(
                matches(registered, requested),
                expected,
                "{registered} {requested}"
            );
        }
    }

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://app.test/cb",
            "http://localhost:1/cb",
            "cursor://x/cb",
            "a.b:/cb",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "/cb",
            "http://app.test/cb",
            "https://app.test/cb#",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://a:b@app.test/cb",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
