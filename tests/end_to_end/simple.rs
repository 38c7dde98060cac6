//! The simple forms: a method is called, awaited, and gives its messages.

use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use ziggurat::{Code, Status};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Receipt};

use crate::{
    machine::Seen,
    messages::{coffee, filter, line, order},
    run,
    server::{Port, cafe},
};

fn beans(count: u32) -> Vec<Bean> {
    let bean = |grams| Bean {
        origin: "Jimma".to_owned(),
        grams,
    };
    (1..=count).map(bean).collect()
}

const NOTHING: Receipt = Receipt { beans: 0, grams: 0 };
const FOUR: Receipt = Receipt {
    beans: 4,
    grams: 10,
};

#[test]
fn an_awaited_unary_call_gives_its_message() {
    run(async {
        let (cafe, _server) = cafe();
        assert_eq!(cafe.make_latte(order()).await.unwrap(), coffee());
    });
}

#[test]
fn a_message_of_no_bytes_is_a_message() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let coffee = cafe.make_latte(LatteOrder::default()).await.unwrap();
        assert_eq!(coffee.temperature, 90);
        let lines = cafe.chat([line(""), line("")]).collect().await.unwrap();
        assert_eq!(lines, [line(""), line("")]);
    });
}

#[test]
fn a_call_outlives_its_stub_in_a_task() {
    run(async {
        let port = Port::bind();
        let _server = port.serve();
        let call = CoffeeMachineStub::new(port.channel()).make_latte(order());
        let response = tokio::spawn(call.send()).await.unwrap().unwrap();
        assert_eq!(response.into_message(), coffee());
    });
}

#[test]
fn a_server_stream_gives_each_message_and_then_the_end() {
    run(async {
        let (cafe, _server) = cafe();
        let mut orders = cafe.watch(filter(3)).await.unwrap();
        for number in 0..3 {
            let order = orders.recv().await.unwrap().expect("an order");
            assert_eq!(order.number, number);
        }
        assert_eq!(orders.recv().await.unwrap(), None);
        assert_eq!(orders.recv().await.unwrap(), None, "the end stays");
    });
}

#[test]
fn a_server_stream_is_a_stream() {
    run(async {
        let (cafe, _server) = cafe();
        let orders = cafe.watch(filter(3)).await.unwrap();
        let numbers: Vec<_> = orders.map(|order| order.unwrap().number).collect().await;
        assert_eq!(numbers, [0, 1, 2]);
    });
}

#[test]
fn a_server_stream_can_be_collected() {
    run(async {
        let (cafe, _server) = cafe();
        assert_eq!(cafe.watch(filter(0)).collect().await.unwrap(), []);
        let orders = cafe.watch(filter(1000)).collect().await.unwrap();
        let numbers = orders.iter().map(|order| order.number);
        assert!(numbers.eq(0..1000));
    });
}

#[test]
fn a_request_is_made_of_iterators_and_streams() {
    run(async {
        let (cafe, _server) = cafe();
        assert_eq!(cafe.upload([]).await.unwrap(), NOTHING);
        assert_eq!(cafe.upload(beans(4)).await.unwrap(), FOUR);
        assert_eq!(cafe.upload(beans(4).into_iter().rev()).await.unwrap(), FOUR);
        let stream = tokio_stream::iter(beans(4));
        assert_eq!(cafe.upload(stream).await.unwrap(), FOUR);
        let results = tokio_stream::iter(beans(4)).map(Ok);
        assert_eq!(cafe.upload(results).await.unwrap(), FOUR);
        let many = cafe.upload(beans(10_000)).await.unwrap();
        assert_eq!(many.beans, 10_000);
    });
}

#[test]
fn the_error_of_a_source_is_the_status_of_its_call() {
    // B-24
    run(async {
        let (cafe, _server) = cafe();
        let broken = || {
            let grinder = Status::new(Code::DataLoss, "the grinder is broken");
            tokio_stream::iter(beans(2))
                .map(Ok)
                .chain(tokio_stream::once(Err(grinder)))
        };
        let status = cafe.upload(broken()).await.unwrap_err();
        assert_eq!(status.to_string(), "DATA_LOSS: the grinder is broken");
        assert!(status.is_local());
        assert_eq!(
            cafe.upload(beans(4)).await.unwrap(),
            FOUR,
            "only that call ended"
        );
    });
}

#[test]
fn both_directions_of_a_chat_run_at_once() {
    run(async {
        let (cafe, _server) = cafe();
        let lines: Vec<_> = (0..2000).map(|number| line(number.to_string())).collect();
        let answers = cafe.chat(lines.clone()).collect().await.unwrap();
        assert_eq!(answers, lines);

        // Each line is sent once its predecessor was answered.
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let mut answers = cafe.chat(ReceiverStream::new(receiver)).await.unwrap();
        for line in &lines[..10] {
            sender.send(line.clone()).await.unwrap();
            assert_eq!(answers.recv().await.unwrap().as_ref(), Some(line));
        }
        drop(sender);
        assert_eq!(answers.recv().await.unwrap(), None);
    });
}

#[test]
fn a_server_may_read_before_it_answers() {
    // Awaiting a streaming call does not wait for headers.
    run(async {
        let (cafe, _server) = cafe();
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let call = cafe.chat(ReceiverStream::new(receiver));
        let mut answers = call.metadata("x-read-first", "yes").await.unwrap();
        sender.send(line("hello?")).await.unwrap();
        assert_eq!(answers.recv().await.unwrap(), Some(line("hello?")));
    });
}

#[test]
fn messages_span_frames_and_windows() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let size = 3 * 1024 * 1024;
        let orders = cafe
            .watch(Filter { count: 3, size })
            .collect()
            .await
            .unwrap();
        assert!(
            orders
                .iter()
                .all(|order| order.padding.len() == size as usize)
        );
        let long = line("a".repeat(1024 * 1024));
        let answers = cafe.chat(vec![long.clone(); 5]).collect().await.unwrap();
        assert_eq!(answers, vec![long; 5]);
    });
}

#[test]
fn an_early_answer_ends_a_request_that_goes_on() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let beans = tokio_stream::iter(beans(1)).chain(tokio_stream::pending());
        let call = cafe.upload(beans).metadata("x-answer-early", "yes");
        assert_eq!(call.await.unwrap(), Receipt { beans: 1, grams: 1 });
    });
}

#[test]
fn a_dropped_call_is_cancelled() {
    // B-20
    run(async {
        let (cafe, mut server) = cafe();
        let call = cafe.make_latte(order()).metadata("x-hang", "yes");
        let task = tokio::spawn(call.send());
        assert_eq!(server.seen().await, Seen::Hanging);
        task.abort();
        assert_eq!(server.seen().await, Seen::Cancelled);

        let call = cafe.watch(filter(1)).metadata("x-hang", "yes");
        let mut orders = call.await.unwrap();
        assert!(orders.recv().await.unwrap().is_some());
        assert_eq!(server.seen().await, Seen::Hanging);
        drop(orders);
        assert_eq!(server.seen().await, Seen::Cancelled);
    });
}
