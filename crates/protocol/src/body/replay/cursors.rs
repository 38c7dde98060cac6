//! Who gives a stream: how far each of them is, of whom it is a clone, and how it is woken.

use std::{mem, task::Waker};

/// By the order in which they came; who is dropped keeps its line, for those that were cloned from it.
pub(super) struct Cursors {
    /// One for each cursor that ever was; its place is its index.
    lines: Vec<Line>,
    /// How many are not dropped.
    live: usize,
}

/// What is known of one cursor.
struct Line {
    /// The one that it was cloned from; its own for the first.
    of: usize,
    /// How many chunks it has given.
    position: usize,
    /// Whether it still gives something: it was neither dropped nor given up.
    is_live: bool,
    /// If it waits for the source.
    waits: Option<Waker>,
    /// How the call is given up that it sends the request of.
    gives_up: Option<Waker>,
}

impl Cursors {
    /// The first, and its clone: most streams never have more, and the lines stay as long as the stream does.
    pub(super) fn pair() -> Self {
        let lines = Vec::with_capacity(2);
        let mut cursors = Self { lines, live: 0 };
        let first = cursors.branch(0);
        cursors.branch(first);
        cursors
    }

    /// One more, at the start.
    pub(super) fn branch(&mut self, of: usize) -> usize {
        self.lines.push(Line {
            of,
            position: 0,
            is_live: true,
            waits: None,
            gives_up: None,
        });
        self.live += 1;
        self.lines.len() - 1
    }

    /// Takes it out, once; tells from where on chunks are still needed, if there is anybody left.
    pub(super) fn leave(&mut self, index: usize) -> Option<usize> {
        let gone = &mut self.lines[index];
        if gone.is_live {
            self.live -= 1;
        }
        gone.is_live = false;
        gone.waits = None;
        gone.gives_up = None;
        let left = self.lines.iter().filter(|line| line.is_live);
        left.map(|line| line.position).min()
    }

    /// Whether there is no other.
    pub(super) fn is_alone(&self) -> bool {
        self.live == 1
    }

    /// How many chunks it has given: which one is its next.
    pub(super) fn position(&self, index: usize) -> usize {
        self.lines[index].position
    }

    /// It gives one more.
    pub(super) fn advance(&mut self, index: usize) {
        self.lines[index].position += 1;
    }

    /// Whether it gives nothing any more, though it may not be dropped yet.
    pub(super) fn is_given_up(&self, index: usize) -> bool {
        !self.lines[index].is_live
    }

    /// How far the clones of this one are, in the order in which they were made; theirs count as they.
    pub(super) fn branches(&self, of: usize) -> Vec<usize> {
        let (belongs_to, count) = self.branch_of_each(of);
        let mut furthest = vec![0; count];
        for (line, branch) in self.lines.iter().zip(belongs_to) {
            if let Some(branch) = branch {
                furthest[branch] = line.position.max(furthest[branch]);
            }
        }
        furthest
    }

    /// Those who belong to clones of this one that are meant, of the youngest so many, numbered from the oldest of them.
    pub(super) fn youngest(
        &self,
        of: usize,
        count: usize,
        is_meant: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let (belongs_to, branches) = self.branch_of_each(of);
        let first = branches.saturating_sub(count);
        let is_meant = |branch: usize| branch.checked_sub(first).is_some_and(&is_meant);
        let lines = belongs_to.into_iter().enumerate();
        lines
            .filter_map(|(line, branch)| branch.is_some_and(is_meant).then_some(line))
            .collect()
    }

    /// To which of the clones of this one each line belongs, and how many clones there are. A clone stands behind the one
    /// that it was cloned from.
    fn branch_of_each(&self, of: usize) -> (Vec<Option<usize>>, usize) {
        let mut count = 0;
        let mut branch = vec![None; self.lines.len()];
        for (index, line) in self.lines.iter().enumerate().skip(of + 1) {
            branch[index] = if line.of == of {
                count += 1;
                Some(count - 1)
            } else {
                branch[line.of]
            };
        }
        (branch, count)
    }
}

/// Waking.
impl Cursors {
    /// It waits for the source from now on, and is woken with the others.
    pub(super) fn wait(&mut self, index: usize, waker: &Waker) {
        match &mut self.lines[index].waits {
            Some(waits) => waits.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Whether the source has to know of more than this one.
    pub(super) fn do_others_wait(&self, index: usize) -> bool {
        self.others(index).any(|line| line.waits.is_some())
    }

    /// All who wait; they do not any more.
    pub(super) fn take_waiting(&mut self) -> Vec<Waker> {
        let waits = self.lines.iter_mut().map(|line| &mut line.waits);
        waits.filter_map(Option::take).collect()
    }

    /// [`take_waiting`](Self::take_waiting), but for one.
    pub(super) fn take_others(&mut self, index: usize) -> Vec<Waker> {
        let own = mem::take(&mut self.lines[index].waits);
        let others = self.take_waiting();
        self.lines[index].waits = own;
        others
    }

    /// Keeps how the call is given up that this one is sent in; the last waker stands.
    pub(super) fn give_up_with(&mut self, index: usize, waker: &Waker) {
        self.lines[index].gives_up = Some(waker.clone());
    }

    /// How that call is given up, if it asked.
    pub(super) fn give_up_of(&self, index: usize) -> Option<&Waker> {
        self.lines[index].gives_up.as_ref()
    }

    /// How a call is given up, if one alone has asked for it.
    pub(super) fn only_give_up(&self) -> Option<&Waker> {
        let mut asked = self.lines.iter().filter_map(|line| line.gives_up.as_ref());
        let first = asked.next();
        first.filter(|_| asked.next().is_none())
    }

    /// How all calls are given up that it is sent in.
    pub(super) fn give_ups(&self) -> Vec<Waker> {
        let wakers = self.lines.iter().filter_map(|line| line.gives_up.clone());
        wakers.collect()
    }

    fn others(&self, index: usize) -> impl Iterator<Item = &Line> {
        let lines = self.lines.iter().enumerate();
        lines
            .filter(move |(other, _)| *other != index)
            .map(|(_, line)| line)
    }
}
