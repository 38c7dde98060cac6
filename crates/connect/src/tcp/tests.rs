//! Happy eyeballs, on a paused clock. Real sockets are in the tests of the wire.

use std::{cell::RefCell, error::Error as _, io, net::SocketAddr, time::Duration};

use tokio::time::{Instant, sleep};
use tower_service::Service;

use super::{
    Tcp, TcpError,
    race::{Failures, race},
};

use crate::{Target, steps::Steps};

const DELAY: Duration = Duration::from_millis(250);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What becomes of an address, and after how many milliseconds.
type Fate = (&'static str, Result<u64, u64>);

/// Races addresses; tells the outcome, how long it took, and when which was started.
async fn run(
    fates: &[Fate],
) -> (
    Result<SocketAddr, Failures>,
    Duration,
    Vec<(Duration, String)>,
) {
    let (start, started) = (Instant::now(), RefCell::new(Vec::new()));
    let parse = |(address, _): &Fate| address.parse::<SocketAddr>().unwrap();
    let outcome = race(fates.iter().map(parse), DELAY, |address| {
        started
            .borrow_mut()
            .push((start.elapsed(), address.to_string()));
        let (_, fate) = *fates.iter().find(|fate| parse(fate) == address).unwrap();
        async move {
            match fate {
                Ok(after) => {
                    sleep(ms(after)).await;
                    Ok(address)
                }
                Err(after) => {
                    sleep(ms(after)).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionRefused))
                }
            }
        }
    })
    .await;
    (outcome, start.elapsed(), started.into_inner())
}

fn at(starts: &[(u64, &str)]) -> Vec<(Duration, String)> {
    starts
        .iter()
        .map(|(after, address)| (ms(*after), (*address).to_owned()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_address_that_answers_is_the_only_one() {
    // G-31
    let (outcome, took, started) = run(&[("[::1]:1", Ok(249)), ("127.0.0.1:1", Ok(0))]).await;
    assert_eq!(outcome.unwrap(), "[::1]:1".parse().unwrap());
    assert_eq!(took, ms(249));
    assert_eq!(started, at(&[(0, "[::1]:1")]));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_silent_is_raced() {
    // G-31: the families in turn, and the earlier attempts go on.
    let fates = [
        ("[::1]:1", Ok(600)),
        ("[::2]:1", Ok(10_000)),
        ("127.0.0.1:1", Ok(10_000)),
        ("127.0.0.2:1", Ok(10_000)),
    ];
    let (outcome, took, started) = run(&fates).await;
    assert_eq!(outcome.unwrap(), "[::1]:1".parse().unwrap());
    assert_eq!(took, ms(600));
    let expected = [(0, "[::1]:1"), (250, "127.0.0.1:1"), (500, "[::2]:1")];
    assert_eq!(started, at(&expected));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_fails_is_followed_at_once() {
    // G-31
    let fates = [
        ("127.0.0.1:1", Err(10)),
        ("127.0.0.2:1", Err(20)),
        ("127.0.0.3:1", Ok(300)),
    ];
    let (outcome, took, started) = run(&fates).await;
    assert_eq!(outcome.unwrap(), "127.0.0.3:1".parse().unwrap());
    assert_eq!(took, ms(330));
    let expected = [(0, "127.0.0.1:1"), (10, "127.0.0.2:1"), (30, "127.0.0.3:1")];
    assert_eq!(started, at(&expected));
}

#[tokio::test(start_paused = true)]
async fn the_last_address_is_waited_for_and_all_errors_are_kept() {
    // G-31, D-27
    let fates = [("127.0.0.1:1", Err(5_000)), ("[::1]:1", Err(9_000))];
    let (outcome, took, _) = run(&fates).await;
    let failed: Vec<_> = outcome
        .unwrap_err()
        .iter()
        .map(|(address, error)| (address.to_string(), error.kind()))
        .collect();
    let refused = io::ErrorKind::ConnectionRefused;
    let expected = [
        ("127.0.0.1:1".to_owned(), refused),
        ("[::1]:1".to_owned(), refused),
    ];
    assert_eq!(failed, expected);
    assert_eq!(took, ms(9_250));
}

#[tokio::test(start_paused = true)]
async fn no_address_is_no_failure_and_no_stream() {
    let (outcome, took, _) = run(&[]).await;
    assert!(outcome.unwrap_err().is_empty());
    assert_eq!(took, Duration::ZERO);
}

#[tokio::test]
async fn an_attempt_says_how_far_it_has_come() {
    // D-27
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let steps = Steps::new();
    let target = Target::parse(&format!("http://{address}")).unwrap();
    let error = Tcp::default()
        .call(target.with_steps(steps.clone()))
        .await
        .unwrap_err();
    assert_eq!(steps.watch().told().unwrap(), error.to_string());
}

#[test]
fn a_name_without_addresses_is_told() {
    // D-27
    let error = TcpError::unreachable("nowhere.example", Vec::new());
    let text = "the host \"nowhere.example\" resolves to no address";
    assert_eq!(error.to_string(), text);
    assert!(std::error::Error::source(&error).is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_not_its_business() {
    let target = Target::unix("/run/cafe.sock").unwrap();
    let error = Tcp::default().call(target).await.unwrap_err();
    let text = "unix:/run/cafe.sock is no TCP target, and this channel connects over TCP only";
    assert_eq!(
        (error.to_string().as_str(), error.source().is_none()),
        (text, true)
    );
}
