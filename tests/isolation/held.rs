//! A stream of messages that holds the thread it is read on: it is read by who polls its call, never by the connection.

use std::{iter, sync::mpsc, thread, time::Duration};

use ziggurat_examples::cafe::{Bean, LatteOrder};

use crate::cafe::{Cafe, within};

/// A message that comes when it is let go; whoever asks for it holds the thread until then.
fn held() -> (
    mpsc::Sender<()>,
    mpsc::Receiver<()>,
    impl Iterator<Item = Bean> + Send,
) {
    let (let_go, may_go) = mpsc::channel();
    let (asked, is_asked) = mpsc::channel();
    let message = iter::once(()).map(move |()| {
        asked.send(()).unwrap();
        let is_let_go = may_go.recv_timeout(Duration::from_secs(60));
        is_let_go.expect("nobody lets it go: the others wait for it");
        Bean::default()
    });
    (let_go, is_asked, message)
}

#[tokio::test]
async fn a_stream_that_holds_its_thread_holds_nobody_else() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (let_go, is_asked, messages) = held();
        let stub = cafe.stub.clone();
        let upload = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime
                .unwrap()
                .block_on(async { stub.upload(messages).await })
        });
        tokio::task::spawn_blocking(move || is_asked.recv().unwrap())
            .await
            .unwrap();
        // The connection is served on this thread, and so are its calls, while the message is still being made.
        let mut uploading = None;
        let serve = async {
            loop {
                let request = cafe.peer.request().await.unwrap();
                if request.fields.get(":path").unwrap().ends_with("MakeLatte") {
                    break cafe.peer.respond_ok(request.stream, [""]).await.unwrap();
                }
                uploading = Some(request.stream);
            }
        };
        let (beside, ()) = tokio::join!(cafe.stub.make_latte(LatteOrder::default()), serve);
        beside.unwrap();
        let_go.send(()).unwrap();
        let stream = match uploading {
            Some(stream) => stream,
            None => cafe.peer.request().await.unwrap().stream,
        };
        assert_eq!(cafe.peer.body(stream).await.unwrap().len(), 5);
        cafe.peer.respond_ok(stream, [""]).await.unwrap();
        let told = tokio::task::spawn_blocking(|| upload.join().unwrap());
        assert!(told.await.unwrap().is_ok());
    })
    .await;
}
