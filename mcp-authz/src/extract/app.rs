//! What a server gives to its functions, and what these take.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::JsonObject;

/// The states that annotated tools run on.
#[doc(hidden)]
#[derive(Default)]
pub struct App {
    states: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    /// What these types are called, in the order in which they came.
    names: Vec<(TypeId, &'static str)>,
}

impl App {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, state: T) {
        self.states.insert(TypeId::of::<T>(), Arc::new(state));
        self.names.push((TypeId::of::<T>(), type_name::<T>()));
    }

    /// What the server was given, for whoever gave it something else.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.names.iter().map(|(_, name)| *name).collect()
    }

    /// What none of these functions takes, as far as that can be known.
    pub(crate) fn idle(&self, signatures: &[Signature]) -> Vec<&'static str> {
        if signatures.iter().any(|signature| signature.is_open) {
            return Vec::new();
        }
        let taken = |state: &TypeId| {
            let mut states = signatures.iter().flat_map(|signature| &signature.states);
            states.any(|(taken, _)| taken == state)
        };
        let idle = self.names.iter().filter(|(state, _)| !taken(state));
        idle.map(|(_, name)| *name).collect()
    }

    pub(crate) fn holds(&self, state: TypeId) -> bool {
        self.states.contains_key(&state)
    }

    pub(super) fn state<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.states.get(&TypeId::of::<T>())?)
            .downcast()
            .ok()
    }
}

/// What the parameters of a function need, gathered at start so that nothing is missing later.
#[doc(hidden)]
#[derive(Default)]
pub struct Signature {
    pub(crate) states: Vec<(TypeId, &'static str)>,
    pub(crate) caller: bool,
    /// An extractor of the author's can take any state.
    pub(crate) is_open: bool,
    pub(crate) input: Vec<Result<Arc<JsonObject>, String>>,
}

#[cfg(test)]
mod tests {
    use rmcp::service::RequestContext;
    use rmcp::{ErrorData, RoleServer};

    use super::*;
    use crate::{AuthInfo, Call, FromCall, State};

    struct Own;

    impl FromCall for Own {
        fn from_call(_: &mut Call<'_>) -> Result<Self, ErrorData> {
            Ok(Self)
        }
    }

    fn signature<P: FromCall>() -> Signature {
        let mut signature = Signature::default();
        P::describe(&mut signature);
        signature
    }

    #[test]
    fn a_state_may_be_taken_by_an_extractor_of_the_authors() {
        let mut app = App::default();
        app.insert(1_u8);
        app.insert(1_u16);
        let known = [
            signature::<State<u16>>(),
            signature::<AuthInfo>(),
            signature::<Option<AuthInfo>>(),
            signature::<RequestContext<RoleServer>>(),
        ];
        assert_eq!(app.idle(&known), ["u8"]);
        assert!(app.idle(&[signature::<Own>()]).is_empty());
    }
}
