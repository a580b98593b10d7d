//! Asks an issuer to exchange a token that it has issued itself (RFC 8693 §2.1).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use url::{Url, form_urlencoded};

use super::answer::{self, ExchangedToken, Failure};
use super::reuse::{Key, Outcome, Reuse};
use super::{ACCESS_TOKEN, ExchangeError, GRANT_TYPE, TokenExchange};
use crate::auth_info::AuthInfo;
use crate::scope::ScopeSet;
use crate::token::VerifyError;
use crate::token::cache::TokenHash;
use crate::token::endpoint::{Endpoint, PAUSE};
use crate::token::secret::Secret;

/// The token endpoint of one issuer, asked by this server.
pub(crate) struct Exchanger {
    pub(in crate::token) settings: TokenExchange,
    /// The issuer's identifier.
    pub(in crate::token) issuer: String,
    pub(in crate::token) endpoint: Endpoint,
    reuse: Option<Arc<Reuse>>,
}

impl Exchanger {
    pub(in crate::token) fn new(
        settings: TokenExchange,
        issuer: String,
        endpoint: Endpoint,
    ) -> Self {
        let clock = &endpoint.world.clock;
        let reuse = settings
            .reuse
            .map(|most| Reuse::new(most, Arc::clone(clock)));
        Self {
            settings,
            issuer,
            endpoint,
            reuse,
        }
    }

    /// What is used again, where the author says so.
    pub(in crate::token) fn reuse(&self) -> Option<&Reuse> {
        self.reuse.as_deref()
    }

    /// A token for `target` with `scopes`, in exchange for `token` of `caller`'s, which must be this issuer's.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        token: &Secret,
        caller: &AuthInfo,
        target: &str,
        scopes: ScopeSet,
    ) -> Outcome {
        self.check(target)?;
        let Some(reuse) = &self.reuse else {
            return self.issue(token, target, &scopes).await;
        };
        let key = Key {
            token: TokenHash::of(token.expose()),
            target: target.into(),
            scopes,
        };
        let (own, token, asked) = (Arc::clone(self), token.clone(), key.clone());
        let question =
            || async move { own.issue(&token, &asked.target, &asked.scopes).await }.boxed();
        reuse.token(key, caller, question).await
    }

    /// Asks for it.
    async fn issue(&self, token: &Secret, target: &str, scopes: &ScopeSet) -> Outcome {
        let issuer = &self.issuer;
        self.ask(token, target, scopes)
            .await
            .map_err(|failure| match failure {
                Failure::Refused(code) => {
                    tracing::info!(%issuer, code, "token exchange refused");
                    ExchangeError::Refused { code }
                }
                Failure::Useless(reason, retry_after) => {
                    tracing::warn!(%issuer, %reason, "token not exchanged");
                    ExchangeError::Unavailable { retry_after }
                }
            })
    }

    /// RFC 8693 §2.1: `resource` is an absolute URI without a fragment.
    fn check(&self, target: &str) -> Result<(), ExchangeError> {
        let is_good = match self.settings.by_audience {
            true => !target.is_empty(),
            false => Url::parse(target).is_ok_and(|url| url.fragment().is_none()),
        };
        is_good.then_some(()).ok_or(ExchangeError::not_possible(
            "the other API is named by an absolute URI without a fragment (RFC 8693 section 2.1)",
        ))
    }

    async fn ask(
        &self,
        token: &Secret,
        target: &str,
        scopes: &ScopeSet,
    ) -> Result<ExchangedToken, Failure> {
        let request = self.request(token, target, scopes).await?;
        let sent = self.endpoint.world.clock.wall();
        let answer = self.endpoint.send(request).await?;
        answer::read(&answer, scopes, sent)
    }

    async fn request(
        &self,
        token: &Secret,
        target: &str,
        scopes: &ScopeSet,
    ) -> Result<Request<Bytes>, Failure> {
        let url = self.endpoint.url().await.map_err(VerifyError::from)?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", GRANT_TYPE);
        form.append_pair("subject_token", token.expose());
        form.append_pair("subject_token_type", ACCESS_TOKEN);
        form.append_pair("requested_token_type", ACCESS_TOKEN);
        form.append_pair(self.target_member(), target);
        if !scopes.is_empty() {
            form.append_pair("scope", &scopes.to_string());
        }
        let now = self.endpoint.world.clock.wall();
        let proof = self.settings.auth.prove(&mut form, &self.issuer, now);
        let proof = proof.map_err(|why| Failure::Useless(why.into(), PAUSE))?;
        let mut request = Request::post(url.as_str())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
        if let Some(proof) = proof {
            request = request.header(AUTHORIZATION, proof);
        }
        request
            .body(Bytes::from(form.finish()))
            .map_err(|_| Failure::Useless("its address cannot be asked".into(), PAUSE))
    }

    fn target_member(&self) -> &'static str {
        match self.settings.by_audience {
            true => "audience",
            false => "resource",
        }
    }
}

/// Trouble on the way to the endpoint.
impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Unavailable {
                reason,
                retry_after,
            } => Self::Useless(reason, retry_after),
            VerifyError::Rejected(reason) => Self::Useless(reason, PAUSE),
        }
    }
}
