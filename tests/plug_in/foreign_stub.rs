//! tonic's generated stub over our channel and our floors.

use std::time::Duration;

use bytes::Bytes;
use tonic::{Code, Request};
use tower::{Layer, ServiceBuilder};
use ziggurat::{BoxError, layers::deadline::DeadlineLayer};
use ziggurat_examples::{
    server::{GODOT, SPOONS},
    tonic_cafe::coffee_machine_client::CoffeeMachineClient,
};

use crate::{
    tour::{answer, bean, channel, channel_to, in_process, line, order, refusing, three},
    within,
};

#[tokio::test]
async fn all_four_shapes() -> Result<(), BoxError> {
    within(async {
        let mut cafe = CoffeeMachineClient::new(channel().await?);
        let mut request = Request::new(order("Ada", 3));
        request.metadata_mut().insert("x-table", "7".parse()?);
        let response = cafe.make_latte(request).await?;
        assert_eq!(response.get_ref().temperature, 63);
        assert_eq!(response.metadata().get("x-table"), Some(&"7".parse()?));

        let mut orders = cafe.watch(three()).await?.into_inner();
        let mut count = 0;
        while orders.message().await?.is_some() {
            count += 1;
        }
        assert_eq!(count, 3);

        let beans = tokio_stream::iter([bean(7), bean(8)]);
        assert_eq!(cafe.upload(beans).await?.get_ref().grams, 15);

        let lines = tokio_stream::iter([line("hello")]);
        let mut answers = cafe.chat(lines).await?.into_inner();
        assert_eq!(answers.message().await?, Some(answer("hello")));
        assert_eq!(answers.message().await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_keeps_its_code_text_details_and_metadata() -> Result<(), BoxError> {
    within(async {
        let mut cafe = CoffeeMachineClient::new(channel().await?);
        let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
        let refused = refused.expect_err("it is too sweet");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.message(), "that is a syrup");
        assert_ne!(refused.details(), &Bytes::new());
        assert_eq!(refused.metadata().get("x-spoons"), Some(&"10".parse()?));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refused_port_is_unavailable() -> Result<(), BoxError> {
    within(async {
        let (address, _socket) = refusing()?;
        let mut cafe = CoffeeMachineClient::new(channel_to(address));
        let refused = cafe.make_latte(order("Ada", 0)).await;
        let refused = refused.expect_err("nobody listens");
        assert_eq!(refused.code(), Code::Unavailable);
        assert!(
            refused.message().contains(&address.to_string()),
            "{refused}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_channel_keeps_its_timeout() -> Result<(), BoxError> {
    within(async {
        // B-3: a server that never answers, and one that stops in the middle.
        let mut cafe = CoffeeMachineClient::new(channel().await?);
        let mut request = Request::new(order(GODOT, 0));
        request.set_timeout(Duration::from_millis(300));
        let late = cafe.make_latte(request).await;
        let late = late.expect_err("nobody answers");
        assert_eq!(late.code(), Code::DeadlineExceeded);

        let mut lines = Request::new(tokio_stream::pending());
        lines.set_timeout(Duration::from_millis(50));
        let mut answers = cafe.chat(lines).await?.into_inner();
        let late = answers
            .message()
            .await
            .expect_err("there is nothing to answer");
        assert_eq!(late.code(), Code::DeadlineExceeded);
        // The connection goes on.
        assert_eq!(
            cafe.make_latte(order("Ada", 3))
                .await?
                .get_ref()
                .temperature,
            63
        );
        Ok(())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn our_deadline_floor_ends_its_calls_too() -> Result<(), BoxError> {
    within(async {
        // The timeout that tonic's stub writes, B-4 …
        let mut cafe = CoffeeMachineClient::new(DeadlineLayer::default().layer(in_process()));
        let mut request = Request::new(order(GODOT, 0));
        request.set_timeout(Duration::from_millis(50));
        let late = cafe.make_latte(request).await;
        let late = late.expect_err("nobody answers");
        assert_eq!(late.code(), Code::DeadlineExceeded);

        // … and a default for calls that bring none.
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(Duration::from_millis(50)))
            .service(in_process());
        let late = CoffeeMachineClient::new(service)
            .make_latte(order(GODOT, 0))
            .await;
        let late = late.expect_err("nobody answers");
        assert_eq!(late.code(), Code::DeadlineExceeded);
        Ok(())
    })
    .await
}
