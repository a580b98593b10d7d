//! Tokens that are bound to a key: where the server understands them, each request proves that key.

use http::{HeaderValue, Method, Response, StatusCode};

use super::NONCE;
use super::admission::{Admission, Admittance, Refusal};
use crate::bearer::{BearerToken, Scheme};
use crate::challenge::{Denial, ResponseBody};
use crate::token::{DpopVerifier, Fault, Inbound, Proven, Unverified};

impl Admission {
    /// The schemes that this server understands. One that it was not asked to understand is no scheme.
    pub(super) fn schemes(&self) -> &'static [Scheme] {
        match self.dpop {
            Some(_) => &[Scheme::Bearer, Scheme::Dpop],
            None => &[Scheme::Bearer],
        }
    }

    /// The token first: a proof is checked, and remembered, for holders of a good token alone.
    pub(super) async fn by_proof(
        &self,
        token: &BearerToken,
        method: &Method,
        proof: Option<HeaderValue>,
    ) -> Result<Admittance, Refusal> {
        let denied = |denial| Refusal::Denied(denial, Some(Scheme::Dpop));
        // The scheme is read only where this is set; without it nothing can be proven.
        let dpop = self.dpop.as_ref().ok_or(denied(Denial::InvalidToken))?;
        let verified = self.judge(token).await.map_err(denied)?;
        let presented = verified.presented();
        let Proven { caller, nonce } = dpop
            .check(verified, token, method, proof.as_ref())
            .map_err(|fault| denied(self.unproven(presented.issuer(), fault)))?;
        Ok(Admittance {
            caller: Some(caller),
            inbound: Inbound::BOUND,
            scheme: Some(Scheme::Dpop),
            nonce,
        })
    }

    /// Every 401 carries the nonce that the next proof needs, which saves a client one more refusal.
    pub(super) fn with_nonce(
        &self,
        mut response: Response<ResponseBody>,
    ) -> Response<ResponseBody> {
        let nonce = self.dpop.as_ref().and_then(DpopVerifier::nonce);
        if let Some(nonce) = nonce.filter(|_| response.status() == StatusCode::UNAUTHORIZED) {
            response.headers_mut().insert(NONCE, nonce);
        }
        response
    }

    /// The reason goes to the operator, its class to the client.
    fn unproven(&self, issuer: &str, fault: Fault) -> Denial {
        match fault {
            Fault::Token(reject) => {
                let (issuer, error) = (Some(issuer), reject.into());
                self.unverified(&Unverified { issuer, error })
            }
            Fault::Proof(reject) => {
                tracing::info!(issuer, reason = reject.0, "proof refused");
                self.audit.turned_away(|| format!("{issuer}: {}", reject.0));
                Denial::InvalidProof
            }
            // The usual first step of a client that has none yet.
            Fault::Nonce => {
                let why =
                    "use_dpop_nonce: the proof has no nonce of this server, or one that is too old";
                tracing::debug!("challenged: {why}");
                self.audit.turned_away(|| why.to_owned());
                Denial::NonceNeeded
            }
            Fault::NoRoom { retry_after } => {
                let why = "no room to remember another proof: see `Dpop::remembered_proofs`";
                tracing::warn!("{why}");
                self.audit.not_verified(|| why.to_owned());
                Denial::Unavailable {
                    retry_after,
                    reason: why.into(),
                }
            }
        }
    }
}
