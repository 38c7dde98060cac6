//! The proxy between pipes in memory, on a paused clock.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, timeout},
};
use ziggurat_testing::proxy::{Fault, Link, Plan};

fn linked(plan: impl Into<Plan>) -> (DuplexStream, Link, DuplexStream) {
    let (client, near) = duplex(1024);
    let (far, server) = duplex(1024);
    (client, Link::between(near, far, plan), server)
}

async fn read(side: &mut DuplexStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    side.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// Shows that a side hears nothing, however long it waits.
async fn assert_silent(side: &mut DuplexStream) {
    let heard = timeout(Duration::from_secs(3600), side.read_u8()).await;
    assert!(heard.is_err(), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_fault_all_is_passed_on() {
    let (mut client, _link, mut server) = linked(Fault::None);
    let order = vec![7; 100_000];
    let sent = order.clone();
    let sends = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert!(received == order);
    // One direction has ended, the other goes on.
    server.write_all(b"latte").await.unwrap();
    assert_eq!(read(&mut sends.await.unwrap(), 5).await, b"latte");
}

#[tokio::test(start_paused = true)]
async fn a_stalled_connection_loses_nothing() {
    let (mut client, link, mut server) = linked(Fault::Stall);
    client.write_all(b"order").await.unwrap();
    server.write_all(b"latte").await.unwrap();
    assert_silent(&mut client).await;
    assert_silent(&mut server).await;
    link.set(Fault::None);
    assert_eq!(read(&mut server, 5).await, b"order");
    assert_eq!(read(&mut client, 5).await, b"latte");
}

#[tokio::test(start_paused = true)]
async fn what_is_swallowed_is_lost() {
    let (mut client, link, mut server) = linked(Fault::Swallow);
    client.write_all(&[1; 10_000]).await.unwrap();
    server.write_all(&[1; 10_000]).await.unwrap();
    assert_silent(&mut client).await;
    assert_silent(&mut server).await;
    link.set(Fault::None);
    client.write_all(&[2]).await.unwrap();
    assert_eq!(read(&mut server, 1).await, [2]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_side_is_swallowed_too() {
    let (client, _link, mut server) = linked(Fault::Swallow);
    drop(client);
    assert_silent(&mut server).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_connection_passes_so_many_bytes_at_a_time() {
    let pause = Duration::from_millis(100);
    let (mut client, _link, mut server) = linked(Fault::Slow { bytes: 10, pause });
    server.write_all(&[3; 95]).await.unwrap();
    let start = Instant::now();
    read(&mut client, 95).await;
    assert_eq!(start.elapsed(), 9 * pause);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_cut_after_so_many_bytes_of_the_server() {
    let (mut client, _link, mut server) = linked(Fault::Close.after(7));
    client.write_all(b"a long order").await.unwrap();
    read(&mut server, 12).await;
    server.write_all(b"cappuccino").await.unwrap();
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"cappucc");
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_order_ends_the_plan() {
    let (mut client, link, mut server) = linked(Fault::Reset.after(7));
    link.set(Fault::None);
    server.write_all(b"cappuccino").await.unwrap();
    assert_eq!(read(&mut client, 10).await, b"cappuccino");
}

#[tokio::test(start_paused = true)]
async fn both_sides_end_with_the_link() {
    let (mut client, link, mut server) = linked(Fault::None);
    drop(link);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
}
