//! What a layer knows of a call: its method, and the values that its caller gives it.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Service, ServiceBuilder, ServiceExt};
use ziggurat::{
    Body, BoxError, CallOptions, GrpcService, Idempotency, MethodDescriptor, Peer,
    channel::ResponseBody,
};
use ziggurat_examples::{
    cafe::{CoffeeMachineMethods, CoffeeMachineStub},
    server::{Machine, SPOONS, busy, serve, serve_behind},
};

use crate::{
    retry::Again,
    tour::{bean, channel, channel_to, line, order, three},
    within,
};

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tenant(u32);

type Fact = (Option<MethodDescriptor>, Option<Tenant>);

/// What was known of each request that came by.
#[derive(Clone, Default)]
struct Facts(Arc<Mutex<Vec<Fact>>>);

impl Facts {
    fn note(&self, request: &Request<Body>) {
        let method = MethodDescriptor::of(request).copied();
        let tenant = request.extensions().get().copied();
        self.0
            .lock()
            .expect("nobody panicked")
            .push((method, tenant));
    }

    fn take(&self) -> Vec<Fact> {
        std::mem::take(&mut self.0.lock().expect("nobody panicked"))
    }
}

/// Notes what it knows of requests on their way down.
fn noting<S: GrpcService>(
    facts: &Facts,
    below: S,
) -> impl GrpcService<ResponseBody = S::ResponseBody> {
    let facts = facts.clone();
    let note = move |request: Request<Body>| {
        facts.note(&request);
        request
    };
    ServiceBuilder::new().map_request(note).service(below)
}

fn fact<Req, Resp, Shape>(method: &ziggurat::Method<Req, Resp, Shape>, tenant: u32) -> Fact {
    (Some(*method.descriptor()), Some(Tenant(tenant)))
}

#[tokio::test]
async fn calls_of_all_shapes_say_what_they_are() -> Result<(), BoxError> {
    within(async {
        let facts = Facts::default();
        let stub = CallOptions::new().extension(Tenant(1)).extension("another");
        let cafe = CoffeeMachineStub::new(noting(&facts, channel().await?)).with(stub);
        cafe.make_latte(order("Ada", 3)).await?;
        cafe.watch(three()).extension(Tenant(2)).collect().await?;
        cafe.upload([bean(7)])
            .extension(Tenant(3))
            .extension(Tenant(4))
            .await?;
        cafe.chat([line("hello")]).collect().await?;
        let own = cafe.with(CallOptions::new().extension(Tenant(5)));
        own.open().make_latte().send(order("Ada", 3)).await?.await?;
        own.open().chat().finish().await?;
        let mut latte = own.service(&CoffeeMachineMethods::MAKE_LATTE);
        latte.ready().await?.call(order("Ada", 3)).await?;
        let expected = [
            fact(&CoffeeMachineMethods::MAKE_LATTE, 1),
            fact(&CoffeeMachineMethods::WATCH, 2),
            fact(&CoffeeMachineMethods::UPLOAD, 4),
            fact(&CoffeeMachineMethods::CHAT, 1),
            fact(&CoffeeMachineMethods::MAKE_LATTE, 5),
            fact(&CoffeeMachineMethods::CHAT, 5),
            fact(&CoffeeMachineMethods::MAKE_LATTE, 5),
        ];
        assert_eq!(facts.take(), expected);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_layer_over_a_channel_finds_who_answered() -> Result<(), BoxError> {
    within(async {
        let (address, _serving) = serve(Machine).await?;
        let channel = channel_to(address);
        // A stub of its own, made before: what it looks for elsewhere is its own matter.
        let right_above = CoffeeMachineStub::new(channel.clone());
        let remote = |peer: Option<&Peer>| peer.and_then(Peer::remote_addr);

        let found = Arc::<Mutex<Vec<_>>>::default();
        let note = {
            let found = Arc::clone(&found);
            move |answer: Response<ResponseBody>| {
                let peer = remote(answer.extensions().get());
                found.lock().expect("nobody panicked").push(peer);
                answer
            }
        };
        let look = ServiceBuilder::new()
            .map_response(note)
            .service(channel.clone());
        let above = CoffeeMachineStub::new(look.clone());
        for cafe in [order("Ada", 3), order("Bob", SPOONS + 1)] {
            // Headers and a body, or Trailers-Only.
            let (one, other) = (
                above.make_latte(cafe.clone()).send().await,
                right_above.make_latte(cafe).send().await,
            );
            for told in [one, other] {
                let peer = match &told {
                    Ok(answer) => remote(answer.peer()),
                    Err(status) => remote(status.peer()),
                };
                assert_eq!(peer, Some(address), "{told:?}");
            }
        }
        // Of another's stub, whose deadline the channel keeps.
        let post = Request::post("/cafe.v1.CoffeeMachine/Upload").header("grpc-timeout", "9S");
        look.oneshot(post.body(Body::empty())?).await?;
        let found = found.lock().expect("nobody panicked");
        assert_eq!(*found, [Some(address); 3]);
        Ok(())
    })
    .await
}

#[test]
fn a_descriptor_has_name_shape_and_idempotency() {
    let shape = |method: &MethodDescriptor| {
        (
            method.name(),
            method.is_client_streaming(),
            method.is_server_streaming(),
        )
    };
    let latte = CoffeeMachineMethods::MAKE_LATTE.descriptor();
    assert_eq!(shape(latte), ("MakeLatte", false, false));
    assert_eq!(
        shape(CoffeeMachineMethods::WATCH.descriptor()),
        ("Watch", false, true)
    );
    assert_eq!(
        shape(CoffeeMachineMethods::UPLOAD.descriptor()),
        ("Upload", true, false)
    );
    assert_eq!(
        shape(CoffeeMachineMethods::CHAT.descriptor()),
        ("Chat", true, true)
    );
    assert_eq!(latte.service(), "cafe.v1.CoffeeMachine");
    assert_eq!(latte.full_name(), "cafe.v1.CoffeeMachine/MakeLatte");
    assert_eq!(format!("/{}", latte.full_name()), latte.path());
    assert_eq!(
        latte.idempotency(),
        CoffeeMachineMethods::MAKE_LATTE.idempotency()
    );
    let again = CoffeeMachineMethods::MAKE_LATTE.with_idempotency(Idempotency::Idempotent);
    assert_eq!(
        again.raw().descriptor().idempotency(),
        Idempotency::Idempotent
    );
}

#[tokio::test]
async fn each_attempt_of_a_retry_has_them() -> Result<(), BoxError> {
    within(async {
        let (address, _serving) = serve_behind(busy(2)).await?;
        let facts = Facts::default();
        let service = ServiceBuilder::new()
            .retry(Again::times(2))
            .service(noting(&facts, channel_to(address)));
        let cafe = CoffeeMachineStub::new(service);
        cafe.make_latte(order("Ada", 3))
            .extension(Tenant(1))
            .await?;
        let each = fact(&CoffeeMachineMethods::MAKE_LATTE, 1);
        assert_eq!(facts.take(), [each, each, each]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_request_made_by_hand_can_have_them() -> Result<(), BoxError> {
    within(async {
        let facts = Facts::default();
        let cafe = noting(&facts, channel().await?);
        let upload = CoffeeMachineMethods::UPLOAD.descriptor();
        let post = || Request::post(upload.path()).header("content-type", "application/grpc");
        let ask = async |request: Request<Body>| {
            let answer = cafe.clone().oneshot(request).await.map_err(Into::into)?;
            let read = answer.into_body().collect().await?;
            let status = read
                .trailers()
                .map(|trailers| trailers["grpc-status"].clone());
            assert_eq!(status, Some("0".parse()?));
            Ok::<_, BoxError>(())
        };
        ask(post().body(Body::empty().with_method(upload))?).await?;
        ask(post().extension(*upload).body(Body::empty())?).await?;
        ask(post().extension(Tenant(7)).body(Body::empty())?).await?;
        let known = (Some(*upload), None);
        assert_eq!(facts.take(), [known, known, (None, Some(Tenant(7)))]);
        Ok(())
    })
    .await
}

#[test]
fn another_body_around_a_requests_hides_what_an_extension_keeps() {
    let upload = CoffeeMachineMethods::UPLOAD.descriptor();
    let mut request = Request::new(Body::empty().with_method(upload));
    let known = *MethodDescriptor::of(&request).expect("its body says it");
    request = request.map(|body| Body::new(body.boxed_unsync()));
    assert_eq!(MethodDescriptor::of(&request), None);
    request.extensions_mut().insert(known);
    assert_eq!(MethodDescriptor::of(&request), Some(upload));
}
