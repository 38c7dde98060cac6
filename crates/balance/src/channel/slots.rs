//! The endpoints of a channel, each in a slot of its own.
//!
//! A [`Key`] is a slot and how often it was used: what was made for an endpoint that is gone finds nobody, and never the one
//! that came after it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use ziggurat_connect::Target;
use ziggurat_transport::channel::{
    EndpointStatus,
    many::{Endpoint, Maker, Standing, Watch},
};

use super::signal::Signal;
use crate::policy::{Key, Load, Subchannel};

/// The endpoints that there are, by their slots.
pub(super) struct Slots<S> {
    slots: Vec<Slot<S>>,
    free: Vec<u32>,
}

struct Slot<S> {
    generation: u32,
    /// `None` if it is free.
    taken: Option<Taken<S>>,
}

struct Taken<S> {
    endpoint: Endpoint<S>,
    stand: Arc<Stand>,
}

/// How one endpoint stands, as it told last.
struct Stand {
    slot: u32,
    signal: Arc<Signal>,
    last: Mutex<Standing>,
    /// Whether the task knows already that it has to look.
    is_told: AtomicBool,
    load: Load,
}

/// Endpoints as calls and those who look have them: none comes or goes.
pub(super) struct Endpoints<S> {
    /// Each with the generation of its key.
    by_slot: Vec<Option<(u32, Endpoint<S>)>>,
    /// In the order of the resolver.
    shown: Vec<Shown>,
}

struct Shown {
    key: Key,
    target: Target,
    weight: u32,
    stand: Arc<Stand>,
}

impl<S> Endpoints<S> {
    /// The endpoint of this key, unless it is gone.
    pub(super) fn get(&self, key: Key) -> Option<&Endpoint<S>> {
        let (generation, endpoint) = self.by_slot.get(key.slot as usize)?.as_ref()?;
        (*generation == key.generation).then_some(endpoint)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// How they all stand at this moment.
    pub(super) fn list(&self) -> impl Iterator<Item = (Key, EndpointStatus)> {
        self.shown.iter().map(|shown| {
            let mut status = EndpointStatus::new(shown.target.clone());
            status.stands(shown.stand.last().clone());
            status.calls = shown.stand.load.calls();
            status.weight = shown.weight;
            (shown.key, status)
        })
    }
}

impl<S> Default for Endpoints<S> {
    fn default() -> Self {
        Self {
            by_slot: Vec::new(),
            shown: Vec::new(),
        }
    }
}

impl Watch for Stand {
    fn stands(&self, standing: Standing) {
        let mut last = self.last();
        let is_same = last.state == standing.state
            && last.failures == standing.failures
            && last.losses == standing.losses
            && last.connections == standing.connections
            && last.gone == standing.gone;
        *last = standing;
        drop(last);
        if !is_same && !self.is_told.swap(true, Ordering::AcqRel) {
            self.signal.changed(self.slot);
        }
    }

    fn load(&self, calls: usize) {
        self.load.set(calls);
    }
}

impl Stand {
    fn last(&self) -> MutexGuard<'_, Standing> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Slots<S> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Makes an endpoint at these addresses.
    pub(super) fn add(&mut self, maker: &Maker<S>, signal: &Arc<Signal>, target: Target) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                taken: None,
            });
            u32::try_from(self.slots.len() - 1).expect("four thousand millions of them do not fit")
        });
        let stand = Arc::new(Stand {
            slot,
            signal: signal.clone(),
            last: Mutex::new(Standing::idle()),
            is_told: AtomicBool::new(false),
            load: Load::default(),
        });
        let endpoint = maker.endpoint(target, stand.clone());
        let place = &mut self.slots[slot as usize];
        place.taken = Some(Taken { endpoint, stand });
        Key {
            slot,
            generation: place.generation,
        }
    }

    /// Takes an endpoint out of its slot, which the next may have, with another generation.
    ///
    /// It is not closed by that: first a version is published that does not speak of it.
    pub(super) fn remove(&mut self, key: Key) -> Option<Endpoint<S>> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let taken = slot.taken.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.slot);
        Some(taken.endpoint)
    }

    pub(super) fn get(&self, key: Key) -> Option<&Endpoint<S>> {
        let slot = self.slots.get(key.slot as usize)?;
        let taken = slot.taken.as_ref()?;
        (slot.generation == key.generation).then_some(&taken.endpoint)
    }

    /// The endpoint in a slot, and its key.
    fn taken(&self, slot: u32) -> Option<(Key, &Taken<S>)> {
        let place = self.slots.get(slot as usize)?;
        let key = Key {
            slot,
            generation: place.generation,
        };
        Some((key, place.taken.as_ref()?))
    }

    /// How the endpoint in a slot stands now, if it is still there; it tells the next change anew.
    pub(super) fn look(&self, slot: u32) -> Option<(Key, Standing)> {
        let (key, taken) = self.taken(slot)?;
        // Before it is read, so that what comes then is told.
        taken.stand.is_told.store(false, Ordering::Release);
        let standing = taken.stand.last().clone();
        Some((key, standing))
    }

    /// What a policy sees of a new one.
    pub(super) fn subchannel(&self, key: Key, described: Arc<crate::Endpoint>) -> Subchannel {
        let subchannel = Subchannel::new(key, described);
        match self.taken(key.slot) {
            Some((_, taken)) => subchannel.with_load(taken.stand.load.clone()),
            None => subchannel,
        }
    }

    /// Those of a list, as they are shared with calls.
    pub(super) fn published(&self, list: &[Subchannel]) -> Arc<Endpoints<S>> {
        let by_slot = self.slots.iter().map(|slot| {
            let taken = slot.taken.as_ref()?;
            Some((slot.generation, taken.endpoint.clone()))
        });
        let shown = list.iter().filter_map(|subchannel| {
            let (_, taken) = self.taken(subchannel.key().slot)?;
            Some(Shown {
                key: subchannel.key(),
                target: taken.endpoint.target().clone(),
                weight: subchannel.endpoint().weight_or_one(),
                stand: taken.stand.clone(),
            })
        });
        Arc::new(Endpoints {
            by_slot: by_slot.collect(),
            shown: shown.collect(),
        })
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint<S>> {
        let taken = self.slots.iter().filter_map(|slot| slot.taken.as_ref());
        taken.map(|taken| &taken.endpoint)
    }

    /// Whether no call has a stream, or waits for one.
    pub(super) fn are_quiet(&self) -> bool {
        let mut taken = self.slots.iter().filter_map(|slot| slot.taken.as_ref());
        taken.all(|taken| taken.stand.load.calls() == 0)
    }
}

/// Calls that wait at an endpoint hold it: they are handed back.
impl<S> Drop for Slots<S> {
    fn drop(&mut self) {
        for endpoint in self.endpoints() {
            endpoint.close();
        }
    }
}
