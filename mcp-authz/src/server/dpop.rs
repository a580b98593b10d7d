//! Sender-constrained tokens, where the author asks for them.

use super::resource::Resource;
use super::settings::Settings;
use crate::bearer::Scheme;
use crate::challenge::Offer;
use crate::token::DpopVerifier;

impl Settings {
    /// What checks the proofs, if any are asked for.
    pub(super) fn proofs(
        &self,
        resource: Option<&Resource>,
        problems: &mut Vec<String>,
    ) -> Option<DpopVerifier> {
        let dpop = self.dpop.clone()?;
        problems.extend(dpop.problems());
        let asked = self
            .issuers
            .iter()
            .filter(|issuer| dpop.required && issuer.needs_userinfo());
        problems.extend(asked.map(|issuer| {
            format!(
                "issuer {:?}: userinfo takes a bound token only with a proof of the client's (RFC 9449 section 7), which a server cannot make: leave `.userinfo(..)` out, or make it `.optional()`",
                issuer.shown()
            )
        }));
        // Without them a key of this process alone: no worse than any nonce that another one made.
        let mut own = [0; 32];
        if aws_lc_rs::rand::fill(&mut own).is_err() {
            problems.push("the system gives no random bytes for the nonces of DPoP".into());
        }
        let shared = self.sealing_keys.iter().map(|(_, key)| key.as_slice());
        let own = self.sealing_keys.is_empty().then_some(own.as_slice());
        Some(DpopVerifier::new(
            dpop,
            &resource?.url,
            shared.chain(own),
            self.world(),
        ))
    }
}

/// How challenges name the schemes. MCP clients read the first one alone, so where both will do it is
/// the one that all of them know.
pub(super) fn offers(dpop: &DpopVerifier) -> Vec<Offer> {
    let bearer = (!dpop.is_required()).then(Offer::bearer);
    // RFC 9449 §7.1: `algs` is a list with spaces.
    let own = Offer {
        scheme: Scheme::Dpop,
        parameters: format!(r#"algs="{}", "#, dpop.algorithms().join(" ")),
    };
    bearer.into_iter().chain([own]).collect()
}
