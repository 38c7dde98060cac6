//! The name that a server is called by, in plaintext: nothing is there to check it against.

use http::{Request, Uri, uri::PathAndQuery};
use tower::{ServiceBuilder, util::MapRequestLayer};
use ziggurat::{CallOptions, Channel, Code, InvalidAuthority, Response, Status, channel::Proxy};
use ziggurat_examples::{
    cafe::{Coffee, CoffeeMachineStub, LatteOrder},
    tonic_cafe::coffee_machine_client::CoffeeMachineClient,
};

use crate::{authority, brew_with, latte, proxy, run, server};

#[test]
fn the_calls_own_goes_before_the_stubs_and_the_channels() {
    // I-30, A-11
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let target = format!("http://{address}");
        let builder = || Channel::builder(&target).unwrap();

        let plain = brew_with(builder());
        assert_eq!(
            authority(&latte(&plain).await.unwrap()),
            address.to_string()
        );

        let named = brew_with(builder().authority("channel.example:1").unwrap());
        assert_eq!(
            authority(&latte(&named).await.unwrap()),
            "channel.example:1"
        );

        let options = CallOptions::new().authority("stub.example").unwrap();
        let stub = named.with(options);
        assert_eq!(authority(&latte(&stub).await.unwrap()), "stub.example");

        let call = || stub.make_latte(LatteOrder::default());
        let answer = call().authority("[::1]:80").send().await.unwrap();
        assert_eq!(authority(&answer), "[::1]:80");
        // All of them went over the channel's one connection, to the same place.
        assert_eq!(answer.peer().unwrap().remote_addr(), Some(address));
    });
}

#[test]
fn opened_calls_have_it_too() {
    // I-30
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let options = CallOptions::new().authority("stub.example").unwrap();
        let cafe = brew_with(Channel::builder(&format!("http://{address}")).unwrap());
        let mut call = cafe
            .with(options)
            .open()
            .make_latte()
            .send(LatteOrder::default())
            .await
            .unwrap();
        let seen = call.initial_metadata().await.unwrap();
        assert_eq!(seen.get(server::AUTHORITY), Some("stub.example"));
    });
}

#[test]
fn a_name_that_is_none_ends_what_returns_a_status() {
    // I-30
    fn named(name: &str) -> Result<CallOptions, Status> {
        Ok(CallOptions::new().authority(name)?)
    }
    assert!(named("cafe.example:1").is_ok());
    let status = named("caf\u{e9}").unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("\"caf\u{e9}\""), "{status}");
    assert!(status.cause().unwrap().is::<InvalidAuthority>());
}

#[cfg(unix)]
#[test]
fn a_unix_socket_may_be_called_by_a_name() {
    // I-33
    run(async {
        let path = std::env::temp_dir().join(format!("ziggurat-name-{}", std::process::id()));
        let _server = server::on_unix(&path);
        let builder = Channel::builder(&format!("unix:{}", path.display())).unwrap();
        let cafe = brew_with(builder.authority("cafe.example").unwrap());
        assert_eq!(authority(&latte(&cafe).await.unwrap()), "cafe.example");
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn the_proxy_is_asked_for_the_place_and_not_for_the_name() {
    // G-75, I-30
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[("cafe.invalid:50051", address)]).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let builder = Channel::builder("http://cafe.invalid:50051").unwrap();
        let builder = builder.authority("cafe.example").unwrap().proxy(through);
        assert_eq!(
            authority(&latte(&brew_with(builder)).await.unwrap()),
            "cafe.example"
        );
    });
}

/// A layer's, or a foreign stub's: what stands in the URI is the call's own.
#[test]
fn the_uri_of_a_request_names_the_server() {
    // I-30
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let channel = Channel::builder(&format!("http://{address}"))
            .unwrap()
            .connect_lazy();

        let name = MapRequestLayer::new(|mut request: Request<ziggurat::Body>| {
            let path = request.uri().path().parse::<PathAndQuery>().unwrap();
            let uri = Uri::builder().scheme("https").authority("layer.example");
            *request.uri_mut() = uri.path_and_query(path).build().unwrap();
            request
        });
        let service = ServiceBuilder::new().layer(name).service(channel.clone());
        let cafe = CoffeeMachineStub::new(service);
        let answer: Response<Coffee> = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        assert_eq!(authority(&answer), "layer.example");

        let origin = Uri::from_static("http://tonic.example:7");
        let mut tonic = CoffeeMachineClient::with_origin(channel, origin);
        let answer = tonic.make_latte(LatteOrder::default()).await.unwrap();
        assert_eq!(
            answer.metadata().get(server::AUTHORITY).unwrap(),
            "tonic.example:7"
        );
    });
}
