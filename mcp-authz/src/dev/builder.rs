//! The configuration of the provider, checked all at once.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::AuthorizationServer;
use super::client::Client;
use super::error::Error;
use super::provider::{Opaque, Provider, Settings};
use super::user::User;
use crate::error::ConfigError;
use crate::scope::Scope;

/// Configures an [`AuthorizationServer`].
///
/// Needs the feature `dev-server`.
///
/// Without a user there are `alice` and `bob`; without a client, agents register themselves or
/// bring a client ID metadata document.
///
/// ```
/// # use mcp_authz::dev::{AuthorizationServer, Client, Error, User};
/// # use std::time::Duration;
/// # #[tokio::main] async fn main() -> Result<(), Error> {
/// let provider = AuthorizationServer::builder()
///     .user(User::new("carol").claim("email", "carol@example.com"))
///     .client(Client::first_party("my-app", "My App").redirect_uri("http://127.0.0.1/callback"))
///     .scope("mail:read", "Read your mail")
///     .access_token_lifetime(Duration::from_secs(60))
///     .bind("127.0.0.1:0")
///     .path("/oidc")
///     .start()
///     .await?;
/// assert!(provider.issuer().starts_with("http://127.0.0.1:"));
/// assert!(provider.issuer().ends_with("/oidc"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the provider runs once it is started by `start`"]
pub struct Builder {
    address: String,
    path: String,
    users: Vec<User>,
    clients: Vec<Client>,
    scopes: Vec<(String, String)>,
    access_token_lifetime: Duration,
    opaque: Opaque,
    acr_values: Vec<String>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            address: "127.0.0.1:0".into(),
            path: String::new(),
            users: Vec::new(),
            clients: Vec::new(),
            scopes: Vec::new(),
            access_token_lifetime: Duration::from_secs(3600),
            opaque: Opaque::default(),
            acr_values: ["pwd", "mfa"].map(String::from).into(),
        }
    }

    /// Adds a person who can sign in.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Adds an application.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// Says on the consent page what a scope means. Scopes that nobody described are shown by
    /// their own names.
    pub fn scope(mut self, scope: impl Into<String>, description: impl Into<String>) -> Self {
        self.scopes.push((scope.into(), description.into()));
        self
    }

    /// Sets the address: `127.0.0.1:PORT`, `[::1]:PORT` or `localhost:PORT`. Port 0, the default,
    /// is a free one.
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Gives the issuer a path, such as `/oidc`; it has none by default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets how long an access token is good; an hour by default.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Issues opaque access tokens for this API: random text that only this provider can read, so
    /// that a server has to ask (introspection, RFC 7662). The others stay JWTs.
    ///
    /// Introspection names the person, the client and the API of such a token, and leaves what else
    /// is known about the person to userinfo.
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Client, Error};
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// let provider = AuthorizationServer::builder()
    ///     .opaque_tokens_for("http://127.0.0.1:3001/mcp")
    ///     .client(Client::first_party("mcp-server", "The server").secret("s3cret")) // may ask
    ///     .start()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn opaque_tokens_for(mut self, resource: impl Into<String>) -> Self {
        self.opaque.resources.push(resource.into());
        self
    }

    /// Issues opaque access tokens to clients that name no API, as Logto and oidc-provider do.
    /// Introspection names no audience of such a token, so a server refuses it unless told otherwise
    /// (see [`danger::without_audience`](crate::danger::without_audience)). Without this they are
    /// JWTs for the provider itself.
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Error};
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// let like_logto = AuthorizationServer::builder()
    ///     .path("/oidc")
    ///     .opaque_tokens_without_resource()
    ///     .start()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn opaque_tokens_without_resource(mut self) -> Self {
        self.opaque.without_resource = true;
        self
    }

    /// Sets what a sign-in can count as (`acr`); `pwd` and `mfa` otherwise. Nothing is checked: an
    /// ordinary sign-in counts as the first, and one for a request with `acr_values` as the first of
    /// those that is among these. Tokens say it, so that a server can ask for another sign-in (RFC
    /// 9470); a client that asks for nothing that can be met is told so
    /// (`unmet_authentication_requirements`).
    ///
    /// ```
    /// # use mcp_authz::dev::{AuthorizationServer, Error};
    /// # #[tokio::main] async fn main() -> Result<(), Error> {
    /// let provider = AuthorizationServer::builder()
    ///     .acr_values(["urn:example:password", "urn:example:hardware-key"])
    ///     .start()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn acr_values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.acr_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Binds the address and serves until the returned value is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with everything that is wrong, [`Error::NotLoopback`] for an address that
    /// others can reach, [`Error::Io`] when it can't be bound.
    pub async fn start(self) -> Result<AuthorizationServer, Error> {
        ConfigError::check(self.problems())?;
        let address = self.loopback_address()?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
        let port = listener.local_addr()?.port();
        let host = match address {
            _ if self.address.starts_with("localhost:") => "localhost".to_owned(),
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let path = self.path.clone();
        let provider = Provider::new(port, &host, path, self.settings())?;
        Ok(AuthorizationServer::serve(listener, Arc::new(provider)))
    }

    /// The address, refused before anything is bound.
    fn loopback_address(&self) -> Result<SocketAddr, Error> {
        let numeric = self.address.replacen("localhost:", "127.0.0.1:", 1);
        let address: SocketAddr = numeric.parse().map_err(|_| self.unreadable_address())?;
        if address.ip().is_loopback() {
            Ok(address)
        } else {
            Err(Error::NotLoopback(address))
        }
    }

    fn unreadable_address(&self) -> io::Error {
        let text = format!("{:?} is no address: write \"127.0.0.1:PORT\"", self.address);
        io::Error::new(io::ErrorKind::InvalidInput, text)
    }

    fn settings(self) -> Settings {
        let scopes = self.scopes.into_iter();
        Settings {
            users: if self.users.is_empty() {
                User::examples()
            } else {
                self.users
            },
            clients: self.clients.into_iter().map(Arc::new).collect(),
            scopes: scopes
                .filter_map(|(scope, words)| Some((scope.parse::<Scope>().ok()?, words)))
                .collect(),
            access_token_lifetime: self.access_token_lifetime,
            opaque: self.opaque,
            acr_values: self.acr_values,
        }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.clients.iter().flat_map(Client::problems).collect();
        for (scope, _) in &self.scopes {
            if let Err(error) = scope.parse::<Scope>() {
                problems.push(format!("scope {scope:?}: {error}"));
            }
        }
        problems.extend(self.users.iter().flat_map(User::scope_problems));
        if self.users.iter().any(|user| user.username.is_empty()) {
            problems.push("a user has an empty name: give it one".into());
        }
        let users = self.users.iter().map(|user| user.username.as_str());
        problems.extend(doubled(users).map(|name| format!("user {name} is there twice: drop one")));
        let clients = self.clients.iter().map(|client| client.id.as_str());
        problems.extend(doubled(clients).map(|id| format!("client {id} is there twice: drop one")));
        let is_word =
            |value: &String| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.acr_values.iter().all(is_word) || self.acr_values.is_empty() {
            problems.push("acr_values: write one or more words without spaces".into());
        }
        if !is_path(&self.path) {
            problems.push(format!("path {:?}: write it like \"/oidc\"", self.path));
        }
        problems
    }
}

fn doubled<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut seen = HashSet::new();
    names.filter(move |name| !seen.insert(*name))
}

/// Empty, or segments of letters, digits, `-`, `.` and `_`: it goes into routes, URLs and a cookie.
fn is_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let segment = |segment: &str| {
        !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(allowed)
    };
    match path.strip_prefix('/') {
        Some(segments) => segments.split('/').all(segment),
        None => path.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named() {
        let builder = Builder::new()
            .user(User::new("a"))
            .user(User::new("a").scopes(["fine", "two words", "email"]))
            .client(Client::third_party("c", "C"))
            .client(Client::first_party("c", "C").redirect_uri("http://app.test/cb"))
            .client(
                Client::first_party("d", "D")
                    .secret("s")
                    .consent_scopes(["a\"b"]),
            )
            .scope("two words", "…")
            .acr_values(["", "two words"])
            .path("oidc/");
        assert_eq!(builder.problems().len(), 11, "{:#?}", builder.problems());
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_named() {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taken = first.local_addr().unwrap().to_string();
        let Err(error) = Builder::new().bind(&taken).start().await else {
            panic!("it is bound twice");
        };
        let told = format!("{error:?}");
        assert!(
            told.contains(&taken) && told.starts_with("cannot bind"),
            "{told}"
        );
    }

    #[test]
    fn only_loopback_addresses_are_taken() {
        let address = |text: &str| Builder::new().bind(text).loopback_address();
        for good in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:0", "localhost:3000"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for public in [
            "0.0.0.0:0",
            "192.168.0.1:80",
            "[::]:0",
            "[::ffff:127.0.0.1]:0",
        ] {
            assert!(
                matches!(address(public), Err(Error::NotLoopback(_))),
                "{public}"
            );
        }
        assert!(matches!(address("example.com:80"), Err(Error::Io(_))));
    }
}
