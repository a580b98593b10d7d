//! What an issuer offers to this server and to MCP clients, in words.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use super::Issuer;
use super::discovery::{self, Failure};
use super::jwks::KeySet;
use super::wants::{Keys, Wants};
use crate::World;
use crate::fetch::Customize;

/// What [`Issuer::check`] found: what keeps tokens from being verified, and what MCP clients will
/// miss at this authorization server.
///
/// ```no_run
/// # use mcp_authz::Issuer;
/// # async fn example() {
/// let report = Issuer::new("https://as.example.com").check().await;
/// println!("{report}"); // all of it, in words
/// assert!(report.is_usable(), "{:?}", report.errors());
/// for what in report.lacks() {
///     println!("clients will miss {what}");
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Report {
    issuer: String,
    errors: Vec<String>,
    warnings: Vec<String>,
    lacks: Vec<&'static str>,
}

impl Report {
    /// Which authorization server this is about.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether its tokens can be verified.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.errors.is_empty()
    }

    /// Why its tokens cannot be verified.
    #[must_use]
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Where the metadata does not promise what this server is configured for: which endpoints it has,
    /// how clients authenticate there, how answers are signed. It may work all the same.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What MCP clients will miss: they may refuse to go on, or need somebody's help.
    #[must_use]
    pub fn lacks(&self) -> &[&'static str] {
        &self.lacks
    }
}

/// One line for each finding.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "issuer {:?}:", self.issuer)?;
        if self.errors.is_empty() && self.warnings.is_empty() && self.lacks.is_empty() {
            f.write_str(" nothing is missing")?;
        }
        for error in &self.errors {
            write!(f, "\n  - tokens cannot be verified: {error}")?;
        }
        for warning in &self.warnings {
            write!(f, "\n  - this server may not get along: {warning}")?;
        }
        for lack in &self.lacks {
            write!(f, "\n  - MCP clients may not get along: {lack}")?;
        }
        write!(f, "\n  - not to be seen from here: {UNSEEN}")
    }
}

const NO_METADATA: &str = "its metadata cannot be had: they do not find where to send the person";

const UNSEEN: &str = "whether it honours `resource` (RFC 8707); if not, its tokens lack this server's audience and are refused";

impl Issuer {
    /// Asks the authorization server for its documents and says what is missing in them.
    ///
    /// A server does the same when it is built, and logs what it finds; this is for a command line
    /// of your own, or a test of your configuration. At most two documents are fetched, each within
    /// 5 s. Nobody is asked about a token. Where a proxy or a root certificate of your own is needed, see
    /// [`check_with`](Self::check_with).
    pub async fn check(&self) -> Report {
        self.check_in(&World::system()).await
    }

    /// The same, with the HTTP client of
    /// [`ServerBuilder::http_client`](crate::ServerBuilder::http_client).
    ///
    /// ```no_run
    /// # use mcp_authz::{Issuer, reqwest};
    /// # async fn example(proxy: reqwest::Proxy) {
    /// let issuer = Issuer::new("https://as.example.com");
    /// let report = issuer.check_with(move |client| client.proxy(proxy.clone())).await;
    /// println!("{report}");
    /// # }
    /// ```
    pub async fn check_with(
        &self,
        customize: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Report {
        let customize: Customize = Arc::new(customize);
        self.check_in(&World::with_http(Some(&customize))).await
    }

    async fn check_in(&self, world: &World) -> Report {
        let mut report = Report {
            issuer: self.identifier.clone(),
            errors: self.problems(),
            warnings: Vec::new(),
            lacks: Vec::new(),
        };
        if let (Ok(url), true) = (self.url(), report.is_usable()) {
            let world = self.world(world);
            self.examine(&url, &world, &mut report).await;
        }
        report
    }

    async fn examine(&self, url: &Url, world: &World, report: &mut Report) {
        let wants = self.wants();
        let mut failures = Vec::new();
        let metadata = discovery::metadata(&*world.fetch, &self.identifier, url, self.order).await;
        match &metadata {
            Ok(metadata) => {
                report.lacks = lacks(metadata.document());
                report.warnings = wants.warnings(metadata, url);
                failures = wants.missing(metadata, url);
            }
            Err(failure) if self.needs_metadata(&wants) => failures.push(failure.clone()),
            Err(_) => report.lacks.push(NO_METADATA),
        }
        let keys = match (wants.keys, self.static_jwks_uri(url)) {
            (Keys::Never, _) => None,
            (_, Some(uri)) => Some(Ok(uri)),
            (_, None) => metadata.ok().and_then(|found| wants.keys_in(&found, url)),
        };
        match keys {
            Some(Ok(uri)) => match self.examine_keys(&uri, world).await {
                Ok(1..) => {}
                Ok(0) if wants.keys == Keys::IfNamed => {
                    let what = "it has no usable key: its JWTs are refused";
                    report.warnings.push(what.to_owned());
                }
                Ok(0) => failures.push(Failure::Wrong("it has no usable key".to_owned())),
                Err(failure) => failures.push(failure),
            },
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
        report.errors = failures.iter().map(ToString::to_string).collect();
    }

    /// Whether a server does not work without it.
    fn needs_metadata(&self, wants: &Wants) -> bool {
        let for_keys = match wants.keys {
            Keys::Always => self.jwks_uri.is_none(),
            Keys::IfNamed => false,
            // For clients alone, then; but nothing else is known of the issuer.
            Keys::Never => !self.remote.takes_opaque(),
        };
        for_keys || wants.needs_endpoints()
    }

    /// How many of the keys can be used.
    async fn examine_keys(&self, uri: &Url, world: &World) -> Result<usize, Failure> {
        let body = discovery::key_set(&*world.fetch, uri).await?;
        let keys = KeySet::parse(&body, &self.algorithms, world.clock.now());
        let keys = keys.map_err(|why| Failure::Wrong(why.to_owned()))?;
        Ok(keys.len())
    }
}

/// What the metadata of an authorization server does not offer, though MCP clients look for it
/// (2026-07-28, authorization).
pub(super) fn lacks(document: &Map<String, Value>) -> Vec<&'static str> {
    let lists = |member: &str, value: &str, absent| match document.get(member) {
        None => absent,
        Some(list) => list
            .as_array()
            .is_some_and(|list| list.iter().any(|one| one == value)),
    };
    let names = |member: &str| document.get(member).is_some_and(Value::is_string);
    let is_true = |member: &str| document.get(member) == Some(&Value::Bool(true));
    let found = [
        (
            names("authorization_endpoint") && names("token_endpoint"),
            "it names no `authorization_endpoint` or no `token_endpoint`",
        ),
        (
            lists("response_types_supported", "code", false)
                // RFC 8414 section 2: what is meant when it is left out.
                && lists("grant_types_supported", "authorization_code", true),
            "it does not say that it supports the authorization code flow (`response_types_supported`, `grant_types_supported`)",
        ),
        (
            lists("code_challenge_methods_supported", "S256", false),
            "it does not say that it supports PKCE with S256 (`code_challenge_methods_supported`): clients must not go on without",
        ),
        (
            names("registration_endpoint") || is_true("client_id_metadata_document_supported"),
            "it knows neither client ID metadata documents nor registration: every agent has to be registered by hand",
        ),
        (
            is_true("authorization_response_iss_parameter_supported"),
            "its authorization responses do not say who issued them (RFC 9207)",
        ),
    ];
    found
        .into_iter()
        .filter_map(|(there, lack)| (!there).then_some(lack))
        .collect()
}
