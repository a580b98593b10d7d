//! DPoP (RFC 9449, as SEP-1932 profiles it): tokens that are worth nothing without a key.
//!
//! `proof` checks one proof, `replay` that it is new, `nonce` makes nonces, `verifier` puts these
//! together for one resource.

mod nonce;
mod proof;
mod replay;
mod thumbprint;
mod verifier;

pub(crate) use thumbprint::Thumbprint;
pub(crate) use verifier::{DpopVerifier, Proven};

use std::time::Duration;

use super::{Algorithm, Reject};

/// How many proofs are remembered unless the author says otherwise: 437 requests a second, for ten
/// minutes, in some 10 MB.
const REMEMBERED: usize = 1 << 18;

/// Tokens bound to a key of the client (DPoP, RFC 9449): a stolen one is worth nothing.
///
/// Needs the feature `dpop`.
///
/// A client that does DPoP makes a key pair, gets tokens that name its key (`cnf.jkt`), and sends with
/// every request a proof: a small JWT, signed with that key, for this method, this address, this
/// token, and this once.
///
/// ```no_run
/// use mcp_authz::{Dpop, Server};
///
/// # async fn example() -> Result<(), mcp_authz::Error> {
/// Server::builder("mail")
///     .resource("https://mcp.example.com/mcp")
///     .issuer("https://as.example.com")
///     .dpop(Dpop::optional())
///     .build()
///     .await?
/// #   ;
/// # Ok(())
/// # }
/// ```
///
/// # What is checked
///
/// On every request, also for tokens seen before: exactly one `DPoP` header; `typ`, an asymmetric
/// `alg` of the list, a public `jwk` whose thumbprint is the token's `cnf.jkt`, the signature; `htm`
/// is the method, `htu` the [resource](crate::ServerBuilder::resource) as it was configured (never
/// what `Host` says, so proxies do no harm), `ath` the hash of the token; `iat` within five minutes of
/// now, and a `jti` that was not seen before (RFC 9449 §4.3).
///
/// A bound token presented as `Bearer` is refused, with or without this setting (RFC 9449 §7.2), and
/// so is an unbound token presented as `DPoP`.
///
/// # Which challenge comes first
///
/// MCP clients of today read the first `WWW-Authenticate` header and know `Bearer` alone. So with
/// [`optional`](Self::optional) a request without a token is told `Bearer` first and `DPoP` in a second
/// header line; a client that came with DPoP is answered in DPoP alone. With
/// [`required`](Self::required) there is no `Bearer` challenge, and a client that does not know DPoP
/// cannot sign in.
///
/// # Replicas
///
/// The memory of proofs belongs to one process. Where several serve one resource, each of them accepts
/// a proof once. [`nonce`](Self::nonce) shortens the time in which that can happen; it works across
/// replicas that share [sealing keys](crate::ServerBuilder::sealing_keys).
#[derive(Clone, Debug)]
#[must_use]
pub struct Dpop {
    pub(crate) required: bool,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) nonce: bool,
    pub(crate) remembered_proofs: usize,
}

impl Dpop {
    /// Bound tokens must be proven, and unbound ones are accepted as `Bearer`.
    pub fn optional() -> Self {
        Self {
            required: false,
            algorithms: Algorithm::ALL.to_vec(),
            nonce: false,
            remembered_proofs: REMEMBERED,
        }
    }

    /// Every token must be bound and proven (RFC 9728 §2, `dpop_bound_access_tokens_required`).
    pub fn required() -> Self {
        Self {
            required: true,
            ..Self::optional()
        }
    }

    /// Accepts proofs signed in these ways alone (default: every [`Algorithm`]).
    ///
    /// ```
    /// use mcp_authz::{Algorithm, Dpop};
    ///
    /// let dpop = Dpop::required().algorithms([Algorithm::Es256, Algorithm::EdDsa]);
    /// ```
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Asks for a nonce of the server in every proof (RFC 9449 §9), so that none can be made ahead of
    /// time. It changes every five minutes, and each is good for ten; a client learns it from the
    /// first refusal (`use_dpop_nonce`) and from later answers, in `DPoP-Nonce`.
    pub fn nonce(mut self) -> Self {
        self.nonce = true;
        self
    }

    /// How many proofs are remembered (default: 262,144). Each is for ten minutes, in some 40 bytes,
    /// and one client's key may fill a sixteenth of them, or one person's through one client with many keys.
    ///
    /// A request whose proof does not fit is answered with 503: to forget another one would let that
    /// one be replayed. Only requests with a good token and a good proof take room.
    ///
    /// ```
    /// use mcp_authz::Dpop;
    ///
    /// let dpop = Dpop::required().nonce().remembered_proofs(1_000_000); // some 40 MB
    /// ```
    pub fn remembered_proofs(mut self, proofs: usize) -> Self {
        self.remembered_proofs = proofs;
        self
    }

    /// What is wrong with these settings, in sentences that say what to write instead.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.algorithms.is_empty() {
            problems.push(
                "DPoP allows no algorithm: name one, or leave `.algorithms(..)` out".to_owned(),
            );
        }
        if self.remembered_proofs == 0 {
            problems.push(
                "DPoP remembers no proof, so it could accept none: leave `.remembered_proofs(..)` out"
                    .to_owned(),
            );
        }
        problems
    }
}

/// Why a proof did not make its sender the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `invalid_token`: unbound, or bound to another key.
    Token(Reject),
    /// `invalid_dpop_proof`.
    Proof(Reject),
    /// `use_dpop_nonce`.
    Nonce,
    /// 503: nothing is wrong with the proof, but it could be sent again.
    NoRoom { retry_after: Duration },
}

impl From<Reject> for Fault {
    fn from(reject: Reject) -> Self {
        Self::Proof(reject)
    }
}
