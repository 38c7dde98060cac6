//! Calls a server by a stub written by hand, and one method in raw bytes.
//!
//! A stub is a line for each method over a [`Client`]; a program that needs two methods of a large service, or builds
//! its messages by other means, need not generate one. One sees two calls by such a stub, one of them opened, and a
//! message that is bytes on both sides, as a proxy would pass it on.

use std::error::Error;

use bytes::Bytes;
use prost::Message;
use ziggurat::{
    Call, CallOptions, Channel, Client, GrpcService, Method, Raw, StreamingCall, open, shape,
};
use ziggurat_examples::{
    cafe::{Coffee, Filter, LatteOrder, Line, Order},
    server,
};

const MAKE_LATTE: Method<LatteOrder, Coffee, shape::Unary> =
    Method::new("/cafe.v1.CoffeeMachine/MakeLatte");
const WATCH: Method<Filter, Order, shape::ServerStreaming> =
    Method::new("/cafe.v1.CoffeeMachine/Watch");
const CHAT: Method<Line, Line, shape::Bidi> = Method::new("/cafe.v1.CoffeeMachine/Chat");

/// `MAKE_LATTE` over bytes.
const PASS_ON: Method<Bytes, Bytes, shape::Unary> = MAKE_LATTE.raw();

/// What this program wants of the coffee machine.
#[derive(Clone, Debug)]
struct Cafe<S = Channel>(Client<S>);

impl<S: GrpcService> Cafe<S> {
    fn new(service: S) -> Self {
        Self(Client::new(service))
    }

    fn with(&self, options: CallOptions) -> Self {
        Self(self.0.with(options))
    }

    fn latte_for(&self, name: &str) -> Call<Coffee, S> {
        let name = name.into();
        self.0.unary(&MAKE_LATTE, LatteOrder { name, sugar: 1 })
    }

    fn board(&self, count: u32) -> StreamingCall<Order, S> {
        self.0.server_streaming(&WATCH, Filter { count, size: 0 })
    }

    fn talk(&self) -> open::Bidi<Line, Line> {
        self.0.open().bidi(&CHAT)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, _serving) = server::serve(server::Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let cafe = Cafe::new(channel.clone()).with(CallOptions::new().metadata("x-table", "7")?);

    let latte = cafe.latte_for("Ada").send().await?;
    println!("latte  {:?}", latte.message());
    let table = latte.initial_metadata().get("x-table");
    println!("       for table {table:?}");

    for order in cafe.board(2).collect().await? {
        println!("board  {:?}", order.name);
    }

    let mut talk = cafe.talk();
    let text = "hello".into();
    talk.send_last(Line { text }).await?;
    println!("talk   {:?}", talk.recv().await?);

    let client = Client::<_>::new(channel).with_codec::<Raw>();
    let order = LatteOrder::default().encode_to_vec();
    let coffee = client.unary(&PASS_ON, order.into()).await?;
    println!("raw    {coffee:?}");
    Ok(())
}
