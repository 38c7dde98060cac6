//! Scripts: what each attempt is answered, when the attempts leave and what they say, and what the caller sees.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use http_body::Body as _;
use tokio::time::Instant;
use tower::{Layer, ServiceExt};
use ziggurat_protocol::{Outcome, status::progress::Progress};

use super::{server::Server, *};

/// One call.
struct Script {
    name: &'static str,
    /// How often it is sent at most, and the delay in milliseconds.
    policy: (u32, u64),
    /// How many of 10 tokens are there, of which more than 5 are needed; a success gives back half of one.
    tokens: f64,
    /// How each attempt is answered: after how many milliseconds, and with what.
    answers: &'static [&'static str],
    /// Of each attempt: when it left, how many it said there were before, and its fate.
    sees: &'static [&'static str],
    /// When the caller has an answer, what, and of which attempt; what is told beside it; and the tokens that are left.
    ends: &'static str,
}

const SCRIPTS: &[Script] = &[
    Script {
        name: "an answer before the delay is the only one",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["19"],
        sees: &["0 - answered"],
        ends: "19 headers of 0; 10 tokens",
    },
    Script {
        name: "each attempt leaves one delay after the one before",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["never", "never", "never", "15"],
        sees: &[
            "0 - cancelled 75",
            "20 1 cancelled 75",
            "40 2 cancelled 75",
            "60 3 answered",
        ],
        ends: "75 headers of 3; 10 tokens",
    },
    Script {
        name: "the first headers win, whoever sends them",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["50", "10", "never"],
        sees: &["0 - cancelled 30", "20 1 answered"],
        ends: "30 headers of 1; 10 tokens",
    },
    Script {
        name: "OK without headers wins too",
        policy: (3, 20),
        tokens: 9.0,
        answers: &["never", "5 ok"],
        sees: &["0 - cancelled 25", "20 1 answered"],
        ends: "25 OK of 1; 9.5 tokens",
    },
    Script {
        name: "an answer beats a timer that is due with it",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["20"],
        sees: &["0 - answered"],
        ends: "20 headers of 0; 10 tokens",
    },
    Script {
        name: "without a delay all leave at once",
        policy: (4, 0),
        tokens: 10.0,
        answers: &["9", "8", "7", "8"],
        sees: &[
            "0 - cancelled 7",
            "0 1 cancelled 7",
            "0 2 answered",
            "0 3 cancelled 7",
        ],
        ends: "7 headers of 2; 10 tokens",
    },
    Script {
        name: "without a delay an answer that is there at once keeps the others back",
        policy: (4, 0),
        tokens: 10.0,
        answers: &["0 ok"],
        sees: &["0 - answered"],
        ends: "0 OK of 0; 10 tokens",
    },
    Script {
        name: "a failure lets the next leave at once, and later ones a delay after it",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["5 14", "never", "never", "1"],
        sees: &[
            "0 - answered",
            "5 1 cancelled 46",
            "25 2 cancelled 46",
            "45 3 answered",
        ],
        ends: "46 headers of 3; after UNAVAILABLE; 9.5 tokens",
    },
    Script {
        name: "a fatal failure ends the call and cancels the others",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["50", "15 5"],
        sees: &["0 - cancelled 35", "20 1 answered"],
        ends: "35 NOT_FOUND of 1; 10 tokens",
    },
    Script {
        name: "if all fail, the last failure is the answer",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["50 14", "10 8", "5 14"],
        sees: &["0 - answered", "20 1 answered", "30 2 answered"],
        ends: "50 UNAVAILABLE of 0; after RESOURCE_EXHAUSTED, UNAVAILABLE; gave up: Attempts; 7 tokens",
    },
    Script {
        name: "failures at once leave no pauses",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["0 14", "0 14", "0 8"],
        sees: &["0 - answered", "0 1 answered", "0 2 answered"],
        ends: "0 RESOURCE_EXHAUSTED of 2; after UNAVAILABLE, UNAVAILABLE; gave up: Attempts; 7 tokens",
    },
    Script {
        name: "a server that forbids stops hedges; what runs goes on",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["70", "5 14 -1"],
        sees: &["0 - answered", "20 1 answered"],
        ends: "70 headers of 0; after UNAVAILABLE; 9.5 tokens",
    },
    Script {
        name: "a server that forbids ends a call of which nothing runs",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["5 14 x"],
        sees: &["0 - answered"],
        ends: "5 UNAVAILABLE of 0; gave up: Forbidden; 9 tokens",
    },
    Script {
        name: "a fatal failure that forbids takes a token too",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["5 5 -1"],
        sees: &["0 - answered"],
        ends: "5 NOT_FOUND of 0; 9 tokens",
    },
    Script {
        name: "a server may say when the next one leaves, and later ones a delay after it",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["5 14 after 50", "never", "never", "0"],
        sees: &[
            "0 - answered",
            "55 1 cancelled 95",
            "75 2 cancelled 95",
            "95 3 answered",
        ],
        ends: "95 headers of 3; after UNAVAILABLE (50); 9.5 tokens",
    },
    Script {
        name: "that may be earlier than the delay",
        policy: (2, 500),
        tokens: 10.0,
        answers: &["5 14 after 50", "1"],
        sees: &["0 - answered", "55 1 answered"],
        ends: "56 headers of 1; after UNAVAILABLE (50); 9.5 tokens",
    },
    Script {
        name: "or at once",
        policy: (2, 20),
        tokens: 10.0,
        answers: &["5 14 after 0", "1"],
        sees: &["0 - answered", "5 1 answered"],
        ends: "6 headers of 1; after UNAVAILABLE; 9.5 tokens",
    },
    Script {
        name: "what a server asked for holds though another attempt fails",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["30 14", "5 14 after 40", "0"],
        sees: &["0 - answered", "20 1 answered", "65 2 answered"],
        ends: "65 headers of 2; after UNAVAILABLE (40), UNAVAILABLE; 8.5 tokens",
    },
    Script {
        name: "the last word of the servers counts",
        policy: (3, 20),
        tokens: 10.0,
        answers: &["30 14 after 5", "5 14 after 40", "0"],
        sees: &["0 - answered", "20 1 answered", "35 2 answered"],
        ends: "35 headers of 2; after UNAVAILABLE (40), UNAVAILABLE (5); 8.5 tokens",
    },
    Script {
        name: "the first attempt leaves whatever the throttle says",
        policy: (4, 20),
        tokens: 0.0,
        answers: &["90"],
        sees: &["0 - answered"],
        ends: "90 headers of 0; 0.5 tokens",
    },
    Script {
        name: "more than half of the tokens are needed when a hedge is due",
        policy: (4, 20),
        tokens: 5.0,
        answers: &["30 14"],
        sees: &["0 - answered"],
        ends: "30 UNAVAILABLE of 0; gave up: Throttled; 4 tokens",
    },
    Script {
        name: "a failure that empties the throttle stops hedges; what runs goes on",
        policy: (4, 20),
        tokens: 6.0,
        answers: &["100", "5 14"],
        sees: &["0 - answered", "20 1 answered"],
        ends: "100 headers of 0; after UNAVAILABLE; 5.5 tokens",
    },
    Script {
        name: "the last of those that ran is the answer, though the throttle stopped the call",
        policy: (4, 20),
        tokens: 6.0,
        answers: &["100 8", "5 14"],
        sees: &["0 - answered", "20 1 answered"],
        ends: "100 RESOURCE_EXHAUSTED of 0; after UNAVAILABLE; gave up: Throttled; 4 tokens",
    },
    Script {
        name: "an error of the service ends the call",
        policy: (4, 20),
        tokens: 10.0,
        answers: &["never", "5 error"],
        sees: &["0 - cancelled 25", "20 1 answered"],
        ends: "25 no way; 10 tokens",
    },
];

/// Makes the call, and reads its answer to the end.
async fn ends(script: &Script, server: &Server) -> String {
    let throttle = Throttle::new(10, 0.5).unwrap();
    while throttle.tokens() > script.tokens {
        throttle.fail();
    }
    let (attempts, delay) = script.policy;
    let builder =
        HedgingPolicy::builder().non_fatal_codes([Code::Unavailable, Code::ResourceExhausted]);
    let builder = builder.hedging_delay(Duration::from_millis(delay));
    let policy = builder.max_attempts(attempts).build().unwrap();
    let layer = HedgeLayer::new(policy).throttle(throttle.clone());
    let begin = Instant::now();
    let answer = layer.layer(server.clone()).oneshot(request()).await;
    let mut told = format!("{} ", begin.elapsed().as_millis());
    match answer {
        Err(error) => told += &error.to_string(),
        Ok(answer) => {
            let code = Outcome::of(&answer).code();
            let code = code.map_or("headers".to_owned(), |code| code.to_string());
            let attempt = answer.headers()["x-attempt"].to_str().unwrap();
            write!(told, "{code} of {attempt}").unwrap();
            told += &beside(answer.extensions().get());
            let mut body = Box::pin(answer.into_body());
            while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                if frame.unwrap().is_trailers() {
                    break;
                }
            }
        }
    }
    format!("{told}; {} tokens", throttle.tokens())
}

/// What progress is told.
fn beside(progress: Option<&Arc<Progress>>) -> String {
    let Some(progress) = progress else {
        return String::new();
    };
    assert!(progress.waiting().is_none());
    let attempt = |attempt: &Attempt| {
        assert_eq!(attempt.again(), Again::Hedge);
        match attempt.delay().as_millis() {
            0 => attempt.code().to_string(),
            pause => format!("{} ({pause})", attempt.code()),
        }
    };
    let attempts: Vec<_> = progress.attempts().iter().map(attempt).collect();
    let mut told = String::new();
    if !attempts.is_empty() {
        write!(told, "; after {}", attempts.join(", ")).unwrap();
    }
    if let Some(why) = progress.gave_up() {
        write!(told, "; gave up: {why:?}").unwrap();
    }
    told
}

#[tokio::test(start_paused = true)]
async fn attempts_leave_and_end_as_it_is_written() {
    // C-50, C-51, C-52, C-53, C-54, C-55, C-17, C-16, C-41, C-42, C-43, T-25
    for script in SCRIPTS {
        let server = Server::new(script.answers);
        let ends = ends(script, &server).await;
        assert_eq!(server.saw(), script.sees, "{}", script.name);
        assert_eq!(ends, script.ends, "{}", script.name);
    }
}
