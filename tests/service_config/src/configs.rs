//! The configs that are changed, and what is put into them.

/// A config that is valid for both, and has all fields. None of its names is empty, so that one that becomes so is the
/// only one.
pub(crate) const WHOLE: &str = r#"{
    "methodConfig": [
        {
            "name": [{ "service": "a.B", "method": "C" }, { "service": "a.B" }],
            "waitForReady": true,
            "timeout": "1.5s",
            "maxRequestMessageBytes": 1024,
            "maxResponseMessageBytes": 2048
        },
        {
            "name": [{ "service": "b.C", "method": "" }],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.25s",
                "maxBackoff": "10s",
                "backoffMultiplier": 1.5,
                "retryableStatusCodes": ["UNAVAILABLE", 10]
            }
        },
        {
            "name": [{ "service": "c.D" }],
            "hedgingPolicy": { "maxAttempts": 2, "hedgingDelay": "1s", "nonFatalStatusCodes": ["ABORTED"] }
        }
    ],
    "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.5 },
    "loadBalancingConfig": [{ "round_robin": {} }],
    "loadBalancingPolicy": "pick_first",
    "healthCheckConfig": { "serviceName": "a.B" },
    "connectionScaling": { "maxConnectionsPerSubchannel": 2 }
}"#;

/// Configs that say how load is balanced, and nothing else: of a list one policy counts, so each has one of its own.
///
/// Behind it stands what counts if its name is not known any more. What is set is not the default.
pub(crate) const BALANCING: [&str; 6] = [
    r#"{ "loadBalancingConfig": [{ "pick_first": { "shuffleAddressList": true } }, { "round_robin": {} }] }"#,
    r#"{ "loadBalancingConfig": [{ "least_request_experimental": { "choiceCount": 3 } }, { "round_robin": {} }] }"#,
    r#"{ "loadBalancingConfig": [
        {
            "weighted_round_robin": {
                "enableOobLoadReport": true,
                "oobReportingPeriod": "7s",
                "blackoutPeriod": "8s",
                "weightExpirationPeriod": "9s",
                "weightUpdatePeriod": "3s",
                "errorUtilizationPenalty": 1.25
            }
        },
        { "round_robin": {} }
    ] }"#,
    r#"{ "loadBalancingConfig": [
        { "ring_hash_experimental": { "minRingSize": 100, "maxRingSize": 2000, "requestHashHeader": "a" } },
        { "round_robin": {} }
    ] }"#,
    r#"{ "loadBalancingConfig": [
        {
            "random_subsetting_experimental": {
                "subsetSize": 10,
                "childPolicy": [{ "x": {} }, { "least_request_experimental": { "choiceCount": 3 } }]
            }
        },
        { "round_robin": {} }
    ] }"#,
    r#"{ "loadBalancingConfig": [
        {
            "outlier_detection_experimental": {
                "interval": "7s",
                "baseEjectionTime": "8s",
                "maxEjectionTime": "400s",
                "maxEjectionPercent": 50,
                "successRateEjection": {
                    "stdevFactor": 1800, "enforcementPercentage": 51, "minimumHosts": 6, "requestVolume": 60
                },
                "failurePercentageEjection": {
                    "threshold": 52, "enforcementPercentage": 53, "minimumHosts": 7, "requestVolume": 70
                },
                "childPolicy": [{ "x": {} }, { "pick_first": { "shuffleAddressList": true } }]
            }
        },
        { "round_robin": {} }
    ] }"#,
];

/// What stands in place of something.
pub(crate) const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "2",
    "-1",
    "14",
    "17",
    "100",
    "101",
    "1000",
    "1001",
    "8388608",
    "8388609",
    "1.5",
    "2.0",
    "1e3",
    "1e-3",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e999",
    r#""""#,
    r#""x""#,
    r#""x-bin""#,
    r#""x y""#,
    r#""1""#,
    r#""2.0""#,
    r#"" 1""#,
    r#""NaN""#,
    r#""s""#,
    r#""0s""#,
    r#""-0s""#,
    r#""1s""#,
    r#""-1s""#,
    r#""1.5s""#,
    r#"".5s""#,
    r#""1.s""#,
    r#""+1s""#,
    r#""1.+5s""#,
    r#""1m""#,
    r#""1.123456789s""#,
    r#""1.0000000000s""#,
    r#""9223372036s""#,
    r#""315576000000s""#,
    r#""315576000001s""#,
    r#""UNAVAILABLE""#,
    r#""unavailable""#,
    r#""CANCELED""#,
    r#""OK""#,
    r#""\ud800""#,
    r#""\u0061.B""#,
    "[]",
    "[null]",
    "[14]",
    r#"["OK"]"#,
    r#"["x"]"#,
    "[{}]",
    "{}",
    r#"{"x":1}"#,
    r#"{"x":{}}"#,
    r#"{"round_robin":null}"#,
    r#"{"round_robin":{}}"#,
    r#"[{"x":{}},{"round_robin":{}}]"#,
    r#"[{"round_robin":{}},1]"#,
];

/// Texts that no change of the whole config gives.
pub(crate) const WRITTEN: &[(&str, &str)] = &[
    ("empty text", ""),
    ("no object", "[]"),
    ("null", "null"),
    ("a string", r#""{}""#),
    ("a number", "1"),
    ("nothing said", "{}"),
    ("spaces", " \t\r\n{ } "),
    ("a second text", "{}{}"),
    ("a mark of byte order", "\u{feff}{}"),
    ("a comment", "{ /* none */ }"),
    ("single quotes", "{'a':1}"),
    ("a comma too many", r#"{"a":1,}"#),
    ("no quotes", "{a:1}"),
    ("NaN", r#"{"a":NaN}"#),
    ("a control character in a string", "{\"a\":\"\u{1}\"}"),
    (
        "half a surrogate",
        r#"{"\ud800":"\udc00","a":"\ud800\ud800"}"#,
    ),
    ("no hexadecimal digits", r#"{"a":"\u00g0"}"#),
    ("a number with a zero before it", r#"{"a":01}"#),
    (
        "huge numbers that nobody reads",
        r#"{"a":[1e99999,-1e-99999,123456789012345678901234567890]}"#,
    ),
    (
        "names with slashes",
        r#"{"methodConfig":[{"name":[{"service":"a/b","method":"c"},{"service":"a","method":"b/d"}]}]}"#,
    ),
    (
        "the same path of other names",
        r#"{"methodConfig":[{"name":[{"service":"a/b","method":"c"},{"service":"a","method":"b/c"}]}]}"#,
    ),
    (
        "the same name in two entries",
        r#"{"methodConfig":[{"name":[{"service":"a"}]},{"name":[{"service":"a"}]}]}"#,
    ),
    (
        "the same name twice in one entry",
        r#"{"methodConfig":[{"name":[{},{"service":null}]}]}"#,
    ),
    (
        "throttling that cannot be, without methods",
        r#"{"retryThrottling":{"maxTokens":10,"tokenRatio":0}}"#,
    ),
    (
        "a policy of retry that cannot be, without names",
        r#"{"methodConfig":[{"retryPolicy":{"maxAttempts":1}}]}"#,
    ),
    (
        "the older name of a policy of balancing",
        r#"{"loadBalancingPolicy":"round_robin"}"#,
    ),
    (
        "the older name of a policy of balancing, in upper case",
        r#"{"loadBalancingPolicy":"ROUND_ROBIN"}"#,
    ),
    (
        "the older name of no policy of balancing",
        r#"{"loadBalancingPolicy":"random"}"#,
    ),
    (
        "a timeout that cannot be, without names",
        r#"{"methodConfig":[{"timeout":"1m"}]}"#,
    ),
];
