//! The one table of what expansions name, so that a rename is seen here first.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

macro_rules! table {
    ($($field:ident: $($segment:ident)::+,)+) => {
        pub(crate) struct Paths {
            $(pub(crate) $field: TokenStream,)+
        }

        impl Paths {
            /// `krate` is the author's `crate = ..`.
            pub(crate) fn new(krate: Option<&Path>) -> Self {
                let krate = krate.map_or_else(|| quote!(::mcp_authz), |path| quote!(#path));
                Self { $($field: quote!(#krate::__private::$($segment)::+),)+ }
            }
        }
    };
}

table! {
    access: Access,
    arguments: Arguments,
    assert: assert,
    boxed: boxed,
    concat: concat,
    deferred_scopes: deferred_scopes,
    differs: differs,
    duration: Duration,
    entry: Entry,
    explain: Explain,
    extract: Extract,
    file: file,
    from: From,
    from_variable: FromVariable,
    hints: Hints,
    into: Into,
    judge: Judge,
    line: line,
    module_path: module_path,
    none: None,
    origin: Origin,
    outcome: Outcome,
    output_schema: OutputSchema,
    parameter: Parameter,
    parameters: Parameters,
    known_policy: KnownPolicy,
    policy_over: PolicyOver,
    probe: Probe,
    prompt_part: PromptPart,
    prompt_reply: PromptReply,
    reply: Reply,
    require_of: require_of,
    requirement: Requirement,
    resource_part: ResourcePart,
    resource_reply: ResourceReply,
    returned: Returned,
    rule: Rule,
    schemars: schemars,
    scope: Scope,
    serde: serde,
    some: Some,
    spec: Spec,
    submit: inventory::submit,
    take: Take,
    taken: Taken,
    tool_part: ToolPart,
    turn: Turn,
    with_variables: with_variables,
    words: Words,
}
