//! Servers that send garbage, many times.

use std::fs;

use tokio::{io::AsyncWriteExt, net::TcpListener};
use ziggurat::{Channel, Code, tls::Tls};

use crate::{authority::Authority, call, run, trusting};

/// As many as file descriptors that are left open would show.
const HANDSHAKES: usize = 1_000;

#[test]
fn garbage_leaves_nothing_behind() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "https://127.0.0.1:{}",
            listener.local_addr().unwrap().port()
        );
        let server = tokio::spawn(async move {
            for n in 0..HANDSHAKES {
                let (mut stream, _) = listener.accept().await.unwrap();
                // A record of a handshake or of an alert, and what is none.
                let start = [0x16, 0x15, 0x00, 0xff][n % 4];
                let garbage: Vec<u8> = (0..64).map(|byte| byte ^ n.to_le_bytes()[0]).collect();
                let _ = stream.write_all(&[start, 3, 3, 0, 32]).await;
                let _ = stream.write_all(&garbage).await;
            }
        });
        let tls = Tls::new(trusting(&Authority::new("Root"))).unwrap();
        let metrics = tokio::runtime::Handle::current().metrics();
        let (tasks, files) = (metrics.num_alive_tasks(), open_files());
        for _ in 0..HANDSHAKES {
            let builder = Channel::builder(&url).unwrap().tls(tls.clone()).unwrap();
            let status = call(&builder.connect_lazy()).await.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "{status}");
        }
        server.await.unwrap();
        // Tasks end soon after what they told; other tests have files of their own.
        while metrics.num_alive_tasks() >= tasks || open_files() > files + HANDSHAKES / 4 {
            tokio::task::yield_now().await;
        }
    });
}

/// Nothing is counted where there is no `/proc`.
fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
