use std::time::Duration;

/// Says what becomes of the bytes of a connection.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
/// use ziggurat_testing::proxy::{Fault, Link};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// // Three bytes of what the server says, and then its end.
/// let (mut client, near) = duplex(64);
/// let (far, mut server) = duplex(64);
/// let _link = Link::between(near, far, Fault::Close.after(3));
///
/// server.write_all(b"latte").await?;
/// let mut cup = Vec::new();
/// client.read_to_end(&mut cup).await?;
/// assert_eq!(cup, b"lat");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// All are passed on.
    #[default]
    None,
    /// None are taken from either side, so that both fill up their windows and wait.
    Stall,
    /// All are taken, and lost: both sides may send, and neither hears of the other.
    ///
    /// The end of one side is not told to the other, either.
    Swallow,
    /// In each direction so many are passed on, then there is a pause.
    Slow {
        /// How many bytes between two pauses, at least one.
        bytes: usize,
        /// How long the pauses are, by tokio's clock.
        pause: Duration,
    },
    /// Both sides are told of the end, in good order; what they send then is lost.
    Close,
    /// Both sides are reset; over a pipe in memory they just end.
    Reset,
}

impl Fault {
    /// Lets so many bytes of the server pass before it happens.
    ///
    /// ```
    /// use ziggurat_testing::proxy::{Fault, Plan};
    ///
    /// // In the middle of the SETTINGS frame, with which a server begins.
    /// let plan: Plan = Fault::Close.after(5);
    /// # let _ = plan;
    /// ```
    pub fn after(self, bytes: u64) -> Plan {
        Plan { bytes, fault: self }
    }
}

/// Says when a connection meets which [`Fault`].
///
/// By default, never.
///
/// ```
/// use ziggurat_testing::proxy::{Fault, Plan};
///
/// assert_eq!(Plan::from(Fault::Reset), Fault::Reset.after(0));
/// assert_eq!(Plan::default(), Fault::None.into());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How many bytes of the server pass before.
    pub(super) bytes: u64,
    pub(super) fault: Fault,
}

impl From<Fault> for Plan {
    fn from(fault: Fault) -> Self {
        fault.after(0)
    }
}
