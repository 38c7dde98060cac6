//! When the stream of a call is free for the next: at its end, however that comes.

use bytes::Bytes;
use futures_util::future::join;
use tokio::task::JoinHandle;
use ziggurat::{Channel, Code, Status, Streaming};
use ziggurat_soak::STREAM;
use ziggurat_testing::peer::{Connection, Frame, Log, Options, Reason, Setting};

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port},
};

/// A server that allows one stream, a stream whose first message was read, and a call that waits for its end.
struct Busy {
    peer: Connection,
    /// The number of its stream.
    id: u32,
    stream: Streaming<Bytes>,
    waits: JoinHandle<Result<(), Status>>,
    _channel: Channel,
}

impl Busy {
    async fn new() -> Self {
        let mut port = Port::new(Manner::Accepts);
        let channel = port.builder().connect_lazy();
        let options = Options::new().settings([(Setting::MAX_CONCURRENT_STREAMS, 1)]);
        let client = client(&channel);
        let serve = async {
            let mut peer = port.peer_with(options).await;
            let id = peer.request().await.unwrap().stream;
            peer.grpc_headers(id).await.unwrap();
            peer.message(id, "one").await.unwrap();
            (peer, id)
        };
        let streams = async { client.server_streaming(&STREAM, Bytes::new()).await };
        let (stream, (mut peer, id)) = soon(join(streams, serve)).await;
        let mut stream = stream.unwrap();
        assert_eq!(soon(stream.recv()).await.unwrap().unwrap(), "one");
        let waits = tokio::spawn(async move { call(&client, 7).await });
        assert!(no_call(&peer.barrier().await.unwrap()));
        Self {
            peer,
            id,
            stream,
            waits,
            _channel: channel,
        }
    }

    /// Shows that the call gets the stream now.
    async fn is_free(mut peer: Connection, waits: JoinHandle<Result<(), Status>>) {
        let next = soon(peer.request()).await.unwrap().stream;
        peer.respond_ok(next, ["7"]).await.unwrap();
        soon(waits).await.unwrap().unwrap();
    }
}

fn no_call(log: &Log) -> bool {
    let mut frames = log.frames().iter();
    !frames.any(|frame| matches!(frame, Frame::Headers { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_is_reset_and_free() {
    // A-116, B-20
    let Busy {
        peer,
        id,
        stream,
        waits,
        ..
    } = Busy::new().await;
    drop(stream);
    assert_eq!(soon(peer.reset_of(id)).await.unwrap(), Reason::CANCEL);
    Busy::is_free(peer, waits).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_read_to_its_end_is_free() {
    // the stub still has it.
    let Busy {
        peer,
        id,
        mut stream,
        waits,
        ..
    } = Busy::new().await;
    peer.trailers(id, [("grpc-status", "0")]).await.unwrap();
    assert_eq!(soon(stream.recv()).await.unwrap(), None);
    Busy::is_free(peer, waits).await;
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_failed_is_free() {
    //
    let Busy {
        peer,
        id,
        mut stream,
        waits,
        ..
    } = Busy::new().await;
    peer.reset(id, Reason::INTERNAL_ERROR).await.unwrap();
    let status = soon(stream.recv()).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    Busy::is_free(peer, waits).await;
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_end_has_come_is_free_when_it_is_dropped_and_not_reset() {
    // A-116, B-25: until then nobody but the stub has seen its end.
    let Busy {
        mut peer,
        id,
        stream,
        waits,
        ..
    } = Busy::new().await;
    peer.message(id, "two").await.unwrap();
    peer.trailers(id, [("grpc-status", "0")]).await.unwrap();
    assert!(no_call(&peer.barrier().await.unwrap()));
    drop(stream);
    let next = soon(peer.request()).await.unwrap().stream;
    peer.respond_ok(next, ["7"]).await.unwrap();
    soon(waits).await.unwrap().unwrap();
    let log = peer.log().lines();
    assert!(
        !log.iter().any(|line| line.starts_with("RST_STREAM")),
        "{log:?}"
    );
}
