//! What every stack must be able to do, and the machine it is done with.

use ziggurat::{Channel, GrpcService, Status};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line},
    server::{Machine, serve},
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

/// Calls all four shapes, the last one opened too.
pub(crate) async fn tour<S: GrpcService>(cafe: &CoffeeMachineStub<S>) -> Result<(), Status> {
    let coffee = cafe.make_latte(order("Ada", 3)).await?;
    assert_eq!((&*coffee.name, coffee.temperature), ("Ada", 63));

    let orders = cafe.watch(three()).collect().await?;
    let numbers: Vec<_> = orders.iter().map(|order| order.number).collect();
    assert_eq!(numbers, [0, 1, 2]);

    let receipt = cafe.upload([bean(7), bean(8)]).await?;
    assert_eq!((receipt.beans, receipt.grams), (2, 15));

    let answers = cafe.chat([line("hello"), line("bye")]).collect().await?;
    assert_eq!(answers, ["hello", "bye"].map(answer));

    let mut chat = cafe.open().chat();
    chat.send(line("one")).await?;
    assert_eq!(chat.recv().await?, Some(answer("one")));
    chat.send_last(line("two")).await?;
    assert_eq!(chat.recv().await?, Some(answer("two")));
    assert_eq!(chat.recv().await?, None);
    Ok(())
}

/// The coffee machine in this process, without a socket.
pub(crate) fn in_process() -> CoffeeMachineServer<Machine> {
    CoffeeMachineServer::new(Machine)
}

/// A channel to a coffee machine on a port of its own.
pub(crate) async fn channel() -> std::io::Result<Channel> {
    let (address, _serving) = serve(Machine).await?;
    Ok(channel_to(address))
}

pub(crate) fn channel_to(address: std::net::SocketAddr) -> Channel {
    let builder = Channel::builder(&format!("http://{address}"));
    builder.expect("an address is a target").connect_lazy()
}

/// A port that refuses connections, for as long as the socket lives.
pub(crate) fn refusing() -> std::io::Result<(std::net::SocketAddr, tokio::net::TcpSocket)> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?; // taken, and nobody listens
    Ok((socket.local_addr()?, socket))
}

pub(crate) fn order(name: &str, sugar: i32) -> LatteOrder {
    let name = name.into();
    LatteOrder { sugar, name }
}

pub(crate) fn three() -> Filter {
    Filter { count: 3, size: 0 }
}

pub(crate) fn bean(grams: u32) -> Bean {
    let origin = String::new();
    Bean { origin, grams }
}

pub(crate) fn line(text: &str) -> Line {
    let text = text.into();
    Line { text }
}

/// What the machine answers to a line.
pub(crate) fn answer(text: &str) -> Line {
    line(&format!("you said: {text}"))
}
