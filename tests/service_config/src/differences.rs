//! Where grpc-go and we differ on purpose, and why.

use crate::edit::{Change, Edit};

/// What a difference is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Differing {
    WeRefuse,
    GoRefuses,
    /// Both take it, and read something else.
    Values,
}

/// A line of the list.
pub(crate) struct Difference {
    pub(crate) why: &'static str,
    pub(crate) how: Differing,
    /// Whether a config with these changes has it, given whether it is valid for us.
    pub(crate) is_of: fn(&[Edit], bool) -> bool,
}

use Differing::{GoRefuses, Values, WeRefuse};

/// Of several that a config has, the first counts.
pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        why: "a field that stands there twice: grpc-go takes the last, of objects a mixture",
        how: WeRefuse,
        is_of: |edits, _| one(edits, |edit| edit.change() == Some(Change::Twice)),
    },
    Difference {
        why: "grpc-go knows no hedging, and whatever stands there is well",
        how: WeRefuse,
        is_of: |edits, ours| !ours && at(edits, |place| place.contains("hedgingPolicy")),
    },
    Difference {
        why: "grpc-go knows no connection scaling (A105), and whatever stands there is well",
        how: WeRefuse,
        is_of: |edits, ours| !ours && at(edits, |place| place.starts_with("connectionScaling")),
    },
    Difference {
        why: "grpc-go takes names in any case, where for us a field that must be there is missing",
        how: WeRefuse,
        is_of: |edits, ours| !ours && one(edits, |edit| edit.change() == Some(Change::Upper)),
    },
    Difference {
        why: "which policies of balancing there are is known to the channel, not to our parser",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| {
                let is_unknown =
                    edit.change() == Some(Change::Upper) || edit.value() == r#"{"x":{}}"#;
                is_unknown && edit.place().starts_with("loadBalancingConfig[0]") && !is_config(edit)
            })
        },
    },
    Difference {
        why: "grpc-go takes names in any case, which we ignore as not known (F-2)",
        how: Values,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.change() == Some(Change::Upper) && is_compared(edit)
            })
        },
    },
    Difference {
        why: "grpc-go takes no names in snake_case (F-1), and misses a field that must be there",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.change() == Some(Change::Snake) && has_snake(edit) && is_required(edit.place())
            })
        },
    },
    Difference {
        why: "grpc-go ignores names in snake_case (F-1)",
        how: Values,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.change() == Some(Change::Snake) && has_snake(edit) && is_compared(edit)
            })
        },
    },
    Difference {
        why: "null in a list is for grpc-go an element with nothing in it; proto3 does not allow it",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                let list = |place: &str| {
                    let is_choice =
                        place.starts_with("loadBalancing") || place.contains("hedgingPolicy");
                    let is_list = ["methodConfig", "name", "Codes"]
                        .iter()
                        .any(|end| place.ends_with(end));
                    is_list && !is_choice
                };
                match edit.value() {
                    "[null]" => list(edit.place()),
                    "null" => edit
                        .place()
                        .rsplit_once('[')
                        .is_some_and(|(place, _)| list(place) && edit.place().ends_with(']')),
                    _ => false,
                }
            })
        },
    },
    Difference {
        why: "the whole is null: for grpc-go that is the empty config",
        how: WeRefuse,
        is_of: |edits, _| is_written(edits, "null"),
    },
    Difference {
        why: "a config of balancing that is no object (F-18): the policies of grpc-go look at it, or do not",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                let value = edit.value();
                let is_no_object = is_config(edit) && !value.is_empty() && !value.starts_with('{');
                is_no_object
                    || edit.place() == "loadBalancingConfig[0]"
                        && value == r#"{"round_robin":null}"#
            })
        },
    },
    Difference {
        why: "a limit of messages is 32 bits wide and not negative (F-14); for grpc-go it has 64 bits",
        how: WeRefuse,
        is_of: |edits, _| {
            const OUT: [&str; 3] = ["-1", "4294967296", "9223372036854775807"];
            one(edits, |edit| {
                edit.place().ends_with("MessageBytes") && OUT.contains(&edit.value())
            })
        },
    },
    Difference {
        why: "a number of attempts is 32 bits wide (C-1); for grpc-go it has 64 bits",
        how: WeRefuse,
        is_of: |edits, _| {
            const OUT: [&str; 2] = ["4294967296", "9223372036854775807"];
            one(edits, |edit| {
                is_attempts(edit) && OUT.contains(&edit.value())
            })
        },
    },
    Difference {
        why: "numbers in quotes are numbers too in proto3 (F-1), not for grpc-go",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| match edit.value() {
                r#""1""# => is_number(edit) && !is_attempts(edit),
                r#""2.0""# => is_number(edit),
                _ => false,
            })
        },
    },
    Difference {
        why: "whole numbers may be written as 2.0 and 1e3 in proto3 (F-1), not for grpc-go",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| match edit.value() {
                "1e3" => is_whole(edit),
                "2.0" => is_whole(edit) || edit.place().contains("retryableStatusCodes["),
                _ => false,
            })
        },
    },
    Difference {
        why: "more attempts than five are five for grpc-go's parser; ours leaves that to the channel (C-1)",
        how: Values,
        is_of: |edits, ours| {
            let number = |edit: &Edit| edit.value().parse::<u64>().unwrap_or_default();
            ours && edits
                .iter()
                .any(|edit| is_attempts(edit) && number(edit) > 5)
        },
    },
    Difference {
        why: "a negative timeout (F-1); calls of grpc-go would fail at once",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.place().ends_with("timeout") && edit.value() == r#""-1s""#
            })
        },
    },
    Difference {
        why: "durations without a digit before or behind the point, or with a plus, are none in proto3 (F-1)",
        how: WeRefuse,
        is_of: |edits, _| {
            const ODD: [&str; 4] = [r#"".5s""#, r#""1.s""#, r#""+1s""#, r#""1.+5s""#];
            one(edits, |edit| {
                is_duration(edit) && ODD.contains(&edit.value())
            })
        },
    },
    Difference {
        why: "durations of grpc-go end after 292 years",
        how: Values,
        is_of: |edits, _| {
            one(edits, |edit| {
                is_duration(edit) && edit.value() == r#""315576000000s""#
            })
        },
    },
    Difference {
        why: "half a surrogate is no text: grpc-go puts U+FFFD in its place",
        how: WeRefuse,
        is_of: |edits, _| {
            const TEXTS: [&str; 4] = [".service", ".method", ".serviceName", "BalancingPolicy"];
            let is_text = |place: &str| TEXTS.iter().any(|end| place.ends_with(end));
            one(edits, |edit| {
                is_text(edit.place()) && edit.value() == r#""\ud800""#
            })
        },
    },
    Difference {
        why: "a health check without a name is off (F-17); for grpc-go the name is empty, and the check on",
        how: Values,
        is_of: |edits, _| {
            one(edits, |edit| match edit.place() {
                "healthCheckConfig" => edit.value().starts_with('{'),
                "healthCheckConfig.serviceName" => {
                    edit.value() == "null" || edit.change() == Some(Change::Missing)
                }
                _ => false,
            })
        },
    },
    Difference {
        why: "OK is no failure, and retried by grpc-go if a policy says so",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                let is_ok = ["0", r#""OK""#, r#"["OK"]"#].contains(&edit.value());
                is_ok
                    && edit.place().contains("retryableStatusCodes")
                    && edit.value().starts_with('[') != edit.place().ends_with(']')
            })
        },
    },
    Difference {
        why: "names of codes are of any case (C-1), for grpc-go in upper case only",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.place().contains("retryableStatusCodes[") && edit.value() == r#""unavailable""#
            })
        },
    },
    Difference {
        why: "maxTokens is a whole number (C-4), for grpc-go any",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                edit.place().ends_with("maxTokens") && ["1.5", "1e-3"].contains(&edit.value())
            })
        },
    },
    Difference {
        why: "what is wrong with throttling grpc-go does not see in a config without methods",
        how: WeRefuse,
        is_of: |edits, _| {
            let is_gone =
                |edit: &Edit| edit.value() == "null" || edit.change() == Some(Change::Missing);
            let without = edits
                .iter()
                .any(|edit| edit.place() == "methodConfig" && is_gone(edit));
            without && at(edits, |place| place.starts_with("retryThrottling"))
                || is_written(edits, "throttling that cannot be, without methods")
        },
    },
    Difference {
        why: "a policy of retry that cannot be grpc-go does not see in an entry without names",
        how: WeRefuse,
        is_of: |edits, _| {
            let is_gone =
                |edit: &Edit| edit.value() == "null" || edit.change() == Some(Change::Missing);
            let without = edits
                .iter()
                .any(|edit| edit.place() == "methodConfig[1].name" && is_gone(edit));
            without && at(edits, |place| place.contains("retryPolicy"))
                || is_written(edits, "a policy of retry that cannot be, without names")
        },
    },
    Difference {
        why: "what nobody reads may be of any depth (F-2); grpc-go gives up at 10,000",
        how: GoRefuses,
        is_of: |edits, _| is_written(edits, "very deep"),
    },
];

fn one(edits: &[Edit], is_of: impl Fn(&Edit) -> bool) -> bool {
    edits.iter().any(is_of)
}

fn at(edits: &[Edit], is_there: impl Fn(&str) -> bool) -> bool {
    edits.iter().any(|edit| is_there(edit.place()))
}

fn is_written(edits: &[Edit], name: &str) -> bool {
    matches!(edits, [Edit::Written(other)] if *other == name)
}

/// Whether its name is not the same in snake_case.
fn has_snake(edit: &Edit) -> bool {
    let name = edit.place().rsplit('.').next().unwrap_or_default();
    name.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Fields without which what they stand in cannot be.
fn is_required(place: &str) -> bool {
    place.contains("retryPolicy.") || place.contains("retryThrottling.")
}

/// What grpc-go shows of a config, and what is not empty there.
fn is_compared(edit: &Edit) -> bool {
    const HIDDEN: [&str; 4] = [
        "loadBalancing",
        "connectionScaling",
        "methodConfig[2].hedging",
        "methodConfig[1].name[0].method",
    ];
    !HIDDEN.iter().any(|start| edit.place().starts_with(start))
}

/// The config of a policy of balancing.
fn is_config(edit: &Edit) -> bool {
    edit.place() == "loadBalancingConfig[0].round_robin" && edit.change().is_none()
}

fn is_attempts(edit: &Edit) -> bool {
    edit.place().ends_with("retryPolicy.maxAttempts")
}

/// Whole numbers of 32 bits.
fn is_whole(edit: &Edit) -> bool {
    edit.place().ends_with("MessageBytes") || is_attempts(edit)
}

fn is_number(edit: &Edit) -> bool {
    const NUMBERS: [&str; 3] = ["backoffMultiplier", "maxTokens", "tokenRatio"];
    is_whole(edit) || NUMBERS.iter().any(|end| edit.place().ends_with(end))
}

fn is_duration(edit: &Edit) -> bool {
    const DURATIONS: [&str; 3] = ["timeout", "initialBackoff", "maxBackoff"];
    DURATIONS.iter().any(|end| edit.place().ends_with(end))
}
