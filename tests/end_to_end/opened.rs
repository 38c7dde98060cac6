//! Opened calls: each operation of each shape.

use tokio_stream::StreamExt;
use ziggurat::{
    CallOptions, Code,
    open::{Misuse, Over},
};
use ziggurat_examples::cafe::{Bean, Receipt};

use crate::{
    machine::Seen,
    messages::{coffee, filter, line, order},
    run,
    server::cafe,
};

const BEAN: Bean = Bean {
    origin: String::new(),
    grams: 7,
};

#[test]
fn unary_sends_once_and_awaits_the_reply() {
    run(async {
        let (cafe, _server) = cafe();
        let reply = cafe.open().make_latte().send(order()).await.unwrap();
        assert_eq!(reply.await.unwrap(), coffee());
    });
}

#[test]
fn unary_step_by_step() {
    run(async {
        let (cafe, server) = cafe();
        let mut call = cafe.open().make_latte();
        assert_eq!(call.peer(), None);
        call.send_request().await.unwrap();
        call.send_request().await.unwrap(); // again: nothing
        let mut reply = call.send(order()).await.unwrap();
        let initial = reply.initial_metadata().await.unwrap();
        assert!(initial.contains_key("x-initial-user-agent"));
        let peer = reply.peer().expect("headers are there").clone();
        assert_eq!(peer.remote_addr(), Some(server.address()));
        let response = reply.response().await.unwrap();
        assert_eq!(
            (response.message(), response.peer()),
            (&coffee(), Some(&peer))
        );
    });
}

#[test]
fn server_streaming_sends_once_and_reads() {
    run(async {
        let (cafe, server) = cafe();
        let mut call = cafe.open().watch();
        call.send_request().await.unwrap();
        let mut orders = call.send(filter(2)).await.unwrap();
        let initial = orders.initial_metadata().await.unwrap();
        assert!(initial.contains_key("x-initial-user-agent"));
        let peer = orders.peer().expect("headers are there");
        assert_eq!(peer.remote_addr(), Some(server.address()));
        assert_eq!(orders.recv().await.unwrap().unwrap().number, 0);
        assert_eq!(orders.trailing_metadata(), None);
        assert_eq!(orders.recv().await.unwrap().unwrap().number, 1);
        assert_eq!(orders.recv().await.unwrap(), None);
        assert!(orders.trailing_metadata().is_some());
    });
}

#[test]
fn finish_reads_what_is_left() {
    run(async {
        let (cafe, _server) = cafe();
        let call = cafe.watch(filter(100)).metadata("x-trailing", "bye");
        let mut orders = call.await.unwrap();
        orders.recv().await.unwrap();
        let trailing = orders.finish().await.unwrap();
        assert_eq!(trailing.get("x-trailing"), Some("bye"));

        let call = cafe.watch(filter(100)).metadata("x-fail-after", "3");
        let status = call.await.unwrap().finish().await.unwrap_err();
        assert_eq!(status.code(), Code::Aborted);
    });
}

#[test]
fn client_streaming_sends_and_ends() {
    run(async {
        let (cafe, _server) = cafe();
        let mut call = cafe.open().upload();
        call.send(BEAN).await.unwrap();
        call.send(BEAN).await.unwrap();
        let reply = call.end().await.unwrap();
        let two = Receipt {
            beans: 2,
            grams: 14,
        };
        assert_eq!(reply.await.unwrap(), two);

        let mut call = cafe.open().upload();
        call.send(BEAN).await.unwrap();
        let reply = call.send_last(BEAN).await.unwrap();
        assert_eq!(reply.await.unwrap(), two);

        let mut call = cafe.open().upload();
        call.send_request().await.unwrap();
        let nothing = Receipt { beans: 0, grams: 0 };
        assert_eq!(call.end().await.unwrap().await.unwrap(), nothing);
    });
}

#[test]
fn client_streaming_learns_of_an_early_answer() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let early = CallOptions::new().metadata("x-answer-early", "yes");
        let mut call = cafe.with(early.unwrap()).open().upload();
        call.send(BEAN).await.unwrap();
        // Not before it answers: a server that has not come to it yet may end the connection for ten thousand small frames.
        call.initial_metadata().await.unwrap();
        let over = loop {
            if let Err(status) = call.send(BEAN).await {
                break status;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(over.code(), Code::Cancelled);
        assert!(over.cause().unwrap().is::<Over>());
        let receipt = call.end().await.unwrap().await.unwrap();
        assert_eq!(receipt, Receipt { beans: 1, grams: 7 });
    });
}

#[test]
fn bidi_step_by_step() {
    run(async {
        let (cafe, server) = cafe();
        let mut call = cafe.open().chat();
        call.send_request().await.unwrap();
        assert!(
            call.initial_metadata()
                .await
                .unwrap()
                .contains_key("x-initial-user-agent")
        );
        let peer = call.peer().expect("headers are there");
        assert_eq!(peer.remote_addr(), Some(server.address()));
        call.send(line("hi")).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(line("hi")));
        call.send_last(line("bye")).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(line("bye")));
        assert_eq!(call.recv().await.unwrap(), None);
        call.finish().await.unwrap();
    });
}

#[test]
fn trailing_metadata_is_there_after_the_last_message() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let options = CallOptions::new().metadata("x-trailing", "bye").unwrap();
        let mut call = cafe.with(options).open().chat();
        call.send_last(line("hi")).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(line("hi")));
        assert_eq!(call.trailing_metadata(), None);
        assert_eq!(call.recv().await.unwrap(), None);
        let trailing = call.trailing_metadata().expect("the call has ended");
        assert_eq!(trailing.get("x-trailing"), Some("bye"));
        assert!(call.peer().is_some()); // it is whole still
    });
}

#[test]
fn what_was_skipped_is_done_implicitly() {
    run(async {
        let (cafe, _server) = cafe();
        // The end of the request.
        cafe.open().chat().finish().await.unwrap();
        // The headers, by each of the others.
        let mut call = cafe.open().chat();
        call.end().await.unwrap();
        assert_eq!(call.recv().await.unwrap(), None);
        let mut call = cafe.open().chat();
        call.initial_metadata().await.unwrap();
        call.send_last(line("one")).await.unwrap();
        assert_eq!(call.next().await.unwrap().unwrap(), line("one"));
        assert!(call.next().await.is_none());
    });
}

#[test]
fn bidi_is_a_stream() {
    run(async {
        let (cafe, _server) = cafe();
        let mut call = cafe.open().chat();
        call.send(line("one")).await.unwrap();
        call.send_last(line("two")).await.unwrap();
        let lines: Vec<_> = call.map(Result::unwrap).collect().await;
        assert_eq!(lines, [line("one"), line("two")]);
    });
}

#[test]
fn misuse_is_a_typed_error_and_the_call_goes_on() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let mut call = cafe.open().chat();
        call.send_last(line("bye")).await.unwrap();
        for (status, misuse) in [
            (call.send(line("wait")).await, Misuse::SendAfterEnd),
            (call.send_last(line("wait")).await, Misuse::SendAfterEnd),
            (call.end().await, Misuse::EndTwice),
        ] {
            let status = status.unwrap_err();
            assert_eq!(status.code(), Code::Internal);
            assert_eq!(status.cause().unwrap().downcast_ref(), Some(&misuse));
            assert!(status.message().contains("ended"), "{status}");
        }
        assert_eq!(call.recv().await.unwrap(), Some(line("bye")));
        call.finish().await.unwrap();
    });
}

#[test]
fn cancel_reaches_the_server() {
    // B-20
    run(async {
        let (cafe, mut server) = cafe();
        let hanging = CallOptions::new().metadata("x-hang", "yes").unwrap();
        let hanging = cafe.with(hanging);

        let mut call = hanging.open().chat();
        call.send(line("hello?")).await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        call.cancel();
        assert_eq!(server.seen().await, Seen::Cancelled);

        let reply = hanging.open().make_latte().send(order()).await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        reply.cancel();
        assert_eq!(server.seen().await, Seen::Cancelled);

        let orders = hanging.open().watch().send(filter(1)).await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        orders.cancel();
        assert_eq!(server.seen().await, Seen::Cancelled);

        let mut call = hanging.open().upload();
        call.send_request().await.unwrap();
        assert_eq!(server.seen().await, Seen::Hanging);
        drop(call);
        assert_eq!(server.seen().await, Seen::Cancelled);
    });
}

#[test]
fn an_opened_call_that_was_told_nothing_sends_nothing() {
    run(async {
        let (cafe, server) = cafe();
        drop(cafe.open().chat());
        cafe.open().upload().cancel();
        assert_eq!(server.accepted(), 0);
    });
}

#[test]
fn a_failure_is_the_status_of_each_later_step() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let failing = CallOptions::new().metadata("x-fail", "7").unwrap();
        let failing = cafe.with(failing);
        let mut call = failing.open().chat();
        for _ in 0..2 {
            let status = call.recv().await.unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
        }
        let status = call.send(line("hello?")).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        let status = call.finish().await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    });
}
