//! How a registration is made, checked all at once.

use std::fmt;
use std::sync::Arc;

use rmcp::ServerHandler;
use url::Url;

use super::super::plan::consent_words;
use super::super::{Error, Management};
use super::desk::Desk;
use super::discovery::Discovery;
use super::doors::Doors;
use super::policy::RegistrationPolicy;
use super::{ClientRegistration, Service};
use crate::Server;
use crate::danger::OpenRegistration;
use crate::fetch;
use crate::layer::{HostRule, OriginRule, Origins};
use crate::token::secret::Secret;

/// A shorter token is one that somebody thought up.
const SHORTEST_TOKEN: usize = 32;

/// Makes a [`ClientRegistration`].
///
/// Needs the feature `logto`.
///
/// ```no_run
/// use mcp_authz::Server;
/// use mcp_authz::logto::{ClientRegistration, Error, Management, RegistrationPolicy};
///
/// # fn example(server: Server, logto: Management, token: String) -> Result<(), Error> {
/// let policy = RegistrationPolicy::new(["profile", "email"]);
/// let registration = ClientRegistration::builder("https://mcp.example.com/agents", policy)
///     .initial_access_token("partner", token) // 32 random characters or more
///     .build(&server, logto)?;
/// println!("agents register at {}", registration.registration_endpoint());
/// # Ok(()) }
/// ```
#[must_use = "nothing is registered before it is built"]
pub struct ClientRegistrationBuilder {
    url: String,
    policy: RegistrationPolicy,
    first_party: bool,
    tokens: Vec<(String, Secret)>,
    open: Option<OpenRegistration>,
}

impl ClientRegistrationBuilder {
    pub(super) fn new(url: String, policy: RegistrationPolicy) -> Self {
        Self {
            url,
            policy,
            first_party: false,
            tokens: Vec::new(),
            open: None,
        }
    }

    /// People may register with an access token for the server that one of the operator's own
    /// applications holds: those that the server's issuer names
    /// ([`Issuer::first_party`](crate::Issuer::first_party)), never an agent.
    pub fn first_party(mut self) -> Self {
        self.first_party = true;
        self
    }

    /// Whoever holds this token may register (RFC 7591 §1.2). `name` tells holders apart: each has
    /// their own quota and applications, and is named in the audit log.
    ///
    /// 32 random characters or more; compared in constant time, never printed, wiped when dropped.
    pub fn initial_access_token(
        mut self,
        name: impl Into<String>,
        token: impl Into<String>,
    ) -> Self {
        self.tokens.push((name.into(), Secret::new(token)));
        self
    }

    /// Anybody may register: see [what that costs](crate::danger::open_registration), and an example.
    pub fn open(mut self, open: OpenRegistration) -> Self {
        self.open = Some(open);
        self
    }

    /// Checks everything. Agents are registered in the tenant of `logto`, for the scopes of `server`,
    /// which verifies the access tokens of those who register.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], with everything that is wrong.
    pub fn build<H: ServerHandler>(
        self,
        server: &Server<H>,
        logto: Management,
    ) -> Result<ClientRegistration, Error> {
        let (url, origins) = self.checked(server, &logto).map_err(Error::Config)?;
        let path = url.path().trim_end_matches('/').to_owned();
        let url = format!("{}{path}", url.origin().ascii_serialization());
        let manifest = server.manifest();
        let words = self.policy.scopes.iter();
        let words = words.map(|scope| (scope.clone(), consent_words(scope, manifest)));
        let of_nobody = self.open.map_or(0, |open| open.most);
        let resource = manifest.resource.clone();
        let discovery = Discovery::new(logto.clone(), format!("{url}/register"));
        let service = Service {
            words: words.collect(),
            desk: Arc::new(Desk::new(
                logto,
                url.clone(),
                resource,
                self.policy,
                of_nobody,
            )),
            doors: Doors {
                callers: server.callers(),
                first_party: self.first_party,
                tokens: self.tokens,
                open: self.open.is_some(),
            },
            url,
            path,
            origins,
        };
        Ok(ClientRegistration {
            service: Arc::new(service),
            discovery: Arc::new(discovery),
        })
    }

    /// Where it is, or everything that is wrong.
    fn checked<H>(
        &self,
        server: &Server<H>,
        logto: &Management,
    ) -> Result<(Url, Origins), Vec<String>> {
        let mut problems = self.policy.problems();
        let place = place(&self.url, &mut problems);
        self.check_doors(&mut problems);
        if self.first_party && !server.knows_first_party {
            problems.push(
                "no issuer says which applications are the operator's own: add `.first_party([\"client-id\"])` \
                 to the issuer"
                    .into(),
            );
        }
        let tenant = Url::parse(logto.endpoint());
        if !tenant.is_ok_and(|url| is_plain(url.path())) {
            problems.push(format!("the endpoint of Logto: {NOT_PLAIN}"));
        }
        place.filter(|_| problems.is_empty()).ok_or(problems)
    }

    fn check_doors(&self, problems: &mut Vec<String>) {
        for (number, (name, token)) in self.tokens.iter().enumerate() {
            let earlier = self.tokens.iter().take(number);
            if token.expose().len() < SHORTEST_TOKEN {
                problems.push(format!(
                    "the initial access token {name:?} is shorter than {SHORTEST_TOKEN} characters: make it \
                     of random ones; is the environment variable set?"
                ));
            }
            if name.is_empty() || earlier.clone().any(|(other, _)| other == name) {
                problems.push(format!(
                    "{name:?} is not the name of one initial access token"
                ));
            }
            if earlier
                .clone()
                .any(|(_, other)| other.expose() == token.expose())
            {
                problems.push(format!(
                    "the initial access token {name:?} has another name as well"
                ));
            }
        }
        if self.open.is_some_and(|open| open.most == 0) {
            problems.push("open registration for no application: leave it out".into());
        }
    }
}

const NOT_PLAIN: &str = "its path has more than letters, digits and `/-._~` in it";

/// Whether it is a route of its own, and no pattern.
fn is_plain(path: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    path.chars().all(is_plain) && !path.contains("//")
}

/// Where the registration is, and which host and pages it answers to.
fn place(text: &str, problems: &mut Vec<String>) -> Option<(Url, Origins)> {
    match parse_place(text) {
        Ok(place) => Some(place),
        Err(why) => {
            problems.push(format!("the URL of the registration: {why}"));
            None
        }
    }
}

fn parse_place(text: &str) -> Result<(Url, Origins), &'static str> {
    let url = Url::parse(text);
    let url = url.map_err(|_| "it is not a URL: write `https://mcp.example.com/agents`")?;
    fetch::check_url(&url)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment: leave it out");
    }
    if !is_plain(url.path()) {
        return Err(NOT_PLAIN);
    }
    let origin = url.origin().ascii_serialization();
    let host = origin
        .split_once("://")
        .and_then(|(_, host)| HostRule::parse(host));
    let (Some(host), Some(page)) = (host, OriginRule::parse(&origin)) else {
        return Err("it has no host");
    };
    let origins = Origins {
        hosts: vec![host],
        origins: vec![page],
    };
    Ok((url, origins))
}

impl fmt::Debug for ClientRegistrationBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRegistrationBuilder")
            .field("url", &self.url)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
