//! How connections end, as a table: what the end was, what the connection had done, whether it may be chance.
//!
//! `docs/lifecycle.md` shows the same table in words, and a test compares the two. Here is all that is decided; that it is
//! done is up to `life`. An end that is no failure to connect, as a graceful GOAWAY, never makes calls fail (A-112, D-20).

/// How a connection ended, or the attempt to make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// None was made: nobody listens, the name is unknown, TLS failed, the time was over.
    Unreachable,
    /// It was accepted, and ended before the server's SETTINGS.
    HungUp,
    /// The server said GOAWAY with NO_ERROR.
    Drained,
    /// The server said GOAWAY with an error.
    Dismissed,
    /// It was closed or reset, nothing came for too long, or the protocol was broken.
    Lost,
    /// It is open, and [doubted](super::doubt::Record): silent, or refusing all it gets. It ends when another is ready.
    Doubted,
}

/// What it had done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was not ready.
    Nothing,
    /// The server's SETTINGS came.
    Settings,
    /// An answer came.
    Answer,
}

/// Whether it may be chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Again,
}

/// What becomes of the endpoint if there is no other connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) next: Next,
    pub(super) calls: Calls,
}

/// When the next attempt may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    AtOnce,
    /// After the pause that is due; the one after that is longer, but no longer than the first of all.
    AfterEvenPause,
    /// After the pause that is due; the one after that is longer.
    AfterGrowingPause,
}

/// Who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    Wait,
    /// Those fail that do not wait for ready, but for what the connection gave back.
    NewOnesFail,
    /// Those fail that do not wait for ready.
    Fail,
}

/// How connections end, as a table; `docs/lifecycle.md` has it in words (A-112, D-20, D-23, D-26, T-19).
pub(super) fn outcome(end: End, done: Done, times: Times) -> Outcome {
    use Calls::{Fail, NewOnesFail, Wait};
    use Next::{AfterEvenPause, AfterGrowingPause, AtOnce};
    let (next, calls) = match (end, done, times) {
        (End::Unreachable, ..) | (End::HungUp, _, Times::Again) => (AfterGrowingPause, Fail),
        (_, Done::Answer, _) => (AtOnce, Wait),
        // The server is there: that is no failure to connect.
        (End::Drained, ..) => (AfterEvenPause, Wait),
        (End::Dismissed | End::Lost, _, Times::Again) => (AfterGrowingPause, NewOnesFail),
        (End::HungUp | End::Dismissed | End::Lost | End::Doubted, ..) => (AfterGrowingPause, Wait),
    };
    Outcome { next, calls }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [(End, &[Done]); 6] = [
        (End::Unreachable, &[Done::Nothing]),
        (End::HungUp, &[Done::Nothing]),
        (End::Drained, &[Done::Settings, Done::Answer]),
        (End::Dismissed, &[Done::Settings, Done::Answer]),
        (End::Lost, &[Done::Settings, Done::Answer]),
        (End::Doubted, &[Done::Settings, Done::Answer]),
    ];

    fn end(end: End) -> &'static str {
        match end {
            End::Unreachable => {
                "no connection: nobody listens, unknown name, no TLS, connect timeout"
            }
            End::HungUp => "accepted, and ended before SETTINGS",
            End::Drained => "GOAWAY with NO_ERROR",
            End::Dismissed => "GOAWAY with an error",
            End::Lost => "closed, reset, keepalive, protocol broken",
            End::Doubted => "not ended: doubted, for it is silent or refuses all",
        }
    }

    fn done(done: Done) -> &'static str {
        match done {
            Done::Nothing => "nothing",
            Done::Settings => "SETTINGS",
            Done::Answer => "an answer",
        }
    }

    fn next(next: Next) -> &'static str {
        match next {
            Next::AtOnce => "at once",
            Next::AfterEvenPause => "after a pause, at most 1 s",
            Next::AfterGrowingPause => "after a growing pause",
        }
    }

    /// The state, then what becomes of new calls, of what came back, and of who waits for ready.
    fn calls(end: End, calls: Calls) -> &'static str {
        match calls {
            Calls::Wait if end == End::Doubted => "READY | wait | wait | wait",
            Calls::Wait => "IDLE | wait | wait | wait",
            Calls::NewOnesFail => "TRANSIENT_FAILURE | fail | wait | wait",
            Calls::Fail => "TRANSIENT_FAILURE | fail | fail | wait",
        }
    }

    /// The rows of the page; what does not depend on chance is one row.
    fn rows() -> Vec<String> {
        let mut rows = Vec::new();
        for (how, all) in ENDS {
            for &what in all {
                let [once, again] =
                    [Times::Once, Times::Again].map(|times| outcome(how, what, times));
                let cases = if once == again {
                    vec![("", once)]
                } else {
                    vec![("once", once), ("again", again)]
                };
                for (times, outcome) in cases {
                    let row = [
                        end(how),
                        done(what),
                        times,
                        next(outcome.next),
                        calls(how, outcome.calls),
                    ];
                    rows.push(format!("| {} |", row.join(" | ")).replace("|  |", "| |"));
                }
            }
        }
        rows
    }

    #[test]
    fn the_page_says_what_the_table_does() {
        // A-112, D-11, D-12, D-14, D-20, D-23, D-26, T-19
        let page = include_str!("../../../../docs/lifecycle.md");
        let head = "| how it ended | what it had done | | the next starts |";
        let table = page.split_once(head).expect("the table").1;
        let told: Vec<_> = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        assert_eq!(told, rows());
    }
}
