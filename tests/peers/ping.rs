//! A server that sends a PING before and after everything it sends.

use ziggurat_testing::peer::{Connection, Frame};

use crate::cafe::{Cafe, answer_bytes, end, within};

const PINGS: [[u8; 8]; 5] = [
    *b"before h",
    *b"before d",
    *b"within d",
    *b"before t",
    *b"after t!",
];

#[tokio::test]
async fn every_ping_is_answered_in_order() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        cafe.large_call(async |peer, stream| {
            let mut first = answer_bytes();
            let second = first.split_off(first.len() / 2);
            peer.ping(PINGS[0]).await.unwrap();
            peer.grpc_headers(stream).await.unwrap();
            peer.ping(PINGS[1]).await.unwrap();
            peer.paced_data(stream, first).await.unwrap();
            peer.ping(PINGS[2]).await.unwrap();
            peer.paced_data(stream, second).await.unwrap();
            peer.ping(PINGS[3]).await.unwrap();
            end(peer, stream).await;
            peer.ping(PINGS[4]).await.unwrap();
        })
        .await
        .unwrap();
        assert_eq!(answered(&mut cafe.peer).await, PINGS);
    })
    .await;
}

/// The PINGs of the script that were answered; none is under way any more.
async fn answered(peer: &mut Connection) -> Vec<[u8; 8]> {
    peer.barrier().await.unwrap();
    let payload = |frame: &Frame| match frame {
        Frame::PingAck(payload) => Some(*payload),
        _ => None,
    };
    let log = peer.log();
    let all = log.frames().iter().filter_map(payload);
    all.filter(|payload| PINGS.contains(payload)).collect()
}
