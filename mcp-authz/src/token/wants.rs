//! What an issuer's metadata must say for this server to ask it about tokens, and what it had better.

use serde_json::{Map, Value};
use url::Url;

use super::discovery::{Failure, Metadata};
use super::exchange::GRANT_TYPE;
use super::{Algorithm, ClientAuth, Introspection, Issuer, TokenExchange};
use crate::danger::Opaque;

/// What one server needs of one issuer, as far as the metadata has a word in it.
#[derive(Debug, Default)]
pub(super) struct Wants {
    endpoints: Vec<Endpoint>,
    lists: Vec<List>,
    pub(super) keys: Keys,
}

/// An address that the author leaves to the metadata.
#[derive(Debug)]
struct Endpoint {
    member: &'static str,
    /// Whether callers are refused without it.
    needed: bool,
    /// What to write instead.
    remedy: &'static str,
}

/// A list that should hold one of these values, where the metadata has it at all.
#[derive(Debug)]
struct List {
    member: &'static str,
    wanted: Vec<&'static str>,
    /// What to do where it lists others.
    advice: &'static str,
    /// Those others, and how they are written.
    others: Vec<(&'static str, String)>,
}

/// What the issuer's keys are needed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keys {
    /// Nothing that it signs counts.
    #[default]
    Never,
    /// Its JWTs, if it has any: opaque tokens are accepted as well.
    IfNamed,
    /// Its JWTs, or its answers: without keys callers are refused.
    Always,
}

impl Issuer {
    /// What is needed of it, by the author's choice.
    pub(super) fn wants(&self) -> Wants {
        let mut wants = Wants::default();
        let remote = &self.remote;
        if let Some(introspection) = &remote.introspection {
            wants.introspection(introspection, &self.algorithms);
        }
        if let Some(Opaque::UserinfoAlone(alone)) = &remote.opaque {
            if alone.wants_signatures() {
                wants.signatures("userinfo_signing_alg_values_supported", &self.algorithms);
            }
            if !alone.has_endpoint() {
                let remedy = "name it with `danger::userinfo_alone().endpoint(..)`";
                wants.endpoint("userinfo_endpoint", true, remedy);
            }
        }
        if let Some(userinfo) = remote.userinfo()
            && !userinfo.has_endpoint()
        {
            let remedy = "name it with `Userinfo::new().endpoint(..)`, or remove `.userinfo(..)`";
            wants.endpoint("userinfo_endpoint", !userinfo.is_optional(), remedy);
        }
        if let Some(exchange) = &self.exchange {
            wants.exchange(exchange);
        }
        wants.keys = match wants.keys {
            Keys::Never if self.opaque_only => Keys::Never,
            Keys::Never if remote.takes_opaque() && self.jwks_uri.is_none() => Keys::IfNamed,
            _ => Keys::Always,
        };
        wants
    }
}

impl Wants {
    /// Whether tokens cannot be verified without an address from the metadata.
    pub(super) fn needs_endpoints(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.needed)
    }

    /// What is missing in the metadata, or wrong: callers would be refused.
    pub(super) fn missing(&self, metadata: &Metadata, issuer: &Url) -> Vec<Failure> {
        let unusable = self.unusable(true, metadata, issuer);
        unusable.map(Failure::Wrong).collect()
    }

    /// What the metadata does not promise: it may work all the same.
    pub(super) fn warnings(&self, metadata: &Metadata, issuer: &Url) -> Vec<String> {
        let document = metadata.document();
        let unlisted = self.lists.iter().filter_map(|list| list.warning(document));
        let unusable = self.unusable(false, metadata, issuer);
        unusable.chain(unlisted).collect()
    }

    /// The addresses that the metadata does not give, or that may not be asked.
    fn unusable(
        &self,
        needed: bool,
        metadata: &Metadata,
        issuer: &Url,
    ) -> impl Iterator<Item = String> {
        let endpoints = self
            .endpoints
            .iter()
            .filter(move |one| one.needed == needed);
        endpoints.filter_map(move |endpoint| {
            let failure = metadata.endpoint(endpoint.member, issuer).err()?;
            Some(format!("{failure}: {}", endpoint.remedy))
        })
    }

    /// Where the keys are that are needed, or that the metadata names.
    pub(super) fn keys_in(
        &self,
        metadata: &Metadata,
        issuer: &Url,
    ) -> Option<Result<Url, Failure>> {
        let named = metadata.document().contains_key("jwks_uri");
        let wanted = match self.keys {
            Keys::Always => true,
            Keys::IfNamed => named,
            Keys::Never => false,
        };
        wanted.then(|| metadata.endpoint("jwks_uri", issuer))
    }

    fn introspection(&mut self, introspection: &Introspection, algorithms: &[Algorithm]) {
        if introspection.wants_signatures() {
            self.signatures("introspection_signing_alg_values_supported", algorithms);
        }
        if introspection.has_endpoint() {
            // The author's own: the metadata may speak of another one.
            return;
        }
        let remedy =
            "name it with `Introspection::new(..).endpoint(..)`, or remove `.introspection(..)`";
        self.endpoint("introspection_endpoint", true, remedy);
        self.client(
            &introspection.auth,
            "introspection_endpoint_auth_methods_supported",
            "introspection_endpoint_auth_signing_alg_values_supported",
        );
    }

    fn exchange(&mut self, exchange: &TokenExchange) {
        if exchange.has_endpoint() {
            return;
        }
        let remedy =
            "name it with `TokenExchange::new(..).endpoint(..)`, or remove `.token_exchange(..)`";
        self.endpoint("token_endpoint", true, remedy);
        self.lists.push(List {
            member: "grant_types_supported",
            wanted: vec![GRANT_TYPE],
            advice: "",
            others: Vec::new(),
        });
        self.client(
            exchange.auth(),
            "token_endpoint_auth_methods_supported",
            "token_endpoint_auth_signing_alg_values_supported",
        );
    }

    /// How this server proves who it is, and by which lists that is taken.
    fn client(&mut self, auth: &ClientAuth, methods: &'static str, algorithms: &'static str) {
        self.lists.push(List {
            member: methods,
            wanted: vec![auth.method()],
            advice: "write",
            others: ClientAuth::METHODS
                .map(|(name, code)| (name, code.to_owned()))
                .to_vec(),
        });
        if let Some(algorithm) = auth.algorithm() {
            let advice = "take a key for";
            self.lists
                .push(List::of_algorithms(algorithms, &[algorithm], advice));
        }
    }

    fn endpoint(&mut self, member: &'static str, needed: bool, remedy: &'static str) {
        self.endpoints.push(Endpoint {
            member,
            needed,
            remedy,
        });
    }

    /// Answers have to be signed, with one of these algorithms.
    fn signatures(&mut self, member: &'static str, algorithms: &[Algorithm]) {
        self.keys = Keys::Always;
        let advice = "name in `.algorithms([..])`";
        self.lists
            .push(List::of_algorithms(member, algorithms, advice));
    }
}

impl List {
    fn of_algorithms(member: &'static str, wanted: &[Algorithm], advice: &'static str) -> Self {
        let others = Algorithm::ALL.map(|one| (one.name(), format!("`Algorithm::{one:?}`")));
        Self {
            member,
            wanted: wanted.iter().map(|one| one.name()).collect(),
            advice,
            others: others.to_vec(),
        }
    }

    fn warning(&self, document: &Map<String, Value>) -> Option<String> {
        // A list that is left out says nothing (RFC 8414 section 2).
        let listed = document.get(self.member)?;
        let lists = |one: &str| {
            let mut list = listed.as_array().into_iter().flatten();
            list.any(|own| own.as_str().is_some_and(|own| is_same(own, one)))
        };
        if self.wanted.iter().any(|one| lists(one)) {
            return None;
        }
        let others = self.others.iter().filter(|(name, _)| lists(name));
        let others: Vec<_> = others.map(|(_, code)| code.as_str()).collect();
        let remedy = match others.as_slice() {
            [] => "nor anything else that would do".to_owned(),
            others => format!("{} {}", self.advice, others.join(" or ")),
        };
        let (member, wanted) = (self.member, self.wanted.join("`, `"));
        Some(format!("its `{member}` does not list `{wanted}`: {remedy}"))
    }
}

/// RFC 9864 gave EdDSA on this curve a second name.
fn is_same(listed: &str, name: &str) -> bool {
    listed == name || (listed == "Ed25519" && name == "EdDSA")
}
