//! Every service of tower 0.5 and tower-http 0.7 that can stand below a stub, spawned: calls of all shapes over it are
//! `Send`, and they work.
//!
//! A generic function would prove nothing here: in it `S: GrpcService` stands among what is given. What a user's spawned
//! block sees is a type written out, with boxed errors and closures somewhere in it.
//!
//! What is no `Clone` stands behind a `buffer`; what changes the request's body, over what makes a `Body` of it again;
//! three of tower's need a box (`tower_layers::what_needs_a_box`). These are not here, for no stub can stand on them:
//!
//! | of tower | |
//! |---|---|
//! | `MakeBalance`, `Shared`, `IntoService`, `AsService` | make services: what they are called with is no request |
//! | `UnsyncBoxService` | is no `Send` |
//!
//! | of tower-http | |
//! |---|---|
//! | `ServeDir`, `ServeFile`, `Redirect` | answer by themselves, with files and redirects |
//! | `Compression` for what its default leaves alone | gRPC compresses messages, and never a body as a whole |
//! | `append_trailing_slash` without `trim_trailing_slash` below it | the path is the method's |
//! | `ValidateRequestHeader::basic` and `bearer` | deprecated; `custom` and others of its kinds are here |

mod boxed;
mod grounds;
mod http_layers;
mod many_services;
mod sends_again;
mod state;
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
