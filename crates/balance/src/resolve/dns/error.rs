//! Why DNS has no answer.

use std::{error::Error, fmt};

use hickory_resolver::{
    net::{DnsError as Refused, NetError},
    proto::{op::ResponseCode, rr::RecordType},
};

/// Why DNS has no answer. Its sentence tells all, its source is hickory's error or the system's.
#[derive(Debug)]
pub(super) struct DnsError {
    /// Made where the error is, for hickory's own sentences print their types.
    text: String,
    /// What it was told by, if it was no answer.
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl DnsError {
    /// It says nothing that servers can be asked by.
    pub(super) fn unusable(place: &str, error: NetError) -> Self {
        let text =
            format!("{place} names no usable DNS servers: {error}; name them with Dns::servers");
        Self::new(text, error)
    }

    /// It is nothing that DNS can be asked for.
    pub(super) fn no_name(name: &str, error: NetError) -> Self {
        let text = format!("{name:?} is no name that DNS can have: {error}");
        Self::new(text, error)
    }

    /// The answer is that there are none.
    pub(super) fn no_records(name: &str, records: RecordType) -> Self {
        Self {
            text: format!("the name {name:?} has no {} records", kind(records)),
            source: None,
        }
    }

    /// The servers of the name say that the service is not offered (RFC 2782).
    pub(super) fn not_offered(name: &str) -> Self {
        Self {
            text: format!("the SRV record of {name:?} says that there is no such service"),
            source: None,
        }
    }

    /// What was asked for the records of this name failed.
    pub(super) fn failed(name: &str, records: RecordType, error: NetError) -> Self {
        let text = match &error {
            NetError::Dns(Refused::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => format!("the name {name:?} does not exist"),
                _ => return Self::no_records(name, records),
            },
            NetError::Dns(Refused::ResponseCode(code)) => {
                format!("the DNS server does not answer for {name:?}: {code}")
            }
            NetError::Timeout => format!("no DNS server answered for {name:?} in time"),
            _ => format!("DNS could not be asked for {name:?}: {error}"),
        };
        Self::new(text, error)
    }

    /// This, for that reason.
    pub(super) fn new(text: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = Some(source.into());
        Self { text, source }
    }
}

/// What records are called in a sentence.
fn kind(records: RecordType) -> &'static str {
    match records {
        RecordType::SRV => "SRV",
        _ => "A or AAAA",
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for DnsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause: &(dyn Error + 'static) = self.source.as_deref()?;
        ziggurat_text::source(&self.text, cause)
    }
}
