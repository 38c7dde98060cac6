use std::future::poll_fn;

use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;

use super::{
    Connection, Driver, PeerAddresses, RequestBody,
    driver::{Client, Executor},
    io::Io,
    peer::Route,
    request::Piped,
};
use crate::{Error, Target, connect::Stream};

/// How much of one response the server may send before it is read, in bytes: bounds the memory of a stream.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;

/// How much of all responses together: the most that HTTP/2 allows (T-16, L-14).
///
/// Two things hang on it. Streams that nobody reads hold back what they were sent: with hyper's 5 MiB, three streams
/// of 2 MiB stop every other call, with 2^31-1 it takes 1,024. And h2 ends a connection that receives too many small
/// DATA frames: a frame of n < 256 bytes costs 256 - n of a budget of half this window, a larger one gives back
/// n - 256. With 5 MiB, 11,000 unread messages of 21 bytes use it up, with 2^31-1 it takes 4.5 million, which one
/// stream's window does not let through. Memory stays bounded by the stream windows.
const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// How large a response's headers may be, in bytes. h2 cuts longer trailers off in silence (L-8), so it is generous.
const MAX_HEADER_LIST: u32 = 64 * 1024;

impl<B: RequestBody> Connection<B> {
    /// Speaks HTTP/2 over a stream, and waits until the server's SETTINGS was read (A-118, L-16).
    ///
    /// `target` names the server in errors. Returns the handle, and the driver that must be spawned. A server that
    /// announces that it allows no stream is waited for; there is no timeout here.
    ///
    /// # Errors
    ///
    /// The server closed the connection, or does not speak HTTP/2.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the stream.
    pub async fn handshake<S: Stream>(
        target: Target,
        stream: S,
    ) -> Result<(Self, Driver<S, B>), Error> {
        let peer = PeerAddresses::of(&stream);
        let route = Route::new(target.clone(), peer);
        let executor = Executor::default();
        let io = Io::new(stream);
        let (sender, client) = handshake(&executor, io.clone())
            .await
            .map_err(|error| Error::handshake(&target, error))?;
        let mut driver = Driver::new(client, executor.clone(), io, route.clone());
        poll_fn(|cx| driver.poll_settings(cx))
            .await
            .map_err(|error| match error {
                Some(error) => Error::handshake(&target, error),
                None => Error::closed_early(&target),
            })?;
        Ok((Self::new(sender, executor, route), driver))
    }
}

async fn handshake<S: Stream, B: RequestBody>(
    executor: &Executor,
    io: Io<S>,
) -> hyper::Result<(http2::SendRequest<Piped<B>>, Client<S, B>)> {
    http2::Builder::new(executor.clone())
        // No stream opens before the server's SETTINGS raises this from zero, which is how it is seen (L-16).
        .initial_max_send_streams(0)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADER_LIST)
        .handshake(TokioIo::new(io))
        .await
}
