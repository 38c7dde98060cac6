//! A server that ends each connection after a few calls, in two steps, while many callers go on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use ziggurat::Channel;
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};
use ziggurat_testing::peer::{Connection, Frame, Peer, PeerError, Reason};

use crate::cafe::within;

const CALLERS: usize = 8;
const CALLS: usize = 100;
/// How many calls a connection takes until it is ended.
const EACH: u32 = 3;

const PING: [u8; 8] = *b"the last";

/// Serves a connection to its end; tells how many streams were opened after GOAWAY was read for sure.
async fn serve(mut peer: Connection) -> usize {
    let served: Result<(), PeerError> = async {
        for _ in 0..EACH {
            let stream = peer.request().await?.stream;
            peer.respond_ok(stream, [""]).await?;
        }
        peer.go_away((1 << 31) - 1, Reason::NO_ERROR, "").await?;
        peer.ping(PING).await?;
        let mut last = None;
        loop {
            // What came before the answer to PING counts, and is served.
            match peer.next_any_frame().await? {
                Frame::PingAck(PING) => break,
                Frame::Headers { stream, .. } => {
                    peer.respond_ok(stream, [""]).await?;
                    last = Some(stream);
                }
                _ => {}
            }
        }
        let last = last.unwrap_or(2 * EACH - 1);
        peer.go_away(last, Reason::NO_ERROR, "").await
    }
    .await;
    served.ok();
    peer.closed().await.ok();
    let log = peer.log();
    let read = log
        .frames()
        .iter()
        .position(|frame| *frame == Frame::PingAck(PING));
    let after = log.frames().iter().skip(read.unwrap_or(usize::MAX));
    after
        .filter(|frame| matches!(frame, Frame::Headers { .. }))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_is_opened_once_goaway_was_read_and_no_call_is_lost() {
    // A-110, E-12
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = Channel::builder(&peer.url().unwrap()).unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());
        let callers = join_all((0..CALLERS).map(|_| {
            let cafe = cafe.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS {
                    cafe.make_latte(LatteOrder::default()).await.unwrap();
                }
            })
        }));
        let is_over = Arc::<AtomicBool>::default();
        let late = Arc::<AtomicUsize>::default();
        let accepting = tokio::spawn({
            let (is_over, late) = (is_over.clone(), late.clone());
            async move {
                while !is_over.load(Ordering::Relaxed) {
                    let Ok(connection) = peer.accept().await else {
                        continue;
                    };
                    let late = late.clone();
                    tokio::spawn(async move {
                        late.fetch_add(serve(connection).await, Ordering::Relaxed);
                    });
                }
            }
        });
        for caller in callers.await {
            caller.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        accepting.abort();
        assert_eq!(late.load(Ordering::Relaxed), 0);
    })
    .await;
}
