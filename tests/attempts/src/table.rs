//! What gRFC A6 makes of a server's answers, written down by hand.

use ziggurat::Code;

use crate::{Answer, Attempt, Does, End, Policy, Script, When};

const UNAVAILABLE: &[Code] = &[Code::Unavailable];
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

const fn pushes(millis: &'static [&'static str]) -> Answer {
    Answer::new(0, Does::PushesBack(Code::Unavailable, millis))
}

const fn does(does: Does) -> Answer {
    Answer::new(0, does)
}

const fn end(code: Code) -> End {
    End { code, at: None }
}

const fn late(at: u64) -> End {
    let (code, at) = (Code::DeadlineExceeded, Some(at));
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
        compared: false,
    }
}

/// All scripts.
#[rustfmt::skip] // a line is a row
pub const TABLE: &[Script] = &[
    // ## Attempts and pauses: C-11, C-12, C-17
    script("the first attempt succeeds", USUAL, &[SERVES], &[FIRST], OK).compared(),
    script("the second succeeds", USUAL, &[FAILS, SERVES], &[FIRST, about(100, "1")], OK).compared(),
    script("the third succeeds", USUAL, &[FAILS, FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK),
    script("the last succeeds", USUAL, &[FAILS, FAILS, FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2"), about(400, "3")], OK),
    script("all fail", USUAL, &[FAILS; 9], &[FIRST, about(100, "1"), about(200, "2"), about(400, "3")], FAILED).compared(),
    script("two attempts are the least", retry(2, 100, 1000, 2.0), &[FAILS; 9], &[FIRST, about(100, "1")], FAILED),
    script("five attempts", retry(5, 10, 1000, 2.0), &[FAILS; 9], &[FIRST, about(10, "1"), about(20, "2"), about(40, "3"), about(80, "4")], FAILED),
    script("pauses are at most the longest", retry(4, 100, 150, 2.0), &[FAILS; 9], &[FIRST, about(100, "1"), about(150, "2"), about(150, "3")], FAILED),
    script("the first pause is at most the longest", retry(3, 500, 50, 2.0), &[FAILS; 9], &[FIRST, about(50, "1"), about(50, "2")], FAILED),
    script("pauses may stay", retry(4, 100, 1000, 1.0), &[FAILS; 9], &[FIRST, about(100, "1"), about(100, "2"), about(100, "3")], FAILED),
    script("pauses may shrink", retry(4, 100, 1000, 0.5), &[FAILS; 9], &[FIRST, about(100, "1"), about(50, "2"), about(25, "3")], FAILED),
    script("pauses may grow by leaps", retry(4, 10, 1000, 10.0), &[FAILS; 9], &[FIRST, about(10, "1"), about(100, "2"), about(1000, "3")], FAILED),
    script("a pause begins with the failure", USUAL, &[Answer::new(300, Does::Fails(Code::Unavailable)), SERVES], &[FIRST, about(100, "1")], OK),
    // ## Which failures: C-12, C-13, C-35
    script("another code ends the call", USUAL, &[does(Does::Fails(Code::NotFound)), SERVES], &[FIRST], end(Code::NotFound)).compared(),
    script("another code ends it later too", USUAL, &[FAILS, does(Does::Fails(Code::NotFound)), SERVES], &[FIRST, about(100, "1")], end(Code::NotFound)),
    script("each code of several", on(&[Code::Aborted, Code::Unavailable]), &[does(Does::Fails(Code::Aborted)), FAILS, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK),
    script("a code is not what is near it", on(&[Code::Internal]), &[FAILS, SERVES], &[FIRST], FAILED),
    script("headers commit", USUAL, &[does(Does::FailsAfterHeaders(Code::Unavailable)), SERVES], &[FIRST], FAILED).compared(),
    script("headers commit a retry too", USUAL, &[FAILS, does(Does::FailsAfterHeaders(Code::Unavailable)), SERVES], &[FIRST, about(100, "1")], FAILED),
    script("what is not gRPC has a code", USUAL, &[does(Does::FailsAsHttp(503)), SERVES], &[FIRST, about(100, "1")], OK),
    script("what is not gRPC has another code", USUAL, &[does(Does::FailsAsHttp(404)), SERVES], &[FIRST], end(Code::Unimplemented)),
    script("a reset has a code", on(&[Code::Internal]), &[does(Does::Resets(2)), SERVES], &[FIRST, about(100, "1")], OK),
    script("a reset has another code", USUAL, &[does(Does::Resets(2)), SERVES], &[FIRST], end(Code::Internal)),
    script("a lost connection", USUAL, &[does(Does::HangsUp), SERVES], &[FIRST, about(100, "1")], OK).compared(),
    script("a lost connection without a policy", Policy::None, &[does(Does::HangsUp), SERVES], &[FIRST], FAILED),
    // ## Pushback: C-16
    script("pushback is exact", USUAL, &[pushes(&["500"]), SERVES], &[FIRST, exactly(500, "1")], OK),
    script("pushback of zero", USUAL, &[pushes(&["0"]), SERVES], &[FIRST, exactly(0, "1")], OK).compared(),
    script("after pushback the series begins anew", USUAL, &[FAILS, pushes(&["50"]), FAILS, SERVES], &[FIRST, about(100, "1"), exactly(50, "2"), about(100, "3")], OK),
    script("pushback twice", USUAL, &[pushes(&["50"]), pushes(&["30"]), SERVES], &[FIRST, exactly(50, "1"), exactly(30, "2")], OK),
    script("pushback beyond the longest pause", retry(3, 10, 20, 2.0), &[pushes(&["300"]), SERVES], &[FIRST, exactly(300, "1")], OK),
    script("pushback that forbids", USUAL, &[pushes(&["-1"]), SERVES], &[FIRST], FAILED).compared(),
    script("pushback that cannot be read", USUAL, &[pushes(&["soon"]), SERVES], &[FIRST], FAILED),
    script("pushback beyond 32 bits", USUAL, &[pushes(&["2147483648"]), SERVES], &[FIRST], FAILED),
    script("pushback of several", USUAL, &[pushes(&["1", "1"]), SERVES], &[FIRST], FAILED),
    script("pushback makes no code worth it", USUAL, &[does(Does::PushesBack(Code::NotFound, &["10"])), SERVES], &[FIRST], end(Code::NotFound)),
    script("pushback lifts no limit", retry(2, 100, 1000, 2.0), &[pushes(&["10"]), pushes(&["10"]), SERVES], &[FIRST, exactly(10, "1")], FAILED),
    // ## Transparent: C-30 … C-35
    script("refused", USUAL, &[REFUSES, SERVES], &[FIRST, AGAIN], OK).compared(),
    script("refused without a policy", Policy::None, &[REFUSES, SERVES], &[FIRST, AGAIN], OK),
    script("refused twice", USUAL, &[REFUSES, REFUSES, SERVES], &[FIRST, AGAIN, about(100, "1")], OK).compared(),
    script("refused twice without a policy", Policy::None, &[REFUSES, REFUSES, SERVES], &[FIRST, AGAIN], FAILED),
    script("refused after a failure", USUAL, &[FAILS, REFUSES, SERVES], &[FIRST, about(100, "1"), about(200, "2")], OK).compared(),
    script("a GOAWAY that leaves it out", USUAL, &[does(Does::GoesAwayBefore), SERVES], &[FIRST, AGAIN], OK),
    script("transparent attempts do not count", retry(2, 100, 1000, 2.0), &[REFUSES, FAILS, SERVES], &[FIRST, AGAIN, about(100, "1")], OK),
    // ## The deadline: C-15
    script("the deadline ends a pause", USUAL, &[FAILS; 9], &[FIRST, about(100, "1")], late(150)).timeout(150),
    script("the deadline ends the first pause", USUAL, &[FAILS; 9], &[FIRST], late(50)).timeout(50),
    script("the deadline ends an attempt", USUAL, &[FAILS, does(Does::Nothing)], &[FIRST, about(100, "1")], late(400)).timeout(400).compared(),
    script("pushback beyond the deadline", USUAL, &[pushes(&["9000"]), SERVES], &[FIRST], late(400)).timeout(400),
    // ## The throttle: C-40 … C-43
    script("half of two tokens", USUAL, &[FAILS; 9], &[FIRST], FAILED).throttled(2, 0.1),
    script("half of three tokens", USUAL, &[FAILS; 9], &[FIRST, about(100, "1")], FAILED).throttled(3, 0.1).compared(),
    script("half of five tokens", USUAL, &[FAILS; 9], &[FIRST, about(100, "1"), about(200, "2")], FAILED).throttled(5, 0.1),
    script("other codes take no token", on(&[Code::Aborted]), &[FAILS, SERVES], &[FIRST], FAILED).throttled(2, 0.1),
];
