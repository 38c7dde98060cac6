//! The settings of calls: defaults of a stub, or one call's own.
//!
//! Each kind of setting has a file of its own that says how a call's settings go over a stub's.

mod compression;
mod limits;

pub(crate) use compression::Compression;
pub(crate) use limits::Limits;

use std::{mem, time::Duration};

use http::{Extensions, uri::Authority};
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{
    InvalidMetadata, Metadata,
    compression::{Encodings, Pooled},
};

use crate::{InvalidAuthority, authority};

/// Settings of calls; what is not set keeps its default.
///
/// Given to a stub's `with` they are the defaults of its calls. The same setters stand on each
/// [`Call`](crate::Call), where they win; what fails here at once is there an error of the call.
///
/// | setting | by default |
/// |---|---|
/// | [`timeout`](Self::timeout), [`deadline`](Self::deadline) | none |
/// | [`metadata`](Self::metadata) | none |
/// | [`extension`](Self::extension) | none |
/// | [`authority`](Self::authority) | the channel's |
/// | [`wait_for_ready`](Self::wait_for_ready) | it does not |
/// | [`resend_limit`](Self::resend_limit) | the channel's, 256 KiB |
/// | [`max_receive_message_size`](Self::max_receive_message_size) | 4 MiB |
/// | [`max_send_message_size`](Self::max_send_message_size) | 4 GiB |
/// | [`max_metadata_size`](Self::max_metadata_size) | 8 KiB |
/// | [`compress_with`](Self::compress_with) | nothing is compressed |
/// | [`accept_encoding`](Self::accept_encoding), [`accept_encodings`](Self::accept_encodings) | what is built in |
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
    pub(crate) extensions: Extensions,
    pub(crate) authority: Option<Authority>,
    pub(crate) compression: Compression,
}

impl CallOptions {
    /// Starts with nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends a call with DEADLINE_EXCEEDED so long after its first poll.
    ///
    /// Unset, a call may take for ever (B-9). It covers everything from waiting for a connection to
    /// the trailers of a stream, retries of your layers included (B-3). The server is told what is
    /// left when the request leaves (A-16). Zero is late already: nothing is sent (A-18). Any
    /// duration is taken, [`Duration::MAX`] too.
    ///
    /// Time passes on tokio's clock.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use std::time::Duration;
    /// use ziggurat::{CallOptions, Client, Code};
    ///
    /// let client = Client::new(cafe()).with(CallOptions::new().timeout(Duration::ZERO));
    /// let status = client.unary(&MAKE, "latte".to_owned()).await.unwrap_err();
    /// assert_eq!(status.code(), Code::DeadlineExceeded);
    /// # Ok(()) }) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self
    }

    /// Ends a call with DEADLINE_EXCEEDED at this instant.
    ///
    /// Where there is a timeout too, the earlier end counts (B-2). It is how a server passes on
    /// what is left of the request it works for (B-10):
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat::{CallOptions, Deadline};
    ///
    /// fn for_request<B>(
    ///     inbound: &http::Request<B>,
    /// ) -> Result<CallOptions, Box<dyn std::error::Error>> {
    ///     let options = CallOptions::new().timeout(Duration::from_secs(5)); // at most
    ///     Ok(match Deadline::from_headers(inbound.headers())? {
    ///         Some(deadline) => options.deadline(deadline),
    ///         None => options,
    ///     })
    /// }
    /// # for_request(&http::Request::new(())).unwrap();
    /// ```
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

    /// Keeps up to this many bytes of the request until its answer begins, instead of the channel's limit (C-25).
    ///
    /// They are sent again if the server says that it did not act on them, which servers do when they restart. Zero
    /// keeps nothing: such a call is sent once. A longer request is sent too, and then fails with UNAVAILABLE. The
    /// channel's [total](crate::channel::Builder::resend_total) holds beside it.
    pub fn resend_limit(mut self, bytes: usize) -> Self {
        self.limits.resend = Some(bytes);
        self
    }

    /// Sends a text value along; as a default, only where the call does not set the key.
    ///
    /// Values of one key add up within these options, and are replaced together by those that a
    /// call sets.
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{CallOptions, Client};
    ///
    /// let options = CallOptions::new().metadata("x-tenant", "acme")?.metadata("x-table", "7")?;
    /// let client = Client::new(cafe()).with(options);
    ///
    /// let call = client.unary(&MAKE, "latte".to_owned()).metadata("x-table", "8");
    /// let response = call.send().await?;
    /// let sent = response.initial_metadata(); // this service sends it back
    /// assert_eq!((sent.get("x-tenant"), sent.get("x-table")), (Some("acme"), Some("8")));
    /// # Ok(()) }) }
    /// ```
    pub fn metadata(mut self, key: &str, value: &str) -> Result<Self, InvalidMetadata> {
        self.metadata.append(key, value)?;
        Ok(self)
    }

    /// Sends pairs of text along, of a list, a map, or any other iterator of them.
    ///
    /// # Errors
    ///
    /// The first pair that may not be sent, by its number: [`InvalidMetadata::Pair`].
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use ziggurat::CallOptions;
    ///
    /// let trace = HashMap::from([("traceparent", "00-4bf92f35-00f067aa-01")]);
    /// let options = CallOptions::new()
    ///     .metadata_pairs([("x-tenant", "acme"), ("x-table", "7")])?
    ///     .metadata_pairs(trace)?;
    /// # drop(options);
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn metadata_pairs<K, V>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, InvalidMetadata>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.metadata.append_pairs(pairs)?;
        Ok(self)
    }

    /// Sends bytes along, under a key ending in `-bin`.
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append_bin`].
    ///
    /// ```
    /// use ziggurat::CallOptions;
    ///
    /// let options = CallOptions::new().metadata_bin("x-name-bin", "Zoë")?; // no ASCII
    /// # drop(options);
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
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
    /// A proxy passes on with it what it got. Left out are values that are no legal text, and the
    /// names that the library uses itself.
    ///
    /// # Errors
    ///
    /// There is more than a request can hold: 24,576 names.
    pub fn metadata_from(mut self, metadata: &Metadata) -> Result<Self, InvalidMetadata> {
        self.metadata.extend_sendable(metadata)?;
        Ok(self)
    }

    /// Keeps the values that a key has now out of HTTP/2's compression tables, and out of `Debug`.
    ///
    /// For secrets, and for what differs in each call: see [`Metadata::mark_sensitive`]. A key without values is passed
    /// over. What the library writes by itself and differs in each call, `grpc-timeout`, is sent so too.
    ///
    /// ```
    /// use ziggurat::CallOptions;
    ///
    /// let options = CallOptions::new().metadata("authorization", "Bearer 5ec2e7")?;
    /// let options = options.sensitive_metadata("authorization");
    /// assert!(!format!("{options:?}").contains("5ec2e7"));
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn sensitive_metadata(mut self, key: &str) -> Self {
        self.metadata.mark_sensitive(key);
        self
    }

    /// Gives layers a value with the request, as one of its extensions; nothing of it is sent.
    ///
    /// There is one value of each type: a call's own takes the place of the stub's. A layer reads it with
    /// `request.extensions()`, whatever the shape of the call, and a request that a retry clones has a clone of it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use tower::ServiceBuilder;
    /// use ziggurat::{Body, CallOptions, Client};
    ///
    /// /// Whose call it is.
    /// #[derive(Clone)]
    /// struct Tenant(&'static str);
    ///
    /// let bill = ServiceBuilder::new().map_request(|request: http::Request<Body>| {
    ///     let tenant = request.extensions().get().map(|Tenant(name)| *name);
    ///     println!("{} is for {}", request.uri(), tenant.unwrap_or("nobody"));
    ///     # let expected = if request.uri() == MAKE.path() { "acme" } else { "everybody" };
    ///     # assert_eq!(tenant, Some(expected));
    ///     request
    /// });
    /// let options = CallOptions::new().extension(Tenant("everybody"));
    /// let client = Client::new(bill.service(cafe())).with(options);
    /// client.unary(&MAKE, "latte".to_owned()).extension(Tenant("acme")).await?;
    /// client.client_streaming(&UPLOAD, []).await?;
    /// # Ok(()) }) }
    /// ```
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Calls the server by this name, `host` or `host:port`, instead of the channel's (I-30).
    ///
    /// It is the request's `:authority`, by which a server or a proxy in front of several chooses one. It leads to no
    /// other connection. A request over TLS is sent only if the server's certificate is valid for the name too; if it is
    /// not, the call ends with UNAVAILABLE (I-31).
    ///
    /// Layers see it in the request's URI. A layer or a foreign stub that names an authority there does the same.
    ///
    /// # Errors
    ///
    /// It is no host with or without a port.
    ///
    /// ```
    /// use ziggurat::CallOptions;
    ///
    /// let options = CallOptions::new().authority("cafe.example:50051")?;
    /// # drop(options);
    /// # Ok::<_, ziggurat::InvalidAuthority>(())
    /// ```
    pub fn authority(mut self, name: &str) -> Result<Self, InvalidAuthority> {
        self.authority = Some(authority::parse(name)?);
        Ok(self)
    }

    /// Refuses longer answer messages, in bytes; 4 MiB by default (A-57).
    ///
    /// A longer one ends the call with RESOURCE_EXHAUSTED as soon as its length is known; nothing
    /// of it is kept. It holds for compressed messages too: for what arrives, and for what that
    /// becomes.
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_receive = Some(bytes);
        self
    }

    /// Refuses to send longer messages, in bytes before compression.
    ///
    /// By default there is no limit but the protocol's 4 GiB (A-58). A longer one ends the call
    /// with RESOURCE_EXHAUSTED before any byte of it is sent.
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_send = Some(bytes);
        self
    }

    /// Refuses more metadata than this, in bytes; 8 KiB by default (A-39).
    ///
    /// Counted are names, values, and 32 bytes for each pair. It holds for the request's own
    /// metadata, for what comes before the messages, and for what comes with the status, each by
    /// itself. What exceeds it ends the call with INTERNAL (A-40), whatever the server's status is;
    /// the text has that too. A connection keeps [`max_header_list`] bytes, 64 KiB by default, with
    /// the same end.
    ///
    /// [`max_header_list`]: crate::channel::Http2Options::max_header_list
    pub fn max_metadata_size(mut self, bytes: usize) -> Self {
        self.limits.max_metadata = Some(bytes);
        self
    }

    /// Compresses request messages of 1 KiB and more; none are by default (A-54).
    ///
    /// Choose what the server is known to read: another one answers UNIMPLEMENTED, or INTERNAL.
    /// What would grow is sent as it is (A-53). Do not compress messages that hold a secret beside
    /// what an attacker can choose: their length tells about the secret.
    ///
    /// `Gzip`, `Deflate` and `Zstd` come with the features of these names;
    /// [`compression`](crate::compression) has them, and tells how to make others. Working memory
    /// is shared by all calls that have their encoding from these options.
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
    ///
    /// It does nothing where nothing is compressed. Zero compresses every message that gets
    /// shorter.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compression.from = Some(bytes);
        self
    }

    /// Compresses no request message, whatever the stub's options say.
    ///
    /// [`open`](crate::open) has calls that can leave out single messages. Answers are not touched.
    ///
    /// ```
    /// # #[cfg(feature = "gzip")] {
    /// # let client = ziggurat::Client::new(ziggurat::Channel::default());
    /// use ziggurat::{CallOptions, Method, compression::Gzip};
    ///
    /// const LOG_IN: Method<String, String> = Method::new("/cafe.v1.Door/LogIn");
    ///
    /// let client = client.with(CallOptions::new().compress_with(Gzip::new()));
    /// // A secret beside what others can choose: its length must not tell about it.
    /// let call = client.unary(&LOG_IN, "password".to_owned()).uncompressed();
    /// # drop(call);
    /// # }
    /// ```
    pub fn uncompressed(mut self) -> Self {
        self.compression.leave_plain();
        self
    }

    /// Reads answers compressed with this encoding too.
    ///
    /// It is preferred to those there are: to what is built in, or to those that were
    /// [chosen](Self::accept_encodings). The server decides
    /// whether and how it compresses, whatever the request does (A-55). Another encoding of the
    /// same name is replaced.
    pub fn accept_encoding(mut self, encoding: impl Into<Pooled>) -> Self {
        self.compression.accept(encoding.into());
        self
    }

    /// Reads answers compressed with these encodings and no others, whatever is built in.
    ///
    /// By default what is built in is read, and the server is told so (A-10). With fewer, it is told these; with
    /// [none](Encodings::none), nothing, and answers are to come plain. A server that compresses with another one all the
    /// same ends the call with INTERNAL, which names it (A-49). Those that are [added](Self::accept_encoding) later come
    /// beside these; of a call's own, they take the place of all that the stub reads.
    ///
    /// ```
    /// # #[cfg(feature = "gzip")] {
    /// use ziggurat::{CallOptions, compression::{Encodings, Gzip}};
    ///
    /// // grpc-accept-encoding: gzip
    /// let options = CallOptions::new().accept_encodings(Encodings::none().with(Gzip::new()));
    /// # drop(options);
    /// # }
    /// ```
    pub fn accept_encodings(mut self, encodings: Encodings) -> Self {
        self.compression.accept_only(encodings);
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
        let own = mem::replace(&mut self.extensions, defaults.extensions.clone());
        self.extensions.extend(own);
        self.authority = self.authority.or_else(|| defaults.authority.clone());
        self.limits = self.limits.over(defaults.limits);
        self.compression = self.compression.over(&defaults.compression);
        self
    }
}
