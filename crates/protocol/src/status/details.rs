use std::{error::Error, fmt};

use bytes::Bytes;
use prost::Message;
use prost_types::Any;
use ziggurat_text::{TEXT, foreign};

/// Reads the bytes of `grpc-status-details-bin`.
///
/// Implement it for servers that put something else there than a `google.rpc.Status`; the crate
/// `ziggurat-types` has one that also reads the ten standard details.
///
/// ```
/// use bytes::Bytes;
/// use ziggurat::{Code, Status, protocol::status::{DetailsCodec, InvalidDetails}};
///
/// enum Text {}
/// impl DetailsCodec for Text {
///     type Details = String;
///     fn decode(bytes: Bytes) -> Result<String, InvalidDetails> {
///         String::from_utf8(bytes.into()).map_err(InvalidDetails::new)
///     }
/// }
/// let status = Status::new(Code::Aborted, "").with_details("milk");
/// assert_eq!(status.details::<Text>().unwrap()?, "milk");
/// # Ok::<_, InvalidDetails>(())
/// ```
pub trait DetailsCodec {
    /// What the bytes become.
    type Details;

    /// Reads the bytes.
    ///
    /// # Errors
    ///
    /// They are something else.
    fn decode(bytes: Bytes) -> Result<Self::Details, InvalidDetails>;
}

/// The message `google.rpc.Status`, which servers send as details.
///
/// Each detail is kept as it came, also one whose type this program does not know: `type_url` says
/// what it is, and a message of that type decodes the `value`.
///
/// ```
/// use prost::Message;
/// use prost_types::{Any, Duration};
/// use ziggurat::protocol::status::RpcStatus;
///
/// fn wait(status: &RpcStatus) -> Option<Duration> {
///     let mut details = status.details.iter();
///     let wait = details.find(|detail| detail.type_url.ends_with("/google.protobuf.Duration"))?;
///     Duration::decode(&*wait.value).ok()
/// }
///
/// let seconds = |seconds| Duration { seconds, nanos: 0 };
/// let status = RpcStatus::new(14, "busy", vec![Any::from_msg(&seconds(30))?]);
/// assert_eq!(wait(&status), Some(seconds(30)));
/// # Ok::<_, prost::EncodeError>(())
/// ```
#[derive(Clone, PartialEq, Message)]
#[non_exhaustive]
pub struct RpcStatus {
    /// The status number the server put inside.
    ///
    /// Where it contradicts `grpc-status` the call ends with INTERNAL, naming both (A-100).
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The text the server put inside.
    #[prost(string, tag = "2")]
    pub message: String,
    /// The details in the server's order and number (A-101).
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

impl RpcStatus {
    /// Makes one of a status number, a text and details, as a server or a test sends it.
    pub fn new(code: i32, message: impl Into<String>, details: Vec<Any>) -> Self {
        Self {
            code,
            message: message.into(),
            details,
        }
    }
}

impl DetailsCodec for RpcStatus {
    type Details = Self;

    fn decode(bytes: Bytes) -> Result<Self, InvalidDetails> {
        Message::decode(bytes).map_err(InvalidDetails::new)
    }
}

/// Details that could not be read; the text tells what the codec said.
#[derive(Debug)]
pub struct InvalidDetails(crate::BoxError);

impl InvalidDetails {
    /// Wraps a codec's error.
    pub fn new(cause: impl Into<crate::BoxError>) -> Self {
        Self(cause.into())
    }

    /// What the codec said.
    pub fn cause(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl fmt::Display for InvalidDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some codecs tell what they read.
        let cause = self.0.to_string();
        write!(
            f,
            "the status details cannot be read: {}",
            foreign(&cause, TEXT)
        )
    }
}

impl Error for InvalidDetails {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        ziggurat_text::source(&self.to_string(), self.cause())
    }
}
