//! smoke
use std::time::Duration;
use ziggurat::{CallOptions, Channel};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line},
    server,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (address, _task) = server::serve(server::Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let cafe =
        CoffeeMachineStub::new(channel).with(CallOptions::new().timeout(Duration::from_secs(5)));
    let order = LatteOrder {
        sugar: 3,
        name: "a".into(),
    };
    let r = cafe.make_latte(order.clone()).await?;
    println!("{r:?}");
    let r = cafe
        .make_latte(order.clone())
        .timeout(Duration::from_millis(300))
        .metadata("x-tenant", "acme")?
        .send()
        .await?;
    println!("{r:?}");
    let all = cafe.watch(Filter { count: 3, size: 2 }).collect().await?;
    println!("{all:?}");
    let mut orders = cafe.watch(Filter { count: 2, size: 2 }).await?;
    while let Some(order) = orders.recv().await? {
        println!("{order:?}");
    }
    println!(
        "{:?}",
        cafe.upload([
            Bean {
                origin: "x".into(),
                grams: 3
            },
            Bean::default()
        ])
        .await?
    );
    println!("{:?}", cafe.upload([]).await?);
    let mut call = cafe.open().chat();
    call.send_request().await?;
    call.send(Line { text: "hi".into() }).await?;
    println!("{:?}", call.recv().await?);
    call.send_last(Line { text: "bye".into() }).await?;
    println!("{:?}", call.recv().await?);
    println!("{:?}", call.finish().await?);
    let (mut tx, mut rx) = cafe.open().chat().split().await?;
    let t = tokio::spawn(async move {
        for i in 0..20000 {
            tx.send(Line {
                text: i.to_string(),
            })
            .await
            .unwrap();
        }
        tx.end().unwrap();
    });
    let mut n = 0;
    while rx.recv().await?.is_some() {
        n += 1;
    }
    t.await?;
    println!("{n}");
    Ok(())
}
