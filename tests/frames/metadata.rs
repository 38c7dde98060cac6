//! How much metadata an answer may have: 8 KiB in its headers, and as much in its trailers, unless the call says more.

use ziggurat::{Code, InvalidAuthority, InvalidMetadata, Status};
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::{Connection, Fields};

use crate::cafe::{Cafe, bean, filter, line, order, within};

/// The default limit, in bytes as HTTP/2 counts them.
const LIMIT: usize = 8 * 1024;

/// Every field costs so much besides its name and its value.
const FIELD: usize = 32;

const HEAD: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

/// What of [`HEAD`] is counted: no pseudo header.
const HEAD_SIZE: usize = "content-typeapplication/grpc".len() + FIELD;

const STATUS_SIZE: usize = "grpc-status0".len() + FIELD;

/// These fields and one more, of so many bytes with what it costs.
fn padded<const N: usize>(fields: [(&str, &str); N], bytes: usize) -> Fields {
    let mut fields = Fields::from(fields);
    fields.push("x-pad", "x".repeat(bytes - "x-pad".len() - FIELD));
    fields
}

/// Makes a call against an answer whose headers and trailers have so many bytes.
async fn answered(headers: usize, status: &str, trailers: usize) -> Result<(), Status> {
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
        let told = cafe.run(call, async |peer: &mut Connection| {
            let stream = peer.request().await.unwrap().stream;
            peer.body(stream).await.unwrap();
            let head = padded(HEAD, headers - HEAD_SIZE);
            peer.headers(stream, head).await.unwrap();
            peer.message(stream, "").await.unwrap();
            let end = padded([("grpc-status", status)], trailers - STATUS_SIZE);
            peer.trailers(stream, end).await.unwrap();
        });
        let told = told.await.map(drop);
        cafe.serves_another().await;
        told
    })
    .await
}

fn assert_over(ended: Result<(), Status>) {
    let status = ended.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.is_local());
    let text = "the answer has 8193 bytes of metadata, the limit is 8192 bytes";
    assert_eq!(status.message(), text);
}

#[tokio::test]
async fn the_limit_is_the_last_size_that_passes() {
    //
    answered(LIMIT, "0", LIMIT).await.unwrap();
    assert_over(answered(LIMIT + 1, "0", LIMIT).await);
    assert_over(answered(LIMIT, "0", LIMIT + 1).await);
}

#[tokio::test]
async fn a_failure_may_have_no_more() {
    // one rule, and the text has the server's word.
    let status = answered(LIMIT, "5", LIMIT).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    let status = answered(LIMIT, "5", 12 * 1024).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let text =
        "the answer has 12288 bytes of metadata, the limit is 8192 bytes; its status is NOT_FOUND";
    assert_eq!(status.message(), text);
    let said = status
        .cause()
        .and_then(|said| said.downcast_ref::<Status>());
    assert_eq!(said.map(Status::code), Some(Code::NotFound));
}

/// What a setting of a call failed with, and the call by it.
fn assert_refused<T>(ended: Result<T, Status>, key: &str) {
    let Err(status) = ended else {
        panic!("{key} was sent");
    };
    assert_eq!(status.code(), Code::Internal);
    assert!(
        status.is_local() && status.message().contains(key),
        "{status}"
    );
    let cause = status.cause().expect("the setting tells why");
    assert!(cause.is::<InvalidMetadata>() || cause.is::<InvalidAuthority>());
}

#[tokio::test]
async fn what_may_not_be_sent_ends_a_call_and_nothing_is_sent() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let stub = &cafe.stub;
        let latte = || stub.make_latte(order());
        assert_refused(latte().metadata("te", "x").await, "`te`");
        assert_refused(
            latte().metadata("x-name", "Zo\u{eb}").send().await,
            "`x-name`",
        );
        assert_refused(latte().metadata_bin("x-name", [1]).await, "`x-name`");
        assert_refused(latte().metadata_pairs([("", "x")]).await, "pair 1");
        assert_refused(latte().authority("ca fe").await, "\"ca fe\"");
        assert_refused(stub.watch(filter()).metadata("te", "x").await, "`te`");
        assert_refused(stub.upload([bean()]).metadata("te", "x").await, "`te`");
        assert_refused(
            stub.chat([line()]).metadata("te", "x").collect().await,
            "`te`",
        );
        // The first of several is told, whatever is set afterwards.
        let several = latte()
            .metadata("te", "x")
            .authority("ca fe")
            .metadata("x-table", "7");
        assert_refused(several.await, "`te`");
        let none: [String; 0] = [];
        assert_eq!(cafe.frames().await, none);
        cafe.serves_another().await;
    })
    .await;
}
