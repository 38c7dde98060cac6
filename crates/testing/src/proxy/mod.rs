//! A TCP proxy between a client and its server that fails on order.
//!
//! A server that is well says little about a client. The [`Proxy`] stands before any server and does to its
//! connections what networks and dying machines do: it kills, stalls, forgets, slows down, resets and refuses them, at
//! once or after so many bytes. The test is in charge: nothing happens by chance or by the clock.
//!
//! # Example
//!
//! ```
//! use tokio::{
//!     io::{AsyncReadExt, AsyncWriteExt},
//!     net::{TcpListener, TcpStream},
//! };
//! use ziggurat_testing::proxy::{Fault, Proxy};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let server = TcpListener::bind("127.0.0.1:0").await?;
//! let proxy = Proxy::start(server.local_addr()?).await?;
//!
//! let mut client = TcpStream::connect(proxy.address()).await?;
//! let (mut served, _) = server.accept().await?;
//! served.write_all(b"latte").await?;
//! let mut cup = [0; 5];
//! client.read_exact(&mut cup).await?;
//! assert_eq!(&cup, b"latte");
//!
//! proxy.set(Fault::Reset);
//! let error = client.read(&mut cup).await.unwrap_err();
//! assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
//! # Ok(())
//! # }
//! ```
//!
//! # Faults
//!
//! | what happens | how it is made |
//! |---|---|
//! | the server is killed, and comes back | [`Proxy::down`], [`Proxy::up`] |
//! | it drains before it is restarted | [`Proxy::refuse`], `up` |
//! | its machine vanishes (half-open) | [`Fault::Swallow`] |
//! | it answers no new connection (black hole) | the same, before the client connects |
//! | it hangs (stall) | [`Fault::Stall`] |
//! | the network is slow | [`Fault::Slow`] |
//! | something on the way resets connections | [`Fault::Reset`] |
//! | it is cut in the middle of a frame | [`Fault::Close`] or `Reset`, [`after`](Fault::after) so many bytes |
//! | every second connection fails (flapping) | [`Proxy::plan`] |
//!
//! Over pipes in memory, and so on a paused clock, a [`Link`] does the same for one connection.

mod carry;
mod fault;
mod link;
mod listen;

pub use fault::{Fault, Plan};
pub use link::Link;
pub use listen::Proxy;
