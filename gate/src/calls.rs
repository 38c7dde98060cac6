//! Unary calls of a client over a channel: everything that a user's call goes through.

use std::time::Duration;

use futures_util::{FutureExt, future::LocalBoxFuture};
use tokio::task::JoinSet;
use ziggurat::{CallOptions, Channel, Client, Method};

use crate::{
    Meter, Row,
    pipe::{Pipe, TARGET},
    server,
};

pub(crate) const ROWS: &[Row] = &[
    Row::new("unary x1", 500, |meter, n| unary(meter, n, 1)),
    Row::new("unary x64", 3200, |meter, n| unary(meter, n, 64)),
    Row::new("unary with a timeout x1", 500, |meter, n| {
        timed(meter, n, 1)
    }),
    Row::new("unary with a timeout x64", 3200, |meter, n| {
        timed(meter, n, 64)
    }),
];

const ECHO: Method<u64, u64> = Method::new(server::ECHO);

/// A client over a channel like any other, but for its pipe.
pub(crate) fn client(meter: Meter) -> Client<Channel> {
    let builder = Channel::builder(TARGET).expect("a valid target");
    Client::new(builder.connector(Pipe(meter)).connect_lazy())
}

fn unary(meter: Meter, calls: usize, at_once: usize) -> LocalBoxFuture<'static, ()> {
    many(vec![client(meter)], calls, at_once).boxed_local()
}

/// As in life, hardly two calls in a row say the same `grpc-timeout`; but each time it is of the same length.
fn timed(meter: Meter, calls: usize, at_once: usize) -> LocalBoxFuture<'static, ()> {
    let client = client(meter);
    let of = |micros| client.with(CallOptions::new().timeout(Duration::from_micros(micros)));
    let clients = (0..256).map(|turn| of(4_999_999 - 7 * turn)).collect();
    many(clients, calls, at_once).boxed_local()
}

/// So many calls, shared among tasks that make one after the other, by the clients in turn.
async fn many(clients: Vec<Client<Channel>>, calls: usize, at_once: usize) {
    let mut tasks = JoinSet::new();
    for task in 0..at_once {
        let clients = clients.clone();
        tasks.spawn(async move {
            for turn in (task..calls).step_by(at_once) {
                let call = clients[turn % clients.len()].unary(&ECHO, u64::MAX);
                assert_eq!(call.await.expect("it succeeds"), u64::MAX);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("its calls succeed");
    }
}
