//! Opened calls whose halves live in two tasks.

use ziggurat::{
    CallOptions, Code,
    open::{Misuse, Over},
};

use crate::{machine::Seen, messages::line, run, server::cafe};

#[test]
fn two_tasks_exchange_twenty_thousand_lines() {
    run(async {
        const LINES: usize = 20_000;
        let (cafe, _server) = cafe();
        let (mut sender, mut answers) = cafe.open().chat().split().await.unwrap();
        let sending = tokio::spawn(async move {
            for number in 0..LINES {
                sender.send(line(number.to_string())).await.unwrap();
            }
            sender.end().unwrap();
        });
        for number in 0..LINES {
            let answer = answers.recv().await.unwrap();
            assert_eq!(answer, Some(line(number.to_string())));
        }
        assert_eq!(answers.recv().await.unwrap(), None);
        sending.await.unwrap();
    });
}

#[test]
fn the_last_message_ends_the_sending_half() {
    run(async {
        let (cafe, _server) = cafe();
        let (mut sender, mut answers) = cafe.open().chat().split().await.unwrap();
        sender.send(line("hi")).await.unwrap();
        sender.send_last(line("bye")).await.unwrap();
        assert_eq!(answers.recv().await.unwrap(), Some(line("hi")));
        assert_eq!(answers.recv().await.unwrap(), Some(line("bye")));
        assert_eq!(answers.recv().await.unwrap(), None);
        answers.finish().await.unwrap();
    });
}

#[test]
fn a_call_can_be_split_in_the_middle() {
    run(async {
        let (cafe, _server) = cafe();
        let mut call = cafe.open().chat();
        call.send(line("one")).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(line("one")));
        let (mut sender, mut answers) = call.split().await.unwrap();
        sender.send(line("two")).await.unwrap();
        assert_eq!(answers.recv().await.unwrap(), Some(line("two")));

        let mut call = cafe.open().chat();
        call.send_last(line("one")).await.unwrap();
        let (mut sender, answers) = call.split().await.unwrap();
        let status = sender.send(line("two")).await.unwrap_err();
        let misuse = status.cause().unwrap().downcast_ref();
        assert_eq!(misuse, Some(&Misuse::SendAfterEnd));
        let status = sender.end().unwrap_err();
        let misuse = status.cause().unwrap().downcast_ref();
        assert_eq!(misuse, Some(&Misuse::EndTwice));
        answers.finish().await.unwrap();
    });
}

#[test]
fn a_sender_dropped_before_its_end_cancels() {
    // B-23
    run(async {
        let (cafe, mut server) = cafe();
        let hanging = CallOptions::new().metadata("x-hang", "yes").unwrap();
        let hanging = cafe.with(hanging);
        let (sender, mut answers) = hanging.open().chat().split().await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        drop(sender);
        let status = answers.recv().await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled);
        assert!(
            status.message().contains("dropped before the end"),
            "{status}"
        );
        assert_eq!(server.seen().await, Seen::Cancelled);
    });
}

#[test]
fn a_reader_dropped_before_its_end_cancels() {
    // B-20
    run(async {
        let (cafe, mut server) = cafe();
        let hanging = CallOptions::new().metadata("x-hang", "yes").unwrap();
        let hanging = cafe.with(hanging);
        let (mut sender, answers) = hanging.open().chat().split().await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        drop(answers);
        assert_eq!(server.seen().await, Seen::Cancelled);
        let status = loop {
            if let Err(status) = sender.send(line("hello?")).await {
                break status;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(status.code(), Code::Cancelled);
        assert!(status.cause().unwrap().is::<Over>());
    });
}
