use bytes::{BufMut, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};

use super::{Codec, not_decoded, not_encoded};
use crate::Status;

/// JSON by serde: `application/grpc+json`.
#[derive(Clone, Copy, Debug)]
pub enum Json {}

impl<Req: Serialize, Resp: DeserializeOwned> Codec<Req, Resp> for Json {
    const CONTENT_TYPE: &'static str = "application/grpc+json";

    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status> {
        serde_json::to_writer(buffer.writer(), request).map_err(not_encoded)
    }

    fn decode(bytes: Bytes) -> Result<Resp, Status> {
        serde_json::from_slice(&bytes).map_err(not_decoded)
    }
}
