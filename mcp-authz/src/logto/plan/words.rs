//! What the consent screen says of a scope, from what the server says of its tools.

use std::fmt::Write as _;

use super::claims;
use super::kept_back::is_for_few;
use crate::{GuardedItem, Manifest};

/// So many tools are told, and then how many more there are.
const MOST: usize = 3;

/// The longest sentence, in characters.
const LONGEST: usize = 200;

/// What a person reads before they agree; empty where nobody said anything.
pub(in crate::logto) fn consent(scope: &str, manifest: &Manifest) -> String {
    let asks = |item: &&GuardedItem| item.scopes.iter().any(|one| one == scope);
    let items: Vec<_> = manifest.items.iter().filter(asks).collect();
    let mut described = items.iter().filter_map(|item| item.described.get(scope));
    if let Some(words) = described.next().copied().or_else(|| claims::words(scope)) {
        return words.to_owned();
    }
    let mut sentences: Vec<String> = Vec::new();
    // What is hidden is not told to everybody who is asked for a scope that others need as well.
    let has_others = items.iter().any(|item| !is_for_few(item));
    let told = |item: &&GuardedItem| !(has_others && is_for_few(item));
    for item in items.into_iter().filter(told) {
        let sentence = first_sentence(item.description.as_deref().unwrap_or_default());
        if !sentence.is_empty() && !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    let more = sentences.len().saturating_sub(MOST);
    sentences.truncate(MOST);
    let mut words = sentences.join(" ");
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(words, " And {more} more.");
    }
    words
}

/// The first sentence of a documentation, on one line.
fn first_sentence(text: &str) -> String {
    let paragraph = text
        .trim()
        .lines()
        .take_while(|line| !line.trim().is_empty());
    let mut sentence = String::new();
    let mut ended = false;
    for word in paragraph.flat_map(str::split_whitespace) {
        // A capital begins the next one: "e.g. mail" does not end anything.
        if ended && word.starts_with(|c: char| !c.is_lowercase()) {
            break;
        }
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(word);
        ended = word.ends_with(['.', '!', '?']);
    }
    match sentence.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            let cut = sentence.get(..end).unwrap_or_default();
            format!("{}…", cut.trim_end())
        }
        None => sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_of_a_documentation() {
        for (text, sentence) in [
            ("Send a mail.", "Send a mail."),
            ("  Send\n  a mail. It is\nsent at once.", "Send a mail."),
            ("Send a mail\n\nto anybody.", "Send a mail"),
            ("Send e.g. a mail. Then wait.", "Send e.g. a mail."),
            ("Read v1.2 of it! Now.", "Read v1.2 of it!"),
            ("", ""),
            ("\n\n", ""),
        ] {
            assert_eq!(first_sentence(text), sentence, "{text:?}");
        }
        let long = first_sentence(&"é ".repeat(500));
        assert_eq!(long.chars().count(), LONGEST);
    }
}
