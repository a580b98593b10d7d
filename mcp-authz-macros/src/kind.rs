//! The kinds of annotated functions, and what their attributes take.

use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Prompt,
    Resource,
}

/// Who may use it, and what it is called.
const ALL: [&str; 12] = [
    "scopes",
    "authenticated",
    "anonymous",
    "scopes_for",
    "policy",
    "max_age",
    "acr_values",
    "conceal",
    "name",
    "title",
    "description",
    "toolset",
];

impl Kind {
    /// The arguments of the attribute, in the order in which an error names them.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'static str> {
        let own: &[&str] = match self {
            Self::Tool => &["read_only", "destructive", "idempotent", "open_world"],
            Self::Prompt => &[],
            Self::Resource => &["uri", "mime_type"],
        };
        ALL.iter().chain(own).chain(&["crate"]).copied()
    }

    /// What a client does with it.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Tool => "call",
            Self::Prompt => "get",
            Self::Resource => "read",
        }
    }
}

/// As it stands in a sentence, behind "a".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
        })
    }
}
