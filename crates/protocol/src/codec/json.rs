use bytes::{BufMut, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, not_decoded};
use crate::{Code, Status};

/// JSON by serde: `application/grpc+json`.
///
/// Messages need `Serialize` to be sent and `DeserializeOwned` to be read. What either refuses is
/// INTERNAL, with serde_json's error as source (A-61). Servers must know the subtype; few do.
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::{Codec, Json};
///
/// #[derive(serde::Serialize)]
/// struct Order {
///     sugar: u32,
/// }
///
/// let mut buffer = BytesMut::new();
/// <Json as Codec<Order, u32>>::encode(&Order { sugar: 3 }, &mut buffer)?;
/// assert_eq!(buffer, r#"{"sugar":3}"#);
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Json {}

impl<Req: Serialize, Resp: DeserializeOwned> Codec<Req, Resp> for Json {
    const CONTENT_TYPE: &'static str = "application/grpc+json";

    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status> {
        serde_json::to_writer(buffer.writer(), request).map_err(not_encoded)
    }

    fn decode(message: Bytes) -> Result<Resp, Status> {
        serde_json::from_slice(&message).map_err(not_decoded)
    }
}

// A-61: what cannot be written is INTERNAL.
fn not_encoded(cause: serde_json::Error) -> Status {
    let text = format!("the request does not serialise: {cause}");
    Status::local(Code::Internal, text).with_source(cause)
}
