//! Who made a task (SEP-2663): an id of rmcp's works for whoever has it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::JsonObject;

use super::owner::{Owner, owner};
use crate::auth_info::AuthInfo;
use crate::scope::Requirement;

/// Tasks that one principal can come back to; its oldest goes for one more.
const PER_PRINCIPAL: usize = 256;

/// Tasks that are remembered in all; for one more, whoever holds most loses its oldest.
const IN_ALL: usize = 16_384;

/// What is kept of the arguments of one call, in bytes of JSON: at most 2 MiB for a principal.
const LARGEST_ARGUMENTS: usize = 8 * 1024;

/// The owners of the tasks of this process, in memory: with the process, the tasks end as well.
#[derive(Default)]
pub(crate) struct TaskOwners(Mutex<Held>);

#[derive(Default)]
struct Held {
    tasks: HashMap<String, Task>,
    /// Ids in the order in which they came.
    by_owner: HashMap<Owner, VecDeque<String>>,
}

struct Task {
    owner: Owner,
    call: MadeBy,
}

/// The call that made a task: whoever asks for the task is decided on as if it came again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MadeBy {
    pub(crate) tool: String,
    /// What its arguments required besides; they themselves can be large.
    pub(crate) more: Option<Requirement>,
    /// Its arguments as JSON, where a policy is to be asked about them again.
    arguments: Option<Box<str>>,
}

impl MadeBy {
    pub(crate) fn new(tool: &str, more: Option<Requirement>) -> Self {
        Self {
            tool: tool.to_owned(),
            more,
            arguments: None,
        }
    }

    /// The call with its arguments; `None` where they are too large to be kept.
    pub(crate) fn with(self, arguments: &JsonObject) -> Option<Self> {
        let json = serde_json::to_string(arguments).ok()?;
        (json.len() <= LARGEST_ARGUMENTS).then(|| Self {
            arguments: Some(json.into()),
            ..self
        })
    }

    /// Its arguments, where they were kept.
    pub(crate) fn arguments(&self) -> Option<JsonObject> {
        serde_json::from_str(self.arguments.as_deref()?).ok()
    }
}

/// Why a task, a state or a cursor is not a caller's, for the operator: no client learns which of these it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotTheirs(pub(crate) &'static str);

impl TaskOwners {
    /// Enters a task; `false` when its id is somebody else's already.
    pub(crate) fn keep(&self, id: &str, caller: &AuthInfo, call: MadeBy) -> bool {
        let owner = owner(caller);
        self.lock().keep(id, Task { owner, call })
    }

    /// The call that made the task, for its owner.
    pub(crate) fn made_by(&self, id: &str, caller: Option<&AuthInfo>) -> Result<MadeBy, NotTheirs> {
        let caller = caller.ok_or(NotTheirs("a task has an owner, and this caller is nobody"))?;
        // First, so that a foreign id takes no longer than an unknown one.
        let owner = owner(caller);
        let held = self.lock();
        match held.tasks.get(id) {
            Some(task) if task.owner == owner => Ok(task.call.clone()),
            Some(_) => Err(NotTheirs("the task is another caller's")),
            None => Err(NotTheirs("there is no such task")),
        }
    }

    /// Whether the task is known, and `owner`'s.
    pub(super) fn is_of(&self, id: &str, owner: &Owner) -> bool {
        let held = self.lock();
        held.tasks.get(id).is_some_and(|task| task.owner == *owner)
    }

    /// Consistent between any two statements, so a poisoned lock is as good as new.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn keep(&mut self, id: &str, task: Task) -> bool {
        if let Some(known) = self.tasks.get(id) {
            return known.owner == task.owner && known.call == task.call;
        }
        let own = self.by_owner.get(&task.owner).map_or(0, VecDeque::len);
        if own >= PER_PRINCIPAL {
            self.forget_oldest_of(&task.owner.clone());
        } else if self.tasks.len() >= IN_ALL {
            let most = self.by_owner.iter().max_by_key(|(_, ids)| ids.len());
            if let Some(owner) = most.map(|(owner, _)| owner.clone()) {
                self.forget_oldest_of(&owner);
            }
        }
        let own = self.by_owner.entry(task.owner.clone()).or_default();
        own.push_back(id.to_owned());
        self.tasks.insert(id.to_owned(), task);
        true
    }

    fn forget_oldest_of(&mut self, owner: &Owner) {
        let Some(ids) = self.by_owner.get_mut(owner) else {
            return;
        };
        if let Some(oldest) = ids.pop_front() {
            self.tasks.remove(&oldest);
        }
        if ids.is_empty() {
            self.by_owner.remove(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: usize) -> AuthInfo {
        AuthInfo::builder("https://as.test")
            .subject(number.to_string())
            .build()
    }

    fn of(tool: &str) -> MadeBy {
        MadeBy::new(tool, None)
    }

    #[test]
    fn a_task_is_its_makers_and_nobody_elses() {
        let (tasks, alice, bob) = (TaskOwners::default(), caller(1), caller(2));
        assert!(tasks.keep("t", &alice, of("long")));
        assert_eq!(tasks.made_by("t", Some(&alice)), Ok(of("long")));
        let not_theirs = |id, caller| tasks.made_by(id, caller).unwrap_err().0;
        assert_eq!(not_theirs("t", Some(&bob)), "the task is another caller's");
        assert_eq!(not_theirs("T", Some(&alice)), "there is no such task");
        assert!(not_theirs("t", None).contains("nobody"));
        assert!(
            !tasks.keep("t", &bob, of("long")),
            "an id is not taken over"
        );
        assert!(
            !tasks.keep("t", &alice, of("other")),
            "nor put under another rule"
        );
        assert!(tasks.made_by("t", Some(&bob)).is_err());
    }

    #[test]
    fn nobody_pushes_out_what_is_somebody_elses() {
        let (tasks, alice) = (TaskOwners::default(), caller(0));
        assert!(tasks.keep("alice's", &alice, of("t")));
        for number in 0..=PER_PRINCIPAL {
            assert!(tasks.keep(&format!("1-{number}"), &caller(1), of("t")));
        }
        assert!(
            tasks.made_by("1-0", Some(&caller(1))).is_err(),
            "the oldest of its own"
        );
        assert!(tasks.made_by("1-256", Some(&caller(1))).is_ok());
        for principal in 2..=100 {
            for number in 0..PER_PRINCIPAL {
                assert!(tasks.keep(
                    &format!("{principal}-{number}"),
                    &caller(principal),
                    of("t")
                ));
            }
        }
        assert_eq!(tasks.lock().tasks.len(), IN_ALL, "there is an end");
        assert!(tasks.made_by("alice's", Some(&alice)).is_ok());
    }
}
