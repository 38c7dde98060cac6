//! Configs that differ from a valid one in known places.

use std::fmt;

use fastrand::Rng;
use serde_json::Value;

use crate::configs::{BALANCING, VALUES, WHOLE, WRITTEN};

/// What is done to a field.
const CHANGES: [Change; 4] = [Change::Missing, Change::Twice, Change::Snake, Change::Upper];

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
    let singles = |text: &str| {
        let places = places(text);
        let edits = places.iter().flat_map(|place| edits_at(place));
        edits
            .map(|edit| Case::new(text, vec![edit]))
            .collect::<Vec<_>>()
    };
    [WHOLE]
        .iter()
        .chain(&BALANCING)
        .flat_map(|text| singles(text))
        .collect()
}

/// A few at once, none within another; one in four of those that say how load is balanced.
pub(crate) fn several(random: &mut Rng) -> Case {
    let text = match random.u8(0..4) {
        0 => random.choice(BALANCING).unwrap_or(WHOLE),
        _ => WHOLE,
    };
    let places = places(text);
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
    Case::new(text, edits)
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
    Case::new(WHOLE, Vec::new()).text
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
    /// Of this text, with these changes.
    fn new(text: &str, edits: Vec<Edit>) -> Self {
        let whole: Value = serde_json::from_str(text).expect("it is JSON");
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
    const OBJECTS: [&str; 9] = [
        "]",
        "Policy",
        "Config",
        "Scaling",
        "Throttling",
        "_first",
        "_robin",
        "_experimental",
        "Ejection",
    ];
    let values = VALUES
        .iter()
        .map(|value| Edit::Value(place.to_owned(), value));
    let is_object = OBJECTS.iter().any(|end| place.ends_with(end));
    let unknown = is_object.then_some(Change::Unknown);
    let changes = CHANGES.into_iter().filter(|_| !place.ends_with(']'));
    let changes = changes.chain(unknown);
    values.chain(changes.map(|change| Edit::Field(place.to_owned(), change)))
}

/// Every field and every element of a config.
fn places(text: &str) -> Vec<String> {
    fn walk(path: &str, value: &Value, found: &mut Vec<String>) {
        for (path, child) in children(path, value) {
            walk(&path, child, found);
            found.push(path);
        }
    }
    let whole: Value = serde_json::from_str(text).expect("it is JSON");
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
