use ziggurat_text::{VALUE, foreign};

use super::InvalidLoadBalancing;

/// The largest ring that can be asked for: 8 Mi entries.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Calls with the same hash go to the same endpoint as long as that is there: `ring_hash_experimental`.
///
/// The endpoints stand on a ring, each many times; a call goes to the one that follows its hash (G-55).
///
/// | field | default | |
/// |---|---|---|
/// | [`min_ring_size`](RingHashBuilder::min_ring_size) | 1024 | from 1 to 8388608 |
/// | [`max_ring_size`](RingHashBuilder::max_ring_size) | 4096 | from 1 to 8388608, and not less than the other |
/// | [`request_hash_header`](RingHashBuilder::request_hash_header) | none | the name of a header for text |
///
/// ```
/// use ziggurat::service_config::load_balancing::RingHash;
///
/// let policy = RingHash::builder().request_hash_header("X-User").build()?;
/// assert_eq!(policy.request_hash_header(), Some("x-user"));
/// assert_eq!((policy.min_ring_size(), policy.max_ring_size()), (1024, 4096));
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingHash {
    min_ring_size: u64,
    max_ring_size: u64,
    request_hash_header: Option<Box<str>>,
}

impl RingHash {
    /// Begins one with the defaults.
    pub fn builder() -> RingHashBuilder {
        RingHashBuilder(Self::default())
    }

    /// How many entries a ring has at least. As it was set: a channel has a limit of its own.
    pub fn min_ring_size(&self) -> u64 {
        self.min_ring_size
    }

    /// How many entries a ring has at most. As it was set: a channel has a limit of its own.
    pub fn max_ring_size(&self) -> u64 {
        self.max_ring_size
    }

    /// The header, in lower case, whose values of a call are hashed; without it the channel must know another hash.
    pub fn request_hash_header(&self) -> Option<&str> {
        self.request_hash_header.as_deref()
    }

    /// All that has bounds, the first that is beyond them.
    fn check(&self) -> Result<(), InvalidLoadBalancing> {
        for (field, size) in [
            ("minRingSize", self.min_ring_size),
            ("maxRingSize", self.max_ring_size),
        ] {
            if !(1..=LARGEST).contains(&size) {
                let problem = format!("is {size}: it must be from 1 to {LARGEST}");
                return Err(InvalidLoadBalancing::new(field, problem));
            }
        }
        let (min, max) = (self.min_ring_size, self.max_ring_size);
        if min > max {
            let problem = format!("is {min}: it must not be greater than maxRingSize, {max}");
            return Err(InvalidLoadBalancing::new("minRingSize", problem));
        }
        match self.request_hash_header() {
            Some(name) if !is_header(name) => {
                let shown = foreign(format!("{name:?}").as_bytes(), VALUE).to_string();
                let problem = format!("is {shown}: it must be the name of a header for text");
                Err(InvalidLoadBalancing::new("requestHashHeader", problem))
            }
            _ => Ok(()),
        }
    }
}

impl Default for RingHash {
    fn default() -> Self {
        Self {
            min_ring_size: 1024,
            max_ring_size: 4096,
            request_hash_header: None,
        }
    }
}

/// Makes a [`RingHash`]; what is not set has its default.
///
/// ```
/// use ziggurat::service_config::load_balancing::RingHash;
///
/// let ring = RingHash::builder().min_ring_size(2048).request_hash_header("X-Tenant").build()?;
/// assert_eq!(ring.min_ring_size(), 2048);
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a policy is made by build"]
pub struct RingHashBuilder(RingHash);

impl RingHashBuilder {
    /// How many entries a ring has at least: the more, the closer the shares of endpoints are to their weights.
    pub fn min_ring_size(mut self, entries: u64) -> Self {
        self.0.min_ring_size = entries;
        self
    }

    /// How many entries a ring has at most, which bounds its memory.
    pub fn max_ring_size(mut self, entries: u64) -> Self {
        self.0.max_ring_size = entries;
        self
    }

    /// The header whose values of a call are hashed, in any case; an empty name is none.
    pub fn request_hash_header(mut self, name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        self.0.request_hash_header = (!name.is_empty()).then(|| name.into());
        self
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// A size is not from 1 to 8388608, the smaller is the greater, or the header cannot be one for text: its name has
    /// letters that none may have, or ends in `-bin`.
    pub fn build(self) -> Result<RingHash, InvalidLoadBalancing> {
        self.0.check()?;
        Ok(self.0)
    }
}

/// Whether metadata may have this name, and text as its value (A-25, A-29).
fn is_header(name: &str) -> bool {
    let is_legal = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.')
    };
    name.bytes().all(is_legal) && !name.ends_with("-bin")
}
