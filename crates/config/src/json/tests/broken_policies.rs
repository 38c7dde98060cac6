use super::assert_violations;

const WHOLE: [(&str, &str); 5] = [
    ("maxAttempts", "2"),
    ("initialBackoff", "\"1s\""),
    ("maxBackoff", "\"1s\""),
    ("backoffMultiplier", "2"),
    ("retryableStatusCodes", "[14]"),
];

/// A retry policy in which fields have other values; without a value they are left out.
fn retry(changes: &[(&str, Option<&str>)]) -> String {
    let fields = WHOLE.iter().filter_map(|&(name, value)| {
        let change = changes.iter().find(|(changed, _)| *changed == name);
        let value = change.map_or(Some(value), |(_, value)| *value);
        Some(format!("\"{name}\": {}", value?))
    });
    let fields: Vec<_> = fields.collect();
    let policy = fields.join(", ");
    format!(r#"{{ "methodConfig": [{{ "name": [{{}}], "retryPolicy": {{ {policy} }} }}] }}"#)
}

#[test]
fn of_a_retry_policy_each_field_is_needed() {
    // C-1, F-15
    for (name, _) in WHOLE {
        let missing = format!("methodConfig[0].retryPolicy.{name} is missing: it must be set");
        assert_violations(&retry(&[(name, None)]), &[&missing]);
        assert_violations(&retry(&[(name, Some("null"))]), &[&missing]);
    }
    let all = WHOLE
        .map(|(name, _)| format!("methodConfig[0].retryPolicy.{name} is missing: it must be set"));
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_violations(r#"{ "methodConfig": [{ "retryPolicy": {} }] }"#, &all);
}

#[test]
fn what_a_retry_policy_cannot_be_is_told_field_by_field() {
    // C-1, F-15
    for (name, value, problem) in [
        (
            "maxAttempts",
            "0",
            "is 0: it must be 2 or more, the first attempt counts",
        ),
        (
            "maxAttempts",
            "1",
            "is 1: it must be 2 or more, the first attempt counts",
        ),
        (
            "maxAttempts",
            "-1",
            "is -1: it must be a whole number from 0 to 4294967295",
        ),
        (
            "maxAttempts",
            "2.5",
            "is 2.5: it must be a whole number from 0 to 4294967295",
        ),
        ("initialBackoff", "\"0s\"", "is zero: it must be longer"),
        (
            "initialBackoff",
            "\"-1s\"",
            "is \"-1s\": it must not be negative",
        ),
        ("maxBackoff", "\"0.000s\"", "is zero: it must be longer"),
        (
            "maxBackoff",
            "\"1h\"",
            "is \"1h\": it must be a duration in seconds, such as \"1.5s\"",
        ),
        (
            "backoffMultiplier",
            "0",
            "is 0: it must be a number greater than 0",
        ),
        (
            "backoffMultiplier",
            "-2",
            "is -2: it must be a number greater than 0",
        ),
        (
            "backoffMultiplier",
            "\"NaN\"",
            "is \"NaN\": it must be a number",
        ),
        (
            "backoffMultiplier",
            "1e999",
            "is 1e999: it must be a number",
        ),
        ("backoffMultiplier", "[]", "is a list: it must be a number"),
        (
            "retryableStatusCodes",
            "[]",
            "has no code: name those that are worth a retry",
        ),
        (
            "retryableStatusCodes",
            "[14, \"OK\"]",
            "has OK, which is no failure",
        ),
        ("retryableStatusCodes", "[0]", "has OK, which is no failure"),
        ("retryableStatusCodes", "14", "is 14: it must be a list"),
    ] {
        let violation = format!("methodConfig[0].retryPolicy.{name} {problem}");
        assert_violations(&retry(&[(name, Some(value))]), &[&violation]);
    }
}

#[test]
fn several_mistakes_of_one_policy_are_all_told() {
    // C-1, F-15
    assert_violations(
        &retry(&[
            ("maxAttempts", Some("1")),
            ("initialBackoff", None),
            ("maxBackoff", Some("\"0s\"")),
            ("backoffMultiplier", Some("-1")),
            ("retryableStatusCodes", Some("[]")),
        ]),
        &[
            "methodConfig[0].retryPolicy.maxAttempts is 1: it must be 2 or more, the first attempt counts",
            "methodConfig[0].retryPolicy.initialBackoff is missing: it must be set",
            "methodConfig[0].retryPolicy.maxBackoff is zero: it must be longer",
            "methodConfig[0].retryPolicy.backoffMultiplier is -1: it must be a number greater than 0",
            "methodConfig[0].retryPolicy.retryableStatusCodes has no code: name those that are worth a retry",
        ],
    );
}

#[test]
fn codes_are_those_of_grpc() {
    // C-1, C-2
    for code in [
        "17",
        "-1",
        "1.5",
        "\"14\"",
        "\"\"",
        "\"UNAVAILABLE \"",
        "\"CANCELED\"",
        "true",
        "{}",
        "4294967310",
    ] {
        let shown = code.replace("{}", "an object");
        let problem = format!(
            "is {shown}: it must be a status code, by name such as \"UNAVAILABLE\" or by number"
        );
        assert_violations(
            &retry(&[("retryableStatusCodes", Some(&format!("[14, {code}]")))]),
            &[&format!(
                "methodConfig[0].retryPolicy.retryableStatusCodes[1] {problem}"
            )],
        );
        assert_violations(
            &format!(
                r#"{{ "methodConfig": [{{ "hedgingPolicy": {{ "maxAttempts": 2, "nonFatalStatusCodes": [{code}] }} }}] }}"#
            ),
            &[&format!(
                "methodConfig[0].hedgingPolicy.nonFatalStatusCodes[0] {problem}"
            )],
        );
    }
}

#[test]
fn what_a_hedging_policy_cannot_be() {
    // C-2, F-15
    for (policy, violation) in [
        ("{}", "maxAttempts is missing: it must be set"),
        (
            r#"{ "maxAttempts": 1 }"#,
            "maxAttempts is 1: it must be 2 or more, the first attempt counts",
        ),
        (
            r#"{ "maxAttempts": 2, "hedgingDelay": "-1s" }"#,
            "hedgingDelay is \"-1s\": it must not be negative",
        ),
        (
            r#"{ "maxAttempts": 2, "nonFatalStatusCodes": ["ok"] }"#,
            "nonFatalStatusCodes has OK, which is no failure",
        ),
    ] {
        assert_violations(
            &format!(r#"{{ "methodConfig": [{{ "hedgingPolicy": {policy} }}] }}"#),
            &[&format!("methodConfig[0].hedgingPolicy.{violation}")],
        );
    }
}

#[test]
fn a_method_is_retried_or_hedged() {
    // C-3, F-15
    let whole = retry(&[]);
    let both = whole.replace(
        "\"retryPolicy\"",
        "\"hedgingPolicy\": { \"maxAttempts\": 1 }, \"retryPolicy\"",
    );
    assert_violations(
        &both,
        &[
            "methodConfig[0].hedgingPolicy.maxAttempts is 1: it must be 2 or more, the first attempt counts",
            "methodConfig[0].hedgingPolicy stands beside a retryPolicy: there may be one of them",
        ],
    );
    super::config(&both.replace("{ \"maxAttempts\": 1 }", "null"));
}

#[test]
fn what_throttling_cannot_be() {
    // C-4, F-16
    for (throttling, violations) in [
        (
            "{}",
            &[
                "maxTokens is missing: it must be set",
                "tokenRatio is missing: it must be set",
            ] as &[&str],
        ),
        (
            r#"{ "maxTokens": 0, "tokenRatio": 1 }"#,
            &["maxTokens is 0: it must be from 1 to 1000"],
        ),
        (
            r#"{ "maxTokens": 1001, "tokenRatio": 1 }"#,
            &["maxTokens is 1001: it must be from 1 to 1000"],
        ),
        (
            r#"{ "maxTokens": 0.5, "tokenRatio": 1 }"#,
            &["maxTokens is 0.5: it must be a whole number from 0 to 4294967295"],
        ),
        (
            r#"{ "maxTokens": 2000, "tokenRatio": 0 }"#,
            &[
                "maxTokens is 2000: it must be from 1 to 1000",
                "tokenRatio is 0: it must be a number greater than 0",
            ],
        ),
        (
            r#"{ "maxTokens": 10, "tokenRatio": -0.1 }"#,
            &["tokenRatio is -0.1: it must be a number greater than 0"],
        ),
        (
            r#"{ "maxTokens": 10, "tokenRatio": "x" }"#,
            &["tokenRatio is \"x\": it must be a number"],
        ),
    ] {
        let violations: Vec<_> = violations
            .iter()
            .map(|said| format!("retryThrottling.{said}"))
            .collect();
        let violations: Vec<_> = violations.iter().map(String::as_str).collect();
        assert_violations(
            &format!(r#"{{ "retryThrottling": {throttling} }}"#),
            &violations,
        );
    }
}
