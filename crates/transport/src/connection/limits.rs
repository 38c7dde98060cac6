//! Every limit of h2 and hyper, set on purpose: what a peer does to one stream must not end the others.
//!
//! h2 guards itself with budgets for the life of a connection, made for servers, and ends the connection when one is
//! used up. Ours end one call.
//!
//! | limit of h2 or hyper | here | why |
//! |---|---|---|
//! | `max_header_list_size` | [`advertised`] | above it h2 cuts trailers off in silence, and ends the connection at four times that |
//! | CONTINUATION frames of one header block | a quarter more than fill what is advertised: 640, with larger frames 80 | above it h2 ends the connection; with 64 KiB it would be five |
//! | `header_table_size` | [`HEADER_TABLE`] | HPACK's own |
//! | `max_local_error_reset_streams` | none | it counts broken answers and frames that come late, for life, then ends the connection |
//! | `max_concurrent_reset_streams`, `reset_stream_duration` | [`RESETS`], [`RESET_TIME`] | frames that come late for a stream that is remembered are dropped; for one that is forgotten each is answered |
//! | `max_pending_accept_reset_streams` | none of them | it is about pushed streams, which SETTINGS refuses |
//! | `max_concurrent_streams` | not sent | the same; both are as h2 has them |
//! | `max_send_buf_size` | [`SEND_BUFFER`] | what a stream holds that the server does not take |
//! | `initial_max_send_streams` | 0 | no stream opens before the server's SETTINGS raises it, which is how they are seen (L-16) |
//! | `initial_stream_window_size` | four times what a window may become | larger windows are [told by the io](window); h2 ends a stream that goes far beyond them |
//! | `initial_connection_window_size`, `adaptive_window`, `max_frame_size` | [`Http2Options`] | |
//! | `keep_alive_interval`, `keep_alive_timeout`, `keep_alive_while_idle` | `KeepaliveOptions` | |
//! | the budget for small DATA frames | half of the connection's window | hyper does not pass it on (T-16) |
//! | 100 empty DATA frames | cannot be set | h2 ends the connection, which is replaced: `docs/deviations.md` |

use std::time::Duration;

use http::HeaderMap;
use hyper::client::conn::http2::Builder;

use super::{Http2Options, io::FrameLimits, options::Windows};

/// What is advertised for a response's headers, and for its trailers: as grpc-go does.
const HEADER_LIST: u32 = 16 * 1024 * 1024;
/// And not less than fills so many of the largest frames: h2 counts the frames of a block by it, however small they are.
///
/// grpc-go takes 69.
const FRAMES: u32 = 64;
const HEADER_TABLE: u32 = 4 * 1024;
/// How many streams that this side reset are remembered, half a kilobyte each, and for how long: a round trip at least.
const RESETS: usize = 4 * 1024;
const RESET_TIME: Duration = Duration::from_secs(1);
const SEND_BUFFER: usize = 1024 * 1024;

/// What a field costs besides its name and its value.
const FIELD: usize = 32;

/// Sets all of them that do not stand as they are.
pub(super) fn set<E: Clone>(builder: &mut Builder<E>, options: &Http2Options) {
    let Http2Options {
        windows,
        max_frame,
        max_header_list,
    } = options;
    builder
        .initial_max_send_streams(0)
        .max_frame_size(*max_frame)
        .max_header_list_size(advertised(*max_header_list, *max_frame))
        .header_table_size(HEADER_TABLE)
        .max_local_error_reset_streams(None)
        .max_concurrent_reset_streams(RESETS)
        .reset_stream_duration(RESET_TIME)
        .max_send_buf_size(SEND_BUFFER);
    match windows {
        Windows::Adaptive => builder.adaptive_window(true),
        Windows::Fixed { stream, connection } => builder
            .initial_stream_window_size(window(options).map_or(*stream, |most| most * SLACK))
            .initial_connection_window_size(*connection),
    };
}

/// The largest window that is told as it is, in bytes: who sets so little means it.
const EXACT: u32 = 256 * 1024;
/// How many times the largest window that is told h2 is given, for it must not refuse what was granted without it.
///
/// It says WINDOW_UPDATE once a third of its own was given back: twice would be enough. Where it cannot write it says so
/// later, when another window may have been told and used. `window/tests.rs` has it by chance.
const SLACK: u32 = 4;
/// The largest window, so that h2's is one that HTTP/2 allows.
const MAX_WINDOW: u32 = ((1 << 31) - 1) / SLACK;

/// How large a stream's window may become if it [follows what flows](super::io), in bytes.
///
/// `None` if it is told as it was set, or is hyper's to choose. Then the io writes what h2 writes, and costs nothing.
pub(super) fn window(options: &Http2Options) -> Option<u32> {
    match options.windows {
        Windows::Fixed { stream, .. } if stream > EXACT => Some(stream.min(MAX_WINDOW)),
        Windows::Fixed { .. } | Windows::Adaptive => None,
    }
}

/// How large a header list the server hears it may send: more than is kept, so that the rest ends its own call only.
fn advertised(kept: u32, frame: u32) -> u32 {
    kept.max(HEADER_LIST).max(FRAMES.saturating_mul(frame))
}

/// What a DATA frame costs that h2 keeps, besides its payload; the table they stand in can be twice as large as it need.
const SLOT: u32 = 2 * 256;
/// How many times its window an unread stream may cost.
const TIMES: u32 = 8;
/// The most that hyper's adaptive window becomes.
const ADAPTIVE_WINDOW: u32 = 16 * 1024 * 1024;
/// From how many waiting frames on small ones are gathered. Each may hold on to the buffer of 8 KiB that it came in: with
/// one for each two kilobytes of the window, that is four times the window; what is gathered is another.
const SINGLE: u32 = 256;
const WINDOW_OF_SINGLE: u32 = 2 * 1024;

/// How many DATA frames of one stream may wait to be read.
pub(super) fn unread_frames(options: &Http2Options) -> FrameLimits {
    let window = match options.windows {
        Windows::Adaptive => ADAPTIVE_WINDOW,
        Windows::Fixed { stream, .. } => stream,
    };
    FrameLimits {
        single: (window / WINDOW_OF_SINGLE).min(SINGLE),
        all: window / (SLOT / TIMES),
    }
}

/// The size of a list of fields, as HTTP/2 counts it.
pub(super) fn size(fields: &HeaderMap) -> usize {
    let sizes = fields
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD);
    sizes.sum()
}
