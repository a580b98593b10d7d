//! The scopes that OpenID Connect gives a meaning.

/// A scope with a meaning of its own.
pub(super) struct StandardScope {
    pub(super) scope: &'static str,
    /// The words on the consent page.
    pub(super) description: &'static str,
    /// OpenID Connect Core §5.4.
    pub(super) claims: &'static [&'static str],
}

/// The scope of this name.
pub(super) fn standard(scope: &str) -> Option<&'static StandardScope> {
    STANDARD_SCOPES.iter().find(|own| own.scope == scope)
}

pub(super) const STANDARD_SCOPES: [StandardScope; 6] = [
    StandardScope {
        scope: "openid",
        description: "Know who you are, by your user name",
        claims: &[],
    },
    StandardScope {
        scope: "profile",
        description: "See your profile: your name, your picture and the like",
        claims: &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    },
    StandardScope {
        scope: "email",
        description: "See your e-mail address",
        claims: &["email", "email_verified"],
    },
    StandardScope {
        scope: "address",
        description: "See your postal address",
        claims: &["address"],
    },
    StandardScope {
        scope: "phone",
        description: "See your phone number",
        claims: &["phone_number", "phone_number_verified"],
    },
    StandardScope {
        scope: "offline_access",
        description: "Keep this access while you are away, until you take it back",
        claims: &[],
    },
];
