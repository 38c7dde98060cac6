//! Configs that differ from a valid one in known places.

use std::fmt;

use fastrand::Rng;
use serde_json::Value;

/// A config that is valid for both, and has all fields. None of its names is empty, so that one that becomes so is the
/// only one.
const WHOLE: &str = r#"{
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
    "loadBalancingPolicy": "round_robin",
    "healthCheckConfig": { "serviceName": "a.B" },
    "connectionScaling": { "maxConnectionsPerSubchannel": 2 }
}"#;

/// What stands in place of something.
const VALUES: &[&str] = &[
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
    "1000",
    "1001",
    "1.5",
    "2.0",
    "1e3",
    "1e-3",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "1e999",
    r#""""#,
    r#""x""#,
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

/// What is done to a field.
const CHANGES: [Change; 4] = [Change::Missing, Change::Twice, Change::Snake, Change::Upper];

/// Texts that no change of the whole config gives.
const WRITTEN: &[(&str, &str)] = &[
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
        "a timeout that cannot be, without names",
        r#"{"methodConfig":[{"timeout":"1m"}]}"#,
    ),
];

/// A config, and what was done to the whole one to have it.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) edits: Vec<Edit>,
}

/// One thing that was done. Its place is a path with the names of the specification.
#[derive(Clone, PartialEq)]
pub(crate) enum Edit {
    /// This value stands there.
    Value(String, &'static str),
    /// This was done with the field.
    Field(String, Change),
    /// None: the text is one of a list.
    Written(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Missing,
    Twice,
    Snake,
    Upper,
    /// An object has one more field, of no meaning.
    Unknown,
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(place, value) => write!(f, "{place} = {value}"),
            Self::Field(place, change) => write!(f, "{place} {change:?}"),
            Self::Written(name) => write!(f, "written: {name}"),
        }
    }
}

/// Each value in each place, and each change of each field.
pub(crate) fn singles() -> Vec<Case> {
    let places = places();
    let edits = places.iter().flat_map(|place| edits_at(place));
    edits.map(|edit| Case::new(vec![edit])).collect()
}

/// A few at once, none within another.
pub(crate) fn several(random: &mut Rng) -> Case {
    let places = places();
    let mut edits: Vec<Edit> = Vec::new();
    for _ in 0..random.usize(2..6) {
        let place = &places[random.usize(0..places.len())];
        let is_apart = |edit: &Edit| {
            !place.starts_with(edit.place()) && !edit.place().starts_with(place.as_str())
        };
        if edits.iter().all(is_apart) {
            let possible: Vec<_> = edits_at(place).collect();
            edits.push(possible[random.usize(0..possible.len())].clone());
        }
    }
    Case::new(edits)
}

/// Those of a list, which no change of the whole one gives.
pub(crate) fn written() -> Vec<Case> {
    let case = |&(name, text): &(&'static str, &str)| Case {
        text: text.to_owned(),
        edits: vec![Edit::Written(name)],
    };
    WRITTEN.iter().map(case).chain([deep()]).collect()
}

pub(crate) fn whole() -> String {
    Case::new(Vec::new()).text
}

pub(crate) fn shown(edits: &[Edit]) -> String {
    let edits: Vec<_> = edits.iter().map(|edit| format!("{edit:?}")).collect();
    edits.join(" + ")
}

impl Edit {
    /// What stands there instead; nothing if it is another change.
    pub(crate) fn value(&self) -> &'static str {
        match self {
            Self::Value(_, value) => value,
            _ => "",
        }
    }

    pub(crate) fn change(&self) -> Option<Change> {
        match self {
            Self::Field(_, change) => Some(*change),
            _ => None,
        }
    }

    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Value(place, _) | Self::Field(place, _) => place,
            Self::Written(_) => "",
        }
    }
}

impl Case {
    fn new(edits: Vec<Edit>) -> Self {
        let whole: Value = serde_json::from_str(WHOLE).expect("it is JSON");
        let text = render("", &whole, &edits);
        Self { text, edits }
    }
}

/// So deep that grpc-go gives up.
fn deep() -> Case {
    let depth = 10_001;
    Case {
        text: format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)),
        edits: vec![Edit::Written("very deep")],
    }
}

fn edits_at(place: &str) -> impl Iterator<Item = Edit> {
    let values = VALUES
        .iter()
        .map(|value| Edit::Value(place.to_owned(), value));
    let is_object =
        place.ends_with(']') || place.ends_with("Policy") || place.starts_with("health");
    let unknown = is_object.then_some(Change::Unknown);
    let changes = CHANGES.into_iter().filter(|_| !place.ends_with(']'));
    let changes = changes.chain(unknown);
    values.chain(changes.map(|change| Edit::Field(place.to_owned(), change)))
}

/// Every field and every element of the whole config.
fn places() -> Vec<String> {
    fn walk(path: &str, value: &Value, found: &mut Vec<String>) {
        for (path, child) in children(path, value) {
            walk(&path, child, found);
            found.push(path);
        }
    }
    let whole: Value = serde_json::from_str(WHOLE).expect("it is JSON");
    let mut found = Vec::new();
    walk("", &whole, &mut found);
    found
}

fn children<'v>(path: &str, value: &'v Value) -> Vec<(String, &'v Value)> {
    match value {
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            let fields = fields.iter();
            fields
                .map(|(name, child)| (format!("{path}{dot}{name}"), child))
                .collect()
        }
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            elements
                .map(|(index, child)| (format!("{path}[{index}]"), child))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn render(path: &str, value: &Value, edits: &[Edit]) -> String {
    let is_value = |edit: &&Edit| matches!(edit, Edit::Value(place, _) if place == path);
    if let Some(Edit::Value(_, text)) = edits.iter().find(is_value) {
        return (*text).to_owned();
    }
    match value {
        Value::Object(_) => {
            let fields = children(path, value);
            let fields = fields
                .iter()
                .flat_map(|(path, child)| field(path, child, edits));
            let unknown = edits.contains(&Edit::Field(path.to_owned(), Change::Unknown));
            let unknown = unknown.then(|| r#""unknownField":{"x":[1]}"#.to_owned());
            let fields: Vec<_> = fields.chain(unknown).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(_) => {
            let elements = children(path, value);
            let elements: Vec<_> = elements
                .iter()
                .map(|(path, child)| render(path, child, edits))
                .collect();
            format!("[{}]", elements.join(","))
        }
        _ => value.to_string(),
    }
}

/// A field with its name, as often as it is to be there.
fn field(path: &str, value: &Value, edits: &[Edit]) -> Vec<String> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let value = render(path, value, edits);
    let named = |name: &str| format!("\"{name}\":{value}");
    let change = edits.iter().find_map(|edit| match edit {
        Edit::Field(place, change) if place == path => Some(*change),
        _ => None,
    });
    match change {
        Some(Change::Missing) => Vec::new(),
        Some(Change::Twice) => vec![named(name), named(name)],
        Some(Change::Snake) => vec![named(&snake(name))],
        Some(Change::Upper) => vec![named(&name.to_uppercase())],
        Some(Change::Unknown) | None => vec![named(name)],
    }
}

fn snake(camel: &str) -> String {
    let letters = camel.chars();
    let letters = letters.flat_map(|letter| {
        let underscore = letter.is_ascii_uppercase().then_some('_');
        underscore.into_iter().chain([letter.to_ascii_lowercase()])
    });
    letters.collect()
}
