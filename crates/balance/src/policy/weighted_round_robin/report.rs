use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderMap;

/// The trailer that has it, by which a server says how busy it is (G-48).
pub(super) const TRAILER: &str = "endpoint-load-metrics-bin";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is read of an `xds.data.orca.v3.OrcaLoadReport`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LoadReport {
    pub(super) cpu_utilization: f64,
    pub(super) mem_utilization: f64,
    pub(super) application_utilization: f64,
    /// Calls a second.
    pub(super) qps: f64,
    /// Errors a second.
    pub(super) eps: f64,
    pub(super) utilization: Vec<(String, f64)>,
    pub(super) named_metrics: Vec<(String, f64)>,
}

/// The metric that a name in the settings means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Application,
    Cpu,
    Memory,
    Utilization(String),
    Named(String),
}

/// What a field of a message is.
enum Value<'a> {
    Double(f64),
    Bytes(&'a [u8]),
    /// One of a type that no field has that is read.
    Other,
}

impl Metric {
    /// `None` if there is none of that name, and there will be none in any report.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "application_utilization" => return Some(Self::Application),
            "cpu_utilization" => return Some(Self::Cpu),
            "mem_utilization" => return Some(Self::Memory),
            _ => {}
        }
        match name.split_once('.')? {
            ("utilization", key) => Some(Self::Utilization(key.to_owned())),
            ("named_metrics", key) => Some(Self::Named(key.to_owned())),
            _ => None,
        }
    }

    fn of(&self, report: &LoadReport) -> Option<f64> {
        let find = |map: &[(String, f64)], key: &str| {
            // The last of those with the same key counts, as everywhere in protobuf.
            let same = map.iter().rev().find(|(other, _)| other == key);
            same.map(|(_, value)| *value)
        };
        match self {
            Self::Application => Some(report.application_utilization),
            Self::Cpu => Some(report.cpu_utilization),
            Self::Memory => Some(report.mem_utilization),
            Self::Utilization(key) => find(&report.utilization, key),
            Self::Named(key) => find(&report.named_metrics, key),
        }
    }
}

impl LoadReport {
    /// The report in these trailers, if there is one and it can be read.
    pub(super) fn of(trailers: &HeaderMap) -> Option<Self> {
        let value = trailers.get(TRAILER)?;
        Self::decode(&BASE64.decode(value.as_bytes()).ok()?)
    }

    fn decode(mut message: &[u8]) -> Option<Self> {
        let mut report = Self::default();
        while !message.is_empty() {
            match field(&mut message)? {
                (1, Value::Double(value)) => report.cpu_utilization = value,
                (2, Value::Double(value)) => report.mem_utilization = value,
                (5, Value::Bytes(entry)) => report.utilization.push(map_entry(entry)?),
                (6, Value::Double(value)) => report.qps = value,
                (7, Value::Double(value)) => report.eps = value,
                (8, Value::Bytes(entry)) => report.named_metrics.push(map_entry(entry)?),
                (9, Value::Double(value)) => report.application_utilization = value,
                _ => {}
            }
        }
        Some(report)
    }

    /// The weight of the server that sent it (G-46): how many calls a second it would have at full load. `None` if the report
    /// does not say how busy it is, or with what.
    ///
    /// Busy is what the greatest of these metrics says, if any is there, or else the application, or else the processor.
    /// Errors make it busier, by their part of all calls times the penalty.
    pub(super) fn weight(&self, metrics: &[Metric], penalty: f64) -> Option<f64> {
        let is_there = |value: &f64| *value > 0.0;
        let named = metrics.iter().filter_map(|metric| metric.of(self));
        let utilization = named
            .filter(is_there)
            .reduce(f64::max)
            .or_else(|| Some(self.application_utilization).filter(is_there))
            .unwrap_or(self.cpu_utilization);
        if !(is_there(&utilization) && is_there(&self.qps)) {
            return None;
        }
        // Nobody has fewer errors than none.
        let errors = if is_there(&self.eps) { self.eps } else { 0.0 };
        let weight = self.qps / (utilization + errors / self.qps * penalty);
        // What is as far off as that is of a report that is wrong, and sums of it are to be numbers too.
        (!weight.is_nan()).then(|| weight.clamp(1e-30, 1e30))
    }
}

/// The next field of a message: its number, and what it is. `None` if it is no message.
fn field<'a>(message: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(message)?;
    let value = match tag & 7 {
        0 => varint(message).map(|_| Value::Other)?,
        1 => Value::Double(f64::from_le_bytes(take(message, 8)?.try_into().ok()?)),
        2 => {
            let length = usize::try_from(varint(message)?).ok()?;
            Value::Bytes(take(message, length)?)
        }
        5 => take(message, 4).map(|_| Value::Other)?,
        _ => return None,
    };
    Some((tag >> 3, value))
}

/// A key and a value of a map: a message of its own.
fn map_entry(mut entry: &[u8]) -> Option<(String, f64)> {
    let (mut key, mut number) = (String::new(), 0.0);
    while !entry.is_empty() {
        match field(&mut entry)? {
            (1, Value::Bytes(bytes)) => str::from_utf8(bytes).ok()?.clone_into(&mut key),
            (2, Value::Double(value)) => number = value,
            _ => {}
        }
    }
    Some((key, number))
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let byte = take(message, 1)?[0];
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}
