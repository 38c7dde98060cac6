//! A server that is its frames: what HTTP/2 servers of libraries would not do.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// The server's end of a pipe.
#[derive(Debug)]
pub(crate) struct Raw(DuplexStream);

impl Raw {
    /// Sends SETTINGS with this limit of streams.
    pub(crate) async fn start(pipe: DuplexStream, streams: u32) -> Self {
        let mut raw = Self(pipe);
        raw.allow(streams).await;
        raw
    }

    /// Allows another number of streams.
    pub(crate) async fn allow(&mut self, streams: u32) {
        let setting = [&[0, 3][..], &streams.to_be_bytes()].concat();
        self.frame(4, 0, 0, &setting).await;
    }

    /// Answers a stream with headers only.
    pub(crate) async fn answer(&mut self, stream: u32) {
        // The static table's `:status 200`; END_STREAM and END_HEADERS.
        self.frame(1, 5, stream, &[0x88]).await;
    }

    /// Ends the connection for all streams above the last.
    pub(crate) async fn goaway(&mut self, last: u32) {
        let payload = [last.to_be_bytes(), [0; 4]].concat();
        self.frame(7, 0, 0, &payload).await;
    }

    /// Ends the connection with ENHANCE_YOUR_CALM.
    pub(crate) async fn calm(&mut self, debug: &[u8]) {
        let payload = [&[0; 4][..], &11_u32.to_be_bytes(), debug].concat();
        self.frame(7, 0, 0, &payload).await;
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat()).await.unwrap();
    }

    /// Waits until the client closes the pipe.
    pub(crate) async fn closed(&mut self) {
        let mut read = Vec::new();
        crate::server::soon(self.0.read_to_end(&mut read))
            .await
            .unwrap();
    }
}
