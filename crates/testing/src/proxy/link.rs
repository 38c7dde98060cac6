use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    task::JoinHandle,
};

use super::{Fault, Plan, carry::Carrier};

/// Carries one connection between two pipes, and fails on order.
///
/// Over pipes in memory it needs no real time. When it is dropped, both sides end.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
/// use ziggurat_testing::proxy::{Fault, Link};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut client, near) = duplex(1024);
/// let (far, mut server) = duplex(1024);
/// let link = Link::between(near, far, Fault::None);
///
/// server.write_all(b"latte").await?;
/// let mut cup = [0; 5];
/// client.read_exact(&mut cup).await?;
/// assert_eq!(&cup, b"latte");
///
/// link.set(Fault::Close);
/// assert_eq!(client.read(&mut cup).await?, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Link {
    orders: watch::Sender<Fault>,
    task: JoinHandle<()>,
}

impl Link {
    /// Joins two pipes in a task of its own. Must be called inside a tokio runtime.
    pub fn between<C, S>(mut client: C, mut server: S, plan: impl Into<Plan>) -> Self
    where
        C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (orders, receiver) = watch::channel(Fault::None);
        let carrier = Carrier::new(plan.into());
        let task =
            tokio::spawn(async move { carrier.run(&mut client, &mut server, receiver).await });
        Self { orders, task }
    }

    /// Lets this happen from now on, whatever was planned.
    pub fn set(&self, fault: Fault) {
        self.orders.send_replace(fault);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}
