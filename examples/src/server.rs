//! The coffee machine, served by tonic.

use std::{net::SocketAddr, pin::Pin};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

use crate::{
    cafe::{Bean, Coffee, Filter, LatteOrder, Line, Order, Receipt},
    tonic_cafe::coffee_machine_server::{CoffeeMachine, CoffeeMachineServer},
};

/// Makes coffee.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl CoffeeMachine for Machine {
    type WatchStream = Messages<Order>;
    type ChatStream = Messages<Line>;

    async fn make_latte(&self, request: Request<LatteOrder>) -> Result<Response<Coffee>, Status> {
        let order = request.into_inner();
        Ok(Response::new(Coffee {
            name: order.name,
            temperature: 60 + order.sugar,
        }))
    }

    async fn watch(&self, request: Request<Filter>) -> Result<Response<Self::WatchStream>, Status> {
        let Filter { count, size } = request.into_inner();
        let orders = (0..count).map(move |number| {
            Ok(Order {
                number,
                name: format!("order {number}"),
                padding: vec![0; size as usize].into(),
            })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(
            orders.collect::<Vec<_>>(),
        ))))
    }

    async fn upload(&self, request: Request<Streaming<Bean>>) -> Result<Response<Receipt>, Status> {
        let mut beans = request.into_inner();
        let mut receipt = Receipt::default();
        while let Some(bean) = beans.message().await? {
            receipt.beans += 1;
            receipt.grams += bean.grams;
        }
        Ok(Response::new(receipt))
    }

    async fn chat(
        &self,
        request: Request<Streaming<Line>>,
    ) -> Result<Response<Self::ChatStream>, Status> {
        let lines = request.into_inner();
        let answers = lines.map(|line| {
            line.map(|line| Line {
                text: format!("you said: {}", line.text),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Serves the machine on a free loopback port until the task is aborted.
///
/// # Errors
///
/// The port cannot be had.
pub async fn serve(machine: Machine) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let served = tonic::transport::Server::builder()
            .add_service(CoffeeMachineServer::new(machine))
            .serve_with_incoming(TcpListenerStream::new(listener));
        served.await.expect("loopback serves");
    });
    Ok((address, task))
}
