//! The paths of methods that were written by hand: as they are on the wire, or an error before anything is sent.

use ziggurat::{Client, Code, Method, Status, shape};
use ziggurat_examples::cafe::{Coffee, LatteOrder};

use crate::cafe::{Cafe, order, within};

type Unary = Method<LatteOrder, Coffee>;
type ServerStreaming = Method<LatteOrder, Coffee, shape::ServerStreaming>;
type ClientStreaming = Method<LatteOrder, Coffee, shape::ClientStreaming>;
type Bidi = Method<LatteOrder, Coffee, shape::Bidi>;

/// A method of each shape with one path.
struct Methods {
    unary: Unary,
    server_streaming: ServerStreaming,
    client_streaming: ClientStreaming,
    bidi: Bidi,
}

impl Methods {
    const fn of(path: &'static str) -> Self {
        Self {
            unary: Method::new(path),
            server_streaming: Method::new(path),
            client_streaming: Method::new(path),
            bidi: Method::new(path),
        }
    }
}

static ILLEGAL: [Methods; 8] = [
    Methods::of(""),
    Methods::of("*"),
    Methods::of("cafe.v1.CoffeeMachine/MakeLatte"),
    Methods::of("http://cafe.example/cafe.v1.CoffeeMachine/MakeLatte"),
    Methods::of("/cafe.v1.CoffeeMachine/MakeLatte?sugar=3"),
    Methods::of("/cafe.v1.CoffeeMachine/MakeLatte#sugar"),
    Methods::of("/cafe.v1.CoffeeMachine/Make Latte"),
    Methods::of("/cafe.v1.CoffeeMachine/Make\r\nLatte"),
];

async fn refused<T>(call: impl Future<Output = Result<T, Status>>) {
    let status = call.await.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.is_local());
    let text = "is no method: a path is `/package.Service/Method`";
    assert!(status.message().ends_with(text), "{status}");
}

#[tokio::test]
async fn illegal_ones_send_nothing() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let client = Client::new(cafe.channel.clone());
        for methods in &ILLEGAL {
            refused(client.unary(&methods.unary, order())).await;
            refused(client.server_streaming(&methods.server_streaming, order())).await;
            refused(client.client_streaming(&methods.client_streaming, [order()])).await;
            refused(client.bidi(&methods.bidi, [order()])).await;
            refused(client.open().unary(&methods.unary).send_request()).await;
            refused(client.open().bidi(&methods.bidi).send(order())).await;
        }
        assert!(cafe.frames().await.is_empty());
        cafe.serves_another().await;
    })
    .await;
}

static ODD: [Unary; 4] = [
    Method::new("/cafe.v1.CoffeeMachine/MAKE_latte"),
    Method::new("/cafe.v1.CoffeeMachine/Make%20Latte"),
    Method::new("/behind/a/proxy/cafe.v1.CoffeeMachine/MakeLatte"),
    Method::new("/x"),
];

#[tokio::test]
async fn legal_ones_are_sent_as_they_are() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let client = Client::new(cafe.channel.clone());
        for method in &ODD {
            let serve = async {
                let request = cafe.peer.request().await.unwrap();
                cafe.peer.respond_ok(request.stream, [""]).await.unwrap();
                request.fields
            };
            let (told, sent) = tokio::join!(client.unary(method, order()), serve);
            told.unwrap();
            assert_eq!(sent.get(":path"), Some(method.path()));
        }
    })
    .await;
}
