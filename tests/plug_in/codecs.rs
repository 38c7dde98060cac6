//! Stubs by hand, and codecs other than protocol buffers.

use bytes::Bytes;
use prost::Message;
use ziggurat::{BoxError, Call, Client, Code, GrpcService, Json, Method, Raw, shape};
use ziggurat_examples::{
    cafe::{Coffee, CoffeeMachineMethods, CoffeeMachineStub, LatteOrder},
    json,
};

use crate::{
    tour::{channel, in_process, order},
    within,
};

const MAKE_LATTE: Method<LatteOrder, Coffee, shape::Unary> =
    Method::new("/cafe.v1.CoffeeMachine/MakeLatte");
const PASS_ON: Method<Bytes, Bytes, shape::Unary> = CoffeeMachineMethods::MAKE_LATTE.raw();

#[derive(Clone)]
struct Cafe<S>(Client<S>);

impl<S: GrpcService> Cafe<S> {
    fn latte_for(&self, name: &str) -> Call<Coffee, S> {
        self.0.unary(&MAKE_LATTE, order(name, 1))
    }
}

#[tokio::test]
async fn a_stub_by_hand() -> Result<(), BoxError> {
    within(async {
        let cafe = Cafe(Client::new(channel().await?));
        assert_eq!(cafe.latte_for("Ada").await?.name, "Ada");
        let cafe = Cafe(Client::new(in_process()));
        assert_eq!(cafe.latte_for("Ada").await?.name, "Ada");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_generated_stub_speaks_json_too() -> Result<(), BoxError> {
    within(async {
        let cafe = CoffeeMachineStub::new(json::machine());
        let coffee = cafe
            .with_codec::<Json>()
            .make_latte(order("Ada", 3))
            .await?;
        assert_eq!((&*coffee.name, coffee.temperature), ("Ada", 63));

        // The route tells by the content type, A-6.
        let refused = cafe.make_latte(order("Ada", 3)).await;
        let refused = refused.expect_err("it reads JSON");
        assert_eq!(refused.code(), Code::Unimplemented);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn raw_bytes_by_the_same_method() -> Result<(), BoxError> {
    within(async {
        let client = Client::<_>::new(channel().await?).with_codec::<Raw>();
        let request = order("Ada", 3).encode_to_vec().into();
        let coffee = client.unary(&PASS_ON, request).await?;
        assert_eq!(Coffee::decode(coffee)?.temperature, 63);
        Ok(())
    })
    .await
}
