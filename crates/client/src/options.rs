//! The settings of calls: defaults of a stub, or one call's own.

mod compression;
mod limits;

pub(crate) use compression::Compression;
pub(crate) use limits::Limits;

use std::time::Duration;

use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{InvalidMetadata, Metadata, compression::Pooled};

/// Settings of calls; what is not set keeps its default.
///
/// Given to a stub's `with` they are the defaults of its calls. The same setters stand on each call, where they win.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::CallOptions;
///
/// let options = CallOptions::new()
///     .timeout(Duration::from_secs(5))
///     .metadata("x-tenant", "acme")?
///     .max_receive_message_size(16 * 1024 * 1024);
/// # Ok::<_, ziggurat::InvalidMetadata>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until a stub or a call takes them"]
pub struct CallOptions {
    pub(crate) limits: Limits,
    pub(crate) metadata: Metadata,
    pub(crate) compression: Compression,
}

impl CallOptions {
    /// Starts with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends a call with DEADLINE_EXCEEDED so long after its first poll; unset, a call may take for ever (B-9).
    ///
    /// It covers everything from waiting for a connection to the trailers of a stream (B-3).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self
    }

    /// Ends a call with DEADLINE_EXCEEDED at this instant, such as an inbound request's; the earlier of this and the
    /// timeout counts (B-2).
    pub fn deadline(mut self, deadline: Deadline) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Lets a call wait for a connection, however many attempts it takes; by default it does not (D-10).
    ///
    /// Without it, a call waits while the channel connects for the first time, and fails with UNAVAILABLE and the error
    /// of the last attempt while the channel is in transient failure. With it, it waits there too, until its deadline.
    /// Once sent, it fails like any other (D-13).
    pub fn wait_for_ready(mut self, wait: bool) -> Self {
        self.limits.wait_for_ready = Some(wait);
        self
    }

    /// Sends a text value along; as a default, only where the call does not set the key.
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append`].
    pub fn metadata(mut self, key: &str, value: &str) -> Result<Self, InvalidMetadata> {
        self.metadata.append(key, value)?;
        Ok(self)
    }

    /// Sends bytes along, under a key ending in `-bin`.
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append_bin`].
    pub fn metadata_bin(
        mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidMetadata> {
        self.metadata.append_bin(key, value)?;
        Ok(self)
    }

    /// Sends this metadata along; of received one what may be sent (A-28, A-34).
    ///
    /// # Errors
    ///
    /// There is more than a request can hold.
    pub fn metadata_from(mut self, metadata: &Metadata) -> Result<Self, InvalidMetadata> {
        self.metadata.extend_sendable(metadata)?;
        Ok(self)
    }

    /// Refuses longer answer messages, in bytes; 4 MiB by default (A-57).
    ///
    /// It holds for compressed messages too: for what arrives, and for what that becomes.
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_receive = Some(bytes);
        self
    }

    /// Refuses to send longer messages, in bytes before compression; no limit by default but the protocol's 4 GiB (A-58).
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_send = Some(bytes);
        self
    }

    /// Refuses more metadata, in bytes of names and values and 32 for each pair; 8 KiB by default (A-39).
    ///
    /// It holds for the request's own metadata, for what comes before the messages, and for what comes with the status,
    /// each by itself. What exceeds it ends the call with INTERNAL (A-40). A connection reads at most 64 KiB.
    pub fn max_metadata_size(mut self, bytes: usize) -> Self {
        self.limits.max_metadata = Some(bytes);
        self
    }

    /// Compresses request messages of 1 KiB and more; none are by default (A-54).
    ///
    /// Choose what the server is known to read: another one answers UNIMPLEMENTED, or INTERNAL. What would grow is sent
    /// as it is (A-53). Do not compress messages that hold a secret beside what an attacker can choose: their length
    /// tells about the secret.
    ///
    /// `Gzip`, `Deflate` and `Zstd` come with the features of these names; [`compression`](crate::compression) has them,
    /// and tells how to make others. Working memory is shared by all calls that have their encoding from these options.
    ///
    /// ```
    /// # #[cfg(feature = "gzip")] {
    /// use ziggurat::{CallOptions, compression::Gzip};
    ///
    /// let options = CallOptions::new().compress_with(Gzip::with_level(1)).compress_from(4096);
    /// # }
    /// ```
    pub fn compress_with(mut self, encoding: impl Into<Pooled>) -> Self {
        self.compression.compress_with(encoding.into());
        self
    }

    /// Compresses messages from this length on, in bytes before compression; 1 KiB by default.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compression.from = Some(bytes);
        self
    }

    /// Compresses no request message, whatever the stub's options say.
    ///
    /// [`open`](crate::open) has calls that can leave out single messages.
    pub fn uncompressed(mut self) -> Self {
        self.compression.leave_plain();
        self
    }

    /// Reads answers compressed with this encoding too, and prefers it to those there are; what is built in is always
    /// read.
    ///
    /// The server decides whether and how it compresses, whatever the request does (A-55). Another encoding of the same
    /// name is replaced.
    pub fn accept_encoding(mut self, encoding: impl Into<Pooled>) -> Self {
        self.compression.accept(encoding.into());
        self
    }

    /// What a stub begins with.
    pub(crate) fn built_in() -> Self {
        Self {
            compression: Compression::built_in(),
            ..Self::default()
        }
    }

    /// These settings, and where they are silent, those.
    pub(crate) fn over(mut self, defaults: &Self) -> Self {
        self.metadata.complete(&defaults.metadata);
        self.limits = self.limits.over(defaults.limits);
        self.compression = self.compression.over(&defaults.compression);
        self
    }
}
