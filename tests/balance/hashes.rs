use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;
use ziggurat::{Channel, Code, balance::Fixed, channel::State, service_config::ServiceConfig};

use crate::town::{Does, Town, endpoints, named, send};

fn channel(town: &Town, config: &str) -> Channel {
    Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints(1..=6)).unwrap())
        .service_config(ServiceConfig::from_json(config).unwrap())
        .connect_lazy()
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_name_go_where_the_others_went() {
    // G-56, G-57
    let town = Town::of(1..=6);
    let config = r#"{ "loadBalancingConfig": [{ "ring_hash_experimental": { "requestHashHeader": "name" } }] }"#;
    let channel = channel(&town, config);
    let first = send(&channel, named("first")).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    // Nobody else was connected for it.
    let connections = town.connections([1, 2, 3, 4, 5, 6]);
    assert_eq!(connections.iter().sum::<usize>(), 1, "{connections:?}");
    assert_eq!(town.connections([first]), [1]);

    let mut servers = HashMap::new();
    for round in 0..3 {
        for name in 0..50 {
            let server = send(&channel, named(&name.to_string())).await.unwrap();
            assert_eq!(*servers.entry(name).or_insert(server), server, "{round}");
        }
    }
    assert_eq!(send(&channel, named("first")).await, Ok(first));

    // Those of one that dies go to others, and come back.
    town.tell(first, Does::Dead);
    sleep(Duration::from_millis(1)).await;
    let other = send(&channel, named("first")).await.unwrap();
    assert_ne!(other, first);
    town.tell(first, Does::Answer(Code::Ok));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(send(&channel, named("first")).await, Ok(first));
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_connects_has_a_connection_without_a_call() {
    // G-58
    let town = Town::of(1..=6);
    let config = r#"{ "loadBalancingConfig": [{ "ring_hash_experimental": { "requestHashHeader": "name" } }] }"#;
    let channel = channel(&town, config);
    channel.connect().await.unwrap();
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(
        town.connections([1, 2, 3, 4, 5, 6]).iter().sum::<usize>(),
        1
    );
}
