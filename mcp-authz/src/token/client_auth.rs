//! How this server proves to an authorization server who it is (RFC 6749 §2.3).

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::Algorithm;
use super::assertion::SigningKey;
use super::secret::Secret;

/// How this server proves to an authorization server who it is, where it asks about a token or for one.
///
/// The server is a client of its own there, registered beside the agents that call it.
///
/// ```
/// use mcp_authz::{ClientAuth, Issuer};
///
/// # let secret = "s3cret";
/// let issuer = Issuer::new("https://as.example.com")
///     .introspection(ClientAuth::secret_basic("mcp-server", secret));
/// ```
///
/// Secrets are never printed, and wiped when dropped.
#[derive(Clone)]
#[must_use]
pub struct ClientAuth {
    id: String,
    method: Method,
}

#[derive(Clone)]
enum Method {
    Basic(Secret),
    Post(Secret),
    PrivateKey {
        key: Result<Arc<SigningKey>, &'static str>,
        key_id: Option<String>,
        audience: Option<String>,
    },
}

impl ClientAuth {
    /// The methods as metadata names them (RFC 8414 §2), and how each is written here.
    pub(super) const METHODS: [(&str, &str); 3] = [
        (BASIC, "`ClientAuth::secret_basic(..)`"),
        (POST, "`ClientAuth::secret_post(..)`"),
        (PRIVATE_KEY, "`ClientAuth::private_key_jwt(..)`"),
    ];

    /// `client_secret_basic`: id and secret in the `Authorization` header (RFC 6749 §2.3.1).
    pub fn secret_basic(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(client_id, Method::Basic(Secret::new(secret)))
    }

    /// `client_secret_post`: id and secret in the form, for providers that do not take the header.
    pub fn secret_post(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(client_id, Method::Post(Secret::new(secret)))
    }

    /// `private_key_jwt`: a fresh assertion of one minute, signed with a key whose public half the
    /// provider has (RFC 7523 §2.2, OpenID Connect Core §9). Nothing that could be used again
    /// travels.
    ///
    /// `pem` is an unencrypted PKCS#8 key (`-----BEGIN PRIVATE KEY-----`); one that cannot be used is
    /// reported when the server is built.
    ///
    /// ```no_run
    /// use mcp_authz::{Algorithm, ClientAuth};
    ///
    /// let pem = std::fs::read("mcp-server.pem")?;
    /// let auth = ClientAuth::private_key_jwt("mcp-server", Algorithm::Es256, pem).key_id("2026-11");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn private_key_jwt(
        client_id: impl Into<String>,
        algorithm: Algorithm,
        pem: impl Into<Vec<u8>>,
    ) -> Self {
        let pem = Zeroizing::new(pem.into());
        let method = Method::PrivateKey {
            key: SigningKey::from_pem(algorithm, &pem).map(Arc::new),
            key_id: None,
            audience: None,
        };
        Self::new(client_id, method)
    }

    /// Names the key in the assertion's header (`kid`). Without effect on secrets.
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        if let Method::PrivateKey { key_id, .. } = &mut self.method {
            *key_id = Some(id.into());
        }
        self
    }

    /// Sets `aud` of the assertion, for a provider that wants its token endpoint there. The default
    /// is the issuer's identifier, the one name that no other server can claim. Without effect on
    /// secrets.
    ///
    /// ```no_run
    /// use mcp_authz::{Algorithm, ClientAuth};
    ///
    /// let pem = std::fs::read("mcp-server.pem")?;
    /// let auth = ClientAuth::private_key_jwt("mcp-server", Algorithm::Es256, pem)
    ///     .assertion_audience("https://as.example.com/token");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn assertion_audience(mut self, name: impl Into<String>) -> Self {
        if let Method::PrivateKey { audience, .. } = &mut self.method {
            *audience = Some(name.into());
        }
        self
    }

    fn new(id: impl Into<String>, method: Method) -> Self {
        Self {
            id: id.into(),
            method,
        }
    }

    /// The client that this server is there.
    pub(crate) fn client_id(&self) -> &str {
        &self.id
    }

    /// The method, as metadata names it.
    pub(super) fn method(&self) -> &'static str {
        match self.method {
            Method::Basic(_) => BASIC,
            Method::Post(_) => POST,
            Method::PrivateKey { .. } => PRIVATE_KEY,
        }
    }

    /// How its assertions are signed.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        match &self.method {
            Method::PrivateKey { key: Ok(key), .. } => Some(key.algorithm()),
            _ => None,
        }
    }

    /// What is wrong with it, in sentences that say what to write instead.
    pub(crate) fn problems(&self) -> Vec<&'static str> {
        let mut problems = Vec::new();
        if self.id.is_empty() {
            problems
                .push("its client id is empty: write the id that the provider gave this server");
        }
        match &self.method {
            Method::Basic(secret) | Method::Post(secret) if secret.expose().is_empty() => {
                problems.push("its client secret is empty: is the environment variable set?");
            }
            Method::PrivateKey { key: Err(why), .. } => problems.push(why),
            _ => {}
        }
        problems
    }

    /// Adds the proof to a request: to its form, or as the header that is returned.
    pub(super) fn prove(
        &self,
        form: &mut form_urlencoded::Serializer<'_, String>,
        issuer: &str,
        now: SystemTime,
    ) -> Result<Option<HeaderValue>, &'static str> {
        match &self.method {
            Method::Basic(secret) => return self.basic(secret).map(Some),
            Method::Post(secret) => {
                form.append_pair("client_id", &self.id);
                form.append_pair("client_secret", secret.expose());
            }
            Method::PrivateKey {
                key,
                key_id,
                audience,
            } => {
                let key = key.as_ref().map_err(|why| *why)?;
                let audience = audience.as_deref().unwrap_or(issuer);
                let assertion = key
                    .assertion(&self.id, key_id.as_deref(), audience, now)
                    .ok_or("an assertion could not be signed")?;
                form.append_pair("client_id", &self.id);
                form.append_pair("client_assertion_type", ASSERTION_TYPE);
                form.append_pair("client_assertion", &assertion);
            }
        }
        Ok(None)
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined, so that a colon in the
    /// id moves nothing into the secret.
    fn basic(&self, secret: &Secret) -> Result<HeaderValue, &'static str> {
        let encode = |text: &str| {
            let encoded = form_urlencoded::byte_serialize(text.as_bytes());
            Zeroizing::new(encoded.collect::<String>())
        };
        let pair = Zeroizing::new(format!(
            "{}:{}",
            *encode(&self.id),
            *encode(secret.expose())
        ));
        let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut value =
            HeaderValue::from_str(&value).map_err(|_| "the secret does not fit a header")?;
        // Shown by no HTTP library's log.
        value.set_sensitive(true);
        Ok(value)
    }
}

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";
const PRIVATE_KEY: &str = "private_key_jwt";

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAuth")
            .field("id", &self.id)
            .field("method", &self.method())
            .finish_non_exhaustive()
    }
}
