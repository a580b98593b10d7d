//! One authorization server, and how its tokens are verified.

use std::time::Duration;

use url::Url;

use super::claim_options::ClaimOptions;
use super::remote::Remote;
use super::{Algorithm, TokenExchange, discovery};
use crate::{World, fetch};

/// The longest leeway, and the default: clocks that differ by more are broken (RFC 7519 §4.1.4
/// speaks of "a few minutes" at most, and every second of it prolongs a stolen token).
const MAX_LEEWAY: Duration = Duration::from_secs(60);

/// One authorization server, and how its tokens are verified.
///
/// An issuer that follows the standards needs nothing but its identifier: metadata, keys and their
/// rotation are found from there. A plain string converts.
///
/// ```
/// use mcp_authz::{Algorithm, Issuer};
///
/// let plain: Issuer = "https://tenant.logto.app/oidc".into();
/// let strict = Issuer::new("https://as.example.com").algorithms([Algorithm::Es256]);
/// ```
///
/// What to click or call at each provider, so that its tokens open this server, is in the
/// [guide](guide/providers/index.html).
///
/// Mistakes show when the server is built, together with all others.
#[derive(Clone, Debug)]
#[must_use]
pub struct Issuer {
    pub(crate) identifier: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) accept_typ_jwt: bool,
    pub(crate) claims: ClaimOptions,
    pub(crate) leeway: Duration,
    pub(crate) jwks_uri: Option<String>,
    /// Where its metadata is looked for first.
    pub(crate) order: discovery::Order,
    pub(crate) private_addresses: bool,
    /// Its access tokens are never JWTs: what it signs is something else.
    pub(crate) opaque_only: bool,
    /// How opaque tokens are judged, and what userinfo adds to any token.
    pub(crate) remote: Remote,
    /// How its tokens are exchanged; the server's setting.
    pub(crate) exchange: Option<TokenExchange>,
    /// What a preset was given and cannot work with.
    pub(crate) mistakes: Vec<String>,
}

impl Issuer {
    /// Names an issuer by its identifier: `issuer` of its metadata and `iss` of its tokens, byte for
    /// byte (a trailing slash counts).
    pub fn new(identifier: impl Into<String>) -> Self {
        Self {
            identifier: identifier.into(),
            audiences: Vec::new(),
            algorithms: Algorithm::ALL.to_vec(),
            accept_typ_jwt: false,
            claims: ClaimOptions::default(),
            leeway: MAX_LEEWAY,
            jwks_uri: None,
            order: discovery::Order::Standard,
            private_addresses: false,
            opaque_only: false,
            remote: Remote::default(),
            exchange: None,
            mistakes: Vec::new(),
        }
    }

    /// Accepts tokens for `audience` besides those for the resource's own URI.
    ///
    /// For providers that cannot issue tokens for a URI. Each call adds one; it is compared byte for
    /// byte, and whoever may get a token with this `aud` may call this server.
    ///
    /// ```
    /// # use mcp_authz::Issuer;
    /// let entra = Issuer::new("https://login.example.com/t/v2.0").audience("api://0d0e…");
    /// ```
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts these signature algorithms alone (default: every [`Algorithm`]).
    ///
    /// A key is never used with an algorithm that is not its own (RFC 8725 §3.1).
    ///
    /// ```
    /// use mcp_authz::{Algorithm, Issuer};
    ///
    /// let issuer = Issuer::new("https://as.example.com").algorithms([Algorithm::Es256]);
    /// ```
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts access tokens whose header says `typ: JWT`, or has no `typ`.
    ///
    /// For providers that do not mark their access tokens with `at+jwt` (RFC 9068 §2.1). ID tokens
    /// are then told apart by their claims and their audience only, so leave it off where you can.
    ///
    /// ```
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::new("https://sso.example.com")
    ///     .accept_typ_jwt()
    ///     .require_claim("token_use", "access"); // what tells its access tokens from others
    /// ```
    pub fn accept_typ_jwt(mut self) -> Self {
        self.accept_typ_jwt = true;
        self
    }

    /// How far the issuer's clock may be off, for `exp`, `nbf` and `iat`: at most, and by default,
    /// 60 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mcp_authz::Issuer;
    ///
    /// let punctual = Issuer::new("https://as.example.com").leeway(Duration::ZERO);
    /// ```
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Takes the keys from here instead of asking the issuer's metadata.
    ///
    /// For issuers that publish no metadata. The same rules hold: https, no redirects.
    ///
    /// ```
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::new("https://as.example.com").jwks_uri("https://as.example.com/keys.json");
    /// ```
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// Lets this issuer's host names lead to private addresses (`10.0.0.0/8`, `fd00::/8`, this
    /// machine): for an authorization server inside your network.
    ///
    /// Without it they are refused, also when a name changes its address later, so that no document
    /// and no DNS answer makes this server talk to its neighbours. An issuer that is written as a
    /// private or loopback address needs no permission.
    ///
    /// ```
    /// use mcp_authz::Issuer;
    ///
    /// let issuer = Issuer::new("https://login.corp.example").allow_private_addresses();
    /// ```
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// The world as this issuer may use it.
    pub(crate) fn world(&self, world: &World) -> World {
        let written = self.url().is_ok_and(|url| fetch::is_private(&url));
        if written || self.private_addresses {
            world.with_private_addresses()
        } else {
            world.clone()
        }
    }

    /// The identifier as a URL, or what is wrong with it.
    pub(crate) fn url(&self) -> Result<Url, &'static str> {
        let text = self.identifier.as_str();
        // `Url` drops white space silently; the bytes that tokens are compared with would keep it.
        if text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '\\')
        {
            return Err("it has white space, control characters or backslashes: remove them");
        }
        let url = Url::parse(text).map_err(|_| "it is not a URL: write `https://…`")?;
        if url.fragment().is_some() || url.query().is_some() {
            return Err("it has a query or a fragment: remove them (RFC 8414 section 2)");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it has a user name or password: remove them");
        }
        if url.path().contains("/.well-known/") {
            return Err(
                "it is where the metadata is: write the issuer, which that document calls `issuer`",
            );
        }
        fetch::check_url(&url)
            .map_err(|_| "it is not https: write `https://…` (http only on a loopback host)")?;
        Ok(url)
    }

    /// Whether no token is good without what userinfo adds.
    #[cfg(feature = "dpop")]
    pub(crate) fn needs_userinfo(&self) -> bool {
        let userinfo = self.remote.userinfo();
        userinfo.is_some_and(|userinfo| !userinfo.is_optional())
    }

    /// Whether it says which clients are the operator's own.
    pub(crate) fn knows_first_party(&self) -> bool {
        self.claims.knows_first_party()
    }

    /// The identifier without what must not be printed.
    pub(crate) fn shown(&self) -> String {
        match (self.identifier.find("://"), self.identifier.rfind('@')) {
            (Some(scheme), Some(at)) if scheme < at => {
                let (scheme, _) = self.identifier.split_at(scheme);
                let (_, host) = self.identifier.split_at(at);
                format!("{scheme}://…{host}")
            }
            _ => self.identifier.clone(),
        }
    }

    /// Everything that is wrong with this issuer, in sentences that say what to write instead.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let shown = self.shown();
        let mut say = |what: &str| problems.push(format!("issuer {shown:?}: {what}"));
        let url = self.url();
        if let Err(what) = &url {
            say(what);
        }
        for what in &self.mistakes {
            say(what);
        }
        if self.leeway > MAX_LEEWAY {
            say("its leeway is longer than 60 s: set the clocks right instead");
        }
        if self.algorithms.is_empty() {
            say("no algorithm is allowed: name one, or leave `.algorithms(..)` out");
        }
        if self.audiences.iter().any(String::is_empty) {
            say("an extra audience is empty: name it, or leave `.audience(..)` out");
        }
        self.claims.problems().into_iter().for_each(&mut say);
        if let Ok(url) = &url {
            let exchange = self.exchange.iter().flat_map(|one| one.problems(url));
            for what in self.remote.problems(url).into_iter().chain(exchange) {
                say(&what);
            }
        }
        if let (Some(_), Ok(url)) = (&self.jwks_uri, &url)
            && self.static_jwks_uri(url).is_none()
        {
            say(
                "its `.jwks_uri(..)` is not an https URL (http only on a loopback host, for a loopback issuer)",
            );
        }
        problems
    }

    /// The author's own `jwks_uri`, where it may be fetched.
    pub(crate) fn static_jwks_uri(&self, issuer: &Url) -> Option<Url> {
        let uri = Url::parse(self.jwks_uri.as_deref()?).ok()?;
        discovery::check_endpoint(&uri, issuer)
            .is_ok()
            .then_some(uri)
    }
}

impl From<&str> for Issuer {
    fn from(identifier: &str) -> Self {
        Self::new(identifier)
    }
}

impl From<String> for Issuer {
    fn from(identifier: String) -> Self {
        Self::new(identifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback_and_nothing_around_it() {
        for good in [
            "https://h",
            "https://h/",
            "https://h:8443/a/b",
            "http://127.0.0.1:3000",
            "http://localhost/oidc",
        ] {
            assert!(Issuer::new(good).problems().is_empty(), "{good}");
        }
        for bad in [
            "",
            "h",
            "h.example.com",
            "http://h.example.com",
            "ftp://h",
            "https://h?x",
            "https://h#x",
            "https://u@h",
            "https://u:p@h",
            " https://h",
            "https://h\n",
            "https://h/a b",
            "https:\\\\h",
            "https://",
            "mailto:a@b",
        ] {
            assert_eq!(Issuer::new(bad).problems().len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_password_in_an_identifier_is_not_printed() {
        let problems = Issuer::new("https://user:s3cret@as.example.com/x").problems();
        assert!(
            problems[0].contains("https://…@as.example.com/x"),
            "{problems:?}"
        );
        assert!(!problems[0].contains("s3cret"), "{problems:?}");
    }

    #[test]
    fn all_problems_come_at_once() {
        let issuer = Issuer::new("https://h")
            .leeway(Duration::from_secs(61))
            .algorithms([])
            .audience("")
            .scope_claim("")
            .jwks_uri("http://h/jwks");
        assert_eq!(issuer.problems().len(), 5);
        assert!(
            Issuer::new("https://h")
                .jwks_uri("http://127.0.0.1/jwks")
                .problems()
                .len()
                == 1
        );
    }
}
