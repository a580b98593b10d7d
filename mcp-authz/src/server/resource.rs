//! The canonical URI of a server: what is advertised, mounted and expected as `aud`.

use url::{Host, Url};

/// A checked resource identifier (RFC 8707 §2, RFC 9728 §1.2).
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// As the author wrote it: clients and tokens carry exactly this.
    pub(super) text: String,
    pub(super) url: Url,
}

impl Resource {
    /// Reads an absolute URI that a token's `aud` can be compared with byte for byte.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("resource {text:?} {what}"));
        let Ok(url) = Url::parse(text) else {
            return wrong("is no URL: write all of it, like \"https://mcp.example.com/mcp\"");
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return wrong(
                    "must use https: write `https://…` (http is for loopback addresses only)",
                );
            }
            _ => return wrong("must be an https URL, like \"https://mcp.example.com/mcp\""),
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Not shown: it may be a real one.
            return Err(
                "the resource must not contain a user name or password: remove them".into(),
            );
        }
        if url.fragment().is_some() || url.query().is_some() {
            return wrong("must have no query and no fragment: remove them (RFC 8707 section 2)");
        }
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(format!(
                "resource {text:?} is not in canonical form: write {:?}, since clients and tokens are compared with it byte for byte",
                url.as_str()
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The path under which clients reach it.
    pub(super) fn path(&self) -> &str {
        self.url.path()
    }

    /// The `Host` headers that name it.
    pub(super) fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = self.url.host_str().map(str::to_owned).into_iter().collect();
        if is_loopback(&self.url) {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        hosts
    }

    /// The pages that may talk to it: its own origin; for a loopback resource any local page.
    pub(super) fn origins(&self) -> Vec<String> {
        let mut origins = vec![self.url.origin().ascii_serialization()];
        if is_loopback(&self.url) {
            let local = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
            origins.extend(local.map(str::to_owned));
        }
        origins
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_uris_are_resources() {
        for text in [
            "https://mcp.test/mcp",
            "https://mcp.test",
            "https://mcp.test/",
            "https://h:8443/a/b",
            "http://127.0.0.1:3001/mcp",
            "http://localhost/mcp",
            "http://[::1]:1/mcp",
        ] {
            assert!(Resource::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "mcp.test",
            "mcp.test/mcp",
            "http://mcp.test/mcp",
            "ftp://mcp.test/",
            "https://mcp.test/mcp#x",
            "https://mcp.test/mcp?x=1",
            "https://a@mcp.test/mcp",
            "https://MCP.test/mcp",
            "https://mcp.test:443/mcp",
            "https://mcp.test/a/../mcp",
            "http://localhost.evil/mcp",
            " https://mcp.test/mcp",
        ] {
            assert!(Resource::parse(text).is_err(), "{text}");
        }
    }
}
