//! What a type lacks to be taken out of a call. Each way in which one cannot has its own words, and each
//! mistake is told once, where the type stands.

use std::marker::PhantomData;

use rmcp::ErrorData;
use rmcp::handler::server::wrapper::{Json, Parameters};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Call, FromCall, Signature};
use crate::found::find;

/// What is said of a type without a schema, on either way.
#[diagnostic::on_unimplemented(
    message = "clients cannot be told what `{Self}` looks like: it does not implement `JsonSchema`",
    label = "has no JSON Schema",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::schemars::JsonSchema)]\n    #[schemars(crate = \"mcp_authz::schemars\")]\n",
    note = "with `schemars` 1 among your own dependencies, `#[derive(schemars::JsonSchema)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; see https://docs.rs/mcp-authz/latest/mcp_authz/guide/writing_tools/index.html#types-of-your-own"
)]
pub trait Described: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> Described for T {}

/// An argument that has a schema alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a call: it does not implement `Deserialize`",
    label = "cannot be read",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::serde::Deserialize)]\n    #[serde(crate = \"mcp_authz::serde\")]\n",
    note = "with `serde` among your own dependencies, `#[derive(serde::Deserialize)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; see https://docs.rs/mcp-authz/latest/mcp_authz/guide/writing_tools/index.html#types-of-your-own"
)]
pub trait Readable: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Readable for T {}

/// An argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a call: it implements neither `Deserialize` nor `JsonSchema`",
    label = "can be neither read nor described to clients",
    note = "write above the declaration of `{Self}`, or of what is yours inside it\n\n    #[derive(mcp_authz::serde::Deserialize, mcp_authz::schemars::JsonSchema)]\n    #[serde(crate = \"mcp_authz::serde\")]\n    #[schemars(crate = \"mcp_authz::schemars\")]\n",
    note = "with `serde` and `schemars` 1 among your own dependencies, `#[derive(serde::Deserialize, schemars::JsonSchema)]` is enough; a type of another crate needs a type of yours around it, or features of that crate; see https://docs.rs/mcp-authz/latest/mcp_authz/guide/writing_tools/index.html#types-of-your-own"
)]
pub trait Sent: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Sent for T {}

/// What other frameworks take arguments in.
#[diagnostic::on_unimplemented(
    message = "`Json` cannot be a parameter of an annotated function",
    label = "is what a tool returns",
    note = "take all arguments as `Parameters<{Self}>` (`mcp_authz::Parameters`), or each of them as a parameter with a doc comment"
)]
pub trait Wrapped: Untaken {}

/// What cannot be taken: no type implements it.
pub trait Untaken {
    /// Never called.
    ///
    /// # Errors
    ///
    /// Never.
    fn take<P>() -> Result<P, ErrorData>;
}

#[diagnostic::do_not_recommend]
impl<T: Untaken> Wrapped for T {}

/// Finds out what a type lacks.
pub trait Probe {
    /// What was found.
    type Found;

    /// Says it.
    fn probe(self) -> Self::Found;
}

/// A parameter of an annotated function. An argument in its own right is asked about as if it were all
/// arguments.
pub struct Parameter<P>(PhantomData<fn() -> P>);

impl<P> Parameter<P> {
    /// Of this type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the expansion alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// It lacks nothing, or what the trait itself has words for.
pub struct Fits;
/// The arguments have no schema.
pub struct LacksSchema<T>(PhantomData<fn() -> T>);
/// They cannot be read.
pub struct LacksReading<T>(PhantomData<fn() -> T>);
/// Neither.
pub struct LacksBoth<T>(PhantomData<fn() -> T>);
/// It is in the wrapper of results.
pub struct IsWrapped<T>(PhantomData<fn() -> T>);

find! { Probe::probe:
    [P: FromCall] &&&&&Parameter<P> => Fits = Fits;
    [T: DeserializeOwned] &&&&Parameter<Parameters<T>> => LacksSchema<T> = LacksSchema(PhantomData);
    [T: JsonSchema] &&&Parameter<Parameters<T>> => LacksReading<T> = LacksReading(PhantomData);
    [T] &&Parameter<Parameters<T>> => LacksBoth<T> = LacksBoth(PhantomData);
    [T] &&Parameter<Json<T>> => IsWrapped<T> = IsWrapped(PhantomData);
    [P] &Parameter<P> => Fits = Fits;
}

/// What was found allows a parameter of type `P`, as soon as nothing is lacking: the bound of each
/// implementation says what is.
pub trait Allows<P> {
    /// As [`FromCall::from_call`].
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn from_call(call: &mut Call<'_>) -> Result<P, ErrorData>;

    /// As [`FromCall::describe`].
    fn describe(signature: &mut Signature);
}

macro_rules! allow {
    ($([$($bounds:tt)+] $found:ty => $parameter:ty;)+) => {$(
        impl<T: $($bounds)+> Allows<$parameter> for $found {
            fn from_call(call: &mut Call<'_>) -> Result<$parameter, ErrorData> {
                FromCall::from_call(call)
            }

            fn describe(signature: &mut Signature) {
                <$parameter as FromCall>::describe(signature);
            }
        }
    )+};
}

allow! {
    [FromCall] Fits => T;
    [DeserializeOwned + Described + 'static] LacksSchema<T> => Parameters<T>;
    [Readable + JsonSchema + 'static] LacksReading<T> => Parameters<T>;
    [Sent + 'static] LacksBoth<T> => Parameters<T>;
}

impl<T: Wrapped> Allows<Json<T>> for IsWrapped<T> {
    fn from_call(_: &mut Call<'_>) -> Result<Json<T>, ErrorData> {
        T::take()
    }

    fn describe(_: &mut Signature) {}
}

/// Takes the parameter `P` out of a call. One implementation for all that allow it: of several the
/// compiler would tell, next to what is lacking.
pub trait Extract<P>: Sized {
    /// As [`FromCall::from_call`].
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn extract(self, call: &mut Call<'_>) -> Result<P, ErrorData>;

    /// As [`FromCall::describe`].
    fn announce(self, signature: &mut Signature);

    /// That it could be.
    fn check(self) {}
}

impl<P, F: Allows<P>> Extract<P> for F {
    fn extract(self, call: &mut Call<'_>) -> Result<P, ErrorData> {
        F::from_call(call)
    }

    fn announce(self, signature: &mut Signature) {
        F::describe(signature);
    }
}

/// The struct that the macro makes of arguments in their own right.
pub struct Arguments<S>(PhantomData<fn() -> S>);

impl<S> Arguments<S> {
    /// Of this type.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the expansion alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Takes the struct of all arguments out of a call.
pub trait Take {
    /// That struct.
    type Struct;

    /// As [`FromCall::from_call`].
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn take(self, call: &mut Call<'_>) -> Result<Self::Struct, ErrorData>;

    /// As [`FromCall::describe`].
    fn describe(self, signature: &mut Signature);
}

impl<S: DeserializeOwned + JsonSchema + 'static> Take for &&Arguments<S> {
    type Struct = S;

    fn take(self, call: &mut Call<'_>) -> Result<S, ErrorData> {
        Parameters::from_call(call).map(|Parameters(arguments)| arguments)
    }

    fn describe(self, signature: &mut Signature) {
        Parameters::<S>::describe(signature);
    }
}

/// A struct that cannot be read: the compiler has said why, of one of its fields, and would say it
/// again of the whole. Should it ever not have, then no server starts with it.
impl<S> Take for &Arguments<S> {
    type Struct = S;

    fn take(self, _: &mut Call<'_>) -> Result<S, ErrorData> {
        Err(ErrorData::internal_error(UNREADABLE, None))
    }

    fn describe(self, signature: &mut Signature) {
        signature.input.push(Err(UNREADABLE.to_owned()));
    }
}

const UNREADABLE: &str = "they cannot be read";
