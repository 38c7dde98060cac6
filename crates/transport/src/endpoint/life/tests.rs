//! The life of an endpoint as tables: what happens, the state after it, and when the next attempt is due.

use ziggurat_connect::Target;

use super::*;
use crate::connection::Pulse;
use crate::endpoint::{
    ends::End,
    fate::Fate,
    queue::{Patience, Tickets},
};
use State::{Connecting, Idle, Ready, Shutdown, TransientFailure};

/// What happens.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// Time passes until this many milliseconds after the start.
    At(u64),
    /// A call wants to send.
    Call,
    /// One that waits for ready does.
    Patient,
    /// Somebody wants a connection.
    Request,
    /// The attempt starts.
    Begin,
    /// It gave a connection with this many streams.
    Up(usize),
    /// It failed.
    Fail,
    /// It was accepted, and hung up on.
    HangUp,
    /// The newest connection gave a response.
    Serve,
    /// A call on the newest connection is over.
    Release,
    /// The newest connection is lost.
    Leave,
    /// The server says GOAWAY with NO_ERROR on it.
    Drain,
    /// A call finds it closed.
    FindClosed,
    /// A call that it gave back wants to send.
    Back,
    /// A call on the newest connection is given up, which left at that millisecond.
    GiveUp(u64),
    /// One is refused.
    Refuse,
    /// Something is read on the newest connection.
    Hear,
    /// The newest connection is as old as it may be.
    Age,
    Reset,
    Rest,
    /// Nobody wants it any more.
    LetGo,
    Close,
    /// The runtime is gone.
    Stop,
}

use Do::*;

struct Script {
    life: Life<u64>,
    start: Instant,
    now: Instant,
    plan: Option<Plan>,
    /// The newest connection.
    newest: Id,
    pulse: Pulse,
    tickets: Tickets,
    answers: Vec<oneshot::Receiver<Result<Grant<u64>, Error>>>,
    /// What came of the calls so far: `ok 1` on the first connection, or why not.
    results: Vec<String>,
}

fn error(text: &str) -> Error {
    Error::other(text)
}

/// What was given to [`error`].
fn told(error: &Error) -> String {
    let text = error.to_string();
    let told = text.strip_prefix("a layer refused the request: ");
    told.unwrap_or(&text).to_owned()
}

impl Script {
    fn new(max_connections: usize) -> Self {
        Self::spread(1, max_connections)
    }

    fn spread(connections: usize, max_connections: usize) -> Self {
        let options = Options {
            connections,
            max_connections,
            idle_timeout: Some(Duration::from_secs(60)),
            max_age: None,
        };
        let start = Instant::now();
        Self {
            life: Life::new(options, Backoff::new().jitter(0.0)),
            start,
            now: start,
            plan: None,
            newest: Id(0),
            pulse: Pulse::default(),
            tickets: Tickets::default(),
            answers: Vec::new(),
            results: Vec::new(),
        }
    }

    /// One of several servers.
    fn beside_others() -> Self {
        Self::beside_others_up_to(1)
    }

    fn beside_others_up_to(max_connections: usize) -> Self {
        let mut script = Self::new(max_connections);
        script.life = script.life.beside_others(error("elsewhere"));
        script
    }

    fn id(&self) -> Id {
        Id(self.life.last_id)
    }

    fn happen(&mut self, what: Do) {
        let (id, newest, now) = (self.id(), self.newest, self.now);
        match what {
            At(millis) => self.now = self.start + Duration::from_millis(millis),
            Call => self.call(Patience::FailFast),
            Patient => self.call(Patience::WaitForReady),
            Request => self.life.request(now),
            Begin => assert!(self.life.begin(id, now).is_some()),
            Up(streams) => {
                self.newest = id;
                let pulse = self.pulse.clone();
                self.life.connected(id, id.0, streams, pulse, now).unwrap();
            }
            Fail => drop(self.life.failed(id, error("refused"), now)),
            HangUp => {
                let target = Target::parse("http://cafe").unwrap();
                self.life.failed(id, Error::closed_early(&target), now);
            }
            Serve => self.life.served(newest, now),
            Release => {
                self.life.release(newest, Fate::Answered, || now);
            }
            Leave => self.life.left(newest, Some(End::Lost), error("lost"), now),
            Drain => self
                .life
                .left(newest, Some(End::Drained), error("drained"), now),
            FindClosed => self.life.left(newest, None, error("closed"), now),
            Back => self.call(Patience::CameBack),
            GiveUp(left) => {
                let fate = Fate::Unanswered {
                    left: self.start + Duration::from_millis(left),
                    reads: self.pulse.reads(),
                };
                self.life.release(newest, fate, || now);
            }
            Refuse => {
                self.life.release(newest, Fate::Refused, || now);
            }
            Hear => {
                self.pulse.beat();
                self.life.recovered(now);
            }
            Age => self.life.aged(newest),
            Reset => self.life.reset_backoff(now),
            Rest => drop(self.life.rest(now)),
            LetGo => self.life.let_go(),
            Close => self.life.close(error("closed")),
            Stop => return self.life.stopped(id, &error("stopped")),
        }
        if let Some(plan) = self.life.plan(self.now) {
            self.plan = Some(plan);
        }
    }

    fn call(&mut self, patience: Patience) {
        let ticket = self.tickets.next();
        match self.life.admit(ticket, patience) {
            Admission::Granted(grant) => self.results.push(format!("ok {}", grant.service)),
            Admission::HandedBack(error) => self.results.push(told(&error)),
            Admission::Queued(answer) => self.answers.push(answer),
        }
    }

    /// The results since the last time.
    fn results(&mut self) -> Vec<String> {
        let mut results = std::mem::take(&mut self.results);
        self.answers.retain_mut(|answer| match answer.try_recv() {
            Ok(Ok(grant)) => {
                results.push(format!("ok {}", grant.service));
                false
            }
            Ok(Err(error)) => {
                results.push(told(&error));
                false
            }
            Err(_) => true,
        });
        results
    }

    /// When the attempt that has not started is due, in milliseconds after the start.
    fn due(&self) -> Option<u128> {
        let attempt = self.life.attempt.as_ref()?;
        let is_waiting = attempt.pause.is_none();
        is_waiting.then(|| (*attempt.due.borrow() - self.start).as_millis())
    }
}

/// What happens, the state after it, when the next attempt is due, and what calls get.
type Row = (Do, State, Option<u128>, &'static [&'static str]);

#[track_caller]
fn play(max_connections: usize, rows: &[Row]) {
    play_with(Script::new(max_connections), rows);
}

#[track_caller]
fn play_with(mut script: Script, rows: &[Row]) {
    for (number, &(what, state, due, results)) in rows.iter().enumerate() {
        script.happen(what);
        let row = format!("row {number}: {what:?}");
        assert_eq!(script.life.state(), state, "{row}");
        assert_eq!(script.due(), due, "{row}");
        assert_eq!(script.results(), results, "{row}");
    }
}

#[test]
fn a_call_connects_and_waits() {
    // D-1, D-2, D-11
    play(
        1,
        &[
            (At(5), Idle, None, &[]),
            (Call, Connecting, Some(5), &[]),
            (Call, Connecting, Some(5), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1", "ok 1"]),
            (Call, Ready, None, &["ok 1"]),
        ],
    );
}

#[test]
fn a_request_connects_without_a_call() {
    // D-3
    play(
        1,
        &[
            (Request, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &[]),
            (Request, Ready, None, &[]),
            (Serve, Ready, None, &[]),
            (Leave, Idle, None, &[]),
            (Request, Connecting, Some(0), &[]),
        ],
    );
}

#[test]
fn a_failure_stays_until_there_is_a_connection() {
    // D-2, D-11, D-12, D-21
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Patient, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (At(300), Connecting, None, &[]),
            (Fail, TransientFailure, Some(1000), &["refused"]),
            (Call, TransientFailure, Some(1000), &["refused"]),
            (Patient, TransientFailure, Some(1000), &[]),
            (At(1000), TransientFailure, Some(1000), &[]),
            (Begin, TransientFailure, None, &[]),
            (Call, TransientFailure, None, &["refused"]),
            (Fail, TransientFailure, Some(2600), &[]),
            (At(2600), TransientFailure, Some(2600), &[]),
            (Begin, TransientFailure, None, &[]),
            (Up(9), Ready, None, &["ok 3", "ok 3"]),
        ],
    );
}

#[test]
fn an_attempt_longer_than_its_pause_is_followed_at_once() {
    // D-21
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (At(20_000), Connecting, None, &[]),
            (Fail, TransientFailure, Some(20_000), &["refused"]),
        ],
    );
}

#[test]
fn a_connection_that_served_is_replaced_at_once_and_then_quickly() {
    // T-19
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (At(50), Ready, None, &[]),
            (Leave, Idle, None, &[]),
            (Call, Connecting, Some(50), &[]),
            (Begin, Connecting, None, &[]),
            (Fail, TransientFailure, Some(150), &["refused"]),
            (At(150), TransientFailure, Some(150), &[]),
            (Begin, TransientFailure, None, &[]),
            (Fail, TransientFailure, Some(310), &[]),
        ],
    );
}

#[test]
fn a_connection_that_served_none_is_followed_after_a_pause_in_which_calls_wait() {
    // D-26, T-19
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (At(10), Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Leave, Idle, None, &[]),
            (Call, Connecting, Some(1000), &[]),
            (At(1000), Connecting, Some(1000), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 2"]),
        ],
    );
}

#[test]
fn the_second_in_a_row_that_served_none_is_a_failure() {
    // D-14, D-23, D-26: but not to the calls that it gave back.
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Leave, Idle, None, &[]),
            (Release, Idle, None, &[]),
            (Call, Connecting, Some(1000), &[]),
            (At(1000), Connecting, Some(1000), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 2"]),
            (Leave, Idle, None, &[]),
            // As long as a call runs on it, it may yet have served one.
            (Call, Connecting, Some(2600), &[]),
            (Back, Connecting, Some(2600), &[]),
            (Release, TransientFailure, Some(2600), &["lost"]),
            (Call, TransientFailure, Some(2600), &["lost"]),
            (Back, TransientFailure, Some(2600), &[]),
            (At(2600), TransientFailure, Some(2600), &[]),
            (Begin, TransientFailure, None, &[]),
            (Up(9), Ready, None, &["ok 3", "ok 3"]),
            (Release, Ready, None, &[]),
            (Release, Ready, None, &[]),
            (At(2700), Ready, None, &[]),
            (Leave, TransientFailure, Some(5160), &[]),
            (Back, TransientFailure, Some(5160), &[]),
            (At(5160), TransientFailure, Some(5160), &[]),
            (Begin, TransientFailure, None, &[]),
            // To them an attempt that fails is one.
            (Fail, TransientFailure, Some(9256), &["refused"]),
        ],
    );
}

#[test]
fn a_server_that_sends_away_is_asked_again_once_a_second() {
    // A-112, D-20, D-26: it is there, so nobody fails.
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Drain, Idle, None, &[]),
            (Call, Connecting, Some(1000), &[]),
            (Release, Connecting, Some(1000), &[]),
            (At(1000), Connecting, Some(1000), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 2"]),
            (Drain, Idle, None, &[]),
            (Release, Idle, None, &[]),
            (Call, Connecting, Some(2000), &[]),
        ],
    );
}

#[test]
fn after_an_outage_too() {
    // D-26, T-19: the pause that is due is cut to the first.
    play(
        1,
        &[
            (Patient, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Fail, TransientFailure, Some(1000), &[]),
            (At(1000), TransientFailure, Some(1000), &[]),
            (Begin, TransientFailure, None, &[]),
            (Fail, TransientFailure, Some(2600), &[]),
            (At(2600), TransientFailure, Some(2600), &[]),
            (Begin, TransientFailure, None, &[]),
            (Up(9), Ready, None, &["ok 3"]),
            // A call sees it first, and not why.
            (FindClosed, Idle, None, &[]),
            (Back, Connecting, Some(5160), &[]),
            (Drain, Connecting, Some(3600), &[]),
        ],
    );
}

#[test]
fn an_answer_may_come_to_light_after_the_end() {
    // A-112, T-19: GOAWAY stands in the same read.
    for end in [Drain, Leave, FindClosed] {
        play(
            1,
            &[
                (Call, Connecting, Some(0), &[]),
                (Begin, Connecting, None, &[]),
                (Up(9), Ready, None, &["ok 1"]),
                (At(10), Ready, None, &[]),
                (end, Idle, None, &[]),
                (Call, Connecting, Some(1000), &[]),
                (Serve, Connecting, Some(10), &[]),
                (Release, Connecting, Some(10), &[]),
                (Begin, Connecting, None, &[]),
                // And the series has begun anew.
                (Fail, TransientFailure, Some(110), &["refused"]),
            ],
        );
    }
}

#[test]
fn nothing_is_expected_of_a_server_that_always_gives_back() {
    // C-31
    let mut script = Script::new(1);
    for round in 0..5 {
        assert!(script.life.is_hopeful());
        let at = At(10_000 * round);
        for what in [at, Call, Begin, Up(9), Drain, Release] {
            script.happen(what);
        }
    }
    assert!(!script.life.is_hopeful());
    for what in [At(60_000), Call, Begin, Up(9), Serve] {
        script.happen(what);
    }
    assert!(script.life.is_hopeful());
}

#[test]
fn a_connection_that_nobody_used_may_leave_late() {
    // Not early: a server that ends what is idle is not broken.
    play(
        1,
        &[
            (Request, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &[]),
            (At(30_000), Ready, None, &[]),
            (Leave, Idle, None, &[]),
            (Request, Connecting, Some(30_000), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &[]),
            (At(90_000), Ready, None, &[]),
            (Leave, Idle, None, &[]),
        ],
    );
}

#[test]
fn a_server_that_served_may_hang_up_once() {
    // T-19
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Leave, Idle, None, &[]),
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (HangUp, Connecting, Some(100), &[]),
            (Call, Connecting, Some(100), &[]),
            (At(100), Connecting, Some(100), &[]),
            (Begin, Connecting, None, &[]),
            (HangUp, TransientFailure, Some(260), &[CLOSED, CLOSED]),
        ],
    );
}

#[test]
fn a_server_that_never_served_may_not() {
    // D-2, D-23
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (HangUp, TransientFailure, Some(1000), &[CLOSED]),
        ],
    );
}

const CLOSED: &str = "the server at http://cafe closed the connection before it was ready";

#[test]
fn a_doubted_connection_is_replaced_by_the_next_call() {
    // A-112, T-19: at once, for it served.
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
            (At(1000), Ready, None, &[]),
            (GiveUp(0), Ready, None, &[]),
            (At(9000), Ready, None, &[]),
            (Call, Ready, Some(9000), &[]),
            (Begin, Ready, None, &[]),
            (Call, Ready, None, &[]),
            (Up(9), Ready, None, &["ok 2", "ok 2"]),
            // The old one is gone.
            (Leave, Idle, None, &[]),
        ],
    );
}

#[test]
fn a_doubt_that_is_lifted_gives_the_connection_back() {
    let rows = [
        (Call, Connecting, Some(0), &[][..]),
        (Begin, Connecting, None, &[]),
        (Up(1), Ready, None, &["ok 1"]),
        (Serve, Ready, None, &[]),
        (At(1000), Ready, None, &[]),
        (GiveUp(0), Ready, None, &[]),
        (Call, Ready, Some(1000), &[]),
        (Begin, Ready, None, &[]),
        (Hear, Ready, None, &["ok 1"]),
    ];
    play(1, &rows);
    let mut script = Script::new(1);
    for (what, ..) in rows {
        script.happen(what);
    }
    // What was being made is not wanted.
    let late = script
        .life
        .connected(script.id(), 2, 9, Pulse::default(), script.now);
    assert_eq!(late, Err(2));
}

#[test]
fn a_doubted_connection_is_used_while_no_other_can_be_made() {
    // T-19, D-26
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (At(500), Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Call, Ready, None, &["ok 1"]),
            (At(899), Ready, None, &[]),
            // It served none: the pause is on.
            (GiveUp(0), Ready, None, &[]),
            (GiveUp(500), Ready, None, &[]),
            (At(1000), Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
            (At(1500), Ready, None, &[]),
            (GiveUp(1000), Ready, None, &[]),
            (Call, Ready, Some(1500), &[]),
            (Begin, Ready, None, &[]),
            (Call, Ready, None, &[]),
            // No other is to be had.
            (Fail, Ready, None, &["ok 1", "ok 1"]),
            (Call, Ready, None, &["ok 1"]),
            (At(3100), Ready, None, &[]),
            (Call, Ready, Some(3100), &[]),
        ],
    );
}

/// Beside others, the endpoint is asked to connect, as a policy does, and by no call.
const DOUBTED: [Row; 8] = [
    (Request, Connecting, Some(0), &[]),
    (Begin, Connecting, None, &[]),
    (Up(1), Ready, None, &[]),
    (Call, Ready, None, &["ok 1"]),
    (Serve, Ready, None, &[]),
    (At(1000), Ready, None, &[]),
    // A doubted connection is none, and calls are not kept from others.
    (GiveUp(0), Idle, None, &[]),
    (Call, Idle, None, &["elsewhere"]),
];

#[test]
fn beside_others_a_call_that_finds_no_connection_is_handed_back() {
    // T-28, D-14
    play_with(
        Script::beside_others(),
        &[
            (Call, Idle, None, &["elsewhere"]),
            (Patient, Idle, None, &["elsewhere"]),
            (Request, Connecting, Some(0), &[]),
            (Call, Connecting, Some(0), &["elsewhere"]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
            // These wait for a stream, and are handed back when there is none to wait for.
            (Call, Ready, None, &[]),
            (Patient, Ready, None, &[]),
            (Leave, Idle, None, &["elsewhere", "elsewhere"]),
            // Nobody asks for another by waiting.
            (At(60_000), Idle, None, &[]),
            (Request, Connecting, Some(60_000), &[]),
            (Begin, Connecting, None, &[]),
            (Fail, TransientFailure, Some(61_000), &[]),
            (Call, TransientFailure, Some(61_000), &["refused"]),
            (Patient, TransientFailure, Some(61_000), &["refused"]),
        ],
    );
}

#[test]
fn beside_others_a_doubt_that_is_lifted_leaves_nothing_behind() {
    // T-27, G-33: no failure that later calls meet, and no wish for a connection when this one is lost.
    let replaced = [
        (Request, Connecting, Some(1000), &[][..]),
        (Begin, Connecting, None, &[]),
    ];
    let lifted = [
        (Hear, Ready, None, &[][..]),
        (Call, Ready, None, &["ok 1"]),
        // It waits for the stream.
        (Call, Ready, None, &[]),
        (Release, Ready, None, &["ok 1"]),
        (Leave, Idle, None, &[]),
    ];
    play_with(
        Script::beside_others(),
        &[&DOUBTED[..], &replaced[..], &lifted[..]].concat(),
    );

    let failed = [(Fail, TransientFailure, Some(1100), &[][..])];
    let mut script = Script::beside_others();
    for (what, ..) in [&DOUBTED[..], &replaced[..], &failed[..]].concat() {
        script.happen(what);
        // As it is told after each.
        drop(script.life.standing());
    }
    assert_eq!(script.life.state(), TransientFailure);
    script.happen(Hear);
    let standing = script.life.standing();
    assert_eq!((standing.state, standing.losses), (Ready, 1));
    assert!(standing.error.is_none());
    script.happen(Call);
    script.happen(Call);
    script.results();
    script.happen(Release);
    assert_eq!(script.results(), ["ok 1"]);
    script.happen(Leave);
    assert_eq!(script.life.state(), Idle);
}

#[test]
fn beside_others_an_answer_gives_a_connection_back_that_refused() {
    // T-27
    let calls = [Call; 11];
    let refusals = [Refuse; 9];
    let mut script = Script::beside_others();
    for what in [&[Request, Begin, Up(20)][..], &calls, &refusals].concat() {
        script.happen(what);
    }
    let state = |script: &Script| script.life.state();
    assert_eq!(state(&script), Ready);
    script.happen(At(1000));
    script.happen(Refuse);
    assert_eq!(state(&script), Idle);
    script.happen(Request);
    script.results();
    assert!(
        script
            .life
            .release(script.newest, Fate::Answered, || script.now)
    );
    script.happen(At(1000));
    assert_eq!(state(&script), Ready);
    script.happen(Leave);
    assert_eq!(state(&script), Idle);
}

#[test]
fn beside_others_one_more_connection_is_made_to_its_end() {
    // G-70: though nobody waits any more; the next who does would find as little.
    play_with(
        Script::beside_others_up_to(2),
        &[
            (Request, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
            (Call, Ready, Some(0), &[]),
            (Begin, Ready, None, &[]),
            (Release, Ready, None, &["ok 1"]),
            (Up(1), Ready, None, &[]),
            (Call, Ready, None, &["ok 2"]),
        ],
    );
}

#[test]
fn beside_others_what_was_let_go_serves_who_runs_and_nobody_else() {
    // G-31, G-40
    for (what, state) in [(Close, Shutdown), (LetGo, Idle)] {
        let reason = match what {
            Close => "closed",
            _ => "elsewhere",
        };
        let mut script = Script::beside_others();
        for what in [Request, Begin, Up(1), Call, Call, what, Call, Release] {
            script.happen(what);
        }
        assert_eq!(script.results(), ["ok 1", reason, reason]);
        assert_eq!(script.life.load(), 0);
        assert_eq!((script.life.state(), script.due()), (state, None));
    }
}

#[test]
fn beside_others_each_call_is_counted_once() {
    // G-50
    let mut script = Script::beside_others();
    let mut load = |what| {
        script.happen(what);
        script.life.load()
    };
    let story = [
        Request,
        Begin,
        Up(2),
        Call,
        Call,
        Call,
        Release,
        Release,
        Release,
    ];
    assert_eq!(story.map(&mut load), [0, 0, 0, 1, 2, 3, 2, 1, 0]);
    // Also of a connection that is lost.
    assert_eq!([Call, Call, Call, Leave].map(&mut load), [1, 2, 3, 2]);
    assert_eq!([Release, Release].map(&mut load), [1, 0]);
}

#[test]
fn a_reset_of_the_backoff_starts_the_attempt_that_waits() {
    // D-25
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Fail, TransientFailure, Some(1000), &["refused"]),
            (At(200), TransientFailure, Some(1000), &[]),
            (Reset, TransientFailure, Some(200), &[]),
            (Begin, TransientFailure, None, &[]),
            (Fail, TransientFailure, Some(1200), &[]),
        ],
    );
}

#[test]
fn calls_wait_for_streams_in_their_order() {
    //
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &["ok 1"]),
            (Call, Ready, None, &[]),
            (Patient, Ready, None, &[]),
            (Release, Ready, None, &["ok 1"]),
            (Release, Ready, None, &["ok 1"]),
        ],
    );
}

#[test]
fn one_more_connection_is_made_for_calls_that_wait() {
    // A105, G-70
    play(
        2,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Call, Ready, Some(0), &[]),
            (Begin, Ready, None, &[]),
            (Fail, Ready, Some(100), &[]),
            (At(100), Ready, Some(100), &[]),
            (Begin, Ready, None, &[]),
            (Up(1), Ready, None, &["ok 3"]),
            // No third.
            (Call, Ready, None, &[]),
            (Leave, Ready, Some(260), &[]),
        ],
    );
}

#[test]
fn calls_beside_each_other_have_more_connections() {
    // G-70: and wait for none.
    play_with(
        Script::spread(2, 2),
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Call, Ready, Some(0), &["ok 1"]),
            (Call, Ready, Some(0), &["ok 1"]),
            (Begin, Ready, None, &[]),
            (Fail, Ready, None, &[]),
            (At(50), Ready, None, &[]),
            (Call, Ready, Some(100), &["ok 1"]),
            (At(100), Ready, Some(100), &[]),
            (Begin, Ready, None, &[]),
            (Up(9), Ready, None, &[]),
            (Call, Ready, None, &["ok 3"]),
            (Call, Ready, None, &["ok 3"]),
            (Leave, Ready, None, &[]),
        ],
    );
}

#[test]
fn what_comes_back_has_hope_in_a_connection_that_served() {
    // C-31: five in a row served nobody, beside one that did, and without.
    for (first, is_hopeful) in [(Some(Serve), true), (None, false)] {
        let mut script = Script::spread(2, 2);
        let begin = [Call, Begin, Up(9)].into_iter().chain(first);
        begin.for_each(|what| script.happen(what));
        for number in 1..=5 {
            for what in [Call, At(number * 1000), Begin, Up(9), Drain] {
                script.happen(what);
            }
        }
        assert_eq!(script.life.is_hopeful(), is_hopeful);
    }
}

#[test]
fn callers_that_take_turns_share_one_connection() {
    play_with(
        Script::spread(2, 2),
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Release, Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
            (Release, Ready, None, &[]),
            (Call, Ready, None, &["ok 1"]),
        ],
    );
}

#[test]
fn one_more_connection_that_nobody_needs_any_more_is_not_made() {
    // G-70
    let mut script = Script::new(2);
    for what in [Call, Begin, Up(1), Serve, Call] {
        script.happen(what);
    }
    assert_eq!(script.due(), Some(0));
    script.life.release(Id(1), Fate::Answered, || script.now);
    assert_eq!(script.life.begin(Id(2), script.now), None);
    assert_eq!(script.due(), None);
}

#[test]
fn calls_that_wait_for_streams_go_to_the_next_connection() {
    // C-30, D-14
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Call, Ready, None, &[]),
            (Leave, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &["ok 2"]),
        ],
    );
}

#[test]
fn without_calls_it_becomes_idle() {
    // D-30
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (At(300_000), Ready, None, &[]),
            (Rest, Ready, None, &[]),
            (Release, Ready, None, &[]),
            (At(359_999), Ready, None, &[]),
            (Rest, Ready, None, &[]),
            (At(360_000), Ready, None, &[]),
            (Rest, Idle, None, &[]),
            // D-31
            (Call, Connecting, Some(360_000), &[]),
        ],
    );
}

#[test]
fn attempts_end_when_nobody_calls() {
    // D-30
    let mut script = Script::new(1);
    for what in [Request, Begin, Fail, At(60_000)] {
        script.happen(what);
    }
    assert_eq!(script.life.state(), TransientFailure);
    assert_eq!(script.life.begin(script.id(), script.now), None);
    assert_eq!(script.life.state(), Idle);
}

#[test]
fn closing_is_final() {
    // D-4
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Patient, Connecting, Some(0), &[]),
            (Close, Shutdown, None, &["closed", "closed"]),
            (Call, Shutdown, None, &["closed"]),
            (Patient, Shutdown, None, &["closed"]),
            (Request, Shutdown, None, &[]),
            (Reset, Shutdown, None, &[]),
            (Rest, Shutdown, None, &[]),
            (Close, Shutdown, None, &[]),
        ],
    );
}

#[test]
fn a_connection_that_comes_too_late_is_handed_back() {
    let mut script = Script::new(1);
    for what in [Call, Begin, Close] {
        script.happen(what);
    }
    assert_eq!(
        script
            .life
            .connected(Id(1), 1, 9, Pulse::default(), script.now),
        Err(1)
    );
    script.life.failed(Id(1), error("late"), Instant::now());
    assert_eq!(script.life.state(), Shutdown);
}

#[test]
fn closing_stops_the_attempt() {
    let mut script = Script::new(1);
    script.happen(Call);
    script.happen(Close);
    assert!(script.plan.unwrap().due.has_changed().is_err());
}

#[test]
fn a_runtime_that_is_gone_fails_all_who_wait() {
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Patient, Connecting, Some(0), &[]),
            (Stop, Idle, None, &["stopped", "stopped"]),
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(1), Ready, None, &["ok 2"]),
            (Call, Ready, None, &[]),
            (Stop, Idle, None, &["stopped"]),
        ],
    );
}

#[test]
fn errors_name_the_target() {
    let target = Target::parse("http://cafe:1").unwrap();
    let error = Error::shutdown(&target);
    assert_eq!(error.to_string(), "the channel to http://cafe:1 is closed");
}

#[test]
fn who_came_back_fails_once_one_after_the_other_is_lost_before_it_has_a_stream() {
    // D-14, T-19
    let mut script = Script::new(1);
    script.happen(Back);
    script.happen(Patient);
    for _ in 0..5 {
        assert_eq!(script.results(), [""; 0]);
        let due = script.due().unwrap();
        script.happen(At(due.try_into().unwrap()));
        for what in [Begin, Up(0), Leave] {
            script.happen(what);
        }
    }
    assert_eq!(script.results(), ["lost"]);
    assert_eq!(script.life.state(), TransientFailure);
}

#[test]
fn an_old_connection_is_used_until_another_takes_its_place() {
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (At(5000), Ready, None, &[]),
            (Age, Ready, Some(5000), &[]),
            (Call, Ready, Some(5000), &["ok 1"]),
            (Begin, Ready, None, &[]),
            (Fail, Ready, Some(5100), &[]),
            (Call, Ready, Some(5100), &["ok 1"]),
            (At(5100), Ready, Some(5100), &[]),
            (Begin, Ready, None, &[]),
            (Up(9), Ready, None, &[]),
            (Call, Ready, None, &["ok 3"]),
        ],
    );
    // One that is lost before has no successor that nobody asks for.
    play(
        1,
        &[
            (Call, Connecting, Some(0), &[]),
            (Begin, Connecting, None, &[]),
            (Up(9), Ready, None, &["ok 1"]),
            (Serve, Ready, None, &[]),
            (Release, Ready, None, &[]),
            (Leave, Idle, None, &[]),
            (Age, Idle, None, &[]),
        ],
    );
}
