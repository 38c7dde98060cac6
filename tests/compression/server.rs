//! tonic's server reads what is compressed here, and what it compresses is read here.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderValue};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{codec::CompressionEncoding, transport::Server};
use tower::{Layer, util::MapResponseLayer};
use ziggurat::{
    CallOptions, Channel, Code, GrpcService, Status,
    compression::{Deflate, Gzip, Pooled, Zstd},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, Filter},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

use crate::cafe::{bean, line, long, order, within};

fn all() -> [(CompressionEncoding, Pooled); 3] {
    [
        (CompressionEncoding::Gzip, Gzip::new().into()),
        (CompressionEncoding::Deflate, Deflate::new().into()),
        (CompressionEncoding::Zstd, Zstd::new().into()),
    ]
}

/// A channel to a new server.
async fn serve(machine: CoffeeMachineServer<Machine>) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpListenerStream::new(listener);
    let server = Server::builder().add_service(machine);
    tokio::spawn(server.serve_with_incoming(incoming));
    Channel::builder(&format!("http://{address}"))
        .unwrap()
        .connect_lazy()
}

/// Makes a call of each shape, with messages that are worth being compressed.
async fn all_shapes<S: GrpcService>(cafe: &CoffeeMachineStub<S>) -> Result<(), Status> {
    let coffee = cafe.make_latte(order(long())).await?;
    assert_eq!(coffee.name, long());
    let filter = Filter {
        count: 3,
        size: 2000,
    };
    let orders = cafe.watch(filter).collect().await?;
    assert_eq!(orders.len(), 3);
    assert!(orders.iter().all(|order| order.padding.len() > 1000));
    let receipt = cafe.upload(vec![bean(long()); 3]).await?;
    assert_eq!((receipt.beans, receipt.grams), (3, 9));
    let said = [long(), "x".into(), long()];
    let lines = cafe.chat(said.clone().map(line)).collect().await?;
    assert_eq!(lines.len(), 3);
    assert!((lines.iter().zip(said)).all(|(line, said)| line.text.ends_with(&said)));
    Ok(())
}

#[tokio::test]
async fn requests_of_all_shapes() {
    //
    for (encoding, own) in all() {
        let machine = CoffeeMachineServer::new(Machine).accept_compressed(encoding);
        let options = CallOptions::new().compress_with(own);
        let cafe = CoffeeMachineStub::new(serve(machine).await).with(options);
        within(all_shapes(&cafe)).await.unwrap();
    }
}

#[tokio::test]
async fn answers_of_all_shapes() {
    // the requests are plain
    for (encoding, own) in all() {
        let machine = CoffeeMachineServer::new(Machine).send_compressed(encoding);
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let record = Arc::clone(&seen);
        let recording = MapResponseLayer::new(move |response: http::Response<_>| {
            record.lock().unwrap().push(encoding_of(response.headers()));
            response
        });
        let cafe = CoffeeMachineStub::new(recording.layer(serve(machine).await));
        within(all_shapes(&cafe)).await.unwrap();
        let named = HeaderValue::from_static(own.name());
        assert_eq!(*seen.lock().unwrap(), vec![Some(named); 4]);
    }
}

fn encoding_of(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get("grpc-encoding").cloned()
}

#[tokio::test]
async fn both_ways_with_different_encodings() {
    //
    let machine = CoffeeMachineServer::new(Machine)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Zstd);
    let options = CallOptions::new().compress_with(Gzip::with_level(9));
    let cafe = CoffeeMachineStub::new(serve(machine).await).with(options);
    within(all_shapes(&cafe)).await.unwrap();
}

#[tokio::test]
async fn a_server_without_the_encoding_says_so() {
    //
    let options = CallOptions::new().compress_with(Gzip::new());
    let machine = CoffeeMachineServer::new(Machine);
    let cafe = CoffeeMachineStub::new(serve(machine).await).with(options);
    let call = cafe.make_latte(order(long()));
    let status = within(call).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let call = cafe.make_latte(order(long())).uncompressed();
    assert!(within(call).await.is_ok());
}

#[tokio::test]
async fn many_calls_at_once_share_what_they_work_with() {
    let machine = CoffeeMachineServer::new(Machine)
        .accept_compressed(CompressionEncoding::Zstd)
        .send_compressed(CompressionEncoding::Zstd);
    let options = CallOptions::new().compress_with(Zstd::new());
    let cafe = CoffeeMachineStub::new(serve(machine).await).with(options);
    let calls = (0..50).map(|number| {
        let name = format!("{number} {}", long());
        let call = cafe.make_latte(order(name.clone()));
        async move { assert_eq!(call.await.unwrap().name, name) }
    });
    within(futures_util::future::join_all(calls)).await;
}
