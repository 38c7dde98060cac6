//! How a stream of bytes becomes a connection: preface and SETTINGS out, SETTINGS in, then the handle and the driver.
//!
//! All options are applied here, and nowhere else: windows and limits through [`limits`], keepalive in part to hyper,
//! which sends PINGs, and in part to the driver, which judges silence.

use std::{future::poll_fn, time::Duration};

use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use ziggurat_connect::{Stream, Target};

use super::{
    Connection, Driver, Http2Options, KeepaliveOptions, Options, PeerAddresses, RequestBody,
    executor::Executor, io::Io, limits, options::WhileIdle, peer::Route,
};
use crate::Error;

/// As long as never.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

impl<B: RequestBody> Connection<B> {
    /// Speaks HTTP/2 over a stream, and waits until the server's SETTINGS was read (A-118, L-16).
    ///
    /// `target` names the server in errors; the [options](Options) are the defaults. Returns the handle, and the driver that must be spawned. A server that
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
        Self::handshake_with(&Options::new(), target, stream).await
    }

    /// Does what [`handshake`](Self::handshake) does, with these options.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn handshake_with<S: Stream>(
        options: &Options,
        target: Target,
        stream: S,
    ) -> Result<(Self, Driver<S, B>), Error> {
        let Options { http2, keepalive } = options;
        let peer = PeerAddresses::of(&stream);
        if let Some(keepalive) = keepalive {
            // E-7. A stream that refuses it works all the same.
            let _ = stream.set_user_timeout(keepalive.timeout);
        }
        let io = Io::new(stream, limits::unread_frames(http2), limits::window(http2));
        let wire = io.wire();
        let executor = Executor::new(wire.clone());
        let (sender, client) = builder(http2, keepalive.as_ref(), executor.clone())
            .handshake(TokioIo::new(io.clone()))
            .await
            .map_err(|error| Error::handshake(&target, error, wire.cause()))?;
        let route = Route::new(target.clone(), peer, wire.clone(), http2.max_header_list);
        let mut driver = Driver::new(client, executor.clone(), io, route.clone());
        poll_fn(|cx| driver.poll_settings(cx))
            .await
            .map_err(|error| match error {
                Some(error) => Error::handshake(&target, error, wire.cause()),
                None => Error::closed_early(&target),
            })?;
        if let Some(keepalive) = keepalive {
            driver.watch(keepalive.clone());
        }
        Ok((Self::new(sender, executor, route), driver))
    }
}

fn builder(
    http2: &Http2Options,
    keepalive: Option<&KeepaliveOptions>,
    executor: Executor,
) -> http2::Builder<Executor> {
    let mut builder = http2::Builder::new(executor);
    builder.timer(TokioTimer::new());
    limits::set(&mut builder, http2);
    if let Some(KeepaliveOptions {
        interval,
        timeout: _,
        idle,
    }) = keepalive
    {
        builder
            .keep_alive_interval(*interval)
            // The driver's watchdog keeps the timeout: hyper would wait for the answer to its PING (L-15).
            .keep_alive_timeout(NEVER)
            .keep_alive_while_idle(*idle == WhileIdle::Ping);
    }
    builder
}
