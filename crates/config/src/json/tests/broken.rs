use std::{error::Error, fmt::Write as _};

use super::{assert_violations, invalid};
use crate::Violation;

#[test]
fn what_is_no_json_has_a_position() {
    // F-3
    for (text, position, said) in [
        ("", (1, 0), "EOF while parsing a value"),
        ("{\n\n \"methodConfig\" []}", (3, 17), "expected `:`"),
        ("{} {}", (1, 4), "trailing characters"),
        ("{'a': 1}", (1, 2), "key must be a string"),
        ("{\"a\": 01}", (1, 8), "invalid number"),
        ("{\"a\": 1,}", (1, 9), "key must be a string"),
        ("{\"a\": nul}", (1, 10), "expected ident"),
    ] {
        let invalid = invalid(text);
        assert_eq!(invalid.position(), Some(position), "{text:?}: {invalid}");
        let (line, column) = position;
        let end = format!("at line {line} column {column}");
        let sentence = invalid.to_string();
        assert!(
            sentence.starts_with(&format!("the service config is no JSON: {said}")),
            "{sentence}"
        );
        assert!(sentence.ends_with(&end), "{sentence}");
        assert!(invalid.violations().is_empty());
        assert!(invalid.source().is_none(), "the sentence tells it");
    }
}

#[test]
fn all_that_is_wrong_is_told_and_the_first_is_said() {
    // F-3
    let text = r#"{
        "methodConfig": [{ "name": [{}] }, { "timeout": 5, "waitForReady": "yes" }, 7],
        "healthCheckConfig": []
    }"#;
    assert_violations(
        text,
        &[
            r#"methodConfig[1].waitForReady is "yes": it must be true or false"#,
            r#"methodConfig[1].timeout is 5: it must be a duration in seconds, such as "1.5s""#,
            "methodConfig[2] is 7: it must be an object",
            "healthCheckConfig is a list: it must be an object",
        ],
    );
    let all = invalid(text);
    assert_eq!(
        all.to_string(),
        r#"the service config is invalid: methodConfig[1].waitForReady is "yes": it must be true or false, and 3 more"#
    );
    assert_eq!(all.position(), None);
    let one = invalid(r#"{ "methodConfig": {} }"#);
    assert_eq!(
        one.to_string(),
        "the service config is invalid: methodConfig is an object: it must be a list"
    );
    assert!(one.source().is_none());
}

#[test]
fn the_first_hundred_are_kept_and_the_others_counted() {
    // F-3
    for (count, kept, omitted) in [(99, 99, 0), (100, 100, 0), (101, 100, 1), (250, 100, 150)] {
        let entries = vec!["7"; count].join(",");
        let invalid = invalid(&format!(
            r#"{{ "methodConfig": [{entries}], "loadBalancingPolicy": "" }}"#
        ));
        assert_eq!(
            (invalid.violations().len(), invalid.omitted()),
            (kept, omitted)
        );
        let last = invalid.violations().last().map(Violation::path);
        assert_eq!(last, Some(&*format!("methodConfig[{}]", kept - 1)));
        assert_eq!(
            invalid.to_string(),
            format!(
                "the service config is invalid: methodConfig[0] is 7: it must be an object, and {} more",
                count - 1
            )
        );
    }
}

#[test]
fn the_root_is_an_object() {
    // F-3
    for (text, said) in [
        ("[]", "it is a list: it must be an object"),
        ("null", "it is null: it must be an object"),
        (r#""{}""#, r#"it is "{}": it must be an object"#),
    ] {
        assert_violations(text, &[said]);
        assert_eq!(invalid(text).violations()[0].path(), "");
    }
}

/// A text around each field, the one kind of value that fits if one does, and what the others are told.
const KINDS: [(&str, &str, &str); 18] = [
    (r#"{"methodConfig":@}"#, "[]", "it must be a list"),
    (r#"{"methodConfig":[@]}"#, "{}", "it must be an object"),
    (
        r#"{"methodConfig":[{"name":@}]}"#,
        "[]",
        "it must be a list",
    ),
    (
        r#"{"methodConfig":[{"name":[@]}]}"#,
        "{}",
        "it must be an object",
    ),
    (
        r#"{"methodConfig":[{"name":[{"service":@}]}]}"#,
        "\"x\"",
        "it must be a string",
    ),
    (
        r#"{"methodConfig":[{"name":[{"service":"a","method":@}]}]}"#,
        "\"x\"",
        "it must be a string",
    ),
    (
        r#"{"methodConfig":[{"waitForReady":@}]}"#,
        "true",
        "it must be true or false",
    ),
    (
        r#"{"methodConfig":[{"timeout":@}]}"#,
        "",
        "it must be a duration in seconds, such as \"1.5s\"",
    ),
    (
        r#"{"methodConfig":[{"maxRequestMessageBytes":@}]}"#,
        "7",
        "it must be a whole number from 0 to 4294967295",
    ),
    (
        r#"{"methodConfig":[{"maxResponseMessageBytes":@}]}"#,
        "7",
        "it must be a whole number from 0 to 4294967295",
    ),
    (
        r#"{"methodConfig":[{"retryPolicy":@}]}"#,
        "",
        "it must be an object",
    ),
    (
        r#"{"loadBalancingPolicy":@,"loadBalancingConfig":[{"round_robin":{}}]}"#,
        "\"x\"",
        "it must be a string",
    ),
    (r#"{"loadBalancingConfig":@}"#, "", "it must be a list"),
    (
        r#"{"loadBalancingConfig":[{"round_robin":@}]}"#,
        "{}",
        "it must be an object",
    ),
    (r#"{"healthCheckConfig":@}"#, "{}", "it must be an object"),
    (
        r#"{"healthCheckConfig":{"serviceName":@}}"#,
        "\"x\"",
        "it must be a string",
    ),
    (r#"{"connectionScaling":@}"#, "{}", "it must be an object"),
    (
        r#"{"connectionScaling":{"maxConnectionsPerSubchannel":@}}"#,
        "7",
        "it must be a whole number from 0 to 4294967295",
    ),
];

#[test]
fn no_field_may_be_of_another_kind() {
    // F-1, F-12 … F-19
    for (around, fits, told) in KINDS {
        for kind in ["true", "7", "\"x\"", "[]", "{}"] {
            let text = around.replace('@', kind);
            if kind == fits {
                super::config(&text);
                continue;
            }
            // Empty lists and objects are wrong in another way where they are not enough.
            let is_nothing = told == "it must be a list" && kind == "[]"
                || told == "it must be an object" && kind == "{}";
            let invalid = invalid(&text);
            let mut problems = invalid.violations().iter().map(Violation::problem);
            assert!(
                problems.all(|problem| problem.ends_with(told) != is_nothing),
                "{invalid}: {text}"
            );
        }
    }
}

#[test]
fn elements_of_lists_may_not_be_null() {
    // F-1
    assert_violations(
        r#"{
            "loadBalancingConfig": [null],
            "methodConfig": [null, { "name": [null], "hedgingPolicy": { "maxAttempts": 2, "nonFatalStatusCodes": [null] } }]
        }"#,
        &[
            "loadBalancingConfig[0] is null: it must be an object",
            "methodConfig[0] is null: it must be an object",
            "methodConfig[1].name[0] is null: it must be an object",
            "methodConfig[1].hedgingPolicy.nonFatalStatusCodes[0] is null: it must be a status code, \
             by name such as \"UNAVAILABLE\" or by number",
        ],
    );
}

#[test]
fn numbers_out_of_range_are_named() {
    // F-1, F-14
    for text in [
        "-1",
        "4294967296",
        "1.5",
        "1e10",
        "1e999999999999999999999",
        "-1e999999999",
        "99999999999999999999999999999999999999999",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"+1\"",
        "\"0x10\"",
        "\"inf\"",
        "\"NaN\"",
        "\".5\"",
        "\"[1]\"",
        "\"\\ud800\"",
    ] {
        assert_violations(
            &format!(r#"{{ "connectionScaling": {{ "maxConnectionsPerSubchannel": {text} }} }}"#),
            &[&format!(
                "connectionScaling.maxConnectionsPerSubchannel is {text}: it must be a whole number from 0 to 4294967295"
            )],
        );
    }
}

#[test]
fn durations_are_seconds_that_are_not_negative() {
    // F-1, F-13
    let table = [
        ("-1s", "it must not be negative"),
        ("-0.000000001s", "it must not be negative"),
        ("315576000001s", "it must be at most 315576000000 seconds"),
        ("-315576000001s", "it must be at most 315576000000 seconds"),
        (
            "99999999999999999999999s",
            "it must be at most 315576000000 seconds",
        ),
    ];
    let malformed = [
        "",
        "s",
        "1",
        "1m",
        "1 s",
        " 1s",
        "1s ",
        "1S",
        ".5s",
        "1.s",
        ".s",
        "1.0000000000s",
        "1.2.3s",
        "+1s",
        "--1s",
        "1e3s",
        "1.+5s",
        "0x1s",
        "NaNs",
        "infs",
        "1.5.s",
        "１s",
    ];
    let malformed =
        malformed.map(|text| (text, "it must be a duration in seconds, such as \"1.5s\""));
    for (text, problem) in table.into_iter().chain(malformed) {
        assert_violations(
            &format!(r#"{{ "methodConfig": [{{ "timeout": "{text}" }}] }}"#),
            &[&format!("methodConfig[0].timeout is \"{text}\": {problem}")],
        );
    }
}

#[test]
fn a_name_has_one_config() {
    // F-10
    assert_violations(
        r#"{ "methodConfig": [
            { "name": [{}, { "service": "a.B" }, { "service": "a.B", "method": "C" }] },
            { "name": [{ "service": "a.B", "method": "D" }, { "service": "a.B", "method": "C" }] },
            { "name": [{ "service": "" }, { "service": "a.B", "method": null }, { "service": "a.B" }] }
        ] }"#,
        &[
            "methodConfig[1].name[1] has a config already: there may be one for each name",
            "methodConfig[2].name[0] has a config already: there may be one for each name",
            "methodConfig[2].name[1] has a config already: there may be one for each name",
            "methodConfig[2].name[2] has a config already: there may be one for each name",
        ],
    );
}

#[test]
fn a_method_has_a_service() {
    // F-10
    assert_violations(
        r#"{ "methodConfig": [{ "name": [{ "method": "C" }, { "service": "", "method": "C" }] }] }"#,
        &[
            "methodConfig[0].name[0] has a method without its service",
            "methodConfig[0].name[1] has a method without its service",
        ],
    );
}

#[test]
fn an_entry_without_names_is_checked_too() {
    // F-3, F-10
    assert_violations(
        r#"{ "methodConfig": [{ "timeout": "-1s" }] }"#,
        &[r#"methodConfig[0].timeout is "-1s": it must not be negative"#],
    );
}

#[test]
fn a_field_stands_there_once() {
    // F-1
    assert_violations(
        r#"{
            "methodConfig": [{ "timeout": "1s", "timeout": "2s" }],
            "method_config": [],
            "unknown": 1, "unknown": 2
        }"#,
        &[
            "methodConfig is there more than once: it must be there once",
            "methodConfig[0].timeout is there more than once: it must be there once",
        ],
    );
}

#[test]
fn words_of_others_are_escaped_and_bounded() {
    // F-3
    let long = format!("\"{}\x1b[2J\u{202e}\"", "x".repeat(1 << 20));
    let text = format!(
        r#"{{ "loadBalancingPolicy": 1, "methodConfig": [{{ "timeout": {} }}] }}"#,
        long.replace('\x1b', "")
    );
    let invalid = invalid(&text);
    let problem = invalid.violations()[1].problem();
    assert!(
        problem.len() < 300 && problem.contains("xxx…: it must be"),
        "{problem}"
    );
    assert_violations(
        "{ \"loadBalancingConfig\": [{ \"round_robin\": \"\u{202e}\u{85}\" }] }",
        &[r#"loadBalancingConfig[0].round_robin is "\u{202e}\u{85}": it must be an object"#],
    );
}

#[test]
fn size_and_depth_have_no_bounds() {
    // F-3
    let deep = "[".repeat(1_000_000);
    assert!(invalid(&deep).position().is_some());
    let closed = format!("{{ \"methodConfig\": {deep}{} }}", "]".repeat(1_000_000));
    assert_violations(
        &closed,
        &["methodConfig[0] is a list: it must be an object"],
    );
    let mut many = String::from(r#"{ "methodConfig": ["#);
    for number in 0..20_000 {
        let comma = if number == 0 { "" } else { "," };
        write!(many, r#"{comma}{{ "name": [{{ "service": "a.B", "method": "C{number}" }}], "timeout": {number} }}"#).unwrap();
    }
    many.push_str("] }");
    let invalid = invalid(&many);
    assert_eq!(
        (invalid.violations().len(), invalid.omitted()),
        (100, 19_900)
    );
    let whole = many.replace("\"timeout\"", "\"t\"");
    assert!(super::config(&whole).method("/a.B/C19999").is_some());
}
