use std::{net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::Result;

/// Carries connections to the server; half of the round trip passes on each way, and nothing else slows them down.
pub async fn carry(listener: TcpListener, server: SocketAddr, round_trip: Duration) -> Result {
    loop {
        let (near, _) = listener.accept().await?;
        let far = TcpStream::connect(server).await?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
        way(from_near, to_far, round_trip / 2);
        way(from_far, to_near, round_trip / 2);
    }
}

/// One direction; it ends with either side.
fn way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (taken, mut on_the_way) = mpsc::unbounded_channel::<(Instant, Bytes)>();
    tokio::spawn(async move {
        let mut bytes = BytesMut::new();
        while from.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            if taken
                .send((Instant::now() + delay, bytes.split().freeze()))
                .is_err()
            {
                return;
            }
            bytes.reserve(64 * 1024);
        }
    });
    tokio::spawn(async move {
        while let Some((due, bytes)) = on_the_way.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
}
