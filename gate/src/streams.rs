//! Messages of calls that stream, over a channel: an operation is a message, there and back for a chat; and a stream that
//! is opened and stays so.

use std::iter::repeat_n;

use futures_util::{FutureExt, future::LocalBoxFuture};
use ziggurat::{Call, Method, shape};

use crate::{Meter, Row, calls::client, server};

pub(crate) const ROWS: &[Row] = &[
    Row::new("server stream, packed", 20_000, |meter, n| {
        download(meter, n, &PACKED)
    }),
    Row::new("server stream, a frame each", 10_000, |meter, n| {
        download(meter, n, &SINGLE)
    }),
    Row::new("client stream", 20_000, |meter, n| upload(meter, n, None)),
    Row::new("client stream, not kept", 20_000, |meter, n| {
        upload(meter, n, Some(0))
    }),
    Row::new("bidi, there and back", 500, chat),
    Row::new("bidi, opened and kept", 400, open),
];

type ServerStreaming = Method<u64, u64, shape::ServerStreaming>;

const PACKED: ServerStreaming = Method::new(server::PACKED);
const SINGLE: ServerStreaming = Method::new(server::SINGLE);
const UPLOAD: Method<u64, u64, shape::ClientStreaming> = Method::new(server::UPLOAD);
const CHAT: Method<u64, u64, shape::Bidi> = Method::new(server::CHAT);

fn download(
    meter: Meter,
    messages: usize,
    method: &'static ServerStreaming,
) -> LocalBoxFuture<'static, ()> {
    async move {
        let call = client(meter).server_streaming(method, messages as u64);
        let mut answers = call.await.expect("it starts");
        let mut received = 0;
        while answers.recv().await.expect("it ends well").is_some() {
            received += 1;
        }
        assert_eq!(received, messages);
    }
    .boxed_local()
}

/// What is kept of it to be sent again is the channel's matter, or this many bytes.
fn upload(meter: Meter, messages: usize, kept: Option<usize>) -> LocalBoxFuture<'static, ()> {
    async move {
        let call = client(meter).client_streaming(&UPLOAD, repeat_n(u64::MAX, messages));
        let call = kept.into_iter().fold(call, Call::resend_limit);
        assert_eq!(call.await.expect("it succeeds"), u64::MAX);
    }
    .boxed_local()
}

fn chat(meter: Meter, messages: usize) -> LocalBoxFuture<'static, ()> {
    async move {
        let mut call = client(meter).open().bidi(&CHAT);
        for _ in 0..messages {
            call.send(u64::MAX).await.expect("the server reads");
            let echo = call.recv().await.expect("it goes on");
            assert_eq!(echo, Some(u64::MAX));
        }
        call.end().await.expect("the call is open");
        assert_eq!(call.recv().await.expect("it ends well"), None);
    }
    .boxed_local()
}

/// As many streams as operations, all of them open at the end.
fn open(meter: Meter, streams: usize) -> LocalBoxFuture<'static, ()> {
    async move {
        let client = client(meter);
        let mut calls = Vec::with_capacity(streams);
        for _ in 0..streams {
            let mut call = client.open().bidi(&CHAT);
            call.initial_metadata().await.expect("the server answers");
            calls.push(call);
        }
        // They end with the client, unread.
        drop(calls);
    }
    .boxed_local()
}
