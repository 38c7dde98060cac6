//! What is sent, and what comes.

#![allow(clippy::all, clippy::pedantic, reason = "most of it is generated")]

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

include!(concat!(env!("OUT_DIR"), "/messages/peers.rs"));

/// How many lines an order has.
pub const ORDER_LINES: usize = 6;

/// A message with so many bytes of data.
pub fn payload(size: usize) -> Payload {
    Payload {
        data: vec![7; size].into(),
    }
}

/// About 1 KiB of text, numbers, lists and maps.
pub fn order() -> Order {
    let map = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let line = |n: u32| Line {
        sku: format!("SKU-{n:05}-BLK"),
        title: format!("Espresso blend number {n}, whole beans, 1 kg"),
        quantity: n + 1,
        price_cents: 1_899 + i64::from(n) * 250,
        gift: n % 2 == 0,
        options: HashMap::from([("grind".to_owned(), 3), ("roast".to_owned(), 200)]),
    };
    Order {
        id: "7b0c6f52-6b1e-4d0e-9f57-0d6d3a8a5c11".into(),
        created_at: 1_764_403_200_123,
        customer: Some(Customer {
            name: "Ada Lovelace".into(),
            email: "ada.lovelace@cafe.example".into(),
            address: Some(Address {
                street: "12 St James's Square".into(),
                city: "London".into(),
                zip: "SW1Y 4JH".into(),
                country: "GB".into(),
            }),
            tags: vec!["regular".into(), "newsletter".into(), "wholesale".into()],
        }),
        lines: (0..ORDER_LINES as u32).map(line).collect(),
        labels: map(&[
            ("channel", "web"),
            ("campaign", "spring-2026"),
            ("warehouse", "lon-2"),
            ("priority", "standard"),
        ]),
        flags: vec![1, 4, 9, 16, 25, 36, 300, 70_000],
        status: Status::Paid.into(),
        total: 133.44,
        payment: Some(order::Payment::Card(Card {
            holder: "A LOVELACE".into(),
            token: vec![0x5a; 32].into(),
            expires: 202_812,
        })),
    }
}

/// The message behind its prefix.
pub fn frame(message: &impl Message) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.encoded_len());
    put(message, &mut frame);
    frame.freeze()
}

/// Appends the message behind its prefix.
pub fn put(message: &impl Message, buffer: &mut BytesMut) {
    let length = message.encoded_len();
    buffer.reserve(5 + length);
    buffer.put_u8(0);
    buffer.put_u32(u32::try_from(length).expect("messages are smaller than 4 GiB"));
    message.encode(buffer).expect("there is room");
}

/// How long [`frame`] makes a message with so many bytes of data.
pub fn frame_length(size: usize) -> usize {
    let field = if size == 0 {
        0
    } else {
        1 + prost::length_delimiter_len(size) + size
    };
    5 + field
}
