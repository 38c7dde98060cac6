//! The list of those that are reached without a proxy: `*`, names, names with all below them, addresses, networks.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;

/// What is reached without a proxy (G-75).
#[derive(Clone, Debug, Default)]
pub(super) struct Except(Vec<Entry>);

#[derive(Clone, Debug)]
enum Entry {
    All,
    Host(Box<str>),
    /// A name and all names below it; it begins with a dot.
    Domain(Box<str>),
    Network(IpNet),
}

impl Except {
    pub(super) fn parse(list: &str) -> Self {
        let entries = list.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        Self(entries.map(Entry::parse).collect())
    }

    /// `host` is a name or an address without brackets.
    pub(super) fn includes(&self, host: &str) -> bool {
        let address = host.parse().ok();
        let mut entries = self.0.iter();
        entries.any(|entry| match address {
            Some(address) => entry.includes_address(address),
            None => entry.includes_name(host),
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Self {
        let address = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let address = address.unwrap_or(text);
        if text == "*" {
            Self::All
        } else if let Ok(network) = address.parse() {
            Self::Network(network)
        } else if let Ok(address) = address.parse::<IpAddr>() {
            Self::Network(address.into())
        } else if text.starts_with('.') {
            Self::Domain(text.into())
        } else {
            Self::Host(text.into())
        }
    }

    fn includes_address(&self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Network(network) => network.contains(&address),
            Self::Host(_) | Self::Domain(_) => false,
        }
    }

    fn includes_name(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Network(_) => false,
            Self::Host(host) => name.eq_ignore_ascii_case(host),
            Self::Domain(domain) => {
                name.eq_ignore_ascii_case(&domain[1..]) || ends_with(name, domain)
            }
        }
    }
}

fn ends_with(name: &str, domain: &str) -> bool {
    let start = name.len().checked_sub(domain.len());
    let end = start.and_then(|start| name.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(domain))
}

impl fmt::Display for Except {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, entry) in self.0.iter().enumerate() {
            f.write_str(if n == 0 { ", but not for " } else { ", " })?;
            match entry {
                Entry::All => f.write_str("*")?,
                Entry::Host(name) | Entry::Domain(name) => f.write_str(name)?,
                Entry::Network(network) => write!(f, "{network}")?,
            }
        }
        Ok(())
    }
}
