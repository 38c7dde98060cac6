use std::time::Duration;

use tokio::time::sleep;
use ziggurat::{Channel, Code, balance::Fixed, service_config::ServiceConfig};

use crate::town::{Does, Town, calls, endpoints};

#[tokio::test(start_paused = true)]
async fn servers_have_calls_by_the_load_that_they_report() {
    shares(Does::Answer(Code::Ok)).await;
}

#[tokio::test(start_paused = true)]
async fn a_report_may_come_behind_messages() {
    shares(Does::Stream(Code::Ok)).await;
}

/// Three servers answer like this.
async fn shares(does: Does) {
    // G-47, G-48: the town's servers say that they can do a hundred calls a second for each of their number.
    let town = Town::of([1, 2, 3]);
    let config =
        r#"{ "loadBalancingConfig": [{ "weighted_round_robin": { "blackoutPeriod": "2s" } }] }"#;
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints([1, 2, 3])).unwrap())
        .service_config(ServiceConfig::from_json(config).unwrap())
        .connect_lazy();
    town.all([1, 2, 3], does);
    channel.connect().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    calls(&channel, 300).await;
    assert_eq!(town.calls([1, 2, 3]), [100, 100, 100]);
    for _ in 0..3 {
        sleep(Duration::from_secs(1)).await;
        calls(&channel, 3).await;
    }
    sleep(Duration::from_secs(1)).await;
    town.calls([1, 2, 3]);
    calls(&channel, 600).await;
    let shares = town.calls([1, 2, 3]);
    let expected = [100_usize, 200, 300];
    let is_about = |(share, expected): (&usize, usize)| share.abs_diff(expected) <= 5;
    assert!(shares.iter().zip(expected).all(is_about), "{shares:?}");
}
