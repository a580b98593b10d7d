//! What an annotated function may return.

mod prompt;
mod resource;
mod sending;
mod told;

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::handler::server::tool::schema_for_output;
use rmcp::handler::server::wrapper::Json;
use rmcp::model::JsonObject;
use schemars::JsonSchema;

pub use prompt::PromptReply;
pub(crate) use resource::Contents;
pub use resource::ResourceReply;
pub use sending::{Explain, Judge, Outcome, Reply};
pub use told::{Returned, Turn};

/// The error of a prompt or resource. These have no result that says that something failed, as tools
/// do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of an annotated prompt or resource",
    label = "cannot be shown",
    note = "implement `Display` for it, or use `ErrorData`, or `Denied` from `auth.require(..)`; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.prompt.html#the-function"
)]
pub trait Fault {
    /// The JSON-RPC error.
    fn fault(self) -> ErrorData;
}

impl Fault for ErrorData {
    fn fault(self) -> ErrorData {
        self
    }
}

impl Fault for String {
    fn fault(self) -> ErrorData {
        ErrorData::internal_error(self, None)
    }
}

impl Fault for &'static str {
    fn fault(self) -> ErrorData {
        ErrorData::internal_error(self, None)
    }
}

/// Finds the schema of structured output through the return *type*, so that aliases work: a method
/// of the type itself is found before one that takes a dereference.
pub struct OutputSchema<T>(PhantomData<fn() -> T>, NoOutputSchema);

/// What the types without structured output dereference to.
pub struct NoOutputSchema;

impl<T> OutputSchema<T> {
    /// A probe for the return type `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the expansion alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData, NoOutputSchema)
    }
}

impl<T: JsonSchema + Any> OutputSchema<Json<T>> {
    /// The schema of `T`.
    #[must_use]
    pub fn get(&self) -> Option<Arc<JsonObject>> {
        Some(schema_for_output::<T>())
    }
}

impl<T: JsonSchema + Any, E> OutputSchema<Result<Json<T>, E>> {
    /// The schema of `T`.
    #[must_use]
    pub fn get(&self) -> Option<Arc<JsonObject>> {
        Some(schema_for_output::<T>())
    }
}

impl<T> Deref for OutputSchema<T> {
    type Target = NoOutputSchema;

    fn deref(&self) -> &NoOutputSchema {
        &self.1
    }
}

impl NoOutputSchema {
    /// No schema.
    #[must_use]
    pub fn get(&self) -> Option<Arc<JsonObject>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Alias<T> = Result<Json<T>, ErrorData>;

    #[test]
    fn structured_output_has_a_schema() {
        assert!(OutputSchema::<Json<u8>>::new().get().is_some());
        assert!(OutputSchema::<Alias<u8>>::new().get().is_some());
        assert!(OutputSchema::<String>::new().get().is_none());
        assert!(OutputSchema::<Result<(), ErrorData>>::new().get().is_none());
    }
}
