//! What a tool's result lacks to be sent. Each way in which one cannot has its own words.
//!
//! First it is found out what of a result cannot be sent ([`Judge`]), then why ([`Explain`]).

use std::marker::PhantomData;

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::handler::server::wrapper::Json;
use rmcp::model::{CallToolResponse, ContentBlock};
use schemars::JsonSchema;
use serde::Serialize;

use crate::found::find;

/// What cannot be sent: no type implements it. Why not is said by the traits that follow.
pub trait Unsent {
    /// Never called.
    ///
    /// # Errors
    ///
    /// Never.
    fn reply<R>(returned: R) -> Result<CallToolResponse, ErrorData>;
}

macro_rules! words {
    ($($words:ident,)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Unsent> $words for T {}
    )+};
}

words! { Wrapped, Described, Written, Data, Listed, Awaited, Returned, Shown, }

/// Data, which has a wrapper.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an annotated tool as it is",
    label = "data goes into `Json`",
    note = "wrap it: write `Json<{Self}>` here (`mcp_authz::Json`), and `Json(..)` around the value"
)]
pub trait Wrapped: Unsent {}

/// Data without a schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as a tool's result: it does not implement `JsonSchema`",
    label = "has no JSON Schema, for clients to know what they get",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::schemars::JsonSchema)]\n    #[schemars(crate = \"mcp_authz::schemars\")]\n\nand return it as `Json<{Self}>` (`mcp_authz::Json`)",
    note = "with `schemars` 1 among your own dependencies, `#[derive(schemars::JsonSchema)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; see https://docs.rs/mcp-authz/latest/mcp_authz/guide/writing_tools/index.html#types-of-your-own"
)]
pub trait Described: Unsent {}

/// Data that can be described alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as a tool's result: it does not implement `Serialize`",
    label = "cannot be written as JSON",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::serde::Serialize)]\n    #[serde(crate = \"mcp_authz::serde\")]\n\nand return it as `Json<{Self}>` (`mcp_authz::Json`)",
    note = "with `serde` among your own dependencies, `#[derive(serde::Serialize)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; see https://docs.rs/mcp-authz/latest/mcp_authz/guide/writing_tools/index.html#types-of-your-own"
)]
pub trait Written: Unsent {}

/// Anything else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as a tool's result: it implements neither `Serialize` nor `JsonSchema`",
    label = "can be neither written as JSON nor described to clients",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::serde::Serialize, mcp_authz::schemars::JsonSchema)]\n    #[serde(crate = \"mcp_authz::serde\")]\n    #[schemars(crate = \"mcp_authz::schemars\")]\n\nand return it as `Json<{Self}>` (`mcp_authz::Json`)",
    note = "with `serde` and `schemars` 1 among your own dependencies, `#[derive(serde::Serialize, schemars::JsonSchema)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; what can be returned besides: `String`, `()`, a `ContentBlock`, a `CallToolResult`; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.tool.html#the-function"
)]
pub trait Data: Unsent {}

/// Several blocks.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}` as it is",
    label = "blocks go into a `CallToolResult`",
    note = "write `CallToolResult` here (`mcp_authz::rmcp::model::CallToolResult`), and `CallToolResult::success(..)` around the value"
)]
pub trait Listed: Unsent {}

/// A future that nobody waits for.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return a future",
    label = "nothing waits for it",
    note = "write `async fn`, and the type that the future gives"
)]
pub trait Awaited: Unsent {}

/// What is next to an error that cannot be shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an annotated tool",
    label = "not something that can be sent as a tool's result",
    note = "return `String`, `Json<T>`, `()`, a `ContentBlock`, a `CallToolResult`, or a `Result` of one of these; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.tool.html#the-function"
)]
pub trait Returned: Unsent {}

/// An error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an annotated tool",
    label = "cannot be shown",
    note = "implement `Display` for it, or use `String`, `ErrorData`, or `Denied` from `auth.require(..)`; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.tool.html#the-function"
)]
pub trait Shown: Unsent {}

/// What a function returned, once its error was turned into something that can be sent.
pub struct Outcome<R>(PhantomData<fn() -> R>);

impl<R> Outcome<R> {
    /// Of this value.
    #[must_use]
    pub const fn of(_: &R) -> Self {
        Self(PhantomData)
    }
}

/// All of it can be sent.
pub struct Sendable;

/// It is text that is lent, for which rmcp has no word.
pub struct Lent;

/// This of it cannot.
pub struct Value<T>(PhantomData<fn() -> T>);

/// Nor can it, for the reason `Why`.
pub struct Because<Why, T>(PhantomData<fn() -> (Why, T)>);

/// Nor can either of its sides.
pub struct Neither<T, E>(PhantomData<fn() -> (T, E)>);

/// Finds out what cannot be sent.
pub trait Judge {
    /// That.
    type Found;

    /// Says it.
    fn judge(self) -> Self::Found;
}

/// Finds out why it cannot.
pub trait Explain {
    /// The reason.
    type Found;

    /// Says it.
    fn explain(self) -> Self::Found;
}

find! { Judge::judge:
    ['a] &&&&&&&Outcome<&'a str> => Lent = Lent;
    ['a, E: IntoCallToolResult] &&&&&&&Outcome<Result<&'a str, E>> => Lent = Lent;
    ['a, E] &&&&&&Outcome<Result<&'a str, E>> => Because<IsHidden, E> = Because(PhantomData);
    [R: IntoCallToolResult] &&&&&Outcome<R> => Sendable = Sendable;
    [T, E: IntoCallToolResult] &&&&Outcome<Result<T, E>> => Value<T> = Value(PhantomData);
    [T: IntoCallToolResult, E] &&&Outcome<Result<T, E>> => Because<IsHidden, E> = Because(PhantomData);
    [T, E] &&Outcome<Result<T, E>> => Neither<T, E> = Neither(PhantomData);
    [T] &Outcome<T> => Value<T> = Value(PhantomData);
}

find! { Explain::explain:
    [] &&&&&&&&Sendable => Sendable = Sendable;
    [] &&&&&&&&Lent => Lent = Lent;
    [E] &&&&&&&&Because<IsHidden, E> => Because<IsHidden, E> = Because(PhantomData);
    [T, E] &&&&&&&&Neither<T, E> => Neither<T, E> = Neither(PhantomData);
    [] &&&&&&&&Value<Vec<ContentBlock>> => Because<AreSeveral, Vec<ContentBlock>> = Because(PhantomData);
    [T: Serialize] &&&&&&&&Value<Json<T>> => Because<HasNoSchema, T> = Because(PhantomData);
    [T: JsonSchema] &&&&&&&Value<Json<T>> => Because<IsNotWritten, T> = Because(PhantomData);
    [T] &&&&&&Value<Json<T>> => Because<IsNoData, T> = Because(PhantomData);
    [T: Future] &&&&&Value<T> => Because<IsToCome, T> = Because(PhantomData);
    [T: Serialize + JsonSchema] &&&&Value<T> => Because<IsBare, T> = Because(PhantomData);
    [T: Serialize] &&&Value<T> => Because<HasNoSchema, T> = Because(PhantomData);
    [T: JsonSchema] &&Value<T> => Because<IsNotWritten, T> = Because(PhantomData);
    [T] &Value<T> => Because<IsNoData, T> = Because(PhantomData);
}

/// Sends what was returned, if nothing was found against it.
pub trait Sends<R> {
    /// As [`Reply::reply`].
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn send(returned: R) -> Result<CallToolResponse, ErrorData>;
}

impl<R: IntoCallToolResult> Sends<R> for Sendable {
    fn send(returned: R) -> Result<CallToolResponse, ErrorData> {
        returned.into_call_tool_result()
    }
}

impl Sends<&str> for Lent {
    fn send(returned: &str) -> Result<CallToolResponse, ErrorData> {
        returned.to_owned().into_call_tool_result()
    }
}

impl<E: IntoCallToolResult> Sends<Result<&str, E>> for Lent {
    fn send(returned: Result<&str, E>) -> Result<CallToolResponse, ErrorData> {
        match returned {
            Ok(text) => Self::send(text),
            Err(error) => error.into_call_tool_result(),
        }
    }
}

impl<R, T: Returned, E: Shown> Sends<R> for Neither<T, E> {
    fn send(returned: R) -> Result<CallToolResponse, ErrorData> {
        T::reply(returned)
    }
}

macro_rules! reasons {
    ($($why:ident: $words:ident,)+) => {$(
        #[doc = concat!("See [`", stringify!($words), "`].")]
        pub enum $why {}

        impl<R, T: $words> Sends<R> for Because<$why, T> {
            fn send(returned: R) -> Result<CallToolResponse, ErrorData> {
                T::reply(returned)
            }
        }
    )+};
}

reasons! {
    IsHidden: Shown,
    AreSeveral: Listed,
    HasNoSchema: Described,
    IsNotWritten: Written,
    IsNoData: Data,
    IsToCome: Awaited,
    IsBare: Wrapped,
}

/// Sends what a tool returned. One implementation for all that was found: of several the compiler would
/// tell, next to the reason.
pub trait Reply<R>: Sized {
    /// The result as it is sent.
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn reply(self, returned: R) -> Result<CallToolResponse, ErrorData>;
}

impl<R, F: Sends<R>> Reply<R> for F {
    fn reply(self, returned: R) -> Result<CallToolResponse, ErrorData> {
        F::send(returned)
    }
}
