//! Odd strings and bytes, the same in every run.

/// Numbers that look random (xorshift).
pub(crate) struct Odd(u64);

impl Odd {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.0 % end).unwrap()
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// Text of ordinary, special and foreign characters.
    pub(crate) fn text(&mut self, most: usize) -> String {
        const SPECIAL: [char; 16] = [
            ':', '/', '[', ']', '@', '?', '#', '%', ' ', '.', '-', '\0', '\n', '\u{7f}', '\u{e9}',
            '\u{2615}',
        ];
        let length = self.below(most + 1);
        let character = |odd: &mut Self| match odd.below(3) {
            0 => SPECIAL[odd.below(SPECIAL.len())],
            1 => char::from(b'0' + odd.digit()),
            _ => char::from(self::LETTERS[odd.below(LETTERS.len())]),
        };
        (0..length).map(|_| character(self)).collect()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    fn digit(&mut self) -> u8 {
        u8::try_from(self.below(10)).unwrap()
    }
}

const LETTERS: &[u8] = b"abcxyzABCXYZ-_";
