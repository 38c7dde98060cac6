//! Servers that refuse streams, or whole connections.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, sink},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use ziggurat::Code;
use ziggurat_soak::{Age, Habits, Refusal};

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, builder, client},
};

async fn refusing(options: &Options, refusal: Refusal) -> Report {
    let calls = options.few_calls();
    let habits = Habits::new().refusal(refusal).seed(options.seed);
    let stage = Stage::set(options, habits, calls).await;
    let start = Instant::now();
    let tally = Load::of(calls).run(&stage.client, &stage.ledger).await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    let refused = (0..calls)
        .filter(|id| stage.ledger.refused(*id) > 0)
        .count();
    report.note(format!("{refused} calls refused"));
    let safe = report.tally().safe + report.tally().turned_away;
    report.expect(safe == 0, "each is sent again once");
    report.expect(stage.server.accepted() == 1, "one connection serves all");
    report
}

pub(crate) async fn once(options: Options) -> Report {
    let mut report = refusing(&options, Refusal::Once { percent: 10 }).await;
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report
}

pub(crate) async fn some(options: Options) -> Report {
    let mut report = refusing(&options, Refusal::Some { percent: 10 }).await;
    let (failed, calls) = (report.tally().failed(), report.tally().calls());
    let one_in_a_hundred = calls / 100;
    // By chance some more: three times the deviation.
    let most = one_in_a_hundred + 3 * one_in_a_hundred.isqrt();
    report.expect(failed <= most, "about one in a hundred fails");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

/// The good connections are recycled, so that the bad ones get their turn.
pub(crate) async fn closed_early(options: Options) -> Report {
    let calls = options.few_calls();
    let habits = Habits::new()
        .age(Age::Time(Duration::from_millis(200)))
        .seed(options.seed);
    let stage = Stage::set(&options, habits, calls).await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has ports");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let serving = tokio::spawn(every_second(listener, stage.server.address()));
    let client = client(builder(&options, &url));
    let start = Instant::now();
    let load = Load {
        // Long enough for some connections, however quick the calls are.
        pause: Duration::from_millis(5),
        ..Load::of(calls)
    };
    let tally = load.run(&client, &stage.ledger).await;
    serving.abort();
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{} good connections", stage.server.accepted()));
    let (lost, calls) = (report.tally().failed(), report.tally().calls());
    report.expect(lost * 100 < calls * 4, "fewer than 4 % fail");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    let quick = report.tally().took(990) < Duration::from_millis(200);
    report.expect(quick, "p99 < 200 ms");
    report
}

async fn every_second(listener: TcpListener, server: SocketAddr) {
    let mut is_good = false;
    while let Ok((socket, _)) = listener.accept().await {
        if is_good {
            tokio::spawn(pass_on(socket, server));
        } else {
            tokio::spawn(greet_and_close(socket));
        }
        is_good = !is_good;
    }
}

async fn pass_on(mut socket: TcpStream, server: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    socket.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut socket, &mut server).await?;
    Ok(())
}

/// An empty SETTINGS frame.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

async fn greet_and_close(mut socket: TcpStream) -> std::io::Result<()> {
    socket.read_u8().await?;
    socket.write_all(&SETTINGS).await?;
    socket.shutdown().await?;
    // Closed with bytes unread, it would be reset, and its SETTINGS might be lost.
    tokio::io::copy(&mut socket, &mut sink()).await?;
    Ok(())
}
