use std::time::Duration;

use tokio::time::sleep;
use ziggurat::{
    Channel,
    balance::{Fixed, PickFirst},
    service_config::ServiceConfig,
};

use crate::town::{Town, call, calls, endpoints};

async fn spread(config: &str) -> [usize; 3] {
    let town = Town::of([1, 2, 3]);
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints([1, 2, 3])).unwrap())
        .balance(PickFirst::new())
        .service_config(ServiceConfig::from_json(config).unwrap())
        .connect_lazy();
    channel.connect().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    calls(&channel, 300).await;
    town.calls([1, 2, 3])
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_the_config_is_before_that_of_the_builder() {
    // F-18
    assert_eq!(spread("{}").await, [300, 0, 0]);
    let round_robin = r#"{ "loadBalancingConfig": [{ "unknown": {} }, { "round_robin": {} }] }"#;
    assert_eq!(spread(round_robin).await, [100, 100, 100]);
    let older = r#"{ "loadBalancingPolicy": "ROUND_ROBIN" }"#;
    assert_eq!(spread(older).await, [100, 100, 100]);
    let least =
        r#"{ "loadBalancingConfig": [{ "least_request_experimental": { "choiceCount": 3 } }] }"#;
    assert!(spread(least).await.iter().all(|calls| *calls > 60));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_this_client_cannot_follow_fails_calls_and_says_why() {
    let refused = async |policy: &str| {
        let config = format!(r#"{{ "loadBalancingConfig": [{policy}] }}"#);
        let town = Town::of([1]);
        let channel = Channel::builder("http://cafe")
            .unwrap()
            .connector(town.clone())
            .resolver(Fixed::new(endpoints([1])).unwrap())
            .service_config(ServiceConfig::from_json(&config).unwrap())
            .connect_lazy();
        call(&channel).await.unwrap_err().1
    };
    let text = refused(r#"{ "ring_hash_experimental": {} }"#).await;
    let ring = "the policy ring_hash_experimental of the service config: requestHashHeader is missing: \
                without xDS, calls have no other hash";
    assert!(text.ends_with(ring), "{text}");
    let oob = r#"{ "weighted_round_robin": { "enableOobLoadReport": true } }"#;
    let text = refused(oob).await;
    let weighted = "the policy weighted_round_robin of the service config: enableOobLoadReport: \
                    this client reads the reports of trailers alone";
    assert!(text.ends_with(weighted), "{text}");
}
