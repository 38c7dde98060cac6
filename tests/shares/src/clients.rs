//! Ours, and grpc-go's, as one thing that is told servers and makes calls.

use std::{
    convert::Infallible,
    error::Error,
    ffi::{OsStr, OsString},
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    task::JoinSet,
};
use ziggurat::{
    Channel, Raw,
    balance::{Endpoint, RoundRobin, Updates},
};
use ziggurat_soak::{CALL, CALL_ID};

/// What a call may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Who makes the calls.
pub(crate) enum Whose {
    Ours,
    /// This program.
    Go(OsString),
}

/// A client with `round_robin`.
pub(crate) enum Client {
    Ours(Ours),
    Go(Box<Go>),
}

/// The library's, with a resolver that tells what is sent.
pub(crate) struct Ours {
    stub: ziggurat::Client<Channel, Raw>,
    lists: watch::Sender<Vec<Endpoint>>,
}

/// A program that reads orders and answers each with a number.
pub(crate) struct Go {
    /// It is killed with this.
    _process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// One that is told these endpoints.
    pub(crate) async fn start(
        whose: &Whose,
        list: &[Vec<SocketAddr>],
    ) -> Result<Self, Box<dyn Error>> {
        match whose {
            Whose::Ours => Self::ours(list),
            Whose::Go(program) => Self::go(program, list).await,
        }
    }

    fn ours(list: &[Vec<SocketAddr>]) -> Result<Self, Box<dyn Error>> {
        let lists = watch::Sender::new(endpoints(list));
        let mut told = lists.subscribe();
        told.mark_changed();
        let updates = stream::unfold(told, |mut told| async move {
            told.changed().await.ok()?;
            let list = told.borrow_and_update().clone();
            Some((Ok::<_, Infallible>(list), told))
        });
        let channel = Channel::builder("http://shares")?
            .resolver(Updates::new(updates))
            .balance(RoundRobin::new())
            .connect_lazy();
        let stub = ziggurat::Client::new(channel).with_codec();
        Ok(Self::Ours(Ours { stub, lists }))
    }

    async fn go(program: &OsStr, list: &[Vec<SocketAddr>]) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = process.stdin.take().ok_or("no input")?;
        let answers = process.stdout.take().ok_or("no output")?;
        let mut go = Self::Go(Box::new(Go {
            _process: process,
            orders,
            answers: BufReader::new(answers).lines(),
        }));
        go.name(list).await?;
        Ok(go)
    }

    /// The resolver tells these endpoints from now on.
    pub(crate) async fn name(&mut self, list: &[Vec<SocketAddr>]) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Ours(ours) => {
                ours.lists.send_replace(endpoints(list));
            }
            Self::Go(go) => {
                let list = list.iter().map(|addresses| {
                    let addresses: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
                    addresses.join("|")
                });
                let list: Vec<_> = list.collect();
                go.order(&format!("servers {}", list.join(" "))).await?;
            }
        }
        Ok(())
    }

    /// Makes so many calls; tells how many succeeded.
    pub(crate) async fn calls(
        &mut self,
        count: usize,
        at_once: usize,
    ) -> Result<usize, Box<dyn Error>> {
        match self {
            Self::Ours(ours) => Ok(ours.calls(count, at_once).await),
            Self::Go(go) => go.order(&format!("calls {count} {at_once}")).await,
        }
    }
}

fn endpoints(list: &[Vec<SocketAddr>]) -> Vec<Endpoint> {
    let endpoint = |addresses: &Vec<SocketAddr>| {
        let (first, others) = addresses.split_first().expect("no endpoint is empty");
        let others = others.iter();
        others.fold(Endpoint::new(*first), |endpoint, other| {
            endpoint.address(*other)
        })
    };
    list.iter().map(endpoint).collect()
}

impl Ours {
    async fn calls(&self, count: usize, at_once: usize) -> usize {
        let next = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for _ in 0..at_once {
            let (stub, next) = (self.stub.clone(), Arc::clone(&next));
            callers.spawn(async move {
                let mut succeeded = 0;
                while next.fetch_add(1, Relaxed) < count {
                    let call = stub.unary(&CALL, Bytes::new()).timeout(TIMEOUT);
                    succeeded += usize::from(call.metadata(CALL_ID, "0").await.is_ok());
                }
                succeeded
            });
        }
        callers.join_all().await.into_iter().sum()
    }
}

impl Go {
    async fn order(&mut self, order: &str) -> Result<usize, Box<dyn Error>> {
        self.orders.write_all(order.as_bytes()).await?;
        self.orders.write_all(b"\n").await?;
        let answer = self.answers.next_line().await?;
        Ok(answer.ok_or("grpc-go's client has ended")?.parse()?)
    }
}
