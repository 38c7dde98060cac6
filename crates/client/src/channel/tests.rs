//! Channels that are never connected.

use std::fmt::Debug;

use super::{Builder, Channel, InvalidUserAgent, ReadyWhenConnected, ResponseBody, ResponseFuture};

#[test]
fn are_shared_by_threads() {
    fn shared<T: Clone + Debug + Send + Sync + 'static>() {}
    fn held<T: Debug + Send + Sync + 'static>() {}
    fn spawnable<T: Send + 'static>() {}
    shared::<Channel>();
    shared::<ReadyWhenConnected>();
    held::<Builder>();
    shared::<InvalidUserAgent>();
    spawnable::<ResponseFuture>();
    spawnable::<ResponseBody>();
}

#[test]
fn need_no_runtime_and_tell_their_target() {
    let default = format!("{:?}", Channel::default());
    assert!(default.contains("http://127.0.0.1:50051"), "{default}");
    let channel = Channel::builder("http://cafe.example/").unwrap();
    let channel = format!("{:?}", channel.connect_lazy().clone());
    assert!(channel.contains("http://cafe.example"), "{channel}");
}
