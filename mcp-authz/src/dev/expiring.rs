//! A map whose entries end, and which never holds more than it may.

use std::collections::HashMap;

pub(super) struct Expiring<V> {
    entries: HashMap<String, Entry<V>>,
    capacity: usize,
}

struct Entry<V> {
    ends: u64,
    value: V,
}

impl<V> Expiring<V> {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            capacity,
        }
    }

    /// Keeps `value` for `lifetime` seconds. A full map first drops what has ended, then what would
    /// end next.
    pub(super) fn insert(&mut self, key: String, value: V, now: u64, lifetime: u64) {
        if self.entries.len() >= self.capacity {
            self.entries.retain(|_, entry| entry.ends > now);
        }
        if self.entries.len() >= self.capacity
            && let Some(next) = self.next_to_end()
        {
            self.entries.remove(&next);
        }
        let ends = now.saturating_add(lifetime);
        self.entries.insert(key, Entry { ends, value });
    }

    pub(super) fn get(&self, key: &str, now: u64) -> Option<&V> {
        let entry = self.entries.get(key)?;
        (entry.ends > now).then_some(&entry.value)
    }

    pub(super) fn get_mut(&mut self, key: &str, now: u64) -> Option<&mut V> {
        let entry = self.entries.get_mut(key)?;
        (entry.ends > now).then_some(&mut entry.value)
    }

    /// What has not ended, in no order.
    pub(super) fn values(&self, now: u64) -> impl Iterator<Item = &V> {
        let entries = self.entries.values();
        entries
            .filter(move |entry| entry.ends > now)
            .map(|entry| &entry.value)
    }

    /// Removes every entry that `wanted` picks.
    pub(super) fn take(&mut self, wanted: impl Fn(&V) -> bool) -> Vec<V> {
        let entries = self.entries.extract_if(|_, entry| wanted(&entry.value));
        entries.map(|(_, entry)| entry.value).collect()
    }

    pub(super) fn remove(&mut self, key: &str, now: u64) -> Option<V> {
        let entry = self.entries.remove(key)?;
        (entry.ends > now).then_some(entry.value)
    }

    fn next_to_end(&self) -> Option<String> {
        let (key, _) = self.entries.iter().min_by_key(|(_, entry)| entry.ends)?;
        Some(key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end() {
        let mut map = Expiring::with_capacity(2);
        map.insert("a".into(), 1, 100, 60);
        assert_eq!(map.get("a", 159), Some(&1));
        assert_eq!(map.get("a", 160), None);
        assert_eq!(map.get_mut("a", 160), None);
        assert_eq!(map.values(159).count(), 1);
        assert_eq!(map.values(160).count(), 0);
        assert_eq!(map.remove("a", 160), None);
    }

    #[test]
    fn a_full_map_drops_the_ended_then_the_next_to_end() {
        let mut map = Expiring::with_capacity(2);
        map.insert("short".into(), 1, 0, 10);
        map.insert("long".into(), 2, 0, 100);
        map.insert("new".into(), 3, 50, 10);
        assert_eq!(map.get("long", 50), Some(&2), "`short` had ended");
        map.insert("newer".into(), 4, 50, 100);
        assert_eq!(map.get("new", 50), None, "it would have ended next");
        assert_eq!(map.get("long", 50), Some(&2));
        assert_eq!(map.get("newer", 50), Some(&4));
    }
}
