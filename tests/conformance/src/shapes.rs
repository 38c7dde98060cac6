//! The four shapes: simple calls, and opened ones where a call is cancelled or both sides talk at once.

use std::time::Duration;

use tokio::time::sleep;
use tokio_stream::{Stream, StreamExt, iter};
use ziggurat::{Call, Channel, Status, open};

use crate::{
    Failure,
    outcome::{self, Answer},
    reading::Reading,
    script::{Message, Script},
    suite::{
        BidiStreamRequest, ClientResponseResult, ClientStreamRequest, ConformanceServiceStub,
        ServerStreamRequest, StreamType,
    },
};

type Stub = ConformanceServiceStub<Channel>;
type Told = Result<ClientResponseResult, Failure>;

pub(crate) async fn unary<Req: Message, Resp: Answer>(
    script: Script,
    simple: impl FnOnce(Req) -> Call<Resp, Channel>,
    opened: impl FnOnce() -> open::Unary<Req, Resp>,
) -> Told {
    let message = script.message()?;
    let Some(cancel) = script.cancel else {
        return Ok(outcome::one(simple(message).send().await));
    };
    let mut call = opened();
    let handle = call.cancel_handle();
    let sent = call.send(message).await;
    cancel.after_end(&handle);
    Ok(outcome::one(answer(sent).await))
}

pub(crate) async fn server_stream(script: Script, stub: &Stub) -> Told {
    let message: ServerStreamRequest = script.message()?;
    let Some(cancel) = script.cancel else {
        let started = stub.server_stream(message).await;
        return Ok(Reading::default().all(started).await);
    };
    let mut call = stub.open().server_stream();
    let handle = call.cancel_handle();
    let started = call.send(message).await;
    cancel.after_end(&handle);
    Ok(Reading::cancelled(cancel, handle).all(started).await)
}

pub(crate) async fn client_stream(script: Script, stub: &Stub) -> Told {
    let messages: Vec<ClientStreamRequest> = script.messages()?;
    let Some(cancel) = script.cancel else {
        let call = stub.client_stream(delayed(messages, script.delay));
        return Ok(outcome::one(call.send().await));
    };
    let mut call = stub.open().client_stream();
    let handle = call.cancel_handle();
    for message in messages {
        sleep(script.delay).await;
        if call.send(message).await.is_err() {
            break; // the answer tells why
        }
    }
    cancel.before_end(&handle);
    let sent = call.end().await;
    cancel.after_end(&handle);
    Ok(outcome::one(answer(sent).await))
}

pub(crate) async fn bidi_stream(script: Script, stub: &Stub) -> Told {
    let messages: Vec<BidiStreamRequest> = script.messages()?;
    let talks = script.shape == StreamType::FullDuplexBidiStream;
    if script.cancel.is_none() && !talks {
        let started = stub.bidi_stream(delayed(messages, script.delay)).await;
        return Ok(Reading::default().all(started).await);
    }
    let mut call = stub.open().bidi_stream();
    let mut reading = match script.cancel {
        Some(cancel) => Reading::cancelled(cancel, call.cancel_handle()),
        None => Reading::default(),
    };
    let (mut sender, mut answers) = match call.split().await {
        Ok(halves) => halves,
        Err(status) => return Ok(outcome::failed(&status, Vec::new())),
    };
    for message in messages {
        sleep(script.delay).await;
        if sender.send(message).await.is_err() || (talks && !reading.one(&mut answers).await) {
            break; // the answer tells why
        }
    }
    reading.before_end();
    let ended = sender.end();
    reading.after_end();
    Ok(reading.all(ended.map(|()| answers)).await)
}

async fn answer<T>(sent: Result<open::Reply<T>, Status>) -> Result<ziggurat::Response<T>, Status> {
    sent?.response().await
}

fn delayed<M>(messages: Vec<M>, delay: Duration) -> impl Stream<Item = M> {
    iter(messages).then(move |message| async move {
        sleep(delay).await;
        message
    })
}
