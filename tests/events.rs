//! What a channel tells the program's log.
//!
//! A process of its own, where each test has a subscriber from its first line on: tracing asks, once for each place that
//! tells something, the subscriber of the thread that comes by first. If that has none, the place is silent from then on.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

use std::{
    fmt::{self, Write},
    future::Future,
    io, iter,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{io::DuplexStream, sync::mpsc, time::timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower::service_fn;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use ziggurat::{
    BoxError, Channel,
    balance::{Endpoint, Fixed, RoundRobin, Updates, resolve::Resolution},
    channel::{Backoff, KeepaliveOptions, State, TcpOptions},
    service_config::ServiceConfig,
};
use ziggurat_examples::{server::Machine, tonic_cafe::coffee_machine_server::CoffeeMachineServer};
use ziggurat_testing::peer::{Connection, Reason};

/// Keeps the events of channels, a line for each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "ziggurat::channel"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let Self(line) = self;
        let written = match field.name() {
            "message" => write!(line, " {value:?}"),
            name => write!(line, " {name}={value:?}"),
        };
        written.unwrap();
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        // As subscribers print it: an error, and what its sources say.
        let sources = iter::successors(value.source(), |error| error.source());
        let told: Vec<_> = iter::once(value.to_string())
            .chain(sources.map(|source| format!("[{source}]")))
            .collect();
        self.record_debug(field, &format_args!("{}", told.join(" ")));
    }
}

/// On a paused clock, where it takes no time.
async fn soon<T>(happens: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(24 * 3600);
    timeout(limit, happens).await.expect("it hangs")
}

#[tokio::test(start_paused = true)]
async fn of_connections_are_told_and_too_many_pings_loudly() {
    // E-8
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    // The first connect is refused.
    let (pipes, mut accepted) = mpsc::unbounded_channel::<DuplexStream>();
    let attempts = Arc::new(AtomicUsize::new(0));
    let connector = service_fn(move |_| {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let is_refused = attempts.fetch_add(1, Relaxed) == 0;
        if !is_refused {
            pipes.send(far).unwrap();
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(if is_refused { Err(refused) } else { Ok(near) })
    });
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(connector)
        .backoff(Backoff::new().jitter(0.0))
        .keepalive(KeepaliveOptions::every(Duration::from_secs(30)))
        .connect_lazy();
    soon(channel.connect()).await.unwrap_err();
    let failed = "DEBUG cannot connect server=http://cafe \
                  error=cannot connect to http://cafe: connection refused backoff=1s";
    assert_eq!(lines.take(), [failed]);

    let serve = async { Connection::over(accepted.recv().await.unwrap()).await };
    let (ready, peer) = soon(async { tokio::join!(channel.ready(), serve) }).await;
    ready.unwrap();
    let peer = peer.unwrap();
    assert_eq!(lines.take(), ["DEBUG connected server=http://cafe"]);

    let complaint = peer.go_away(0, Reason::ENHANCE_YOUR_CALM, "too_many_pings");
    complaint.await.unwrap();
    let mut states = channel.states();
    while states.current() == State::Ready {
        soon(states.changed()).await;
    }
    let lines = lines.take();
    assert_eq!(
        lines[0],
        "WARN the server says too_many_pings: keepalive pings half as often from now on \
         server=http://cafe interval=60s"
    );
    let left = "DEBUG a connection takes no more calls server=http://cafe error=the server at http://cafe ended the \
                connection with ENHANCE_YOUR_CALM (0xb): too_many_pings";
    assert_eq!(lines[1..], [left]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_in_peace_is_told_in_true_words() {
    // A-110: h2 has "connection error received: not a result of an error" for it.
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (near, far) = tokio::io::duplex(64 * 1024);
    let near = Arc::new(Mutex::new(Some(near)));
    let connector = service_fn(move |_| {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(near.lock().unwrap().take().ok_or_else(refused))
    });
    let channel = Channel::builder("http://cafe").unwrap();
    let channel = channel.connector(connector).connect_lazy();
    let (connected, peer) =
        soon(async { tokio::join!(channel.connect(), Connection::over(far)) }).await;
    connected.unwrap();
    assert_eq!(lines.take(), ["DEBUG connected server=http://cafe"]);
    let peer = peer.unwrap();
    peer.go_away(0, Reason::NO_ERROR, "").await.unwrap();
    let mut states = channel.states();
    while states.current() == State::Ready {
        soon(states.changed()).await;
    }
    let left = "DEBUG a connection takes no more calls server=http://cafe error=the server at http://cafe takes no more \
                requests on this connection";
    assert_eq!(lines.take(), [left]);
}

#[test]
fn a_setting_that_is_raised_says_so() {
    // E-1, G-31
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let second = Duration::from_secs(1);
    assert_eq!(KeepaliveOptions::every(second).interval(), second * 10);
    let told = |setting, asked, used| {
        format!(
            "WARN a setting is out of its range: the nearest value is used \
             setting=\"{setting}\" asked={asked} used={used}"
        )
    };
    assert_eq!(lines.take(), [told("KeepaliveOptions::every", "1s", "10s")]);
    let _ = TcpOptions::new().attempt_delay(second / 20);
    assert_eq!(
        lines.take(),
        [told("TcpOptions::attempt_delay", "50ms", "100ms")]
    );
    let _ = Backoff::new().jitter(1.5).multiplier(0.5);
    let of_backoff = [
        told("Backoff::jitter", "1.5", "1.0"),
        told("Backoff::multiplier", "0.5", "1.0"),
    ];
    assert_eq!(lines.take(), of_backoff);
    let channel = Channel::builder("http://cafe").unwrap();
    let _ = channel.max_connections(0).connections(11);
    let of_channel = [
        told("Builder::max_connections", "0", "1"),
        told("Builder::connections", "11", "10"),
    ];
    assert_eq!(lines.take(), of_channel);
    // What is in its range says nothing.
    let _ = KeepaliveOptions::every(second * 10).timeout(second);
    let _ = TcpOptions::new().attempt_delay(second);
    assert_eq!(lines.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_resolver_finds_is_told() {
    // G-13, G-16
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (lists, told) = mpsc::unbounded_channel::<Result<Resolution, BoxError>>();
    let connector = service_fn(|_| {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(Err::<DuplexStream, _>(refused))
    });
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(connector)
        .resolver(Updates::new(UnboundedReceiverStream::new(told)))
        .balance(RoundRobin::new())
        .backoff(Backoff::new().jitter(0.0))
        .connect_lazy();
    lists.send(Err("no such name".into())).unwrap();
    soon(channel.connect()).await.unwrap_err();
    let [unresolved, failed] = &lines.take()[..] else {
        panic!("two lines");
    };
    assert!(unresolved.starts_with("WARN cannot resolve server=http://cafe error="));
    assert!(
        unresolved.ends_with("no such name backoff=Some(1s)"),
        "{unresolved}"
    );
    let state = "DEBUG the channel has another state server=http://cafe state=TransientFailure";
    assert_eq!(failed, state);

    let servers = ["10.0.0.1:1", "10.0.0.2:1"].map(|text| text.parse::<Endpoint>().unwrap());
    lists.send(Ok(Resolution::new(servers))).unwrap();
    let mut endpoints = channel.endpoints();
    while endpoints.current().is_empty() {
        assert!(soon(endpoints.changed()).await);
    }
    let resolved = "DEBUG resolved server=http://cafe servers=2 added=2 gone=0".to_owned();
    assert!(lines.take().contains(&resolved));

    // F-3: what was wrong with a config that is not followed.
    let server = "10.0.0.1:1".parse::<Endpoint>().unwrap();
    let config = ServiceConfig::from_json(r#"{ "loadBalancingPolicy": 7 }"#);
    let sentence = config.clone().unwrap_err().to_string();
    let unused = Resolution::new([server]).service_config(config);
    lists.send(Ok(unused)).unwrap();
    while endpoints.current().len() > 1 {
        assert!(soon(endpoints.changed()).await);
    }
    let warning = format!(
        "WARN cannot use the resolver's service config server=http://cafe error={sentence}"
    );
    let lines = lines.take();
    assert!(lines.contains(&warning), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_health_service_is_told_once_for_each_connection() {
    // G-66
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let connector = service_fn(|_| {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let machine = CoffeeMachineServer::new(Machine);
        let router = tonic::transport::Server::builder().add_service(machine);
        let one = tokio_stream::iter([Ok::<_, io::Error>(far)]);
        tokio::spawn(router.serve_with_incoming(one));
        std::future::ready(Ok::<_, io::Error>(near))
    });
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(connector)
        .resolver(Fixed::new(["10.0.0.1:1"]).unwrap())
        .balance(RoundRobin::new())
        .health_check("cafe.v1.CoffeeMachine")
        .connect_lazy();
    soon(channel.connect()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let mut lines = lines.take();
    lines.retain(|line| line.starts_with("ERROR"));
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        line.starts_with(
            "ERROR the server has no health service: it is taken for healthy server=http://"
        ),
        "{line}"
    );
}
