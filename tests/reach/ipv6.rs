//! A tonic server on IPv6 loopback.

use crate::{authority, cafe, latte, run, server};

#[test]
fn an_address_in_brackets_is_connected_to_and_named_so() {
    // I-34
    run(async {
        let (address, _server) = server::on_tcp("[::1]:0").await;
        let answer = latte(&cafe(&format!("http://{address}"))).await.unwrap();
        assert_eq!(authority(&answer), format!("[::1]:{}", address.port()));
        let peer = answer.peer().unwrap();
        assert_eq!(peer.remote_addr(), Some(address));
        assert!(peer.local_addr().unwrap().is_ipv6());
    });
}
