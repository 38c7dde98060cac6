use std::sync::Arc;

use ziggurat_transport::channel::State;

use super::{Key, Outlook, Picker, Subchannel, Turn, watch::Watch};

/// What policies have in common that keep a connection to every server, and differ in how they choose among those that are
/// ready (G-41, G-43).
///
/// Idle ones connect at once. One that failed counts as failed until it is ready, which the subchannels see to. The resolver
/// is to look again whenever one has failed or lost its connection.
///
/// | servers, as they are reported | state | calls |
/// |---|---|---|
/// | one or more are ready | READY | are sent to these |
/// | none is, one or more connect or are idle | CONNECTING | wait |
/// | all have failed | TRANSIENT_FAILURE | fail with the latest error |
///
/// What connects goes by the raw state, what is picked by the reported one: an ejected server keeps its connection, and makes
/// it anew if it is lost.
#[derive(Default)]
pub(super) struct Petiole {
    watch: Watch,
    /// Those that were ready at the last turn, in the order of the list.
    ready: Vec<Key>,
    /// What chooses among them; `None` while there are none.
    picker: Option<Arc<dyn Picker>>,
}

impl Petiole {
    /// A turn, with `choose` to make a picker for those that are ready, at least one.
    ///
    /// It is not asked for one while they stay the same: turns come often, and a picker that begins anew at each of them
    /// would not get far (G-42).
    pub(super) fn turn(
        &mut self,
        turn: &mut Turn<'_>,
        choose: impl FnOnce(&[&Subchannel]) -> Arc<dyn Picker>,
    ) -> Outlook {
        let since = self.watch.look(turn.subchannels());
        if since.failures + since.losses > 0 {
            turn.resolve_again();
        }
        for subchannel in turn.subchannels() {
            if subchannel.state() == State::Idle {
                turn.connect(subchannel.key());
            }
        }
        self.follow(turn.subchannels(), choose);
        match &self.picker {
            Some(picker) => Outlook::ready(picker.clone()),
            None => self.unready(turn.subchannels()),
        }
    }

    /// The next turn makes a picker anew, whoever is ready: it would be another one.
    pub(super) fn forget_picker(&mut self) {
        self.ready.clear();
        self.picker = None;
    }

    /// Has a picker for those that are ready now, the same as long as they are the same. The order of the list counts: it is
    /// seldom another one, and comparing is cheaper so.
    fn follow(
        &mut self,
        subchannels: &[Subchannel],
        choose: impl FnOnce(&[&Subchannel]) -> Arc<dyn Picker>,
    ) {
        let is_ready = |one: &&Subchannel| one.reported() == State::Ready;
        let ready = subchannels.iter().filter(is_ready);
        if ready
            .clone()
            .map(Subchannel::key)
            .eq(self.ready.iter().copied())
        {
            return;
        }
        let ready: Vec<&Subchannel> = ready.collect();
        self.ready.clear();
        self.ready.extend(ready.iter().map(|one| one.key()));
        self.picker = (!ready.is_empty()).then(|| choose(&ready));
    }

    /// Calls wait while one connects, which an idle one is about to; they fail if all have failed.
    fn unready(&self, subchannels: &[Subchannel]) -> Outlook {
        let has_failed = |one: &Subchannel| one.reported() == State::TransientFailure;
        if !subchannels.iter().all(has_failed) {
            return Outlook::queueing(State::Connecting);
        }
        self.watch.failing(subchannels)
    }
}
