//! Servers that ask their clients to leave.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};
use ziggurat::channel::Builder;
use ziggurat_soak::{Age, CALL_ID, Habits, Ledger};
use ziggurat_testing::peer::{Connection, Control, Frame, Peer, PeerError, Reason};

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, builder, client},
};

/// Makes the calls against a server with such habits; none may fail.
async fn none_is_lost(options: &Options, habits: Habits, calls: usize) -> Report {
    none_is_lost_over(1, options, habits, calls).await
}

/// The same, spread over so many connections.
async fn none_is_lost_over(
    connections: usize,
    options: &Options,
    habits: Habits,
    calls: usize,
) -> Report {
    let spread = |builder: Builder| builder.connections(connections);
    let stage = Stage::set_with(options, habits, calls, spread).await;
    let start = Instant::now();
    let tally = Load::of(calls).run(&stage.client, &stage.ledger).await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{} connections", stage.server.accepted()));
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report
}

pub(crate) async fn recycle(options: Options) -> Report {
    let age = Age::Time(Duration::from_millis(200));
    let habits = Habits::new().age(age).seed(options.seed);
    none_is_lost(&options, habits, options.calls).await
}

/// Four connections, each recycled at its own time.
pub(crate) async fn several(options: Options) -> Report {
    let age = Age::Time(Duration::from_millis(200));
    let habits = Habits::new().age(age).seed(options.seed);
    none_is_lost_over(4, &options, habits, options.calls).await
}

pub(crate) async fn double(options: Options) -> Report {
    let age = Age::Calls(100);
    let habits = Habits::new().age(age).seed(options.seed);
    none_is_lost(&options, habits, options.few_calls()).await
}

/// How many calls are begun on a connection before the one that is turned away with all behind it.
const BEGUN: usize = 100;

pub(crate) async fn below_the_newest(options: Options) -> Report {
    let calls = options.few_calls();
    let ledger = Arc::new(Ledger::new(calls));
    let peer = Peer::bind().await.expect("loopback has ports");
    let client = client(builder(&options, &peer.url().expect("it is bound")));
    let serving = tokio::spawn(accept(peer, Arc::clone(&ledger)));
    let start = Instant::now();
    let tally = Load::of(calls).run(&client, &ledger).await;
    let mut report = Report::new(tally, ledger.twice(), start.elapsed());
    serving.abort();
    let refused = (0..calls).filter(|id| ledger.refused(*id) > 0).count();
    report.note(format!("{refused} turned away"));
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report.expect(refused > 0, "calls are turned away");
    report
}

async fn accept(peer: Peer, ledger: Arc<Ledger>) {
    let options = ziggurat_testing::peer::Options::new().windows(Control::Automatic);
    let mut connections = JoinSet::new();
    while let Ok(connection) = peer.accept_with(options.clone()).await {
        connections.spawn(serve(connection, Arc::clone(&ledger)));
    }
}

/// Answers calls; then one comes that it does not begin, nor what came with it.
async fn serve(mut connection: Connection, ledger: Arc<Ledger>) -> Result<(), PeerError> {
    let (mut begun, mut last) = (0, 0);
    loop {
        let Frame::Headers { stream, fields, .. } = connection.next_frame().await? else {
            continue;
        };
        let id = fields.get(CALL_ID).and_then(|id| id.parse().ok());
        let id = id.unwrap_or(usize::MAX);
        if begun == BEGUN {
            connection.go_away(last, Reason::NO_ERROR, "").await?;
            ledger.refuse(id);
            return connection.closed().await;
        }
        ledger.begin(id);
        (begun, last) = (begun + 1, stream);
        let message = connection.body(stream).await?;
        connection.grpc_headers(stream).await?;
        connection.data(stream, message).await?;
        connection.trailers(stream, [("grpc-status", "0")]).await?;
    }
}
