//! A coffee machine that does what the request's metadata asks for.
//!
//! | key | what happens |
//! |---|---|
//! | `x-fail: N` | the call fails with code N before it has begun |
//! | `x-fail-after: N` | `Watch` fails with ABORTED after N orders |
//! | `x-hang` | the call never ends by itself; `Watch` hangs after its orders |
//! | `x-read-first` | `Chat` answers nothing, not even headers, before it has a line |
//! | `x-answer-early` | `Upload` answers after one bean |
//! | `x-meet: N` | `MakeLatte` answers when N such calls are there |

use std::{future::pending, pin::Pin};

use tokio::sync::{Barrier, OnceCell, mpsc::UnboundedSender};
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap};
use ziggurat_examples::{
    cafe::{Bean, Coffee, Filter, LatteOrder, Line, Order, Receipt},
    tonic_cafe::coffee_machine_server::CoffeeMachine,
};

/// The text of every failure.
pub(crate) const SORRY: &str = "no coffee: 0 % left \u{2615}";

/// The bytes of every failure's details; they are no `google.rpc.Status`.
pub(crate) const DETAILS: &[u8] = b"\xffdetails";

/// What happens at the server that its clients cannot see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A call arrived that does not end by itself.
    Hanging,
    /// Such a call was cancelled.
    Cancelled,
}

pub(crate) struct Machine {
    seen: UnboundedSender<Seen>,
    meeting: OnceCell<Barrier>,
}

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Machine {
    pub(crate) fn new(seen: UnboundedSender<Seen>) -> Self {
        let meeting = OnceCell::new();
        Self { seen, meeting }
    }

    /// What is asked of every call.
    async fn begin(&self, metadata: &MetadataMap) -> Result<(), Status> {
        if let Some(code) = number(metadata, "x-fail") {
            let code = i32::try_from(code).unwrap();
            return Err(Status::with_details(code.into(), SORRY, DETAILS.into()));
        }
        if metadata.contains_key("x-hang") {
            self.hang().await;
        }
        Ok(())
    }

    async fn hang(&self) {
        let _cancelled = Cancelled::watch(self.seen.clone());
        pending::<()>().await;
    }

    async fn meet(&self, calls: usize) {
        let meeting = || async { Barrier::new(calls) };
        self.meeting.get_or_init(meeting).await.wait().await;
    }
}

/// Says when the call it is part of was dropped.
struct Cancelled(UnboundedSender<Seen>);

impl Cancelled {
    fn watch(seen: UnboundedSender<Seen>) -> Self {
        seen.send(Seen::Hanging).ok();
        Self(seen)
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.send(Seen::Cancelled).ok();
    }
}

fn number(metadata: &MetadataMap, key: &str) -> Option<usize> {
    Some(metadata.get(key)?.to_str().unwrap().parse().unwrap())
}

#[tonic::async_trait]
impl CoffeeMachine for Machine {
    type WatchStream = Messages<Order>;
    type ChatStream = Messages<Line>;

    async fn make_latte(&self, request: Request<LatteOrder>) -> Result<Response<Coffee>, Status> {
        self.begin(request.metadata()).await?;
        if let Some(calls) = number(request.metadata(), "x-meet") {
            self.meet(calls).await;
        }
        let LatteOrder { sugar, name } = request.into_inner();
        let temperature = 90 - sugar;
        Ok(Response::new(Coffee { name, temperature }))
    }

    async fn watch(&self, request: Request<Filter>) -> Result<Response<Self::WatchStream>, Status> {
        let metadata = request.metadata();
        let fail_after = number(metadata, "x-fail-after");
        let hangs = metadata.contains_key("x-hang");
        if !hangs {
            self.begin(metadata).await?;
        }
        let Filter { count, size } = request.into_inner();
        let orders = (0..count).map(move |number| order(number, size));
        let orders = orders.take(fail_after.unwrap_or(usize::MAX)).map(Ok);
        let failure = fail_after.map(|_| Err(Status::new(Code::Aborted, SORRY)));
        let orders = tokio_stream::iter(orders.chain(failure));
        if !hangs {
            return Ok(Response::new(Box::pin(orders)));
        }
        let cancelled = Cancelled::watch(self.seen.clone());
        let orders = orders.chain(tokio_stream::pending());
        Ok(Response::new(Box::pin(orders.map(move |order| {
            let _until_dropped = &cancelled;
            order
        }))))
    }

    async fn upload(&self, request: Request<Streaming<Bean>>) -> Result<Response<Receipt>, Status> {
        self.begin(request.metadata()).await?;
        let early = request.metadata().contains_key("x-answer-early");
        let mut beans = request.into_inner();
        let mut receipt = Receipt::default();
        while let Some(bean) = beans.message().await? {
            receipt.beans += 1;
            receipt.grams += bean.grams;
            if early {
                break;
            }
        }
        Ok(Response::new(receipt))
    }

    async fn chat(
        &self,
        request: Request<Streaming<Line>>,
    ) -> Result<Response<Self::ChatStream>, Status> {
        self.begin(request.metadata()).await?;
        let reads_first = request.metadata().contains_key("x-read-first");
        let mut lines = request.into_inner();
        let first = if reads_first {
            lines.message().await?
        } else {
            None
        };
        let first = tokio_stream::iter(first.map(Ok));
        Ok(Response::new(Box::pin(first.chain(lines))))
    }
}

fn order(number: u32, size: u32) -> Order {
    let name = format!("order {number}");
    let padding = vec![0; size as usize];
    Order {
        number,
        name,
        padding,
    }
}
