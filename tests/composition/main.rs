//! Every service that tower and tower-http make, spawned: calls of all shapes over it are `Send`, and they work.
//!
//! A generic function would prove nothing here: in it `S: GrpcService` stands among what is given. What a user's spawned
//! block sees is a type written out, with boxed errors and closures somewhere in it.

mod boxed;
mod grounds;
mod http_layers;
mod many_services;
mod tower_layers;

/// Spawns calls of every shape over a service whose type is known where this stands.
macro_rules! spawned {
    ($service:expr) => {{
        use crate::grounds::{answer, bean, line, order, three};
        let cafe = ziggurat_examples::cafe::CoffeeMachineStub::new($service);
        let task = tokio::spawn(async move {
            let coffee = cafe.make_latte(order()).await?;
            assert_eq!(
                cafe.make_latte(order()).send().await?.into_message(),
                coffee
            );
            assert_eq!(cafe.watch(three()).collect().await?.len(), 3);
            let mut orders = cafe.watch(three()).await?;
            while orders.recv().await?.is_some() {}
            assert_eq!(cafe.upload([bean(7), bean(8)]).await?.grams, 15);
            let answers = cafe.chat([line("hello")]).collect().await?;
            assert_eq!(answers, [answer("hello")]);
            let reply = cafe.open().make_latte().send(order()).await?;
            assert_eq!(reply.await?, coffee);
            let mut chat = cafe.open().chat();
            chat.send_last(line("bye")).await?;
            assert_eq!(chat.recv().await?, Some(answer("bye")));
            chat.finish().await?;
            // A call is a future itself.
            let coffee = tokio::spawn(cafe.make_latte(order()).metadata("x-table", "7"));
            let orders = tokio::spawn(cafe.watch(three()));
            coffee.await.expect("the call is over")?;
            assert_eq!(
                orders.await.expect("the call is on")?.finish().await?.len(),
                0
            );
            let mut both = tokio::task::JoinSet::new();
            both.spawn(cafe.upload([bean(7)]));
            both.spawn(
                cafe.upload([bean(8)])
                    .timeout(std::time::Duration::from_secs(30)),
            );
            let receipts: Result<Vec<_>, _> = both.join_all().await.into_iter().collect();
            assert_eq!(
                receipts?.iter().map(|receipt| receipt.grams).sum::<u32>(),
                15
            );
            Ok::<_, ziggurat::Status>(())
        });
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), task).await;
        ended.expect("the calls hang")??;
    }};
}

pub(crate) use spawned;
