use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use ziggurat_connect::{InvalidTarget, Target};

use crate::{Address, Endpoint, policy::Spread};

/// One subchannel that a list asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its addresses, sorted: who it is (G-40).
    pub(super) identity: Vec<Address>,
    pub(super) endpoint: Arc<Endpoint>,
    /// Where it is.
    pub(super) target: Target,
    /// The place in the resolver's list.
    pub(super) group: usize,
}

/// What subchannels a resolver's list asks for, as places of this target: each server once, in its first place.
///
/// A server that is there twice has both weights. One at an address that cannot be is left out.
///
/// # Errors
///
/// None is left, for this reason, if there were any.
pub(super) fn wanted(
    endpoints: Vec<Endpoint>,
    spread: Spread,
    target: &Target,
) -> Result<Vec<Wanted>, Option<InvalidTarget>> {
    let endpoints = match spread {
        Spread::Endpoints => endpoints.into_iter().enumerate().collect(),
        Spread::Addresses => addresses(&endpoints),
    };
    servers(endpoints, target)
}

fn servers(
    endpoints: Vec<(usize, Endpoint)>,
    target: &Target,
) -> Result<Vec<Wanted>, Option<InvalidTarget>> {
    let mut places: HashMap<Vec<Address>, usize> = HashMap::with_capacity(endpoints.len());
    let mut wanted: Vec<Wanted> = Vec::with_capacity(endpoints.len());
    let mut invalid = None;
    for (group, endpoint) in endpoints {
        let mut identity = endpoint.addresses().to_vec();
        identity.sort();
        match places.entry(identity) {
            Entry::Vacant(vacant) => {
                let target = match endpoint.of(target) {
                    Ok(target) => target,
                    Err(error) => {
                        invalid.get_or_insert(error);
                        continue;
                    }
                };
                let identity = vacant.key().clone();
                vacant.insert(wanted.len());
                wanted.push(Wanted {
                    identity,
                    endpoint: Arc::new(endpoint),
                    target,
                    group,
                });
            }
            Entry::Occupied(first) => {
                let first = &mut wanted[*first.get()];
                let sum = first
                    .endpoint
                    .weight_or_one()
                    .saturating_add(endpoint.weight_or_one());
                first.endpoint = Arc::new((*first.endpoint).clone().weight(sum));
            }
        }
    }
    if wanted.is_empty() {
        return Err(invalid);
    }
    Ok(wanted)
}

/// Each address as a server of its own, with the place of the endpoint that it is of.
///
/// Of an address that several endpoints have, the first counts, as for whole endpoints.
fn addresses(endpoints: &[Endpoint]) -> Vec<(usize, Endpoint)> {
    let of = |(group, endpoint): (usize, &Endpoint)| {
        let addresses = endpoint.addresses().iter().cloned();
        let alone = addresses.map(|address| (group, endpoint.only(address)));
        alone.collect::<Vec<_>>()
    };
    endpoints.iter().enumerate().flat_map(of).collect()
}
