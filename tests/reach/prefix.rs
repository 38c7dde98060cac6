//! A path before the methods: what a gateway sees, each time that a request leaves, and what layers see.

use std::sync::{Arc, Mutex};

use axum::Router;
use http::Request;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tower::{ServiceBuilder, util::MapRequestLayer};
use ziggurat::{Channel, Code, channel::Target};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, Filter, LatteOrder},
    server::Machine,
    tonic_cafe::{
        coffee_machine_client::CoffeeMachineClient, coffee_machine_server::CoffeeMachineServer,
    },
};
use ziggurat_testing::peer::{Connection, Peer, Reason};

use crate::{cafe, latte, run};

/// The coffee machine below a path, and nothing elsewhere; gives its `http://host:port`.
async fn gateway(prefix: &str) -> String {
    let machine = Routes::new(CoffeeMachineServer::new(Machine)).into_axum_router();
    let router = Router::new().nest_service(prefix, machine);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[test]
fn calls_of_all_kinds_go_there() {
    //
    run(async {
        let url = gateway("/kitchen/v1").await;
        for target in [format!("{url}/kitchen/v1"), format!("{url}/kitchen/v1/")] {
            let cafe = cafe(&target);
            latte(&cafe).await.unwrap();
            let three = Filter { count: 3, size: 0 };
            assert_eq!(cafe.watch(three).collect().await.unwrap().len(), 3);
            let mut chat = cafe.open().chat();
            chat.end().await.unwrap();
            assert_eq!(chat.recv().await.unwrap(), None);
            chat.finish().await.unwrap();

            let channel = Channel::builder(&target).unwrap().connect_lazy();
            let mut tonic = CoffeeMachineClient::new(channel);
            tonic.make_latte(LatteOrder::default()).await.unwrap();
        }
        // The gateway has nothing elsewhere.
        let status = latte(&cafe(&url)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
    });
}

#[test]
fn layers_see_the_methods_own_path() {
    //
    run(async {
        let url = gateway("/kitchen").await;
        let channel = Channel::builder(&format!("{url}/kitchen")).unwrap();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let note = Arc::clone(&seen);
        let look = MapRequestLayer::new(move |request: Request<ziggurat::Body>| {
            note.lock().unwrap().push(request.uri().to_string());
            request
        });
        let service = ServiceBuilder::new()
            .layer(look)
            .service(channel.connect_lazy());
        let cafe = CoffeeMachineStub::new(service);
        cafe.make_latte(LatteOrder::default()).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(*seen, ["/cafe.v1.CoffeeMachine/MakeLatte"]);
    });
}

/// What the peer is asked for next.
async fn asked(peer: &mut Connection) -> (u32, String) {
    let request = peer.request().await.unwrap();
    let path = request.fields.get(":path").unwrap().to_owned();
    (request.stream, path)
}

#[test]
fn what_is_sent_again_has_it_once() {
    // A-4, C-31
    run(async {
        let peer = Peer::bind().await.unwrap();
        let target = format!("{}/a%2Fb", peer.url().unwrap());
        let cafe = cafe(&target);
        let serve = async {
            let mut first = peer.accept().await.unwrap();
            let (stream, refused) = asked(&mut first).await;
            first.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
            let (stream, sent) = asked(&mut first).await;
            first.respond_ok(stream, [""]).await.unwrap();
            (refused, sent, first)
        };
        let (told, (refused, sent, _peer)) = tokio::join!(latte(&cafe), serve);
        told.unwrap();
        assert_eq!(refused, "/a%2Fb/cafe.v1.CoffeeMachine/MakeLatte");
        assert_eq!(sent, refused);
    });
}

#[test]
fn errors_name_the_whole_target() {
    run(async {
        let refused = Channel::builder("http://127.0.0.1:1/kitchen/").unwrap();
        let status = refused.connect().await.unwrap_err();
        let begins = "cannot connect to http://127.0.0.1:1/kitchen: ";
        assert!(status.message().starts_with(begins), "{status}");
    });
}

#[cfg(unix)]
#[test]
fn a_socket_that_a_connector_opens() {
    // I-33
    run(async {
        let path = std::env::temp_dir().join(format!("ziggurat-prefix-{}", std::process::id()));
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let socket = path.clone();
        let socket = tower::service_fn(move |_: Target| {
            let socket = socket.clone();
            async move {
                let stream = tokio::net::UnixStream::connect(socket).await;
                stream.map(ziggurat::channel::Bare)
            }
        });
        let builder = Channel::builder("http://localhost/kitchen").unwrap();
        let cafe = CoffeeMachineStub::new(builder.connector(socket).connect_lazy());
        let serve = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut peer = Connection::over(stream).await.unwrap();
            let (stream, path) = asked(&mut peer).await;
            peer.respond_ok(stream, [""]).await.unwrap();
            (path, peer)
        };
        let call = cafe.make_latte(LatteOrder::default()).send();
        let (told, (asked, _peer)) = tokio::join!(call, serve);
        told.unwrap();
        assert_eq!(asked, "/kitchen/cafe.v1.CoffeeMachine/MakeLatte");
        std::fs::remove_file(path).unwrap();
    });
}
