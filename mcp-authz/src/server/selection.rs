//! Which of the annotated functions a server has.

use inventory::Collect;

use super::toolsets::Toolsets;
use crate::registry::{self, Entry, Part};

/// Those of one kind.
pub(super) enum Selection<P: 'static> {
    /// All that the program declared, and these.
    DeclaredAnd(Vec<Entry<P>>),
    /// These alone.
    Exactly(Vec<Entry<P>>),
}

impl<P> Default for Selection<P> {
    fn default() -> Self {
        Self::DeclaredAnd(Vec::new())
    }
}

impl<P: Part> Selection<P>
where
    Entry<P>: Collect,
{
    pub(super) fn add(&mut self, entry: Entry<P>) {
        let (Self::DeclaredAnd(entries) | Self::Exactly(entries)) = self;
        entries.push(entry);
    }

    pub(super) fn exactly(entries: impl IntoIterator<Item = Entry<P>>) -> Self {
        Self::Exactly(entries.into_iter().collect())
    }

    /// The functions, each declaration once, in the order in which they are listed. What is declared
    /// in a toolset comes along only with one of `toolsets`.
    pub(super) fn resolve(&self, toolsets: &Toolsets) -> Vec<Entry<P>> {
        let (mut entries, more) = match self {
            Self::DeclaredAnd(more) => (registry::declared(), more.as_slice()),
            Self::Exactly(entries) => (Vec::new(), entries.as_slice()),
        };
        entries.retain(|entry| {
            let own = entry.spec().toolset;
            own.is_none_or(|own| toolsets.names().any(|named| named == own))
        });
        for entry in more {
            if !entries.iter().any(|known| known.is(entry)) {
                entries.push(*entry);
            }
        }
        entries.sort_by_key(Entry::key);
        entries
    }
}
