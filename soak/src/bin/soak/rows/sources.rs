//! Requests whose messages take time to make.
//!
//! No call is to wait for the stream of another. But whoever holds a thread or the processor takes it from calls, proxy
//! and server, with or without a client, on two threads more than on many. So the same work is done in a task of its own
//! too, and what is judged is what a request adds to that.

use std::{
    fmt, hint, iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use tokio::{task::yield_now, time::Instant};
use ziggurat_soak::{Habits, UPLOAD};

use crate::{
    load::Load,
    options::Options,
    report::{Report, millis},
    stage::Stage,
    tally::Tally,
};

/// Calls in one turn.
const CALLS: usize = 200;

/// How often the two follow each other. The middle one of their p99 counts: what the machine does else in one turn does
/// not. Where times are not judged there is one.
const TURNS: usize = 5;

/// What making a message takes.
const SHORT: Duration = Duration::from_millis(5);

/// The same of one that takes long.
const LONG: Duration = Duration::from_millis(50);

/// What p99 may always be: a slice of the system's scheduler, which chance gives to one of the two. Who waits for a message
/// takes longer, be it a short one.
const ALWAYS: Duration = Duration::from_millis(4);

/// Calls beside requests that hold their thread for each message, and beside some that compute.
pub(crate) async fn slow(options: Options) -> Report {
    let turns = if options.is_timed() { TURNS } else { 1 };
    let calls = CALLS * (1 + 4 * 2 * turns);
    let stage = Stage::set(&options, Habits::new().seed(options.seed), calls).await;
    let start = Instant::now();
    let all = Tally::default();
    let mut beside = Beside {
        stage,
        turns,
        next: 0,
        all,
    };
    beside.calls().await; // connects
    let mut pairs = Vec::new();
    for work in [
        Work::Hold(SHORT),
        Work::Hold(LONG),
        Work::Compute(SHORT),
        Work::Compute(LONG),
    ] {
        pairs.push((work, beside.pair(work).await));
    }
    let Beside { stage, all, .. } = beside;
    let mut report = Report::new(all, stage.ledger.twice(), start.elapsed());
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    for (work, pair) in pairs {
        pair.judge(work, &options, &mut report);
    }
    report
}

/// What making a message does with its thread, for so long.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// Leaves the processor to others.
    Hold(Duration),
    /// Uses the processor.
    Compute(Duration),
}

impl Work {
    #[expect(
        clippy::disallowed_methods,
        reason = "what is shown is a thread that is held"
    )]
    fn run(self) {
        match self {
            Self::Hold(time) => thread::sleep(time),
            Self::Compute(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time {
                    hint::spin_loop();
                }
            }
        }
    }

    /// Messages without end; each is work for the thread that asks for it.
    fn messages(self, made: &Arc<AtomicUsize>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let made = Arc::clone(made);
        iter::repeat_with(move || {
            self.run();
            made.fetch_add(1, Relaxed);
            Bytes::from_static(b"a bean")
        })
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hold(time) => write!(f, "held {}", millis(*time)),
            Self::Compute(time) => write!(f, "computed {}", millis(*time)),
        }
    }
}

/// The same work in a request and in a task.
struct Pair {
    /// How often the two followed each other.
    turns: usize,
    /// Messages of the request.
    made: usize,
    /// p99 of calls beside the request.
    request: Duration,
    /// p99 of calls beside the task.
    task: Duration,
}

impl Pair {
    fn judge(self, work: Work, options: &Options, report: &mut Report) {
        let (request, task) = (millis(self.request), millis(self.task));
        report.note(format!("{work}: p99 {request}, beside a task {task}"));
        report.expect(self.made > self.turns, "the requests go on");
        let most = (2 * self.task).max(ALWAYS);
        let is_in_time = options.is_in_time(self.request, most);
        report.expect(is_in_time, "p99 at most twice that beside a task");
    }
}

/// The calls, and what they stand beside.
struct Beside {
    stage: Stage,
    /// How often a request follows a task.
    turns: usize,
    /// The number of the next call.
    next: usize,
    all: Tally,
}

impl Beside {
    /// Calls beside a task and beside a request, in turns.
    async fn pair(&mut self, work: Work) -> Pair {
        let made = Arc::default();
        let (mut request, mut task) = (Vec::new(), Vec::new());
        for _ in 0..self.turns {
            task.push(self.beside_task(work).await);
            request.push(self.beside_request(work, &made).await);
        }
        Pair {
            turns: self.turns,
            made: made.load(Relaxed),
            request: middle(request),
            task: middle(task),
        }
    }

    async fn beside_task(&mut self, work: Work) -> Duration {
        let task = tokio::spawn(async move {
            loop {
                work.run();
                yield_now().await;
            }
        });
        let took = self.calls().await;
        task.abort();
        took
    }

    async fn beside_request(&mut self, work: Work, made: &Arc<AtomicUsize>) -> Duration {
        let messages = work.messages(made);
        let upload = self.stage.client.client_streaming(&UPLOAD, messages);
        let upload = tokio::spawn(upload);
        let took = self.calls().await;
        upload.abort();
        took
    }

    /// Makes one turn of calls, and gives its p99.
    async fn calls(&mut self) -> Duration {
        let load = Load {
            first: self.next,
            at_once: 4,
            pause: Duration::from_millis(5),
            ..Load::of(CALLS)
        };
        self.next += CALLS;
        let tally = load.run(&self.stage.client, &self.stage.ledger).await;
        let took = tally.took(990);
        self.all.join(tally);
        took
    }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
