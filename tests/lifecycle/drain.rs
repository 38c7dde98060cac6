//! Servers that ask their clients to leave: every call is executed, and once.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use ziggurat_soak::{Age, CALL_ID, Habits, Ledger};
use ziggurat_testing::peer::{Connection, Frame, Peer, PeerError, Reason};

use crate::cafe::{Cafe, builder, call, client, within};

#[tokio::test]
async fn a_server_that_recycles_its_connections_costs_no_call() {
    // E-12, C-30
    within(async {
        let habits = Habits::new().age(Age::Calls(20));
        let cafe = Cafe::open(habits).await;
        let failed = cafe.calls(1_000, 32).await;
        assert!(failed.is_empty(), "{failed:?}");
        cafe.assert_each_once(1_000);
        assert!(cafe.server.accepted() >= 10);
    })
    .await;
}

/// Takes requests until there are so many.
async fn take(peer: &mut Connection, count: usize) -> Result<Vec<(u32, usize)>, PeerError> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let request = peer.request().await?;
        peer.body(request.stream).await?;
        let id = request.fields.get(CALL_ID).unwrap();
        taken.push((request.stream, id.parse().unwrap()));
    }
    Ok(taken)
}

async fn answer(peer: &Connection, ledger: &Ledger, calls: &[(u32, usize)]) {
    for &(stream, id) in calls {
        ledger.begin(id);
        peer.respond_ok(stream, [id.to_string()]).await.unwrap();
    }
}

/// Makes ten calls at once; the first connection is the script's, the second answers what is left.
async fn ten_calls(
    first: impl AsyncFnOnce(&mut Connection, Vec<(u32, usize)>, &Ledger),
    left: usize,
) {
    within(async {
        let ledger = Arc::new(Ledger::new(10));
        let peer = Peer::bind().await.unwrap();
        let channel = builder(&peer.url().unwrap()).connect_lazy();
        let client = client(&channel);
        let calls = join_all((0..10).map(|id| call(&client, id)));
        let serve = async {
            let mut old = peer.accept().await.unwrap();
            let taken = take(&mut old, 10).await.unwrap();
            first(&mut old, taken, &ledger).await;
            let mut new = peer.accept().await.unwrap();
            let taken = take(&mut new, left).await.unwrap();
            answer(&new, &ledger, &taken).await;
            old.closed().await.unwrap();
            new
        };
        let (told, _new) = tokio::join!(calls, serve);
        for told in told {
            told.unwrap();
        }
        assert!((0..10).all(|id| ledger.begun(id) == 1));
    })
    .await;
}

#[tokio::test]
async fn calls_above_the_last_of_goaway_go_to_the_next_connection() {
    // A-110, C-31
    ten_calls(
        async |peer, taken, ledger| {
            let last = taken[3].0;
            peer.go_away(last, Reason::NO_ERROR, "").await.unwrap();
            answer(peer, ledger, &taken[..4]).await;
        },
        6,
    )
    .await;
}

#[tokio::test]
async fn calls_above_the_last_of_the_second_goaway_do_so_too() {
    // A-111, C-31
    ten_calls(
        async |peer, taken, ledger| {
            peer.go_away((1 << 31) - 1, Reason::NO_ERROR, "")
                .await
                .unwrap();
            peer.barrier().await.unwrap();
            peer.go_away(taken[7].0, Reason::NO_ERROR, "")
                .await
                .unwrap();
            answer(peer, ledger, &taken[..8]).await;
        },
        2,
    )
    .await;
}

#[tokio::test]
async fn an_answered_connection_takes_no_call_after_goaway() {
    // A-112, L-24: however often, one after the other.
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = builder(&peer.url().unwrap()).connect_lazy();
        let client = client(&channel);
        let mut old = JoinSet::new();
        for id in 0..20 {
            let serve = async {
                let mut connection = peer.accept().await.unwrap();
                let stream = connection.request().await.unwrap().stream;
                let answer = [id.to_string()];
                connection.respond_ok(stream, answer).await.unwrap();
                connection
            };
            let (told, mut connection) = tokio::join!(call(&client, id), serve);
            told.unwrap();
            connection.go_away(1, Reason::NO_ERROR, "").await.unwrap();
            old.spawn(async move {
                let more = connection
                    .wait_for(|frame| matches!(frame, Frame::Headers { .. }))
                    .await;
                assert!(matches!(more, Err(PeerError::Closed)), "{more:?}");
            });
        }
        old.join_all().await;
    })
    .await;
}
