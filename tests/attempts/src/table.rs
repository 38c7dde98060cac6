//! What gRFC A6 makes of a server's answers, written down by hand.

use ziggurat::Code;

use crate::{
    Answer, Attempt, Does, End,
    Other::{Go, Java},
    Policy, Script, When,
};

const UNAVAILABLE: &[Code] = &[Code::Unavailable];
const BUSY: &[Code] = &[Code::Unavailable, Code::Aborted];
const NOT_FOUND: Does = Does::Fails(Code::NotFound);
const SILENT: Answer = does(Does::Nothing);
const FAILS: Answer = Answer::new(0, Does::Fails(Code::Unavailable));
const SERVES: Answer = Answer::new(0, Does::Serves);
const REFUSES: Answer = Answer::new(0, Does::Resets(7));
const OK: End = end(Code::Ok);
const FAILED: End = end(Code::Unavailable);

/// What most scripts have.
const USUAL: Policy = retry(4, 100, 1000, 2.0);

const fn retry(attempts: u32, initial: u64, max: u64, multiplier: f64) -> Policy {
    Policy::Retry {
        attempts,
        initial,
        max,
        multiplier,
        codes: UNAVAILABLE,
    }
}

const fn on(codes: &'static [Code]) -> Policy {
    Policy::Retry {
        attempts: 4,
        initial: 100,
        max: 1000,
        multiplier: 2.0,
        codes,
    }
}

/// What most hedged scripts have.
const HEDGED: Policy = hedge(4, 100);

const fn hedge(attempts: u32, delay: u64) -> Policy {
    hedge_on(attempts, delay, UNAVAILABLE)
}

const fn hedge_on(attempts: u32, delay: u64, non_fatal: &'static [Code]) -> Policy {
    Policy::Hedging {
        attempts,
        delay,
        non_fatal,
    }
}

const fn pushback(millis: &'static [&'static str]) -> Does {
    Does::PushesBack(Code::Unavailable, millis)
}

const fn pushes(millis: &'static [&'static str]) -> Answer {
    does(pushback(millis))
}

const fn does(does: Does) -> Answer {
    Answer::new(0, does)
}

const fn serves(after: u64) -> Answer {
    Answer::new(after, Does::Serves)
}

const fn fails(after: u64, code: Code) -> Answer {
    Answer::new(after, Does::Fails(code))
}

const fn end(code: Code) -> End {
    End { code, at: None }
}

const fn late(at: u64) -> End {
    ends(Code::DeadlineExceeded, at)
}

/// It ends then, whichever attempt ends it.
const fn ends(code: Code, at: u64) -> End {
    let at = Some(at);
    End { code, at }
}

/// The first attempt, which comes at once.
const FIRST: Attempt = Attempt {
    when: When::At(0),
    previous: None,
};

/// A retry after a pause with jitter.
const fn about(millis: u64, previous: &'static str) -> Attempt {
    let (when, previous) = (When::About(millis), Some(previous));
    Attempt { when, previous }
}

/// A retry after the pause that the server asked for.
const fn exactly(millis: u64, previous: &'static str) -> Attempt {
    let (when, previous) = (When::Exactly(millis), Some(previous));
    Attempt { when, previous }
}

/// A hedge, which comes so long after the call began.
const fn at(millis: u64, previous: &'static str) -> Attempt {
    let (when, previous) = (When::At(millis), Some(previous));
    Attempt { when, previous }
}

/// The same attempt at once, transparently.
const AGAIN: Attempt = Attempt {
    when: When::Exactly(0),
    previous: None,
};

const fn script(
    name: &'static str,
    policy: Policy,
    answers: &'static [Answer],
    attempts: &'static [Attempt],
    end: End,
) -> Script {
    Script {
        name,
        policy,
        throttle: None,
        timeout: None,
        answers,
        attempts,
        end,
        compared: &[],
    }
}

/// All scripts.
#[rustfmt::skip] // a line is a row
pub const TABLE: &[Script] = &[
    // ## Attempts and pauses: C-11, C-12, C-17
    script("the first attempt succeeds", USUAL, &[SERVES], &[FIRST], OK).compared(&[Go, Java]),
    script("the second succeeds", USUAL, &[FAILS, SERVES], &[FIRST, about(100, "1")], OK).compared(&[Go, Java]),
    script("the third succeeds", USUAL, &[FAILS, FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK),
    script("the last succeeds", USUAL, &[FAILS, FAILS, FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2"), about(400, "3")], OK),
    script("all fail", USUAL, &[FAILS; 9], &[FIRST, about(100, "1"), about(200, "2"), about(400, "3")], FAILED).compared(&[Go, Java]),
    script("two attempts are the least", retry(2, 100, 1000, 2.0), &[FAILS; 9], &[FIRST, about(100, "1")], FAILED),
    script("five attempts", retry(5, 10, 1000, 2.0), &[FAILS; 9], &[FIRST, about(10, "1"), about(20, "2"), about(40, "3"), about(80, "4")], FAILED),
    script("pauses are at most the longest", retry(4, 100, 150, 2.0), &[FAILS; 9], &[FIRST, about(100, "1"), about(150, "2"), about(150, "3")], FAILED),
    script("the first pause is at most the longest", retry(3, 500, 50, 2.0), &[FAILS; 9], &[FIRST, about(50, "1"), about(50, "2")], FAILED),
    script("pauses may stay", retry(4, 100, 1000, 1.0), &[FAILS; 9], &[FIRST, about(100, "1"), about(100, "2"), about(100, "3")], FAILED),
    script("pauses may shrink", retry(4, 100, 1000, 0.5), &[FAILS; 9], &[FIRST, about(100, "1"), about(50, "2"), about(25, "3")], FAILED),
    script("pauses may grow by leaps", retry(4, 10, 1000, 10.0), &[FAILS; 9], &[FIRST, about(10, "1"), about(100, "2"), about(1000, "3")], FAILED),
    script("a pause begins with the failure", USUAL, &[fails(300, Code::Unavailable), SERVES], &[FIRST, about(100, "1")], OK),
    // ## Which failures: C-12, C-13, C-35
    script("another code ends the call", USUAL, &[does(Does::Fails(Code::NotFound)), SERVES], &[FIRST], end(Code::NotFound)).compared(&[Go, Java]),
    script("another code ends it later too", USUAL, &[FAILS, does(Does::Fails(Code::NotFound)), SERVES], &[FIRST, about(100, "1")], end(Code::NotFound)),
    script("each code of several", on(&[Code::Aborted, Code::Unavailable]), &[does(Does::Fails(Code::Aborted)), FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK),
    script("a code is not what is near it", on(&[Code::Internal]), &[FAILS, SERVES], &[FIRST], FAILED),
    script("headers commit", USUAL, &[does(Does::FailsAfterHeaders(Code::Unavailable)), SERVES], &[FIRST], FAILED).compared(&[Go, Java]),
    script("headers commit a retry too", USUAL, &[FAILS, does(Does::FailsAfterHeaders(Code::Unavailable)), SERVES], &[FIRST, about(100, "1")], FAILED),
    script("what is not gRPC has a code", USUAL, &[does(Does::FailsAsHttp(503)), SERVES], &[FIRST, about(100, "1")], OK),
    script("what is not gRPC has another code", USUAL, &[does(Does::FailsAsHttp(404)), SERVES], &[FIRST], end(Code::Unimplemented)),
    script("a reset has a code", on(&[Code::Internal]), &[does(Does::Resets(2)), SERVES], &[FIRST, about(100, "1")], OK),
    script("a reset has another code", USUAL, &[does(Does::Resets(2)), SERVES], &[FIRST], end(Code::Internal)),
    script("a lost connection", USUAL, &[does(Does::HangsUp), SERVES], &[FIRST, about(100, "1")], OK).compared(&[Go, Java]),
    script("a lost connection without a policy", Policy::None, &[does(Does::HangsUp), SERVES], &[FIRST], FAILED),
    // ## Pushback: C-16
    script("pushback is exact", USUAL, &[pushes(&["500"]), SERVES], &[FIRST, exactly(500, "1")], OK),
    script("pushback of zero", USUAL, &[pushes(&["0"]), SERVES], &[FIRST, exactly(0, "1")], OK).compared(&[Go, Java]),
    script("after pushback the series begins anew", USUAL, &[FAILS, pushes(&["50"]), FAILS, SERVES], &[FIRST, about(100, "1"), exactly(50, "2"), about(100, "3")], OK),
    script("pushback twice", USUAL, &[pushes(&["50"]), pushes(&["30"]), SERVES], &[FIRST, exactly(50, "1"), exactly(30, "2")], OK),
    script("pushback beyond the longest pause", retry(3, 10, 20, 2.0), &[pushes(&["300"]), SERVES], &[FIRST, exactly(300, "1")], OK),
    script("pushback that forbids", USUAL, &[pushes(&["-1"]), SERVES], &[FIRST], FAILED).compared(&[Go, Java]),
    script("pushback that cannot be read", USUAL, &[pushes(&["soon"]), SERVES], &[FIRST], FAILED),
    script("pushback beyond 32 bits", USUAL, &[pushes(&["2147483648"]), SERVES], &[FIRST], FAILED),
    script("pushback of several", USUAL, &[pushes(&["1", "1"]), SERVES], &[FIRST], FAILED),
    script("pushback makes no code worth it", USUAL, &[does(Does::PushesBack(Code::NotFound, &["10"])), SERVES], &[FIRST], end(Code::NotFound)),
    script("pushback lifts no limit", retry(2, 100, 1000, 2.0), &[pushes(&["10"]), pushes(&["10"]), SERVES], &[FIRST, exactly(10, "1")], FAILED),
    // ## Transparent: C-30 … C-35
    script("refused", USUAL, &[REFUSES, SERVES], &[FIRST, AGAIN], OK).compared(&[Go, Java]),
    script("refused without a policy", Policy::None, &[REFUSES, SERVES], &[FIRST, AGAIN], OK),
    script("refused twice", USUAL, &[REFUSES, REFUSES, SERVES], &[FIRST, AGAIN, about(100, "1")], OK).compared(&[Go, Java]),
    script("refused twice without a policy", Policy::None, &[REFUSES, REFUSES, SERVES], &[FIRST, AGAIN], FAILED),
    script("refused after a failure", USUAL, &[FAILS, REFUSES, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK).compared(&[Go, Java]),
    script("a GOAWAY that leaves it out", USUAL, &[does(Does::GoesAwayBefore), SERVES], &[FIRST, AGAIN], OK),
    script("transparent attempts do not count", retry(2, 100, 1000, 2.0), &[REFUSES, FAILS, SERVES], &[FIRST, AGAIN, about(100, "1")], OK),
    // ## The deadline: C-15
    script("the deadline ends a pause", USUAL, &[FAILS; 9], &[FIRST, about(100, "1")], late(150)).timeout(150),
    script("the deadline ends the first pause", USUAL, &[FAILS; 9], &[FIRST], late(50)).timeout(50),
    script("the deadline ends an attempt", USUAL, &[FAILS, does(Does::Nothing)], &[FIRST, about(100, "1")], late(400)).timeout(400).compared(&[Go, Java]),
    script("pushback beyond the deadline", USUAL, &[pushes(&["9000"]), SERVES], &[FIRST], late(400)).timeout(400),
    // ## The throttle: C-40 … C-43
    script("half of two tokens", USUAL, &[FAILS; 9], &[FIRST], FAILED).throttled(2, 0.1),
    script("half of three tokens", USUAL, &[FAILS; 9], &[FIRST, about(100, "1")], FAILED).throttled(3, 0.1).compared(&[Go, Java]),
    script("half of five tokens", USUAL, &[FAILS; 9], &[FIRST, about(100, "1"), about(200, "2")], FAILED).throttled(5, 0.1),
    script("other codes take no token", on(&[Code::Aborted]), &[FAILS, SERVES], &[FIRST], FAILED).throttled(2, 0.1),
    // ## Hedges and their delay: C-50, C-17
    script("an answer before the delay is the only one", hedge(4, 500), &[serves(50)], &[FIRST], ends(Code::Ok, 50)).compared(&[Java]),
    script("each hedge leaves a delay after the one before", HEDGED, &[SILENT, SILENT, SILENT, serves(50)], &[FIRST, at(100, "1"), at(200, "2"), at(300, "3")], ends(Code::Ok, 350)).compared(&[Java]),
    script("without a delay all leave at once", hedge(4, 0), &[SILENT, SILENT, SILENT, serves(50)], &[FIRST, at(0, "1"), at(0, "2"), at(0, "3")], ends(Code::Ok, 50)).compared(&[Java]),
    script("two attempts are the least of hedges too", hedge(2, 100), &[SILENT, serves(500), SERVES], &[FIRST, at(100, "1")], ends(Code::Ok, 600)).compared(&[Java]),
    script("a delay of less than a failure takes", hedge(3, 10), &[SILENT, fails(200, Code::Unavailable), serves(50)], &[FIRST, at(10, "1"), at(20, "2")], ends(Code::Ok, 70)),
    // ## The first answer: C-51
    script("a slow first and a fast second", hedge(4, 200), &[serves(2000), SERVES], &[FIRST, at(200, "1")], ends(Code::Ok, 200)).compared(&[Java]),
    script("a slow first that comes before a hedge", hedge(2, 100), &[serves(250), serves(400)], &[FIRST, at(100, "1")], ends(Code::Ok, 250)),
    script("the fastest of all at once", hedge(3, 0), &[serves(90), serves(50), serves(70)], &[FIRST, at(0, "1"), at(0, "2")], ends(Code::Ok, 50)),
    script("headers win, whatever follows", HEDGED, &[SILENT, does(Does::FailsAfterHeaders(Code::Unavailable)), SERVES], &[FIRST, at(100, "1")], ends(Code::Unavailable, 100)).compared(&[Java]),
    script("headers keep further hedges back", hedge(4, 300), &[does(Does::Begins), SERVES], &[FIRST], late(1000)).timeout(1000).compared(&[Java]),
    // ## Failures that are not fatal: C-52, C-55. grpc-java has the next wait for the rest of its delay: no other number or
    // order comes of that.
    script("a failure brings the next at once", HEDGED, &[fails(30, Code::Unavailable), SERVES], &[FIRST, at(30, "1")], ends(Code::Ok, 30)).compared(&[Java]),
    // grpc-java would be 50 ms from another hedge in the next, which is too near for a clock that runs.
    script("later ones leave a delay after it", HEDGED, &[fails(30, Code::Unavailable), SILENT, serves(50)], &[FIRST, at(30, "1"), at(130, "2")], ends(Code::Ok, 180)),
    script("a hedge that fails brings the next too", HEDGED, &[SILENT, fails(20, Code::Unavailable), SILENT, SERVES], &[FIRST, at(100, "1"), at(120, "2"), at(220, "3")], ends(Code::Ok, 220)),
    script("a first that fails late brings a hedge forward", HEDGED, &[fails(150, Code::Unavailable), SILENT, SILENT, SERVES], &[FIRST, at(100, "1"), at(150, "2"), at(250, "3")], ends(Code::Ok, 250)),
    script("all hedges fail", HEDGED, &[FAILS; 9], &[FIRST, at(0, "1"), at(0, "2"), at(0, "3")], FAILED).compared(&[Java]),
    script("the last failure is the answer", hedge_on(3, 100, BUSY), &[fails(900, Code::Aborted), FAILS, FAILS], &[FIRST, at(100, "1"), at(100, "2")], ends(Code::Aborted, 900)).compared(&[Java]),
    script("a lost connection brings a hedge for each", hedge(3, 100), &[SILENT, does(Does::HangsUp), SERVES], &[FIRST, at(100, "1"), at(100, "2")], OK).compared(&[Java]),
    // ## Failures that are fatal: C-52
    script("a fatal failure keeps hedges back", HEDGED, &[does(NOT_FOUND), SERVES], &[FIRST], end(Code::NotFound)).compared(&[Java]),
    script("a fatal failure of a hedge ends all", hedge(4, 200), &[serves(2000), does(NOT_FOUND), SERVES], &[FIRST, at(200, "1")], ends(Code::NotFound, 200)).compared(&[Java]),
    script("a fatal failure of the first ends all", HEDGED, &[fails(150, Code::NotFound), SILENT, SERVES], &[FIRST, at(100, "1")], ends(Code::NotFound, 150)),
    script("each code is fatal that is not named", hedge_on(4, 100, &[]), &[FAILS, SERVES], &[FIRST], FAILED).compared(&[Java]),
    // ## Pushback: C-53. grpc-java sends the next at once for any n from 0, and takes the last of several values.
    script("pushback delays a hedge", HEDGED, &[Answer::new(20, pushback(&["250"])), SERVES], &[FIRST, at(270, "1")], ends(Code::Ok, 270)),
    script("pushback brings a hedge forward", hedge(3, 500), &[pushes(&["50"]), SERVES], &[FIRST, at(50, "1")], ends(Code::Ok, 50)).compared(&[Java]),
    script("later hedges leave a delay after pushback", HEDGED, &[pushes(&["250"]), SILENT, SERVES], &[FIRST, at(250, "1"), at(350, "2")], ends(Code::Ok, 350)).compared(&[Java]),
    script("pushback of zero brings a hedge at once", HEDGED, &[pushes(&["0"]), SERVES], &[FIRST, at(0, "1")], OK).compared(&[Java]),
    script("pushback that forbids hedges lets run what runs", hedge(4, 200), &[serves(900), pushes(&["-1"]), SERVES], &[FIRST, at(200, "1")], ends(Code::Ok, 900)).compared(&[Java]),
    script("pushback that forbids hedges when nothing runs", HEDGED, &[pushes(&["-1"]), SERVES], &[FIRST], FAILED).compared(&[Java]),
    script("pushback that cannot be read forbids hedges", hedge(4, 200), &[serves(900), pushes(&["soon"]), SERVES], &[FIRST, at(200, "1")], ends(Code::Ok, 900)).compared(&[Java]),
    script("pushback of several forbids hedges", HEDGED, &[pushes(&["1", "1"]), SERVES], &[FIRST], FAILED),
    script("pushback makes no fatal code less so", HEDGED, &[does(Does::PushesBack(Code::NotFound, &["10"])), SERVES], &[FIRST], end(Code::NotFound)).compared(&[Java]),
    script("pushback lifts no limit of hedges", hedge(2, 100), &[pushes(&["10"]), pushes(&["10"]), SERVES], &[FIRST, at(10, "1")], FAILED).compared(&[Java]),
    // ## Transparent attempts among hedges: C-31, C-32
    script("refused under hedging", HEDGED, &[REFUSES, SERVES], &[FIRST, AGAIN], OK).compared(&[Java]),
    script("refused twice under hedging", HEDGED, &[REFUSES, REFUSES, SERVES], &[FIRST, AGAIN, at(0, "1")], OK).compared(&[Java]),
    script("a hedge that is refused while the first runs", HEDGED, &[SILENT, REFUSES, SERVES], &[FIRST, at(100, "1"), at(100, "1")], ends(Code::Ok, 100)).compared(&[Java]),
    script("a hedge that is refused is no failure", hedge_on(4, 100, &[]), &[serves(150), REFUSES, SILENT], &[FIRST, at(100, "1"), at(100, "1")], ends(Code::Ok, 150)),
    script("a hedge that is refused after a failure", HEDGED, &[FAILS, REFUSES, SERVES], &[FIRST, at(0, "1"), at(0, "2")], OK).compared(&[Java]),
    script("a GOAWAY that leaves a hedge out", HEDGED, &[does(Does::GoesAwayBefore), SERVES], &[FIRST, AGAIN], OK),
    script("transparent attempts are no hedges", hedge(2, 100), &[REFUSES, SILENT, SERVES], &[FIRST, AGAIN, at(100, "1")], OK).compared(&[Java]),
    // ## The deadline of hedges: C-15
    script("the deadline ends all hedges", hedge(2, 100), &[SILENT; 9], &[FIRST, at(100, "1")], late(600)).timeout(600).compared(&[Java]),
    script("the deadline ends the delay", hedge(4, 900), &[SILENT; 9], &[FIRST], late(400)).timeout(400).compared(&[Java]),
    script("the deadline comes before a hedge after pushback", HEDGED, &[pushes(&["9000"]), SERVES], &[FIRST], late(400)).timeout(400),
    // ## The throttle of hedges: C-41, C-42, C-54. When it refuses, grpc-java ends the call, even if attempts run.
    script("half of two tokens, hedged", HEDGED, &[FAILS; 9], &[FIRST], FAILED).throttled(2, 0.1).compared(&[Java]),
    script("half of three tokens, hedged", HEDGED, &[FAILS; 9], &[FIRST, at(0, "1")], FAILED).throttled(3, 0.1).compared(&[Java]),
    script("a throttle lets run what runs", HEDGED, &[serves(900), FAILS, SERVES], &[FIRST, at(100, "1")], ends(Code::Ok, 900)).throttled(2, 0.1),
    script("what runs may fail after the throttle has refused", hedge_on(4, 100, BUSY), &[fails(900, Code::Aborted), FAILS, SERVES], &[FIRST, at(100, "1")], ends(Code::Aborted, 900)).throttled(2, 0.1),
    script("what is slow takes no token", HEDGED, &[SILENT, SILENT, SILENT, SERVES], &[FIRST, at(100, "1"), at(200, "2"), at(300, "3")], ends(Code::Ok, 300)).throttled(2, 0.1).compared(&[Java]),
];
