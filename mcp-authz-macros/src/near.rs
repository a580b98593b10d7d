//! The argument that an author probably meant.

use crate::kind::Kind;

/// What other frameworks call it.
const OTHERWISE: [(&str, &str); 2] = [("public", "anonymous"), ("hidden", "conceal")];

/// The known key that `key` is, or that it was probably meant to be.
pub(crate) fn nearest(kind: Kind, key: &str) -> Option<&'static str> {
    let exact = kind.keys().find(|known| *known == key);
    let begins_alike = |known: &&str| known.get(..4) == key.get(..4) && known.get(..4).is_some();
    exact
        .or_else(|| closest(kind, key))
        .or_else(|| kind.keys().find(begins_alike))
        .or_else(|| kind.keys().find(|known| key.contains(known)))
        .or_else(|| {
            let other = OTHERWISE.iter().find(|(other, _)| *other == key);
            other.map(|(_, known)| *known)
        })
}

/// With a letter or two that are wrong.
fn closest(kind: Kind, key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    let distances = kind
        .keys()
        .map(|known| match letters(known) == letters(&key) {
            true => (1, known),
            false => (distance(known, &key), known),
        });
    let near = distances.filter(|(distance, known)| *distance <= known.len().min(8) / 4 + 1);
    near.filter(|(distance, known)| distance * 2 < known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many letters have to be put in, taken out or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut next = vec![index + 1];
        for (before, other) in row.windows(2).zip(other.chars()) {
            let [diagonal, above] = before else { continue };
            let left = next.last().copied().unwrap_or_default();
            let replaced = diagonal + usize::from(letter != other);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_what_somebody_would_have_meant() {
        for (key, known) in [
            ("scopes", "scopes"),
            ("scope", "scopes"),
            ("Scopes", "scopes"),
            ("required_scopes", "scopes"),
            ("scopes_fr", "scopes_for"),
            ("anonymus", "anonymous"),
            ("public", "anonymous"),
            ("authorized", "authenticated"),
            ("desc", "description"),
            ("readonly", "read_only"),
            ("read_only_hint", "read_only"),
            ("nam", "name"),
            ("naem", "name"),
        ] {
            assert_eq!(nearest(Kind::Tool, key), Some(known), "{key}");
        }
        assert_eq!(nearest(Kind::Resource, "url"), Some("uri"));
        assert_eq!(nearest(Kind::Resource, "mime"), Some("mime_type"));
        for key in ["colour", "hue", "x", "", "url", "annotations", "größe"] {
            assert_eq!(nearest(Kind::Tool, key), None, "{key}");
        }
    }

    #[test]
    fn the_distance_counts_letters() {
        for (one, other, letters) in [("", "abc", 3), ("uri", "url", 1), ("scope", "scopes", 1)] {
            assert_eq!(distance(one, other), letters);
        }
    }
}
