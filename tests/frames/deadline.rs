//! Deadlines end a call wherever it stands.

use std::{error::Error, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time;
use ziggurat::{CallOptions, Code, Status, open::Over};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};
use ziggurat_testing::peer::{Connection, Reason};

use crate::{
    cafe::{Cafe, answer, answer_once, assert_cut_off, bean, filter, line, order, take},
    clock::still,
    window::{Point, Window},
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// When its timer has fired: tokio's timers count whole milliseconds.
const LATE: Duration = Duration::from_millis(10_001);

/// A call with a timeout is under way as far as the script says when its deadline passes; what it sent to this end.
async fn expires<T>(
    call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>,
    script: impl AsyncFnOnce(&mut Connection),
) -> Vec<String> {
    let mut cafe = Cafe::open().await;
    let hurried = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
    let script = async |peer: &mut Connection| {
        script(peer).await;
        time::advance(LATE).await;
    };
    let ended = cafe.run(async |_| call(hurried).await, script).await;
    let status = ended.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded); // B-4
    let frames = cafe.frames().await;
    cafe.serves_another().await;
    frames
}

const COMPLETE: [&str; 3] = ["HEADERS 1", "DATA 1 (7) END_STREAM", "RST_STREAM 1 CANCEL"];

#[tokio::test]
async fn before_headers() {
    still(async {
        // B-3, B-4
        let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
        assert_eq!(expires(call, take).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.watch(filter()).await?.recv().await;
        assert_eq!(expires(call, take).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.upload([bean()]).await;
        assert_eq!(expires(call, take).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
        assert_cut_off(&expires(call, take).await, "CANCEL"); // B-23
        let call =
            async |cafe: CoffeeMachineStub| cafe.chat(stream::pending::<Line>()).collect().await;
        assert_cut_off(&expires(call, take).await, "CANCEL");
    })
    .await;
}

#[tokio::test]
async fn opened_calls_before_headers() {
    still(async {
        let call =
            async |cafe: CoffeeMachineStub| cafe.open().make_latte().send(order()).await?.await;
        assert_eq!(expires(call, take).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| {
            let mut call = cafe.open().chat();
            call.send(line()).await?;
            call.recv().await
        };
        assert_cut_off(&expires(call, take).await, "CANCEL");
        let call = async |cafe: CoffeeMachineStub| {
            let mut call = cafe.open().upload();
            call.send(bean()).await?;
            call.initial_metadata().await.map(drop)
        };
        assert_cut_off(&expires(call, take).await, "CANCEL");
    })
    .await;
}

#[tokio::test]
async fn after_headers() {
    still(async {
        // B-3
        let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
        assert_eq!(expires(call, answer).await, COMPLETE);
        // The message is no answer without its status.
        assert_eq!(expires(call, answer_once).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.watch(filter()).await?.recv().await;
        assert_eq!(expires(call, answer).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
        assert_cut_off(&expires(call, answer).await, "CANCEL");
    })
    .await;
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    still(async {
        // B-3
        let call = async |cafe: CoffeeMachineStub| {
            let mut orders = cafe.watch(filter()).await?;
            assert!(orders.recv().await?.is_some());
            orders.recv().await
        };
        assert_eq!(expires(call, answer_once).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| cafe.watch(filter()).collect().await;
        assert_eq!(expires(call, answer_once).await, COMPLETE);
        let call = async |cafe: CoffeeMachineStub| {
            let lines = stream::iter([line()]).chain(stream::pending());
            let mut answers = cafe.chat(lines).await?;
            assert!(answers.recv().await?.is_some());
            answers.finish().await
        };
        assert_cut_off(&expires(call, answer_once).await, "CANCEL");
        let call = async |cafe: CoffeeMachineStub| {
            let (_sender, mut answers) = cafe.open().chat().split().await?;
            assert!(answers.recv().await?.is_some());
            answers.recv().await
        };
        assert_cut_off(&expires(call, answer_once).await, "CANCEL");
    })
    .await;
}

/// A call that waits for the one stream of the connection ends at its deadline, and has sent nothing.
async fn queued<T>(call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>) {
    let mut cafe = Cafe::open().await;
    let has_the_stream = cafe.stub.watch(filter()).await.unwrap();
    take(&mut cafe.peer).await;
    let hurried = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
    let script = async |peer: &mut Connection| {
        peer.barrier().await.unwrap();
        time::advance(LATE).await;
    };
    let ended = cafe.run(async |_| call(hurried).await, script).await;
    let status = ended.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(cafe.frames().await, &COMPLETE[..2]);
    drop(has_the_stream);
    assert_eq!(cafe.frames().await, COMPLETE);
    cafe.serves_another().await;
}

#[tokio::test]
async fn while_another_call_has_the_stream() {
    still(async {
        // B-3, A-116
        queued(async |cafe| cafe.make_latte(order()).await).await;
        queued(async |cafe| cafe.watch(filter()).await?.recv().await).await;
        queued(async |cafe| cafe.upload([bean()]).await).await;
        queued(async |cafe| cafe.chat([line()]).collect().await).await;
        queued(async |cafe| cafe.open().chat().send_request().await).await;
    })
    .await;
}

/// A call that is stuck on flow control ends at its deadline, before and after headers.
async fn stuck<T>(call: impl AsyncFn(CoffeeMachineStub) -> Result<T, Status>) {
    for point in [Point::Nothing, Point::Headers] {
        let mut cafe = Window::Stream.open().await;
        let hurried = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
        let script = async |peer: &mut Connection| {
            Window::Stream.fill(point, peer).await;
            time::advance(LATE).await;
        };
        let ended = cafe.run(async |_| call(hurried).await, script).await;
        let status = ended.map(drop).unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert_cut_off(&cafe.frames().await, "CANCEL"); // B-4, L-21
        Window::Stream.recover(&mut cafe).await;
    }
}

#[tokio::test]
async fn while_the_request_waits_for_flow_control() {
    still(async {
        stuck(async |cafe| cafe.make_latte(order()).await).await;
        stuck(async |cafe| cafe.watch(filter()).collect().await).await;
        stuck(async |cafe| cafe.upload([bean()]).await).await;
        stuck(async |cafe| cafe.chat(stream::repeat_with(line)).collect().await).await;
    })
    .await;
}

#[tokio::test]
async fn while_a_send_waits_for_flow_control() {
    still(async {
        stuck(async |cafe| {
            let mut call = cafe.open().chat();
            let status = loop {
                if let Err(status) = call.send(line()).await {
                    break status;
                }
            };
            Err::<(), _>(status) // B-3
        })
        .await;
        stuck(async |cafe| {
            let mut call = cafe.open().upload();
            while call.send(bean()).await.is_ok() {}
            call.end().await?.await
        })
        .await;
        stuck(async |cafe| {
            let (mut sender, answers) = cafe.open().chat().split().await?;
            let sending = async { while sender.send(line()).await.is_ok() {} };
            let (ended, ()) = tokio::join!(answers.finish(), sending);
            ended
        })
        .await;
        // The sending half keeps the time also while nobody reads.
        stuck(async |cafe| {
            let (mut sender, mut answers) = cafe.open().chat().split().await?;
            let status = loop {
                if let Err(status) = sender.send(line()).await {
                    break status;
                }
            };
            assert_eq!(status.code(), Code::DeadlineExceeded);
            answers.recv().await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_gives_up_at_the_deadline_too() {
    // B-5
    still(async {
        let mut cafe = Cafe::open().await;
        let stub = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
        let mut call = stub.open().chat();
        call.send(line()).await.unwrap();
        answer(&mut cafe.peer).await;
        call.initial_metadata().await.unwrap();
        time::advance(LATE).await;
        cafe.peer.reset(1, Reason::CANCEL).await.unwrap();
        cafe.peer.barrier().await.unwrap();
        let status = call.recv().await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        assert!(status.is_local());
        cafe.serves_another().await;
    })
    .await;
}

/// The deadline passes between two steps of a call that has room for more, before and after headers: the next step
/// sends nothing, and no END_STREAM.
async fn late<T>(
    step: impl AsyncFn(&CoffeeMachineStub, &mut Connection, bool) -> Result<T, Status>,
) {
    for answered in [false, true] {
        let mut cafe = Cafe::open().await;
        let hurried = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
        let ended = step(&hurried, &mut cafe.peer, answered).await;
        let status = ended.map(drop).unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded); // B-3, B-4
        assert_cut_off(&cafe.frames().await, "CANCEL"); // B-23
        cafe.serves_another().await;
    }
}

/// Takes the request, answers it with headers or not, and lets the deadline pass.
async fn pass(peer: &mut Connection, answered: bool) {
    if answered {
        answer(peer).await;
    } else {
        take(peer).await;
    }
    time::advance(LATE).await;
}

#[tokio::test]
async fn between_the_steps_of_an_opened_call() {
    still(async {
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().upload();
            call.send(bean()).await?;
            pass(peer, answered).await;
            call.send(bean()).await
        })
        .await;
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().chat();
            call.send(line()).await?;
            pass(peer, answered).await;
            call.send_last(line()).await
        })
        .await;
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().upload();
            call.send(bean()).await?;
            pass(peer, answered).await;
            call.end().await
        })
        .await;
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().chat();
            call.send(line()).await?;
            pass(peer, answered).await;
            call.end().await
        })
        .await;
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().chat();
            call.send(line()).await?;
            pass(peer, answered).await;
            call.finish().await
        })
        .await;
        late(async |cafe, peer, answered| {
            let mut call = cafe.open().make_latte();
            call.send_request().await?;
            pass(peer, answered).await;
            call.send(order()).await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn between_the_steps_of_a_sender() {
    still(async {
        late(async |cafe, peer, answered| {
            let (mut sender, answers) = cafe.open().chat().split().await?;
            sender.send(line()).await?;
            pass(peer, answered).await;
            let ended = sender.send(line()).await;
            drop(answers);
            ended
        })
        .await;
        late(async |cafe, peer, answered| {
            let (sender, answers) = cafe.open().chat().split().await?;
            pass(peer, answered).await;
            let ended = sender.send_last(line()).await;
            drop(answers);
            ended
        })
        .await;
        late(async |cafe, peer, answered| {
            let (sender, answers) = cafe.open().chat().split().await?;
            pass(peer, answered).await;
            let ended = sender.end();
            drop(answers);
            ended
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_over_is_not_late() {
    // B-4, A-147
    still(async {
        let mut cafe = Cafe::open().await;
        let stub = cafe.stub.with(CallOptions::new().timeout(TIMEOUT));
        let (mut sender, mut answers) = stub.open().chat().split().await.unwrap();
        let stream = cafe.peer.request().await.unwrap().stream;
        cafe.peer.respond_ok(stream, [""]).await.unwrap();
        while answers.recv().await.unwrap().is_some() {}
        time::advance(LATE).await;
        let over = sender.send(line()).await.unwrap_err();
        assert!(over.cause().is_some_and(<dyn Error>::is::<Over>), "{over}");
        sender.end().unwrap();
        assert_cut_off(&cafe.frames().await, "NO_ERROR");
    })
    .await;
}
