//! Which config a path has.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map::Entry},
};

use crate::MethodConfig;

/// Something for each name in a config, such as its [`MethodConfig`]; found by the path of a call.
///
/// [`ServiceConfig::by_method`](crate::ServiceConfig::by_method) makes it. Each is kept as a path: `/service/method`, `/service/`, and nothing for all the rest.
///
/// They are sorted by length, then by text, and searched by halves: most comparisons look at one number, and so a call
/// asks for less than a hash of its path would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ByMethod<T>(Box<[(Box<str>, T)]>);

impl<T> ByMethod<T> {
    /// The first that is there for `/service/method`: the method's, its service's, the one for the rest (F-10).
    pub fn get(&self, path: &str) -> Option<&T> {
        let of_service = || self.find(service(path));
        self.find(path)
            .or_else(of_service)
            .or_else(|| self.find(""))
    }

    fn find(&self, path: &str) -> Option<&T> {
        let found = self.0.binary_search_by(|(other, _)| order(other, path));
        found.ok().map(|index| &self.0[index].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(path, value)| (&**path, value))
    }

    /// What becomes of each, by the same names.
    pub(crate) fn map<U>(&self, mut to: impl FnMut(&T) -> U) -> ByMethod<U> {
        let each = self.0.iter();
        ByMethod(
            each.map(|(path, value)| (path.clone(), to(value)))
                .collect(),
        )
    }
}

impl<T> Default for ByMethod<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

/// `/service/`, of `/service/method`.
fn service(path: &str) -> &str {
    let slash = path.bytes().rposition(|byte| byte == b'/');
    slash.map_or("", |slash| &path[..=slash])
}

/// As the keys of [`Collected`] are sorted.
fn order(one: &str, other: &str) -> Ordering {
    let by_length = one.len().cmp(&other.len());
    by_length.then_with(|| one.cmp(other))
}

/// Methods while they come together, in the order that [`ByMethod`] has: by length and path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected(BTreeMap<(usize, Box<str>), MethodConfig>);

/// A path that has its config already (F-10).
#[derive(Debug, PartialEq)]
pub(crate) struct Taken;

impl Taken {
    pub(crate) const PROBLEM: &str = "has a config already: there may be one for each name";
}

impl Collected {
    /// Without a method it is for the service, and without both for all methods.
    pub(crate) fn insert(
        &mut self,
        service: &str,
        method: &str,
        config: MethodConfig,
    ) -> Result<(), Taken> {
        let path = match (service, method) {
            ("", "") => String::new(),
            (service, method) => format!("/{service}/{method}"),
        };
        match self.0.entry((path.len(), path.into())) {
            Entry::Occupied(_) => Err(Taken),
            Entry::Vacant(place) => {
                place.insert(config);
                Ok(())
            }
        }
    }
}

impl From<Collected> for ByMethod<MethodConfig> {
    fn from(Collected(paths): Collected) -> Self {
        let sorted = paths.into_iter();
        Self(sorted.map(|((_, path), config)| (path, config)).collect())
    }
}
