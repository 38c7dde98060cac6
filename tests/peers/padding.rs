//! Servers that cut the answer into DATA frames of five bytes each, with and without padding.
//!
//! With it, 16 MB of flow control are spent on the answer of 314 kB: what is padding must be given back too. Without
//! it, they are 62,833 frames of the kind that h2 counts, and a reader that keeps up is not blamed for them.

use ziggurat_testing::peer::{Connection, RawFrame};

use crate::cafe::{Cafe, answer_bytes, end, within};

/// Bytes of the answer in one frame.
const PAYLOAD: usize = 5;
/// Frames that are sent together.
const BATCH: usize = 50;

/// Makes the large call; each frame of the answer is finished by the script, and spends so much of the window.
async fn answer_in_small_frames(cost: usize, finish: impl Fn(RawFrame) -> RawFrame) {
    within(async {
        let mut cafe = Cafe::open().await;
        cafe.large_call(async |peer: &mut Connection, stream| {
            peer.grpc_headers(stream).await.unwrap();
            for batch in answer_bytes().chunks(PAYLOAD * BATCH) {
                let frames = batch.chunks(PAYLOAD).map(<[u8]>::to_vec);
                let frames = frames.map(|payload| finish(RawFrame::data(stream, payload)));
                let cost = u32::try_from(cost * BATCH).unwrap();
                peer.wait_to_send(stream, cost).await.unwrap();
                peer.frames(frames).await.unwrap();
            }
            end(peer, stream).await;
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn data_frame_padding() {
    //
    answer_in_small_frames(PAYLOAD + 1 + 255, |frame| frame.padded(255)).await;
}

#[tokio::test]
async fn no_df_padding() {
    //
    answer_in_small_frames(PAYLOAD, |frame| frame).await;
}
