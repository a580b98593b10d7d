//! Which redirect URIs an agent may have: whoever receives there receives codes.

use url::Url;

use super::super::ThirdPartyType;
use crate::fetch::is_loopback;

/// Longer ones are nobody's.
const LONGEST: usize = 512;

/// Checks one redirect URI of an agent of this kind; `hosts` are the only ones, where there are any.
///
/// Logto compares exactly, and reads `*` as a wildcard: what is registered has one spelling, and that
/// is the one in which a browser would go there.
pub(super) fn check(
    text: &str,
    kind: ThirdPartyType,
    hosts: Option<&[String]>,
) -> Result<(), &'static str> {
    if text.len() > LONGEST {
        return Err("it is longer than 512 bytes");
    }
    if text.contains('*') {
        return Err("it has a wildcard: name each address");
    }
    let url = Url::parse(text).map_err(|_| "it is no absolute URL")?;
    // RFC 6749 §3.1.2; also where nothing follows the sign.
    if url.fragment().is_some() {
        return Err("it has a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user name or password");
    }
    check_destination(&url, kind, hosts)?;
    // No `..`, backslashes, tabs, capitals or default ports: two readers would go to two places.
    let spelled = url.as_str();
    if spelled != text && spelled.strip_suffix('/') != Some(text) {
        return Err("it is spelled in another way than a browser would");
    }
    Ok(())
}

fn check_destination(
    url: &Url,
    kind: ThirdPartyType,
    hosts: Option<&[String]>,
) -> Result<(), &'static str> {
    match url.scheme() {
        "https" => match (url.host_str(), hosts) {
            (None | Some(""), _) => Err("it has no host"),
            (Some(host), Some(hosts)) if !hosts.iter().any(|own| own == host) => {
                Err("its host is none of those that are allowed here")
            }
            _ => Ok(()),
        },
        // RFC 8252 §7.3, §8.3: an app on the person's own machine.
        "http" if !is_loopback(url) => Err("it is http on a public host: use https"),
        "http" if kind != ThirdPartyType::Native => {
            Err("http on this machine is for native applications alone")
        }
        "http" => Ok(()),
        _ => Err("its scheme is neither https nor, for a native application, http on this machine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ThirdPartyType::{Native, Spa, Traditional};

    #[test]
    fn where_codes_may_go() {
        for (uri, kinds) in [
            ("https://agent.example/cb", &[Traditional, Spa, Native][..]),
            ("https://agent.example", &[Traditional, Spa, Native]),
            (
                "https://agent.example:8443/cb?x=1",
                &[Traditional, Spa, Native],
            ),
            (
                "https://xn--bcher-kva.example/cb",
                &[Traditional, Spa, Native],
            ),
            ("http://127.0.0.1/cb", &[Native]),
            ("http://127.0.0.1:4711/cb", &[Native]),
            ("http://[::1]:4711/cb", &[Native]),
            ("http://localhost:4711/cb", &[Native]),
        ] {
            for kind in [Traditional, Spa, Native] {
                let is_good = check(uri, kind, None).is_ok();
                assert_eq!(is_good, kinds.contains(&kind), "{uri} {kind:?}");
            }
        }
    }

    #[test]
    fn where_they_may_not() {
        for uri in [
            "",
            "/cb",
            "agent.example/cb",
            "https:///cb",
            "https://agent.example/cb#",
            "https://agent.example/cb#part",
            "https://*.agent.example/cb",
            "https://agent.example/*",
            "http://127.0.0.1:*/cb",
            "https://user@agent.example/cb",
            "https://user:pw@agent.example/cb",
            "https://@agent.example/cb",
            "http://agent.example/cb",
            "http://127.0.0.1.agent.example/cb",
            "http://localhost.agent.example/cb",
            "http://0.0.0.0/cb",
            "http://192.168.0.1/cb",
            "http://127.0.0.1@agent.example/cb",
            "https://agent.example\\@other.example/cb",
            "https://AGENT.example/cb",
            "https://agent.example:443/cb",
            "https://agent.example/a/../cb",
            "https://agent.example/a b",
            "https://agent.example/\tcb",
            "https://b\u{fc}cher.example/cb",
            "http://2130706433/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "my.app:/cb",
            "urn:ietf:wg:oauth:2.0:oob",
        ] {
            for kind in [Traditional, Spa, Native] {
                assert!(check(uri, kind, None).is_err(), "{uri} {kind:?}");
            }
        }
        let long = format!("https://agent.example/{}", "x".repeat(512));
        assert!(check(&long, Native, None).is_err());
    }

    #[test]
    fn hosts_that_are_allowed_are_allowed_alone() {
        let hosts = ["agent.example".to_owned()];
        let good = |uri| check(uri, Native, Some(&hosts)).is_ok();
        assert!(good("https://agent.example/cb"));
        assert!(
            good("http://127.0.0.1/cb"),
            "the person's own machine is no host of anybody's"
        );
        for uri in [
            "https://other.example/cb",
            "https://sub.agent.example/cb",
            "https://agent.example./cb",
            "https://agent.example.other.example/cb",
            "https://other.example/agent.example",
        ] {
            assert!(!good(uri), "{uri}");
        }
    }
}
