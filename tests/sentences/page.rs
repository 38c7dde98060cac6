//! The page that has them all.

use std::{fs, path::Path};

/// A sentence, in which `{…}` stands for what differs from case to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence(Vec<String>);

impl Sentence {
    pub(crate) fn new(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            parts.last_mut().unwrap().push_str(before);
            let Some((_, after)) = after.split_once('}') else {
                rest = after;
                break;
            };
            parts.push(String::new());
            rest = after;
        }
        parts.last_mut().unwrap().push_str(rest);
        Self(parts)
    }

    /// Whether it has words, and not only one.
    pub(crate) fn has_words(&self) -> bool {
        self.0.iter().any(|part| has_words(part))
    }

    /// Whether this line has all of it, in its order.
    pub(crate) fn is_in(&self, line: &str) -> bool {
        let mut rest = line;
        self.0
            .iter()
            .all(|part| match rest.split_once(part.as_str()) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    }

    /// The statements that it consists of; a test may have each by itself.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &str> {
        let clauses = self.0.iter().flat_map(|part| part.split(": "));
        let clauses = clauses.map(str::trim);
        clauses.filter(|clause| has_words(clause))
    }
}

/// Two words of small letters, one after the other.
fn has_words(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    let words: Vec<_> = text.split(' ').collect();
    words
        .windows(2)
        .any(|pair| is_word(&pair[0]) && pair[1].starts_with(|c: char| c.is_ascii_lowercase()))
}

/// The lines of the page's blocks.
pub(crate) fn lines(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```text\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n```").next().unwrap());
    blocks
        .flat_map(str::lines)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
