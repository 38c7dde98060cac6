//! What a script says: a call, what a server does with it, and what comes of that.

use std::time::Duration;

use ziggurat::Code;

/// One call, from the policy that it has to what the caller sees.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// What it shows.
    pub name: &'static str,
    /// How the call is sent again.
    pub policy: Policy,
    /// `maxTokens` and `tokenRatio` of its throttle.
    pub throttle: Option<(u32, f64)>,
    /// In milliseconds.
    pub timeout: Option<u64>,
    /// What the server does with each attempt; with those beyond nothing.
    pub answers: &'static [Answer],
    /// The attempts that the server sees.
    pub attempts: &'static [Attempt],
    /// What the caller sees.
    pub end: End,
    /// The other implementations that are asked too.
    pub compared: &'static [Other],
}

/// Somebody else's implementation of A6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// grpc-go, which has no hedging.
    Go,
    /// grpc-java.
    Java,
}

/// How a call is sent again.
#[derive(Clone, Copy, Debug)]
pub enum Policy {
    /// Not by a policy.
    None,
    /// One attempt after the other.
    Retry {
        /// The first among them.
        attempts: u32,
        /// In milliseconds.
        initial: u64,
        /// In milliseconds.
        max: u64,
        /// Of each pause for the next.
        multiplier: f64,
        /// What is worth a retry.
        codes: &'static [Code],
    },
    /// Several attempts at once.
    Hedging {
        /// The first among them.
        attempts: u32,
        /// From one attempt to the next, in milliseconds.
        delay: u64,
        /// What does not end the call.
        non_fatal: &'static [Code],
    },
}

/// What a server does with one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// How long after it came, in milliseconds.
    pub after: u64,
    /// What.
    pub does: Does,
}

/// What a server can do.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// Nothing, for ever.
    Nothing,
    /// Answers with one empty message and OK.
    Serves,
    /// Answers with one message of so many bytes and OK.
    ServesBytes(usize),
    /// Answers with headers, and goes no further.
    Begins,
    /// Fails Trailers-Only.
    Fails(Code),
    /// The same, with these `grpc-retry-pushback-ms`.
    PushesBack(Code, &'static [&'static str]),
    /// Fails with trailers after headers.
    FailsAfterHeaders(Code),
    /// Answers with an HTTP status, and not as gRPC.
    FailsAsHttp(u16),
    /// Resets the stream with this code.
    Resets(u32),
    /// Says with GOAWAY that it has not taken the stream.
    GoesAwayBefore,
    /// Closes the connection.
    HangsUp,
}

/// One attempt as the server sees it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// When it comes.
    pub when: When,
    /// Its `grpc-previous-rpc-attempts`.
    pub previous: Option<&'static str>,
}

/// A time, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Since the call began.
    At(u64),
    /// Since the attempt before failed.
    Exactly(u64),
    /// The same, with the jitter of a fifth.
    About(u64),
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// With which code.
    pub code: Code,
    /// When; `None` when the last attempt is answered.
    pub at: Option<u64>,
}

impl Answer {
    /// What it does, so many milliseconds after the attempt came.
    pub const fn new(after: u64, does: Does) -> Self {
        Self { after, does }
    }

    /// How long after the attempt came.
    pub fn after(&self) -> Duration {
        Duration::from_millis(self.after)
    }
}

impl Policy {
    /// The `methodConfig` of it, as JSON for clients of others.
    pub fn json(&self) -> String {
        let seconds = |millis: &u64| format!("{}.{:03}s", millis / 1000, millis % 1000);
        let names = |codes: &[Code]| {
            let names: Vec<_> = codes.iter().map(|code| format!("\"{code}\"")).collect();
            names.join(",")
        };
        match self {
            Self::None => String::new(),
            Self::Retry {
                attempts,
                initial,
                max,
                multiplier,
                codes,
            } => format!(
                r#","retryPolicy":{{"maxAttempts":{attempts},"initialBackoff":"{}","maxBackoff":"{}","backoffMultiplier":{multiplier},"retryableStatusCodes":[{}]}}"#,
                seconds(initial),
                seconds(max),
                names(codes)
            ),
            Self::Hedging {
                attempts,
                delay,
                non_fatal,
            } => format!(
                r#","hedgingPolicy":{{"maxAttempts":{attempts},"hedgingDelay":"{}","nonFatalStatusCodes":[{}]}}"#,
                seconds(delay),
                names(non_fatal)
            ),
        }
    }
}

impl Script {
    /// The service config of it, for clients of others.
    pub fn service_config(&self) -> String {
        let throttle = self.throttle.map(|(tokens, ratio)| {
            format!(r#","retryThrottling":{{"maxTokens":{tokens},"tokenRatio":{ratio}}}"#)
        });
        format!(
            r#"{{"methodConfig":[{{"name":[{{}}]{}}}]{}}}"#,
            self.policy.json(),
            throttle.unwrap_or_default()
        )
    }

    pub(crate) const fn compared(mut self, others: &'static [Other]) -> Self {
        self.compared = others;
        self
    }

    pub(crate) const fn throttled(mut self, tokens: u32, ratio: f64) -> Self {
        self.throttle = Some((tokens, ratio));
        self
    }

    pub(crate) const fn timeout(mut self, millis: u64) -> Self {
        self.timeout = Some(millis);
        self
    }
}
