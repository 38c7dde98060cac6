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

    /// Whether it has words, and not only one; a gap beside a word is a second.
    pub(crate) fn has_words(&self) -> bool {
        let is_beside = |gap: &[String]| ends_in_word(&gap[0]) || begins_with_word(&gap[1]);
        self.0.iter().any(|part| has_words(part)) || self.0.windows(2).any(is_beside)
    }

    /// Whether this line has all of it, in its order, and neither begins nor ends it inside a word.
    pub(crate) fn is_in(&self, line: &str) -> bool {
        let (first, gaps) = self.0.split_first().unwrap();
        whole(line, first, true, gaps.is_empty()).any(|after| {
            let mut rest = after;
            gaps.iter().enumerate().all(|(at, part)| {
                let found = whole(rest, part, false, at + 1 == gaps.len()).next();
                rest = found.unwrap_or_default();
                found.is_some()
            })
        })
    }

    /// Its parts that are more than a word.
    fn phrases(&self) -> impl Iterator<Item = &str> {
        let parts = self.0.iter().map(String::as_str);
        parts.filter(|part| part.trim().len() > 1 && part.contains([' ', ':']))
    }

    /// The statements that it consists of; a test may have each by itself.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &str> {
        let clauses = self.0.iter().flat_map(|part| part.split(": "));
        let clauses = clauses.map(str::trim);
        clauses.filter(|clause| has_words(clause))
    }
}

/// What follows a part wherever it stands; where it has to begin or to end there, not inside a word.
fn whole<'a>(
    line: &'a str,
    part: &'a str,
    begins: bool,
    ends: bool,
) -> impl Iterator<Item = &'a str> {
    let is_edge = |at: usize| {
        let (before, after) = line.split_at(at);
        let is_letter = |c: char| c.is_alphanumeric();
        !(before.ends_with(is_letter) && after.starts_with(is_letter))
    };
    let found = line
        .match_indices(part)
        .map(|(at, _)| (at, at + part.len()));
    found
        .filter(move |(start, end)| (!begins || is_edge(*start)) && (!ends || is_edge(*end)))
        .map(|(_, end)| &line[end..])
}

/// Two words, one after the other.
fn has_words(text: &str) -> bool {
    let words: Vec<_> = text.split(' ').collect();
    words
        .windows(2)
        .any(|pair| is_word(pair[0]) && pair[1].starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn ends_in_word(text: &str) -> bool {
    let text = text.strip_suffix(' ');
    text.is_some_and(|text| text.rsplit(' ').next().is_some_and(is_word))
}

fn begins_with_word(text: &str) -> bool {
    let text = text.strip_prefix(' ');
    text.is_some_and(|text| text.split([' ', ':', ';']).next().is_some_and(is_word))
}

fn is_word(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_ascii_alphabetic())
}

/// The words of this line that are in no gap, and in no phrase of the code; codes, levels and numbers are no words.
pub(crate) fn left(line: &str, code: &[Sentence]) -> Vec<String> {
    let mut is_known = vec![false; line.len()];
    let mut know = |start: usize, length| is_known[start..start + length].fill(true);
    for (start, _) in line.match_indices('{') {
        know(start, line[start..].find('}').unwrap());
    }
    for phrase in code.iter().flat_map(Sentence::phrases) {
        for (start, _) in line.match_indices(phrase) {
            know(start, phrase.len());
        }
    }
    let chars = line.char_indices();
    let left = chars.map(|(at, c)| if is_known[at] { ' ' } else { c });
    let left: String = left.collect();
    let words = left
        .split(' ')
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let is_word = |word: &&str| {
        word.contains(char::is_lowercase) && !word.starts_with(|c: char| c.is_ascii_digit())
    };
    // A kind or a setting may be a literal of its own.
    let words = words
        .filter(is_word)
        .filter(|word| !code.contains(&Sentence::new(word)));
    words.map(str::to_owned).collect()
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
