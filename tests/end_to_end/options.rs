//! The settings of calls: a stub's defaults, and each call's own.

use std::time::Duration;

use ziggurat::{Call, CallOptions, Channel, Code, Deadline, Status, protocol::timeout};
use ziggurat_examples::cafe::{Bean, Coffee, CoffeeMachineStub, Filter};

use crate::{
    messages::{coffee, filter, line, order},
    run,
    server::cafe,
};

/// The timeout that the server was told.
async fn told(call: Call<Coffee, Channel>) -> Option<Duration> {
    let response = call.send().await.unwrap();
    let text = response.initial_metadata().get("x-initial-timeout")?;
    Some(timeout::parse(text).expect("it is a timeout"))
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn without_a_timeout_the_server_is_told_none() {
    // A-19, B-9
    run(async {
        let (cafe, _server) = cafe();
        assert_eq!(told(cafe.make_latte(order())).await, None);
    });
}

#[test]
fn a_call_s_timeout_wins_over_the_stub_s() {
    run(async {
        let (cafe, _server) = cafe();
        let patient = cafe.with(CallOptions::new().timeout(2 * HOUR));
        let default = told(patient.make_latte(order())).await.unwrap();
        assert!((HOUR..=2 * HOUR).contains(&default), "{default:?}");
        let shorter = told(patient.make_latte(order()).timeout(HOUR))
            .await
            .unwrap();
        assert!(shorter <= HOUR, "{shorter:?}");
        let longer = told(patient.make_latte(order()).timeout(4 * HOUR))
            .await
            .unwrap();
        assert!((2 * HOUR..=4 * HOUR).contains(&longer), "{longer:?}");
        // What a later `with` leaves open stays.
        let named = patient.with(CallOptions::new().metadata("x-tenant", "acme").unwrap());
        assert!(told(named.make_latte(order())).await.is_some());
        // The stub it was made from is as before.
        assert_eq!(told(cafe.make_latte(order())).await, None);
    });
}

#[test]
fn the_earlier_of_timeout_and_deadline_counts() {
    // B-2
    run(async {
        let (cafe, _server) = cafe();
        let soon = Deadline::after(HOUR);
        let call = cafe.make_latte(order()).timeout(3 * HOUR).deadline(soon);
        let left = told(call).await.unwrap();
        assert!(left <= HOUR, "{left:?}");
    });
}

fn assert_exhausted(status: &Status, limit: &str) {
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.is_local());
    assert!(status.message().contains(limit), "{status}");
}

#[test]
fn answers_over_the_receive_limit_end_the_call() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let orders = |size| cafe.watch(Filter { count: 2, size });
        let status = orders(5 * 1024 * 1024).collect().await.unwrap_err();
        assert_exhausted(&status, "4194304");
        let status = orders(5000)
            .max_receive_message_size(1000)
            .collect()
            .await
            .unwrap_err();
        assert_exhausted(&status, "receive limit of 1000 bytes");
        let generous = orders(5 * 1024 * 1024).max_receive_message_size(8 * 1024 * 1024);
        assert_eq!(generous.collect().await.unwrap().len(), 2);
        // Unary too, and by the stub's default.
        let mean = cafe.with(CallOptions::new().max_receive_message_size(3));
        let status = mean.make_latte(order()).await.unwrap_err();
        assert_exhausted(&status, "receive limit of 3 bytes");
        let call = mean.make_latte(order()).max_receive_message_size(100);
        assert_eq!(call.await.unwrap(), coffee(), "the call's own wins");
    });
}

#[test]
fn messages_over_the_send_limit_are_not_sent() {
    //
    run(async {
        let (cafe, server) = cafe();
        let mean = cafe.with(CallOptions::new().max_send_message_size(4));
        assert_unsendable(&mean).await;
        assert_eq!(
            server.accepted(),
            0,
            "the first message failed before anything was sent"
        );
        let call = mean.make_latte(order()).max_send_message_size(100);
        assert_eq!(call.await.unwrap(), coffee(), "the call's own wins");
    });
}

async fn assert_unsendable(mean: &CoffeeMachineStub) {
    let limit = "send limit of 4 bytes";
    assert_exhausted(&mean.make_latte(order()).await.unwrap_err(), limit);
    let mut filter = filter(1);
    filter.size = 1 << 28;
    assert_exhausted(&mean.watch(filter).collect().await.unwrap_err(), limit);
    let opened = mean.open().make_latte().send(order()).await;
    assert_exhausted(&opened.unwrap_err(), limit);
}

#[test]
fn a_later_message_over_the_send_limit_ends_the_call() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let mean = cafe.with(CallOptions::new().max_send_message_size(4));
        let limit = "send limit of 4 bytes";
        let bean = |origin: &str| Bean {
            origin: origin.to_owned(),
            grams: 1,
        };
        let status = mean.upload([bean(""), bean("Jimma")]).await.unwrap_err();
        assert_exhausted(&status, limit);

        let mut call = mean.open().chat();
        call.send(line("a")).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(line("a")));
        assert_exhausted(&call.send(line("too long")).await.unwrap_err(), limit);
        assert_exhausted(&call.recv().await.unwrap_err(), limit);

        let (mut sender, mut answers) = mean.open().chat().split().await.unwrap();
        assert_exhausted(&sender.send(line("too long")).await.unwrap_err(), limit);
        assert_exhausted(&answers.recv().await.unwrap_err(), limit);
    });
}

#[test]
fn metadata_over_its_limit_ends_the_call() {
    //
    run(async {
        let (cafe, server) = cafe();
        let long = "a".repeat(5000);
        let with = |key| cafe.make_latte(order()).metadata(key, &long);
        let status = with("x-own").max_metadata_size(4096).await.unwrap_err();
        assert_over(&status, "the request has");
        assert_eq!(server.accepted(), 0, "nothing was sent");
        with("x-own").await.unwrap();

        // What comes back is more than what went out.
        let twice = || with("x-initial").metadata("x-initial-too", &long);
        let status = twice().max_metadata_size(10_200).await.unwrap_err();
        assert_over(&status, "the answer has");
        twice().max_metadata_size(16_384).await.unwrap();
        // By default it is 8 KiB.
        assert_over(&twice().await.unwrap_err(), "the request has");
    });
}

fn assert_over(status: &Status, text: &str) {
    assert_eq!(status.code(), Code::Internal);
    assert!(status.is_local());
    assert!(status.message().contains(text), "{status}");
    assert!(
        status.message().contains("bytes of metadata, the limit is"),
        "{status}"
    );
}
