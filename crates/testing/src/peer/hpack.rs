//! Header blocks: read with Huffman code and dynamic table, written as plain literals.

use bytes::BufMut;

use super::{Fields, PeerError};

/// Reads the client's header blocks; one for the life of a connection.
pub(super) struct Decoder(loona_hpack::Decoder<'static>);

impl Decoder {
    /// With an empty table, which may grow to the protocol's 4096 bytes.
    pub(super) fn new() -> Self {
        let mut decoder = loona_hpack::Decoder::new();
        decoder.set_max_allowed_table_size(4096);
        Self(decoder)
    }

    /// Follows the SETTINGS_HEADER_TABLE_SIZE that the peer announced.
    pub(super) fn allow_table_size(&mut self, bytes: u32) {
        self.0
            .set_max_allowed_table_size(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Decodes a whole block. Each must be, and in order, for it may change the table that the next refers to.
    pub(super) fn decode(&mut self, block: &[u8]) -> Result<Fields, PeerError> {
        let fields = self.0.decode(block);
        let fields =
            fields.map_err(|error| PeerError::malformed(format!("header block: {error}")))?;
        Ok(fields
            .into_iter()
            .map(|(name, value)| (into_text(name), value))
            .collect())
    }
}

/// A name as text; bytes that are no UTF-8 are shown as such, for a test to fail on.
fn into_text(name: Vec<u8>) -> String {
    String::from_utf8(name)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Writes each field as a literal without indexing, so that a block means the same wherever it is sent.
pub(super) fn encode(fields: &Fields) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields.iter() {
        block.put_u8(0);
        put_string(&mut block, name.as_bytes());
        put_string(&mut block, value);
    }
    block
}

/// A string without Huffman code: its length, then its bytes.
fn put_string(block: &mut Vec<u8>, text: &[u8]) {
    put_length(block, text.len());
    block.extend_from_slice(text);
}

/// An integer with a prefix of seven bits (RFC 7541, 5.1).
fn put_length(block: &mut Vec<u8>, length: usize) {
    let Some(mut rest) = length.checked_sub(0x7f) else {
        block.put_u8(low_bits(length));
        return;
    };
    block.put_u8(0x7f);
    while rest > 0x7f {
        block.put_u8(low_bits(rest) | 0x80);
        rest >>= 7;
    }
    block.put_u8(low_bits(rest));
}

/// The seven bits an octet of an HPACK integer carries.
fn low_bits(number: usize) -> u8 {
    number.to_le_bytes()[0] & 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for length in [
            0, 1, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 16_512, 70_000,
        ] {
            let fields = Fields::from([("x", vec![b'v'; length]), ("y", vec![0xff])]);
            let decoded = Decoder::new().decode(&encode(&fields)).unwrap();
            assert_eq!(decoded, fields, "{length} bytes");
        }
    }

    #[test]
    fn huffman_code_and_tables_are_read() {
        // RFC 7541, C.4.1 and C.4.2: the second block refers to what the first one put into the table.
        let mut decoder = Decoder::new();
        let first = b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        assert_eq!(
            decoder.decode(first).unwrap().get(":authority"),
            Some("www.example.com")
        );
        let second = b"\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf";
        let fields = decoder.decode(second).unwrap();
        assert_eq!(fields.get(":authority"), Some("www.example.com"));
        assert_eq!(fields.get("cache-control"), Some("no-cache"));
    }

    #[test]
    fn broken_blocks_are_errors() {
        for block in [
            &b"\xff"[..],
            b"\x80",
            b"\xc0",
            b"\x00\x05ab",
            b"\x3f\xe2\x1f\x82",
            b"\x00\x81",
        ] {
            assert!(
                matches!(Decoder::new().decode(block), Err(PeerError::Malformed(_))),
                "{block:?}"
            );
        }
    }

    #[test]
    fn the_table_grows_only_as_announced() {
        let resize_to_5000_then_get = b"\x3f\xe9\x26\x82";
        let mut decoder = Decoder::new();
        assert!(decoder.decode(resize_to_5000_then_get).is_err());
        decoder.allow_table_size(5000);
        assert_eq!(
            decoder
                .decode(resize_to_5000_then_get)
                .unwrap()
                .get(":method"),
            Some("GET")
        );
    }
}
