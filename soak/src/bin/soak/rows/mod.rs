//! The rows of the table, in its order.

mod again;
mod broken;
mod drain;
mod dropped;
mod farewell;
mod many;
mod refuse;
mod restart;
mod sources;
mod storm;
mod streams;

use std::future::Future;

use futures_util::future::BoxFuture;

use crate::{options::Options, report::Report};

/// One way in which a connection's life is hard.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What happens.
    pub(crate) says: &'static str,
    /// What the client must reach.
    pub(crate) goal: &'static str,
    pub(crate) run: fn(Options) -> BoxFuture<'static, Report>,
}

fn boxed(report: impl Future<Output = Report> + Send + 'static) -> BoxFuture<'static, Report> {
    Box::pin(report)
}

pub(crate) const ALL: &[Row] = &[
    Row {
        name: "recycle",
        says: "connections are recycled every 200 ms",
        goal: "0 lost",
        run: |options| boxed(drain::recycle(options)),
    },
    Row {
        name: "several",
        says: "the same over four connections",
        goal: "0 lost",
        run: |options| boxed(drain::several(options)),
    },
    Row {
        name: "goaway",
        says: "GOAWAY below the newest streams",
        goal: "0 lost",
        run: |options| boxed(drain::below_the_newest(options)),
    },
    Row {
        name: "double-goaway",
        says: "graceful double GOAWAY",
        goal: "0 lost",
        run: |options| boxed(drain::double(options)),
    },
    Row {
        name: "double-goaway-early",
        says: "the same after 2 to 6 calls",
        goal: "0 lost, no stream behind GOAWAY",
        run: |options| boxed(farewell::double_early(options)),
    },
    Row {
        name: "turned-away",
        says: "two connections leave out the first call by GOAWAY",
        goal: "0 lost",
        run: |options| boxed(farewell::turned_away(options)),
    },
    Row {
        name: "drained-early",
        says: "two connections say GOAWAY at the first call and answer late",
        goal: "0 lost",
        run: |options| boxed(farewell::drained_early(options)),
    },
    Row {
        name: "late-server",
        says: "nobody, then one answer for each connection",
        goal: "no failure after the first answer",
        run: |options| boxed(farewell::late(options)),
    },
    Row {
        name: "one-each",
        says: "GOAWAY behind the first answer of each connection, 8 callers",
        goal: "0 lost, 2,000 calls < 3.6 s",
        run: |options| boxed(farewell::one_each(options)),
    },
    Row {
        name: "refused-once",
        says: "10 % of the calls refused once",
        goal: "0 lost",
        run: |options| boxed(refuse::once(options)),
    },
    Row {
        name: "refused",
        says: "10 % of all streams refused",
        goal: "1 % lost",
        run: |options| boxed(refuse::some(options)),
    },
    Row {
        name: "closed-early",
        says: "every second connection is closed after SETTINGS",
        goal: "< 4 % lost, UNAVAILABLE, p99 < 200 ms",
        run: |options| boxed(refuse::closed_early(options)),
    },
    Row {
        name: "streams",
        says: "10 streams, 1,000 calls of 10 ms, 2 s",
        goal: "all ok",
        run: |options| boxed(streams::few(options)),
    },
    Row {
        name: "expiring",
        says: "10 streams, 1,000 calls of 40 ms, 2 s",
        goal: "half expire, none refused",
        run: |options| boxed(streams::too_few(options)),
    },
    Row {
        name: "unread",
        says: "four unread streams of 64 KiB messages",
        goal: "all ok",
        run: |options| boxed(streams::unread(options)),
    },
    Row {
        name: "small-frames",
        says: "a stream of 100,000 small frames",
        goal: "all complete",
        run: |options| boxed(streams::small_frames(options)),
    },
    Row {
        name: "slow-source",
        says: "a request whose messages take 5 and 50 ms each",
        goal: "all ok, p99 at most 2 × that beside a task that does the same",
        run: |options| boxed(sources::slow(options)),
    },
    Row {
        name: "given-up",
        says: "64 callers give up after 15 ms what is answered after 30, 8 others",
        goal: "0 of the others lost, 1 connection",
        run: |options| boxed(streams::given_up(options)),
    },
    Row {
        name: "dropped",
        says: "64 callers drop calls and streams at random points, 8 others",
        goal: "0 of the others lost, 1 connection",
        run: |options| boxed(dropped::at_random(options)),
    },
    Row {
        name: "killed",
        says: "killed each second, back after 20 to 200 ms",
        goal: "median recovery < 150 ms",
        run: |options| boxed(restart::killed(options)),
    },
    Row {
        name: "restarted",
        says: "the same, graceful, calls wait for ready",
        goal: "0 failed",
        run: |options| boxed(restart::graceful(options)),
    },
    Row {
        name: "resetting-port",
        says: "a port that accepts and resets",
        goal: "at most 1 connect per second, falling",
        run: |options| boxed(restart::resetting(options)),
    },
    Row {
        name: "half-open",
        says: "a connection goes silent; no keepalive, deadlines of 1 s",
        goal: "the call after an expired one < 100 ms",
        run: |options| boxed(restart::half_open(options)),
    },
    Row {
        name: "reset",
        says: "RST by chance, every 100 ms",
        goal: "none lost that was safe to resend, UNAVAILABLE",
        run: |options| boxed(broken::reset(options)),
    },
    Row {
        name: "cut",
        says: "cut in the middle of a frame, every 20 kB",
        goal: "none lost that was safe to resend, UNAVAILABLE",
        run: |options| boxed(broken::cut(options)),
    },
    Row {
        name: "killed-retried",
        says: "killed each second, with a policy on UNAVAILABLE",
        goal: "0 lost",
        run: |options| boxed(restart::killed_retried(options)),
    },
    Row {
        name: "reset-retried",
        says: "RST by chance, with a policy on UNAVAILABLE",
        goal: "0 lost",
        run: |options| boxed(broken::reset_retried(options)),
    },
    Row {
        name: "cut-retried",
        says: "cut in a frame, with a policy on UNAVAILABLE",
        goal: "0 lost",
        run: |options| boxed(broken::cut_retried(options)),
    },
    Row {
        name: "rolled",
        says: "50 servers, each restarted gracefully, one after another",
        goal: "0 lost",
        run: |options| boxed(many::restarts::rolled(options)),
    },
    Row {
        name: "replaced",
        says: "50 servers, each replaced by one at another address, 1 s before the resolver tells",
        goal: "0 lost",
        run: |options| boxed(many::restarts::replaced(options)),
    },
    Row {
        name: "drained-one",
        says: "one of three is drained, and comes back",
        goal: "0 lost, none to it meanwhile, and a third before and after",
        run: |options| boxed(many::restarts::drained(options)),
    },
    Row {
        name: "joined",
        says: "a server is new to the name, and nothing fails",
        goal: "0 lost, calls within the interval of 5 s",
        run: |options| boxed(many::names::joined(options)),
    },
    Row {
        name: "hourly",
        says: "a call of 250 ms each time the channel was idle, lookups of 10 s",
        goal: "all ok",
        run: |options| boxed(many::names::hourly(options)),
    },
    Row {
        name: "one-refuses",
        says: "one of three refuses connections, from the start and killed",
        goal: "0 lost after the first second of each",
        run: |options| boxed(many::faults::refuses(options)),
    },
    Row {
        name: "one-silent",
        says: "one of three falls silent; no keepalive, deadlines of 1 s",
        goal: "0 lost after 2 s",
        run: |options| boxed(many::faults::silent(options)),
    },
    Row {
        name: "one-silent-keepalive",
        says: "the same with keepalive of 10 s and 1 s, deadlines of 20 s",
        goal: "0 lost after 12 s",
        run: |options| boxed(many::faults::silent_with_keepalive(options)),
    },
    Row {
        name: "ejected",
        says: "one of six answers UNAVAILABLE, with outlier_detection each second",
        goal: "0 failed after two of them, none to it, and back with its share",
        run: |options| boxed(many::faults::ejected(options)),
    },
    Row {
        name: "one-slow",
        says: "one of ten is ten times slower: round_robin, then least_request",
        goal: "p99 of least_request at most half of the other's",
        run: |options| boxed(many::slow::one(options)),
    },
    Row {
        name: "storm",
        says: "all of it: drains, restarts, resets, refusals",
        goal: "none lost that was safe to resend, nothing grows",
        run: |options| boxed(storm::storm(options)),
    },
    Row {
        name: "storm-many",
        says: "the same over six servers, which are named and not named by chance",
        goal: "none lost that was safe to resend, nothing grows",
        run: |options| boxed(many::storm::over_all(options)),
    },
];
