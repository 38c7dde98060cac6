//! Frames as a server may send them, and what must hold of what is made of them.

use std::{collections::BTreeMap, sync::Arc, task::Waker};

use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary};
use tokio::io::ReadBuf;

use super::{
    backlog::LONGEST,
    head::{CONTINUATION, DATA, END_STREAM, HEADERS, Head, PADDED, Part, RST_STREAM, SETTINGS},
    walker::Walker,
    watch::{Fate, Reader, Watch},
};

const STREAMS: u32 = 3;

#[derive(Arbitrary, Debug)]
pub(crate) enum Input<'a> {
    Frames(Vec<Frame>, Vec<Read>),
    Anything(&'a [u8], Vec<Read>),
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Frame {
    kind: Kind,
    flags: u8,
    stream: u8,
    length: Length,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Kind {
    Data,
    Headers,
    Continuation,
    Reset,
    Settings,
    Other(u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Length {
    Tiny(u8),
    Small(u16),
}

/// What happens before so many bytes are read.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Read {
    bytes: u16,
    /// Bit by bit: whose readers are behind.
    behind: u8,
    asks: bool,
    is_aside: bool,
    refuses: Option<u8>,
}

fn stream(number: u8) -> u32 {
    2 * (u32::from(number) % STREAMS) + 1
}

/// The frames as they are sent, whole.
fn bytes(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut next = 0_u8;
    for frame in frames {
        let kind = match frame.kind {
            Kind::Data => DATA,
            Kind::Headers => HEADERS,
            Kind::Continuation => CONTINUATION,
            Kind::Reset => RST_STREAM,
            Kind::Settings => SETTINGS,
            Kind::Other(kind) => kind,
        };
        let length = match frame.length {
            Length::Tiny(length) => usize::from(length % 32),
            Length::Small(length) => usize::from(length) % (LONGEST + 1),
        };
        let head = Head {
            length,
            kind,
            flags: frame.flags,
            stream: stream(frame.stream),
        };
        bytes.extend(head.bytes());
        // No two frames are alike.
        next = next.wrapping_add(1);
        bytes.extend((0..length).map(|place| next ^ place.to_le_bytes()[0]));
    }
    bytes
}

#[derive(Debug, Default)]
struct Readers {
    behind: u8,
    heads: Vec<(Head, Fate)>,
}

#[derive(Debug)]
struct Nobody;

impl Reader for Nobody {
    fn taken(&self) -> u32 {
        0
    }

    fn given_back(&self) -> u64 {
        0
    }

    fn give_back(&self, _: usize) -> bool {
        false
    }

    fn method(&self) -> u32 {
        0
    }

    fn keep_back(&self, _: &Waker) {}

    fn go_on(&self) {}

    fn is_gone(&self) -> bool {
        false
    }

    fn flood(&self, _: u32) {}
}

impl Watch for Readers {
    fn frame(&mut self, head: &Head, fate: Fate) -> Option<Arc<dyn Reader>> {
        self.heads.push((*head, fate));
        let is_plain = head.is_plain_data() && !head.ends_stream();
        (is_plain && fate == Fate::Kept && self.is_behind(head.stream))
            .then(|| Arc::new(Nobody) as _)
    }

    fn padding(&mut self, _: u32, bytes: usize) {
        assert!((1..=256).contains(&bytes), "{bytes} bytes of padding");
    }

    fn given(&mut self, _: u32) {}

    fn is_behind(&self, stream: u32) -> bool {
        self.behind & (1 << (stream % 8)) != 0
    }
}

/// What h2 is given, and which streams were refused.
fn walk(mut sent: &[u8], reads: &[Read]) -> (Vec<u8>, Vec<u32>, Readers) {
    let mut walker = Walker::default();
    let mut readers = Readers::default();
    let (mut given, mut refused) = (Vec::new(), Vec::new());
    let mut reads = reads.iter();
    while !sent.is_empty() {
        let read = reads.next().copied();
        let mut count = sent.len();
        if let Some(read) = read {
            count = count.min(usize::from(read.bytes).max(1));
            readers.behind = read.behind;
            if read.asks {
                walker.ask(&mut readers);
            }
            drain(&mut walker, &mut given);
            if read.is_aside {
                walker.go_aside();
            }
        }
        let (now, rest) = sent.split_at(count);
        sent = rest;
        let mut bytes = [walker.held(), now].concat();
        let kept = walker.walk(&mut bytes, &mut readers);
        given.extend_from_slice(&bytes[..kept]);
        if let Some(number) = read.and_then(|read| read.refuses) {
            walker.refuse(stream(number));
            refused.push(stream(number));
        }
        drain(&mut walker, &mut given);
        walker.take_news();
    }
    walker.end(&mut readers);
    drain(&mut walker, &mut given);
    (given, refused, readers)
}

fn drain(walker: &mut Walker, given: &mut Vec<u8>) {
    let mut space = [0; 777];
    loop {
        let mut buf = ReadBuf::new(&mut space);
        if !walker.give(&mut buf) {
            return;
        }
        given.extend_from_slice(buf.filled());
    }
}

/// Frames as h2 takes them, whatever the cuts of DATA.
#[derive(Debug, Default, PartialEq, Eq)]
struct Meaning {
    /// All but DATA, in order.
    others: Vec<(Head, Vec<u8>)>,
    /// Whether a header block has begun and not ended.
    is_in_block: bool,
    /// What stands between the parts of a header block.
    between: Vec<(Head, Vec<u8>)>,
    /// What comes on each stream.
    streams: BTreeMap<u32, Vec<Event>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Bytes(Vec<u8>),
    End,
    Frame(Head, Vec<u8>),
}

impl Meaning {
    fn of(mut bytes: &[u8]) -> Self {
        let mut meaning = Self::default();
        while let Some((head, rest)) = bytes.split_first_chunk() {
            let head = Head::parse(*head);
            let (payload, rest) = rest.split_at(head.length);
            bytes = rest;
            if meaning.is_in_block {
                meaning.between.push((head, payload.to_vec()));
            }
            if let Some(part) = head.block() {
                meaning.is_in_block = part == Part::More;
            }
            if head.kind != DATA {
                meaning.others.push((head, payload.to_vec()));
            }
            meaning.event(head, payload);
        }
        assert!(bytes.is_empty(), "a frame is cut off");
        meaning
    }

    fn event(&mut self, head: Head, payload: &[u8]) {
        let events = self.streams.entry(head.stream).or_default();
        match head.kind {
            DATA if head.flags & PADDED == 0 => {
                match events.last_mut() {
                    Some(Event::Bytes(bytes)) => bytes.extend_from_slice(payload),
                    _ if payload.is_empty() => {}
                    _ => events.push(Event::Bytes(payload.to_vec())),
                }
                if head.flags & END_STREAM != 0 {
                    events.push(Event::End);
                }
            }
            DATA | HEADERS | RST_STREAM => events.push(Event::Frame(head, payload.to_vec())),
            _ => {}
        }
    }
}

/// Reads it, and compares what was sent with what h2 is given.
pub(crate) fn check(input: Input<'_>) {
    let (frames, reads) = match input {
        Input::Frames(frames, reads) => (frames, reads),
        Input::Anything(bytes, reads) => {
            walk(bytes, &reads);
            return;
        }
    };
    let sent = bytes(&frames);
    let (given, refused, readers) = walk(&sent, &reads);
    assert_eq!(readers.heads.len(), frames.len());

    // A frame may be given in two parts when its reader asks in the middle of it, or it is longer than ours.
    let cuts = reads.len() + sent.len() / LONGEST + 1;
    assert!(given.len() <= sent.len() + Head::LEN * cuts);

    let (mut before, mut after) = (Meaning::of(&sent), Meaning::of(&given));
    if refused.is_empty() {
        assert_eq!(before.between, after.between);
    }
    for stream in refused {
        // No DATA of it needs to come.
        before.streams.remove(&stream);
        after.streams.remove(&stream);
    }
    assert_eq!(before.others, after.others);
    if before.is_in_block
        || before
            .between
            .iter()
            .any(|(head, _)| head.kind != CONTINUATION)
    {
        // HTTP/2 forbids it, and h2 ends the connection, whatever comes then; or it ended in the middle of a block.
        return;
    }
    before.streams.retain(|_, events| !events.is_empty());
    after.streams.retain(|_, events| !events.is_empty());
    assert_eq!(before.streams, after.streams);
}
