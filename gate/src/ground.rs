//! What is below the status floor, alone: the channel to one server, and a connection.

use futures_util::{FutureExt, future::LocalBoxFuture};
use http::{Request, Response};
use tower_service::Service;
use ziggurat_transport::{Connection, Target, channel};

use crate::{
    Meter, Row,
    pipe::{Pipe, TARGET},
    raw::{Message, read, request},
    server::MESSAGE,
};

pub(crate) const ROWS: &[Row] = &[
    Row::new("channel alone", 500, |meter, n| {
        async move {
            let builder = channel::Builder::new(target()).connector(Pipe(meter));
            call(meter, n, builder.build()).await;
        }
        .boxed_local()
    }),
    Row::new("connection alone", 500, |meter, n| connection(meter, n)),
];

fn target() -> Target {
    Target::parse(TARGET).expect("a valid target")
}

fn connection(meter: Meter, calls: usize) -> LocalBoxFuture<'static, ()> {
    async move {
        let stream = Pipe(meter).open();
        let connected = Connection::handshake(target(), stream).await;
        let (connection, driver) = connected.expect("the server speaks HTTP/2");
        tokio::spawn(driver);
        call(meter, calls, connection).await;
    }
    .boxed_local()
}

/// One call after the other.
async fn call<S, B>(meter: Meter, calls: usize, mut service: S)
where
    S: Service<Request<Message>, Response = Response<B>>,
    B: http_body::Body<Data = bytes::Bytes> + Unpin,
{
    for _ in 0..calls {
        let request = meter.skip(request);
        let Ok(answer) = service.call(request).await else {
            panic!("the server answers");
        };
        assert_eq!(read(answer.into_body()).await, MESSAGE.len());
    }
}
