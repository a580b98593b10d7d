//! The client of one tenant, and how it is made.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::Error;
use super::machine_token::{Credentials, Tokens};
use crate::World;
use crate::fetch::{self, Customize};
use crate::token::secret::Secret;

/// Speaks to the Management API of one Logto tenant. Cheap to clone; clones share the token.
///
/// Needs the feature `logto`.
///
/// ```no_run
/// # async fn example(app_secret: String) -> Result<(), mcp_authz::logto::Error> {
/// use mcp_authz::logto::Management;
///
/// let logto = Management::builder("https://tenant.logto.app")
///     .app("vd2kxvwp5lkmpyrhcgwlt", app_secret)
///     .build()?;
/// for app in logto.third_party_apps().await? {
///     println!("{} {}", app.id, app.name);
/// }
/// # Ok(()) }
/// ```
///
/// **The app.** Create a machine-to-machine app at Logto and give it a role that holds the scope `all`
/// of the Management API (Logto brings one along: *Logto Management API access*). Its secret is never
/// printed, and wiped when dropped. Whoever has it can do everything in the tenant: a server that only
/// verifies tokens needs none of this.
///
/// **The token** is fetched by the first call (`POST /oidc/token`, `client_credentials`), once for all
/// who wait, and again a minute before it ends, or when Logto does not take it any more.
///
/// **Sent again**, three times in all, is what asks (`GET`) when there was no answer, 502 or 504, and
/// any call at 429 or 503 with `Retry-After` of up to ten seconds: Logto says then that it did not run
/// it. A call that changes something and had no answer is not: look, and decide.
///
/// Requests go to https, or http on this machine, without redirects, within five seconds and 256 KiB
/// an answer.
#[derive(Clone)]
pub struct Management {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: String,
    world: World,
    tokens: Tokens,
}

/// Makes a [`Management`].
///
/// Needs the feature `logto`.
///
/// For a Logto of your own inside your network, with the app that it has from its start:
///
/// ```
/// use mcp_authz::logto::{Error, Management};
///
/// # fn example(secret: String) -> Result<(), Error> {
/// let logto = Management::builder("https://login.example.internal")
///     .app("m-default", secret)
///     .token_endpoint("https://login.example.internal:3002/oidc/token")
///     .allow_private_addresses()
///     .build()?;
/// assert_eq!(logto.endpoint(), "https://login.example.internal");
/// # Ok(()) }
/// # example("s3cret".to_owned()).unwrap();
/// ```
#[must_use = "nothing is asked before it is built"]
pub struct ManagementBuilder {
    endpoint: String,
    app_id: String,
    app_secret: Secret,
    token_endpoint: Option<String>,
    management_api: Option<String>,
    private_addresses: bool,
    http: Option<Customize>,
}

impl Management {
    /// Starts with the tenant's endpoint: `https://tenant.logto.app`, or that of your own Logto, with
    /// or without `/oidc`.
    pub fn builder(endpoint: impl AsRef<str>) -> ManagementBuilder {
        let endpoint = endpoint.as_ref().trim_end_matches('/');
        let endpoint = endpoint.strip_suffix("/oidc").unwrap_or(endpoint);
        ManagementBuilder {
            endpoint: endpoint.to_owned(),
            app_id: String::new(),
            app_secret: Secret::new(""),
            token_endpoint: None,
            management_api: None,
            private_addresses: false,
            http: None,
        }
    }

    /// The tenant's endpoint, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.inner.endpoint
    }

    pub(super) fn world(&self) -> &World {
        &self.inner.world
    }

    /// The client of the same tenant with another clock and network: those of a test.
    #[cfg(feature = "testing")]
    pub(super) fn in_world(&self, world: &World) -> Self {
        let inner = Inner {
            endpoint: self.inner.endpoint.clone(),
            tokens: self.inner.tokens.in_world(world),
            world: world.clone(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }
}

impl ManagementBuilder {
    /// The machine-to-machine app that this program is at Logto.
    pub fn app(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.app_id = id.into();
        self.app_secret = Secret::new(secret);
        self
    }

    /// Fetches tokens here instead of at `<endpoint>/oidc/token`.
    ///
    /// For the app `m-default` that a Logto of your own has from its start: it lives in the admin
    /// tenant, whose token endpoint is that of the admin endpoint (port 3002 by default).
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = Some(url.into());
        self
    }

    /// The indicator of the Management API, where it cannot be told from the endpoint.
    ///
    /// The default is `https://<tenant>.logto.app/api` for an endpoint of that form, and
    /// `https://default.logto.app/api`, that of a Logto of your own, for any other. A tenant of Logto
    /// Cloud with a domain of its own needs this.
    ///
    /// ```
    /// use mcp_authz::logto::Management;
    ///
    /// let logto = Management::builder("https://login.example.com")
    ///     .management_api("https://tenant.logto.app/api");
    /// ```
    pub fn management_api(mut self, indicator: impl Into<String>) -> Self {
        self.management_api = Some(indicator.into());
        self
    }

    /// Lets the tenant's host names lead to private addresses: for a Logto inside your network. An
    /// endpoint that is written as a private or loopback address needs no permission.
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Adds to the HTTP client: a proxy, root certificates. What bounds it is set afterwards.
    ///
    /// ```no_run
    /// # fn example(root: mcp_authz::reqwest::Certificate) {
    /// use mcp_authz::logto::Management;
    ///
    /// let logto = Management::builder("https://login.example.internal")
    ///     .http_client(move |client| client.add_root_certificate(root.clone()));
    /// # }
    /// ```
    pub fn http_client(
        mut self,
        customize: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Some(Arc::new(customize));
        self
    }

    /// Checks what was written. Nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], with everything that is wrong.
    pub fn build(self) -> Result<Management, Error> {
        let world = World::with_http(self.http.as_ref());
        self.build_in(&world)
    }

    pub(super) fn build_in(self, world: &World) -> Result<Management, Error> {
        let token_endpoint = self.token_endpoint.clone();
        let token_endpoint = token_endpoint.unwrap_or(format!("{}/oidc/token", self.endpoint));
        let problems = self.problems(&token_endpoint);
        if !problems.is_empty() {
            return Err(Error::Config(problems));
        }
        let is_private = |text: &str| Url::parse(text).is_ok_and(|url| fetch::is_private(&url));
        let world = match self.private_addresses || is_private(&self.endpoint) {
            true => world.with_private_addresses(),
            false => world.clone(),
        };
        let credentials = Credentials {
            endpoint: token_endpoint,
            app_id: self.app_id,
            app_secret: self.app_secret,
            resource: self
                .management_api
                .unwrap_or_else(|| management_api(&self.endpoint)),
        };
        let inner = Inner {
            endpoint: self.endpoint,
            tokens: Tokens::new(credentials, world.clone()),
            world,
        };
        Ok(Management {
            inner: Arc::new(inner),
        })
    }

    fn problems(&self, token_endpoint: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for (what, text) in [
            ("the endpoint", self.endpoint.as_str()),
            ("the token endpoint", token_endpoint),
        ] {
            // One mistake is told once.
            if let (Err(why), true) = (check(text), problems.is_empty()) {
                problems.push(format!("{what}: {why}"));
            }
        }
        if self.app_id.is_empty() {
            problems.push("the machine-to-machine app has no id: write `.app(id, secret)`".into());
        }
        if self.app_secret.expose().is_empty() {
            problems.push(
                "the secret of the machine-to-machine app is empty: is the environment variable set?"
                    .into(),
            );
        }
        problems
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text)
        .map_err(|_| "it is not a URL: write `https://tenant.logto.app`, or that of your Logto")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment: leave it out");
    }
    fetch::check_url(&url)
}

/// The indicator of the Management API at this endpoint.
fn management_api(endpoint: &str) -> String {
    let tenant = endpoint.strip_prefix("https://");
    let tenant = tenant.and_then(|host| host.strip_suffix(".logto.app"));
    let tenant = tenant.filter(|tenant| !tenant.contains(['.', '/', ':']));
    format!("https://{}.logto.app/api", tenant.unwrap_or("default"))
}

/// Names who it is, not what it proves that with.
impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management")
            .field("endpoint", &self.inner.endpoint)
            .field("app", &self.tokens().app_id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ManagementBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagementBuilder")
            .field("endpoint", &self.endpoint)
            .field("app", &self.app_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_management_api_is_told_from_the_endpoint() {
        for (endpoint, api) in [
            ("https://abc.logto.app", "https://abc.logto.app/api"),
            ("https://a.b.logto.app", "https://default.logto.app/api"),
            ("https://login.example.com", "https://default.logto.app/api"),
            ("http://127.0.0.1:3001", "https://default.logto.app/api"),
        ] {
            assert_eq!(management_api(endpoint), api);
        }
    }

    #[test]
    fn what_is_written_wrong_is_told_at_once() {
        for endpoint in [
            "",
            "tenant",
            "http://login.example.com",
            "https://u:p@h",
            "https://h?x",
        ] {
            let error = Management::builder(endpoint).build().unwrap_err();
            let Error::Config(problems) = error else {
                panic!("{endpoint}: {error}")
            };
            assert_eq!(problems.len(), 3, "{problems:?}");
        }
        let logto = Management::builder("https://h/").app("app", "s3cret");
        let wrong = logto
            .token_endpoint("http://elsewhere.example/token")
            .build();
        assert!(
            wrong
                .unwrap_err()
                .to_string()
                .starts_with("the token endpoint")
        );
        let logto = Management::builder("https://h/oidc/").app("app", "s3cret");
        assert_eq!(logto.build().unwrap().endpoint(), "https://h");
    }
}
