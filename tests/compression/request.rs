//! What requests say of compression, and which messages are compressed.

use futures_util::stream;
use ziggurat::{
    CallOptions, Code,
    compression::{Deflate, Gzip, Pooled, Zstd},
};
use ziggurat_examples::cafe::{Bean, LatteOrder, Line};

use crate::{
    cafe::{Cafe, bean, decompressed, line, long, order, restless},
    rle::Rle,
    snappy::Snappy,
};

#[tokio::test]
async fn by_default_nothing_is_compressed() {
    //
    let mut cafe = Cafe::open().await;
    let sent = cafe
        .sent(async |cafe| cafe.make_latte(order(long())).await)
        .await;
    assert!(sent.header("grpc-encoding").is_empty());
    assert_eq!(sent.header("grpc-accept-encoding"), ["zstd,gzip,deflate"]);
    assert_eq!(sent.flags(), [0]);
}

#[tokio::test]
async fn each_encoding_is_named_and_used() {
    //
    let encodings: [Pooled; 5] = [
        Gzip::new().into(),
        Deflate::new().into(),
        Zstd::new().into(),
        Rle.into(),
        Snappy.into(),
    ];
    for encoding in encodings {
        let options = CallOptions::new().compress_with(encoding.clone());
        let mut cafe = Cafe::with(options).await;
        let sent = cafe
            .sent(async |cafe| cafe.make_latte(order(long())).await)
            .await;
        assert_eq!(sent.header("grpc-encoding"), [encoding.name()]);
        let (flag, message) = sent.messages[0].clone();
        assert!(flag == 1 && message.len() < 200, "{encoding:?}");
        assert_eq!(decompressed::<LatteOrder>(encoding, message), order(long()));
    }
}

#[tokio::test]
async fn streamed_messages_are_compressed_one_by_one() {
    //
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Gzip::new())).await;
    let beans = || vec![bean(long()), bean("short"), bean(long())];
    let simple = cafe.sent(async |cafe| cafe.upload(beans()).await).await;
    let streamed = cafe
        .sent(async |cafe| cafe.upload(stream::iter(beans())).await)
        .await;
    let opened = cafe.sent(async |cafe| {
        let mut call = cafe.open().upload();
        for bean in beans() {
            call.send(bean).await?;
        }
        call.end().await?.await
    });
    for sent in [simple, streamed, opened.await] {
        assert_eq!(sent.header("grpc-encoding"), ["gzip"]);
        assert_eq!(sent.flags(), [1, 0, 1]);
        for (flag, message) in sent.messages {
            if flag == 1 {
                assert_eq!(decompressed::<Bean>(Gzip::new(), message), bean(long()));
            }
        }
    }
}

#[tokio::test]
async fn a_chat_is_compressed() {
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Zstd::new())).await;
    let simple = cafe
        .sent(async |cafe| cafe.chat([line(long())]).collect().await)
        .await;
    let opened = cafe.sent(async |cafe| {
        let mut call = cafe.open().chat();
        call.send_last(line(long())).await?;
        call.finish().await
    });
    for sent in [simple, opened.await] {
        let (flag, message) = sent.messages[0].clone();
        assert_eq!((flag, sent.messages.len()), (1, 1));
        assert_eq!(decompressed::<Line>(Zstd::new(), message), line(long()));
    }
}

#[tokio::test]
async fn what_is_short_or_would_grow_is_sent_as_it_is() {
    //
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Rle)).await;
    for (name, flag) in [
        (long(), 1),
        ("a".repeat(1000), 0),
        (restless(), 0),
        (String::new(), 0),
    ] {
        let sent = cafe
            .sent(async |cafe| cafe.make_latte(order(name)).await)
            .await;
        assert_eq!(sent.header("grpc-encoding"), ["x-rle"]);
        assert_eq!(sent.flags(), [flag]);
    }
}

#[tokio::test]
async fn the_length_to_compress_from_can_be_set() {
    //
    let short = || order("a".repeat(100));
    let options = CallOptions::new().compress_with(Rle).compress_from(50);
    let mut cafe = Cafe::with(options).await;
    let sent = cafe.sent(async |cafe| cafe.make_latte(short()).await).await;
    assert_eq!(sent.flags(), [1]);
    let sent = cafe
        .sent(async |cafe| cafe.make_latte(short()).compress_from(500).await)
        .await;
    assert_eq!(sent.flags(), [0]);
    let sent = cafe.sent(async |cafe| {
        cafe.upload([bean("a".repeat(40)), bean("a".repeat(60))])
            .await
    });
    assert_eq!(sent.await.flags(), [0, 1]);
}

#[tokio::test]
async fn the_call_wins_over_its_stub() {
    //
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Gzip::new())).await;
    let sent = cafe
        .sent(async |cafe| cafe.make_latte(order(long())).uncompressed().await)
        .await;
    assert!(sent.header("grpc-encoding").is_empty());
    assert_eq!(sent.flags(), [0]);
    let sent = cafe.sent(async |cafe| {
        let call = cafe.chat([line(long())]).compress_with(Zstd::new());
        call.collect().await
    });
    let sent = sent.await;
    assert_eq!(sent.header("grpc-encoding"), ["zstd"]);
    assert_eq!(
        decompressed::<Line>(Zstd::new(), sent.messages[0].1.clone()),
        line(long())
    );

    let sent = cafe.sent(async |cafe| {
        let plain = cafe.with(CallOptions::new().uncompressed());
        plain.upload([bean(long())]).await
    });
    assert_eq!(sent.await.flags(), [0]);
    let sent = cafe.sent(async |cafe| {
        let plain = cafe.with(CallOptions::new().uncompressed());
        plain.upload([bean(long())]).compress_with(Rle).await
    });
    assert_eq!(sent.await.flags(), [1]);
}

#[tokio::test]
async fn encodings_of_the_user_are_accepted_first() {
    //
    let mut cafe = Cafe::with(CallOptions::new().accept_encoding(Snappy)).await;
    let sent = cafe
        .sent(async |cafe| cafe.make_latte(order("x")).await)
        .await;
    assert_eq!(
        sent.header("grpc-accept-encoding"),
        ["snappy,zstd,gzip,deflate"]
    );
    assert!(sent.header("grpc-encoding").is_empty());
    let sent = cafe.sent(async |cafe| cafe.make_latte(order("x")).accept_encoding(Rle).await);
    assert_eq!(
        sent.await.header("grpc-accept-encoding"),
        ["x-rle,snappy,zstd,gzip,deflate"]
    );
    let sent = cafe.sent(async |cafe| {
        cafe.make_latte(order("x"))
            .accept_encoding(Gzip::new())
            .await
    });
    assert_eq!(
        sent.await.header("grpc-accept-encoding"),
        ["gzip,snappy,zstd,deflate"]
    );
}

#[tokio::test]
async fn the_send_limit_is_one_of_messages_before_compression() {
    //
    let options = CallOptions::new().compress_with(Gzip::new());
    let mut cafe = Cafe::with(options.max_send_message_size(1999)).await;
    let status = cafe.stub.make_latte(order(long())).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    cafe.peer.barrier().await.unwrap();
    assert!(cafe.peer.log().calls().lines().is_empty());
    let sent = cafe.sent(async |cafe| {
        let call = cafe.make_latte(order(long())).max_send_message_size(2100);
        call.await
    });
    assert_eq!(sent.await.flags(), [1]);
}
