//! Windows too small for the request, so that it gets stuck on flow control (L-21).

use ziggurat_testing::peer::{Connection, Control, Options, Setting};

use crate::cafe::Cafe;

/// What is too small for the request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Window {
    Stream,
    Connection,
}

/// How far the answer is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Point {
    Nothing,
    Headers,
    Message,
}

impl Window {
    pub(crate) const EVERY: [Self; 2] = [Self::Stream, Self::Connection];

    const CONNECTION: u32 = 65_535;

    /// The window of a stream, in bytes: less than any message, or more than the connection's.
    const fn of_streams(self) -> u32 {
        match self {
            Self::Stream => 4,
            Self::Connection => 1 << 20,
        }
    }

    pub(crate) async fn open(self) -> Cafe {
        let settings = [
            (Setting::MAX_CONCURRENT_STREAMS, 1),
            (Setting::INITIAL_WINDOW_SIZE, self.of_streams()),
        ];
        Cafe::open_with(Options::new().settings(settings)).await
    }

    /// Lets the next call fill the window, and nothing more.
    pub(crate) async fn fill(self, point: Point, peer: &mut Connection) {
        let stream = peer.request().await.unwrap().stream;
        if !matches!(point, Point::Nothing) {
            peer.grpc_headers(stream).await.unwrap();
        }
        if let Point::Message = point {
            peer.message(stream, "").await.unwrap();
        }
        let bytes = self.of_streams().min(Self::CONNECTION);
        peer.body_prefix(stream, bytes as usize).await.unwrap();
        peer.barrier().await.unwrap();
        assert_eq!(peer.client_may_send(stream).min(peer.client_may_send(0)), 0);
    }

    /// What the stuck call left behind does not stand in the way of the next.
    pub(crate) async fn recover(self, cafe: &mut Cafe) {
        if let Self::Connection = self {
            cafe.peer.window_update(0, Self::CONNECTION).await.unwrap();
        }
        cafe.peer.windows(Control::Automatic);
        cafe.serves_another().await;
    }
}
