//! Signature algorithms: asymmetric ones alone can be named.

use std::fmt;

/// A signature algorithm of JWTs (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// There is no HMAC and no `none` here on purpose: a resource server holds public keys, and a public
/// key must never do as a shared secret (RFC 8725 §3.1).
///
/// ```
/// use mcp_authz::{Algorithm, Issuer};
///
/// let issuer = Issuer::new("https://as.example.com").algorithms([Algorithm::Es256]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519, written `EdDSA` (RFC 8037) or `Ed25519` (RFC 9864).
    EdDsa,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

/// What kind of key an algorithm runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 9] = [
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// Reads an `alg` value, case-sensitively (RFC 7515 §4.1.1).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    pub(crate) const fn key_kind(self) -> KeyKind {
        match self {
            Self::Es256 => KeyKind::P256,
            Self::Es384 => KeyKind::P384,
            Self::EdDsa => KeyKind::Ed25519,
            _ => KeyKind::Rsa,
        }
    }

    pub(crate) const fn jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        use jsonwebtoken::Algorithm as Theirs;
        match self {
            Self::Es256 => Theirs::ES256,
            Self::Es384 => Theirs::ES384,
            Self::EdDsa => Theirs::EdDSA,
            Self::Ps256 => Theirs::PS256,
            Self::Ps384 => Theirs::PS384,
            Self::Ps512 => Theirs::PS512,
            Self::Rs256 => Theirs::RS256,
            Self::Rs384 => Theirs::RS384,
            Self::Rs512 => Theirs::RS512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_asymmetric_algorithms_have_a_name() {
        for one in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(one.name()), Some(one));
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
        for name in [
            "none", "None", "nOnE", "", "HS256", "es256", "ES256K", "ES512", "RS1", "Ed448",
        ] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
    }
}
