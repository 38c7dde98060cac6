//! The queue as tables: who waits, what the next version says, and what the calls get.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use ziggurat_transport::channel::State;

use super::*;
use crate::{
    channel::{
        queue::{Answer, Queue},
        version::Version,
    },
    policy::{Outlook, Pick, Picker},
};
use Patience::{FailFast, WaitForReady};

/// Says what it does of a path, and notes who asks.
struct Says {
    of: fn(&str) -> Pick,
    looks: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Picker for Says {
    fn pick(&self, call: &Call<'_>) -> Pick {
        self.asked.lock().unwrap().push(call.path().to_owned());
        (self.of)(call.path())
    }

    fn looks_at_calls(&self) -> bool {
        self.looks
    }
}

struct Line {
    queue: Queue<Sends>,
    waiting: Vec<(&'static str, oneshot::Receiver<Answer<Sends>>)>,
    asked: Arc<Mutex<Vec<String>>>,
    versions: u64,
}

impl Line {
    fn new() -> Self {
        Self {
            queue: Queue::new(),
            waiting: Vec::new(),
            asked: Arc::default(),
            versions: 0,
        }
    }

    fn push(&mut self, number: u64, patience: Patience, path: &'static str) {
        let headers = HeaderMap::new();
        let answer = self.queue.push(&asking(number, patience, path, &headers));
        self.waiting.push((path, answer));
    }

    /// Runs it with a version that says this. Tells who was asked for, in this order.
    fn run(&mut self, looks: bool, of: fn(&str) -> Pick) -> Vec<String> {
        let picker = Says {
            of,
            looks,
            asked: self.asked.clone(),
        };
        let outlook = Outlook::new(State::Ready, Arc::new(picker));
        self.versions += 1;
        self.queue.run(&Version::empty(self.versions, &outlook));
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// What came of the calls since the last time: the path, and the error.
    fn results(&mut self) -> Vec<(&'static str, String)> {
        let mut results = Vec::new();
        self.waiting
            .retain_mut(|(path, answer)| match answer.try_recv() {
                Ok(Ok(leasing)) => panic!("{path}: {leasing:?}"),
                Ok(Err(error)) => {
                    results.push((*path, told(&error)));
                    false
                }
                Err(_) => true,
            });
        results
    }
}

fn fails(_: &str) -> Pick {
    Pick::Fail(error("failed"))
}

fn drops(_: &str) -> Pick {
    Pick::Drop(error("dropped"))
}

fn queues(_: &str) -> Pick {
    Pick::Queue
}

#[test]
fn calls_are_picked_for_in_the_order_in_which_they_came() {
    // G-21, C-30: the first came back from a server, with the place it had.
    let mut line = Line::new();
    line.push(2, FailFast, "/second");
    line.push(3, FailFast, "/third");
    line.push(1, FailFast, "/first");
    assert_eq!(line.run(true, queues), ["/first", "/second", "/third"]);
    // Over versions, whoever came between them.
    line.push(4, FailFast, "/fourth");
    let asked = line.run(true, |path| match path {
        "/second" => fails(path),
        _ => Pick::Queue,
    });
    assert_eq!(asked, ["/first", "/second", "/third", "/fourth"]);
    assert_eq!(line.results(), [("/second", "failed".to_owned())]);
    assert_eq!(line.run(false, fails), ["/first", "/third", "/fourth"]);
    assert!(line.queue.is_empty());
}

#[test]
fn where_the_choice_looks_at_no_call_the_first_that_waits_speaks_for_all() {
    // T-29
    let mut line = Line::new();
    for (number, path) in [(1, "/first"), (2, "/second"), (3, "/third")] {
        line.push(number, FailFast, path);
    }
    assert_eq!(line.run(false, queues), ["/first"]);
    assert!(line.results().is_empty());
    assert_eq!(line.run(false, fails), ["/first", "/second", "/third"]);
    assert_eq!(line.results().len(), 3);
}

#[test]
fn the_patient_wait_where_others_fail_and_fail_where_calls_are_dropped() {
    // D-11, D-12, C-33
    let mut line = Line::new();
    line.push(1, WaitForReady, "/patient");
    line.push(2, FailFast, "/hurried");
    line.push(3, Patience::CameBack, "/back");
    line.run(false, fails);
    let failed = ["/hurried", "/back"].map(|path| (path, "failed".to_owned()));
    assert_eq!(line.results(), failed);
    line.run(false, drops);
    assert_eq!(line.results(), [("/patient", "dropped".to_owned())]);
}

#[test]
fn calls_that_were_turned_away_meet_with_places_of_their_own() {
    // C-30: each was the first where it was.
    let mut line = Line::new();
    line.push(7, FailFast, "/later");
    line.push(5, FailFast, "/earlier");
    assert_eq!(line.run(false, fails), ["/earlier", "/later"]);
    assert_eq!(line.results().len(), 2);
}

#[test]
fn who_left_is_not_picked_for() {
    let mut line = Line::new();
    for (number, path) in [(1, "/gone"), (2, "/silent"), (3, "/there")] {
        line.push(number, FailFast, path);
    }
    line.queue.remove(Ticket::of(1));
    // It was dropped, and has not said so yet.
    line.waiting.remove(1);
    assert_eq!(line.run(false, fails), ["/there"]);
    assert!(line.queue.is_empty());
}

#[test]
fn an_endpoint_that_is_not_there_is_waited_for() {
    // D-14: a picker that names it speaks of an older list.
    let mut line = Line::new();
    line.push(1, FailFast, "/first");
    line.push(2, FailFast, "/second");
    let asked = line.run(false, |_| Pick::Use(crate::policy::Key::of(7)));
    assert_eq!(asked, ["/first", "/second"]);
    assert!(line.results().is_empty());
}

#[test]
fn at_the_end_all_fail() {
    // D-4
    let mut line = Line::new();
    line.push(1, WaitForReady, "/patient");
    line.push(2, FailFast, "/hurried");
    line.queue.fail(&error("closed"));
    assert_eq!(line.results().len(), 2);
    assert!(line.queue.is_empty());
}

#[test]
fn what_a_choice_looks_at_is_kept() {
    struct Names(Arc<Mutex<Vec<String>>>);

    impl Picker for Names {
        fn pick(&self, call: &Call<'_>) -> Pick {
            let name = http::HeaderName::from_static("x-cup");
            let values = call
                .header(&name)
                .chain(call.headers().map(|(_, value)| value));
            let values = values.map(|value| value.to_str().unwrap().to_owned());
            self.0.lock().unwrap().extend(values);
            Pick::Queue
        }
    }

    let mut queue = Queue::<Sends>::new();
    let mut headers = HeaderMap::new();
    headers.append("x-cup", "small".parse().unwrap());
    headers.append("x-cup", "red".parse().unwrap());
    headers.append("x-other", "none".parse().unwrap());
    let _answer = queue.push(&asking(1, FailFast, "/cafe.Cafe/Make", &headers));
    let seen = Arc::default();
    let outlook = Outlook::new(State::Ready, Arc::new(Names(Arc::clone(&seen))));
    queue.run(&Version::empty(1, &outlook));
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, ["small", "red", "small", "red", "none"]);
}
