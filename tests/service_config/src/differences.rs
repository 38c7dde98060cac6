//! Where grpc-go and we differ on purpose, and why.

use crate::{
    edit::{Change, Edit},
    places::{
        at, has_snake, is_attempts, is_behind, is_compared, is_duration, is_number,
        is_of_balancing, is_policy, is_required, is_round_robin, is_unsigned, is_whole, is_written,
        names_null, one,
    },
};

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
        is_of: |edits, ours| {
            !ours
                && one(edits, |edit| {
                    edit.change() == Some(Change::Upper) && !is_policy(edit)
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
        why: "round_robin has a config too, which is an object (F-18): grpc-go does not look at it",
        how: WeRefuse,
        is_of: |edits, ours| !ours && one(edits, |edit| is_round_robin(edit) || names_null(edit)),
    },
    Difference {
        why: "null is no config of a policy (F-18); for some of grpc-go's it is an empty one",
        how: WeRefuse,
        is_of: |edits, ours| {
            const NEEDS_ONE: &str = "random_subsetting_experimental";
            let is_policy = |edit: &Edit| is_policy(edit) && !edit.place().ends_with(NEEDS_ONE);
            !ours && one(edits, |edit| is_policy(edit) && edit.value() == "null")
        },
    },
    Difference {
        why: "each entry of a list names one policy (F-18); grpc-go looks no further than to the one that counts",
        how: WeRefuse,
        is_of: |edits, ours| !ours && one(edits, is_behind),
    },
    Difference {
        why: "outlier detection is around a policy, which grpc-go's parser does not ask for",
        how: WeRefuse,
        is_of: |edits, ours| {
            !ours
                && one(edits, |edit| {
                    let (place, value) = (edit.place(), edit.value());
                    let is_missing = value == "null" || edit.change() == Some(Change::Missing);
                    let is_child = place.ends_with("outlier_detection_experimental.childPolicy");
                    let is_whole = place.ends_with("outlier_detection_experimental");
                    is_child && is_missing || is_whole && value.starts_with('{')
                })
        },
    },
    Difference {
        why: "a ring of no entries (G-55); for grpc-go 0 is what was not set",
        how: WeRefuse,
        is_of: |edits, _| {
            let is_zero = |edit: &Edit| edit.place().ends_with("RingSize") && edit.value() == "0";
            one(edits, is_zero)
        },
    },
    Difference {
        why: "endpoints that fail too often are ejected (A50: enforcementPercentage 100); by grpc-go if that is said",
        how: Values,
        is_of: |edits, ours| {
            ours && one(edits, |edit| {
                let is_missing = edit.value() == "null" || edit.change() == Some(Change::Missing);
                let place = edit.place();
                place.ends_with("failurePercentageEjection.enforcementPercentage") && is_missing
                    || place.ends_with("failurePercentageEjection") && edit.value().starts_with('{')
            })
        },
    },
    Difference {
        why: "of the times of an ejection the longer counts (G-60): grpc-go leaves that to the policy",
        how: Values,
        is_of: |edits, ours| {
            const SHORT: [&str; 5] = [
                r#""0s""#,
                r#""-0s""#,
                r#""1s""#,
                r#""1.5s""#,
                r#""1.123456789s""#,
            ];
            ours && one(edits, |edit| {
                let (place, value) = (edit.place(), edit.value());
                place.ends_with("maxEjectionTime") && SHORT.contains(&value)
                    || place.ends_with("baseEjectionTime") && value == r#""9223372036s""#
            })
        },
    },
    Difference {
        why: "null is what was not set (F-1); grpc-go refuses it for durations of policies of balancing",
        how: GoRefuses,
        is_of: |edits, _| {
            one(edits, |edit| {
                is_of_balancing(edit) && edit.value() == "null"
            })
        },
    },
    Difference {
        why: "-0 is a whole number without a sign too; not for grpc-go",
        how: GoRefuses,
        is_of: |edits, ours| ours && one(edits, |edit| is_unsigned(edit) && edit.value() == "-0"),
    },
    Difference {
        why: "choiceCount has 64 bits, and more than 10 are 10 (G-50); for grpc-go it has 32",
        how: GoRefuses,
        is_of: |edits, _| {
            const LARGE: [&str; 3] = ["4294967296", "9223372036854775807", "9223372036854775808"];
            let is_large = |edit: &Edit| LARGE.contains(&edit.value());
            one(edits, |edit| {
                edit.place().ends_with("choiceCount") && is_large(edit)
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
        is_of: |edits, ours| {
            ours && one(edits, |edit| match edit.value() {
                r#""1""# => is_number(edit) && !is_attempts(edit),
                r#""2.0""# => is_number(edit),
                _ => false,
            })
        },
    },
    Difference {
        why: "whole numbers may be written as 2.0 and 1e3 in proto3 (F-1), not for grpc-go",
        how: GoRefuses,
        is_of: |edits, ours| {
            ours && one(edits, |edit| match edit.value() {
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
        why: "a negative duration (F-1): with such a timeout calls of grpc-go would fail at once",
        how: WeRefuse,
        is_of: |edits, _| {
            one(edits, |edit| {
                let is_one = |place: &str| place.ends_with("timeout") || place.ends_with("Period");
                is_one(edit.place()) && edit.value() == r#""-1s""#
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
        why: "the older name of a policy is of any case (F-18), as grpc-java has it; for grpc-go it is that of none",
        how: Values,
        is_of: |edits, _| {
            is_written(
                edits,
                "the older name of a policy of balancing, in upper case",
            )
        },
    },
    Difference {
        why: "an older name of no policy (F-18); grpc-java refuses it too, grpc-go takes pick_first",
        how: WeRefuse,
        is_of: |edits, _| is_written(edits, "the older name of no policy of balancing"),
    },
    Difference {
        why: "what nobody reads may be of any depth (F-2); grpc-go gives up at 10,000",
        how: GoRefuses,
        is_of: |edits, _| is_written(edits, "very deep"),
    },
];
