//! What an annotated function may take.

mod app;
mod fitness;
mod late;

use std::any::{TypeId, type_name};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use rmcp::handler::server::common::{AsRequestContext, Extension, FromContextPart, RequestId};
use rmcp::handler::server::tool::{
    InputResponses, RequestState, ToolCallContext, ToolName, schema_for_input,
};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{Extensions, JsonObject, RequestMetaObject};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, Peer, RoleServer};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::auth_info::AuthInfo;
use crate::gate::{Admitted, FromVariable, Operation, Rule, unknown};

pub(crate) use app::App;
pub use app::Signature;
pub use fitness::{Arguments, Extract, Parameter, Probe, Take};

/// One call of an annotated function: what [`FromCall`] draws from.
///
/// ```
/// use std::sync::Arc;
///
/// use mcp_authz::{Call, FromCall, rmcp::ErrorData};
///
/// /// What is set with `.state(Prices { .. })`, shared by all calls.
/// struct Prices {
///     stamp: u32,
/// }
///
/// /// What a letter costs this caller.
/// struct Postage(u32);
///
/// impl FromCall for Postage {
///     fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
///         let prices: Option<Arc<Prices>> = call.state();
///         let prices = prices.ok_or_else(|| ErrorData::internal_error("no prices", None))?;
///         let is_free = call.auth().is_some_and(|caller| caller.has("mail:unpaid"));
///         Ok(Self(if is_free { 0 } else { prices.stamp }))
///     }
/// }
/// ```
pub struct Call<'a> {
    context: ToolCallContext<'a, App>,
    auth: Option<AuthInfo>,
    /// What the function is under, for the word that it has itself.
    rule: &'a Rule,
    operation: Operation<'a>,
}

/// Nothing of the arguments: they are the caller's.
impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        context: ToolCallContext<'a, App>,
        rule: &'a Rule,
        operation: Operation<'a>,
    ) -> Self {
        let admitted = Admitted::find(&context.request_context.extensions);
        let auth = admitted.and_then(Admitted::in_call);
        Self {
            context,
            auth,
            rule,
            operation,
        }
    }

    /// The verified caller; `None` when somebody without a token calls an anonymous tool.
    #[must_use]
    pub fn auth(&self) -> Option<&AuthInfo> {
        self.auth.as_ref()
    }

    /// The value that the server was built with for `T`.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.context.service.state()
    }

    /// A variable of the URI that is read.
    #[doc(hidden)]
    pub fn variable<T: FromVariable>(&mut self, name: &str) -> Result<T, ErrorData> {
        let values = self.context.arguments.as_ref();
        let variable = values.and_then(|values| T::read(name, values));
        variable.ok_or_else(|| unknown(self.operation))
    }

    /// What rmcp knows of this call: its arguments (of a resource: the variables of its URI), its
    /// name and the request's context.
    ///
    /// ```
    /// use mcp_authz::{Call, FromCall, rmcp::ErrorData};
    ///
    /// /// The name by which the function was called.
    /// struct Called(String);
    ///
    /// impl FromCall for Called {
    ///     fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
    ///         Ok(Self(call.rmcp().name.to_string()))
    ///     }
    /// }
    /// ```
    pub fn rmcp(&mut self) -> &mut ToolCallContext<'a, App> {
        &mut self.context
    }
}

/// A type that an annotated function can have as a parameter.
///
/// Implemented for [`AuthInfo`], `Option<AuthInfo>`, [`State`], [`Parameters`], rmcp's extractors,
/// and, through [`Rmcp`], for any extractor written against rmcp.
///
/// ```
/// use mcp_authz::{Call, FromCall, rmcp::ErrorData};
///
/// /// The tenant that the provider put into the token.
/// struct Tenant(String);
///
/// impl FromCall for Tenant {
///     fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
///         call.auth()
///             .and_then(|auth| auth.claims().get("tenant")?.as_str())
///             .map(|tenant| Tenant(tenant.to_owned()))
///             .ok_or_else(|| ErrorData::invalid_request("the token names no tenant", None))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an annotated function",
    label = "not something that a call can provide",
    note = "a parameter is one of\n\
        \n    an argument of the call    put a doc comment above it, or `#[arg]`\
        \n    all arguments              `Parameters<T>`\
        \n    the caller                 `AuthInfo`\
        \n    a value of the server      `State<T>`, with `.state(..)` on the builder\
        \n    the rest of the call       rmcp's extractors, or yours: `Rmcp<T>`, `mcp_authz::FromCall`\
        \n    of a resource, a variable  a parameter with the variable's name\n\
        \nsee https://docs.rs/mcp-authz/latest/mcp_authz/trait.FromCall.html"
)]
pub trait FromCall: Sized {
    /// Takes the value out of the call.
    ///
    /// # Errors
    ///
    /// The JSON-RPC error that the client gets instead of a result.
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData>;

    /// Says at start what the parameter will need.
    #[doc(hidden)]
    fn describe(signature: &mut Signature) {
        signature.is_open = true;
    }
}

impl FromCall for AuthInfo {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        call.auth
            .clone()
            .ok_or_else(|| ErrorData::internal_error("no verified caller", None))
    }

    fn describe(signature: &mut Signature) {
        signature.caller = true;
    }
}

/// For rmcp's own tool and prompt routers, behind [`Authz`](crate::Authz).
impl<C: AsRequestContext> FromContextPart<C> for AuthInfo {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        Self::find(context.as_request_context())
            .ok_or_else(|| ErrorData::internal_error("no verified caller", None))
    }
}

impl AuthInfo {
    /// Who calls, inside a handler that [`Authz`](crate::Authz) protects; `None` for somebody without a
    /// token, where the server lets those in.
    ///
    /// ```
    /// use mcp_authz::AuthInfo;
    /// use mcp_authz::rmcp::{RoleServer, service::RequestContext};
    ///
    /// fn greet(context: &RequestContext<RoleServer>) -> String {
    ///     let caller = AuthInfo::find(context);
    ///     format!("hello, {}", caller.as_ref().and_then(AuthInfo::subject).unwrap_or("nobody"))
    /// }
    /// ```
    #[must_use]
    pub fn find(context: &RequestContext<RoleServer>) -> Option<Self> {
        Admitted::find(&context.extensions)?.in_call()
    }
}

impl FromCall for Option<AuthInfo> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        Ok(call.auth.clone())
    }

    fn describe(_: &mut Signature) {}
}

/// A value of the server, shared by all calls: `Server::builder(..).state(db)` for a `State<Db>`.
///
/// The server puts the value into an `Arc`; what tools change in it needs a lock of its own, such as a
/// `Mutex` (of the standard library, let go of before an `.await`: what holds its guard cannot be sent). A tool that takes a `State<T>` which the server was not built with is a start-up error; a
/// value that no function of the program takes is a warning in the log.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use mcp_authz::{Server, State, tool};
///
/// /// Counts its calls.
/// #[tool(authenticated)]
/// fn count(calls: State<AtomicU64>) -> String {
///     calls.fetch_add(1, Ordering::Relaxed).to_string()
/// }
///
/// let builder = Server::builder("counter").state(AtomicU64::new(0));
/// ```
#[derive(Debug)]
pub struct State<T>(
    /// The shared value.
    pub Arc<T>,
);

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static> FromCall for State<T> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        call.state()
            .map(Self)
            .ok_or_else(|| ErrorData::internal_error("missing state", None))
    }

    fn describe(signature: &mut Signature) {
        signature.states.push((TypeId::of::<T>(), type_name::<T>()));
    }
}

impl<T: DeserializeOwned + JsonSchema + 'static> FromCall for Parameters<T> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        Self::from_context_part(&mut call.context)
    }

    fn describe(signature: &mut Signature) {
        signature.input.push(schema_for_input::<T>());
    }
}

/// Takes any extractor that was written against rmcp's `FromContextPart`.
///
/// ```
/// use mcp_authz::rmcp::ErrorData;
/// use mcp_authz::rmcp::handler::server::common::{AsRequestContext, FromContextPart};
/// use mcp_authz::{Rmcp, tool};
///
/// /// An extractor as rmcp's own servers have them.
/// struct Number(String);
///
/// impl<C: AsRequestContext> FromContextPart<C> for Number {
///     fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
///         Ok(Self(context.as_request_context().id.to_string()))
///     }
/// }
///
/// /// Say which request this is.
/// #[tool(authenticated)]
/// fn number(Rmcp(Number(number)): Rmcp<Number>) -> String {
///     number
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rmcp<T>(
    /// What the extractor gave.
    pub T,
);

impl<T> FromCall for Rmcp<T>
where
    T: for<'a> FromContextPart<ToolCallContext<'a, App>>,
{
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        T::from_context_part(&mut call.context).map(Self)
    }

    fn describe(_: &mut Signature) {}
}

macro_rules! rmcp_extractors {
    ($($extractor:ty),+ $(,)?) => {$(
        impl FromCall for $extractor {
            fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
                <$extractor>::from_context_part(&mut call.context)
            }

            fn describe(_: &mut Signature) {}
        }
    )+};
}

rmcp_extractors! {
    CancellationToken, Extensions, InputResponses, JsonObject, Peer<RoleServer>,
    RequestContext<RoleServer>, RequestId, RequestMetaObject, RequestState, ToolName,
}

impl<T: Clone + Send + Sync + 'static> FromCall for Extension<T> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ErrorData> {
        Self::from_context_part(&mut call.context)
    }

    fn describe(_: &mut Signature) {}
}
