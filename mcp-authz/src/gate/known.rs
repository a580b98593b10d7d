//! Whom a gate knows where rmcp asks it without a context.

use std::sync::{Arc, Mutex, PoisonError};

use super::operation::Caller;

pub(super) enum Known {
    /// Many callers share the gate: where it is asked without a context, it answers nothing.
    Nobody,
    /// The caller of the one request that the gate is for.
    Fixed(Caller),
    /// The caller of the latest message.
    Current(CurrentCaller),
}

impl Known {
    pub(super) fn get(&self) -> Option<Caller> {
        match self {
            Self::Nobody => None,
            Self::Fixed(caller) => Some(caller.clone()),
            Self::Current(current) => Some(Some(current.get()?)),
        }
    }
}

/// Who calls where there is one caller, who may change from message to message.
#[derive(Clone, Default)]
pub(crate) struct CurrentCaller(Arc<Mutex<Caller>>);

impl CurrentCaller {
    pub(crate) fn set(&self, caller: Caller) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = caller;
    }

    fn get(&self) -> Caller {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
