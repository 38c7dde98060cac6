//! Texts that are configs no more, or still JSON by chance.

use fastrand::Rng;

use crate::edit;

const NOISE: [&str; 24] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "0", "-", ".", "e", "+", "1e999",
    "null", "tru", " ", "\n", "\u{7}", "\u{feff}", "é", "//",
];

/// The whole config, of which pieces are cut out, doubled and mixed with noise.
pub(crate) fn mixed(random: &mut Rng) -> String {
    let mut text: Vec<char> = edit::whole().chars().collect();
    for _ in 0..random.usize(1..4) {
        let start = random.usize(0..text.len());
        let end = (start + random.usize(1..12)).min(text.len());
        let noise = random.choice(NOISE).unwrap_or_default();
        let new: Vec<_> = match random.u8(0..3) {
            0 => Vec::new(),
            1 => noise.chars().collect(),
            _ => text[start..end].repeat(2),
        };
        text.splice(start..end, new);
    }
    text.into_iter().collect()
}
