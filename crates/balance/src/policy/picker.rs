use http::{HeaderMap, HeaderName, HeaderValue};
use ziggurat_transport::Error;

use super::Key;

/// Chooses a subchannel for each call: synchronous, shared by all, and as quick as it can be (G-20).
///
/// It is published whole, with the subchannels that it was made of, and never changed.
pub trait Picker: Send + Sync + 'static {
    /// Chooses for this call, at this moment.
    fn pick(&self, call: &Call<'_>) -> Pick;

    /// Whether its choice depends on the call; by default it does not. Then of the calls that wait the first that has to
    /// go on waiting speaks for all.
    fn looks_at_calls(&self) -> bool {
        false
    }
}

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Pick {
    /// It goes there. If that is not ready any more, it waits for the next picker.
    Use(Key),
    /// It waits for the next picker.
    Queue,
    /// This one is to connect, and the call waits for the next picker.
    Connect(Key),
    /// It fails, if it does not wait for ready (D-11, D-12).
    Fail(Error),
    /// It fails, whatever it waits for (C-33).
    Drop(Error),
}

/// The head of a call, as far as a picker may see it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    path: &'a str,
    headers: Headers<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Headers<'a> {
    Map(&'a HeaderMap),
    Pairs(&'a [(HeaderName, HeaderValue)]),
}

impl<'a> Call<'a> {
    /// A call of this path, with these headers.
    pub fn new(path: &'a str, headers: &'a HeaderMap) -> Self {
        Self {
            path,
            headers: Headers::Map(headers),
        }
    }

    /// The same, of headers that are not in a map any more.
    pub fn of_pairs(path: &'a str, pairs: &'a [(HeaderName, HeaderValue)]) -> Self {
        Self {
            path,
            headers: Headers::Pairs(pairs),
        }
    }

    /// The path: `/cafe.Cafe/MakeLatte`.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The values of a header, in their order.
    pub fn header(&self, name: &HeaderName) -> impl Iterator<Item = &'a HeaderValue> {
        let (map, pairs) = match self.headers {
            Headers::Map(map) => (Some(map.get_all(name)), &[][..]),
            Headers::Pairs(pairs) => (None, pairs),
        };
        let pairs = pairs.iter().filter(move |(other, _)| other == name);
        let values = pairs.map(|(_, value)| value);
        map.into_iter().flatten().chain(values)
    }
}
