use std::time::Duration;

use tokio::time::sleep;
use ziggurat::{
    Channel, Code,
    balance::{Fixed, OutlierDetection, RoundRobin, policy::FailurePercentageEjection},
    channel::State,
};

use crate::town::{Does, Town, call, endpoints};

/// Makes so many calls; how many failed.
async fn failures(channel: &Channel, count: usize) -> usize {
    let mut failures = 0;
    for _ in 0..count {
        failures += usize::from(call(channel).await.is_err());
    }
    failures
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_calls_fail_has_none_for_a_while() {
    ejects(Does::Answer).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_fails_by_its_trailers_too() {
    ejects(Does::Stream).await;
}

/// One of six servers fails its calls, as this says a code.
async fn ejects(does: fn(Code) -> Does) {
    // G-60 … G-63
    let town = Town::of(1..=6);
    let percentage = FailurePercentageEjection::new().request_volume(10);
    let outliers = OutlierDetection::new().failure_percentage_ejection(percentage);
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints(1..=6)).unwrap())
        .balance(RoundRobin::new())
        .outlier_detection(outliers)
        .connect_lazy();
    channel.connect().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    town.all([1, 2, 3, 4, 5, 6], does(Code::Ok));
    town.tell(3, does(Code::Unavailable));
    assert_eq!(failures(&channel, 120).await, 20);

    sleep(Duration::from_secs(10)).await;
    town.calls([3]);
    assert_eq!(failures(&channel, 120).await, 0);
    assert_eq!(town.calls([3]), [0]);
    let ejected = channel.endpoints().current().remove(2);
    assert_eq!((ejected.state, ejected.connections), (State::Ready, 1));

    town.tell(3, does(Code::Ok));
    sleep(Duration::from_secs(31)).await;
    assert_eq!(failures(&channel, 120).await, 0);
    assert_eq!(town.calls([3]), [20]);
}
