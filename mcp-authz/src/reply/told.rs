//! The errors of annotated functions that are neither results nor protocol errors, but can be shown.

use std::error::Error;
use std::fmt::Display;
use std::marker::PhantomData;

use rmcp::ErrorData;
use rmcp::handler::server::tool::IntoCallToolResult;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};

use super::Fault;
use crate::denied::Denied;

/// What the client is told instead of an error of the author's.
pub enum Told {
    /// A refusal keeps its own answer, also behind a `Box` or the context that was added to it.
    Denied(Denied),
    /// As does an error of the protocol.
    Protocol(ErrorData),
    /// The error's own words, without those of what caused it.
    Text(String),
}

impl Told {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut causes = std::iter::successors(Some(error), |&error| error.source());
        if let Some(denied) = causes.find_map(|cause| cause.downcast_ref::<Denied>()) {
            return Self::Denied(denied.again());
        }
        match error.downcast_ref::<ErrorData>() {
            Some(error) => Self::Protocol(error.clone()),
            None => Self::Text(error.to_string()),
        }
    }
}

impl IntoCallToolResult for Told {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Denied(denied) => denied.into_call_tool_result(),
            Self::Protocol(error) => Err(error),
            Self::Text(text) => Ok(CallToolResult::error(vec![ContentBlock::text(text)]).into()),
        }
    }
}

impl Fault for Told {
    fn fault(self) -> ErrorData {
        match self {
            Self::Denied(denied) => denied.fault(),
            Self::Protocol(error) => error,
            Self::Text(text) => text.fault(),
        }
    }
}

/// Finds out what kind of error a function returned, by its type: of the implementations of [`Turn`],
/// the compiler takes the one for the most references that fits.
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// Of this value.
    #[must_use]
    pub const fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// Makes something that can be sent of what a function returned.
pub trait Turn {
    /// What the function returned.
    type From;
    /// What is sent.
    type To;

    /// Turns the one into the other.
    fn turn(self, returned: Self::From) -> Self::To;
}

/// Rmcp's own word comes first.
impl<T, E: IntoCallToolResult> Turn for &&&&&&Returned<Result<T, E>> {
    type From = Result<T, E>;
    type To = Result<T, E>;

    fn turn(self, returned: Self::From) -> Self::To {
        returned
    }
}

/// What holds another error, such as `anyhow`'s: it lends what it holds, and gives away something that
/// hides it.
impl<T, E: AsRef<dyn Error + Send + Sync>> Turn for &&&&&Returned<Result<T, E>> {
    type From = Result<T, E>;
    type To = Result<T, Told>;

    fn turn(self, returned: Self::From) -> Self::To {
        returned.map_err(|error| Told::of(error.as_ref()))
    }
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Turn for &&&&Returned<Result<T, E>> {
    type From = Result<T, E>;
    type To = Result<T, Told>;

    fn turn(self, returned: Self::From) -> Self::To {
        returned.map_err(|error| Told::of(&*error.into()))
    }
}

/// Such as a `Box<dyn Error>` that stays in its thread.
impl<T, E: Into<Box<dyn Error>>> Turn for &&&Returned<Result<T, E>> {
    type From = Result<T, E>;
    type To = Result<T, Told>;

    fn turn(self, returned: Self::From) -> Self::To {
        returned.map_err(|error| Told::of(&*error.into()))
    }
}

impl<T, E: Display> Turn for &&Returned<Result<T, E>> {
    type From = Result<T, E>;
    type To = Result<T, Told>;

    fn turn(self, returned: Self::From) -> Self::To {
        returned.map_err(|error| Told::Text(error.to_string()))
    }
}

impl<T> Turn for &Returned<T> {
    type From = T;
    type To = T;

    fn turn(self, returned: Self::From) -> Self::To {
        returned
    }
}
