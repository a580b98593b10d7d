//! Which issuer exchanges its tokens with which credentials.

use super::settings::Settings;
use crate::token::{Issuer, TokenExchange};

impl Settings {
    /// The issuers, each with what the author said about exchanging its tokens.
    pub(super) fn exchanging(&self, problems: &mut Vec<String>) -> Vec<Issuer> {
        let mut issuers = self.issuers.clone();
        for exchange in &self.exchanges {
            match find(&mut issuers, exchange) {
                Ok(issuer) if issuer.exchange.is_none() => issuer.exchange = Some(exchange.clone()),
                Ok(issuer) => problems.push(format!(
                    "issuer {:?} exchanges its tokens in two ways: keep one `.token_exchange(..)`",
                    issuer.shown()
                )),
                Err(problem) => problems.push(problem),
            }
        }
        issuers
    }
}

/// The one issuer that is meant: credentials that could go to several go to none.
fn find<'a>(issuers: &'a mut [Issuer], exchange: &TokenExchange) -> Result<&'a mut Issuer, String> {
    let Some(named) = exchange.for_issuer() else {
        return match issuers {
            [only] => Ok(only),
            [] => Err("token exchange: the server has no issuer: add `.issuer(..)`, or remove `.token_exchange(..)`".to_owned()),
            _ => Err("token exchange: the server has several issuers: say whose tokens are exchanged with `TokenExchange::new(..).issuer(\"https://…\")`".to_owned()),
        };
    };
    let found = issuers.iter_mut().find(|issuer| issuer.identifier == named);
    found.ok_or_else(|| {
        let named = Issuer::new(named).shown();
        format!("token exchange: {named:?} is no issuer of this server: write it as `.issuer(..)` has it, byte for byte")
    })
}
