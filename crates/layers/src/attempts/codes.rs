use std::fmt;

use ziggurat_protocol::Code;

/// A set of codes: one bit for each.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Codes(u32);

impl Codes {
    /// Whether it is among them.
    pub(crate) fn contains(self, code: Code) -> bool {
        self.0 & Self::bit(code) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// By their numbers.
    pub(crate) fn iter(self) -> impl Iterator<Item = Code> {
        let codes = (0..u32::BITS).filter_map(Code::from_number);
        codes.filter(move |code| self.contains(*code))
    }

    fn bit(code: Code) -> u32 {
        1 << code.number()
    }
}

impl FromIterator<Code> for Codes {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        let bits = codes.into_iter().map(Self::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_in_the_set_that_was_made_of_it() {
        let all: Vec<_> = (0..17).filter_map(Code::from_number).collect();
        assert_eq!(all.len(), 17);
        for &code in &all {
            let alone = [code].into_iter().collect::<Codes>();
            assert_eq!(alone.iter().collect::<Vec<_>>(), [code]);
            assert!(!alone.is_empty());
        }
        let all_of_them = all.iter().copied().collect::<Codes>();
        assert_eq!(all_of_them.iter().collect::<Vec<_>>(), all);
        assert!(Codes::default().is_empty());
        assert_eq!(
            format!("{:?}", [Code::Aborted].into_iter().collect::<Codes>()),
            "{Aborted}"
        );
    }
}
