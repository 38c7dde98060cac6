use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use http_body::Body as _;
use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

use super::*;
use crate::body::{Abandoned, Body, Feed};

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// A body, and the task that polls it.
struct Reader {
    body: Body,
    woken: Arc<Woken>,
}

/// What a poll gave.
#[derive(Debug, PartialEq, Eq)]
enum Gave {
    Chunk(Bytes),
    End,
    Failed(String),
    Nothing,
}

impl Reader {
    fn new(body: Body) -> Self {
        let woken = Arc::default();
        Self { body, woken }
    }

    fn again(&self) -> Self {
        Self::new(self.body.try_clone().expect("it can be cloned"))
    }

    fn poll(&mut self) -> Gave {
        let waker = Waker::from(self.woken.clone());
        let mut cx = Context::from_waker(&waker);
        match Pin::new(&mut self.body).poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => Gave::Chunk(frame.into_data().expect("no trailers")),
            Poll::Ready(Some(Err(error))) => Gave::Failed(error.to_string()),
            Poll::Ready(None) => Gave::End,
            Poll::Pending => Gave::Nothing,
        }
    }

    fn take_woken(&self) -> bool {
        self.woken.0.swap(0, Relaxed) > 0
    }

    fn overflow(&self) -> Poll<Vec<usize>> {
        let waker = Waker::from(self.woken.clone());
        self.body.poll_overflow(&mut Context::from_waker(&waker))
    }
}

fn chunk(bytes: &'static str) -> Gave {
    Gave::Chunk(bytes.into())
}

fn write(feed: &mut Feed, bytes: &str) {
    let written: Result<(), ()> = feed.write(|_, buffer| {
        buffer.extend_from_slice(bytes.as_bytes());
        Ok(())
    });
    written.unwrap();
}

/// A source that does one thing after the other.
struct Script(VecDeque<Act>);

enum Act {
    Gives(Frame<Bytes>),
    Fails,
    Panics,
    Waits,
    /// Does this in the middle, as another thread would.
    Does(Box<dyn FnOnce() + Send>),
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        match self.0.pop_front() {
            Some(Act::Gives(frame)) => Poll::Ready(Some(Ok(frame))),
            Some(Act::Fails) => Poll::Ready(Some(Err("no beans".into()))),
            Some(Act::Panics) => panic!("a bug in a stream"),
            Some(Act::Waits) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Act::Does(what)) => {
                what();
                self.poll_frame(cx)
            }
            None => Poll::Ready(None),
        }
    }
}

fn gives(chunk: &'static str) -> Act {
    Act::Gives(Frame::data(chunk.into()))
}

fn script(acts: impl IntoIterator<Item = Act>) -> Reader {
    Reader::new(Body::new(Script(acts.into_iter().collect())))
}

/// Counts in a budget that is shared.
struct Of(Arc<AtomicUsize>, usize);

impl Account for Of {
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.load(Relaxed).checked_sub(bytes);
        left.map(|left| self.0.store(left, Relaxed))
            .is_some_and(|()| {
                self.1 += bytes;
                true
            })
    }

    fn give_back(&mut self, bytes: usize) {
        self.1 -= bytes;
        self.0.fetch_add(bytes, Relaxed);
    }
}

impl Drop for Of {
    fn drop(&mut self) {
        self.give_back(self.1);
    }
}

/// Counts it in a budget of so many bytes.
fn counted(reader: &Reader, bytes: usize) -> Arc<AtomicUsize> {
    let left = Arc::new(AtomicUsize::new(bytes));
    reader.body.count_in(|| Box::new(Of(left.clone(), 0)));
    left
}

#[test]
fn each_gives_all_of_it_from_the_start() {
    // C-28, C-57
    for (name, mut kept) in [
        ("boxed", script([gives("a"), gives("b")])),
        ("fed", {
            let (mut feed, body) = Body::feed();
            write(&mut feed, "a");
            let kept = Reader::new(body);
            let mut first = kept.again();
            assert_eq!(first.poll(), chunk("a"));
            write(&mut feed, "b");
            feed.end();
            kept
        }),
    ] {
        for attempt in 0..3 {
            let mut again = kept.again();
            assert_eq!(again.poll(), chunk("a"), "{name} {attempt}");
            assert!(!again.body.is_end_stream());
            assert_eq!(again.poll(), chunk("b"));
            assert_eq!((again.poll(), again.poll()), (Gave::End, Gave::End));
            assert!(again.body.is_end_stream() && kept.body.can_replay());
        }
        assert_eq!(kept.poll(), chunk("a"));
        assert!(!kept.body.can_replay() && kept.body.try_clone().is_none());
    }
}

#[test]
fn what_becomes_of_the_other_is_its_own_matter() {
    // T-22: of two, the later one is blocked, dropped, or panics; the other goes on.
    for fate in ["blocked", "dropped", "panics"] {
        let mut other = script([gives("a"), Act::Waits, gives("b"), gives("c")]);
        let mut later = other.again();
        assert_eq!((other.poll(), later.poll()), (chunk("a"), chunk("a")));
        assert_eq!(later.poll(), Gave::Nothing);
        match fate {
            "dropped" => drop(later),
            "panics" => {
                // Whoever polls it does.
                let poll = || {
                    let _later = later;
                    panic!("a bug elsewhere");
                };
                catch_unwind(AssertUnwindSafe(poll)).unwrap_err();
            }
            _ => {}
        }
        let gave = [other.poll(), other.poll(), other.poll()];
        assert_eq!(gave, [chunk("b"), chunk("c"), Gave::End], "{fate}");
    }
}

#[test]
fn a_source_that_panics_ends_the_others_behind_what_is_kept() {
    let mut one = script([gives("a"), Act::Panics, gives("b")]);
    let mut other = one.again();
    assert_eq!(one.poll(), chunk("a"));
    catch_unwind(AssertUnwindSafe(|| one.poll())).unwrap_err();
    assert!(!other.body.can_replay());
    assert_eq!(other.poll(), chunk("a"));
    for mut reader in [one, other] {
        let failed = Gave::Failed("the request's stream has failed when it was sent before".into());
        assert_eq!(reader.poll(), failed);
        assert!(!reader.body.is_end_stream());
    }
}

#[test]
fn a_source_that_fails_is_no_end_to_anybody() {
    // B-24: END_STREAM would make half a request a whole one.
    let mut one = script([gives("a"), Act::Fails]);
    let mut other = one.again();
    let gave = [one.poll(), one.poll(), other.poll()];
    assert_eq!(
        gave,
        [chunk("a"), Gave::Failed("no beans".into()), chunk("a")]
    );
    assert!(matches!(other.poll(), Gave::Failed(_)) && matches!(one.poll(), Gave::Failed(_)));
    assert!(!other.body.is_end_stream());
}

#[test]
fn an_abandoned_feed_says_so_to_all() {
    // B-23, A-85
    for why in [Abandoned::Cancelled, Abandoned::Over] {
        let (feed, body) = Body::feed();
        let mut one = Reader::new(body);
        let mut other = one.again();
        match why {
            Abandoned::Cancelled => feed.watch().cancel(),
            Abandoned::Over => feed.watch().stop(),
        }
        for reader in [&mut one, &mut other] {
            assert_eq!(reader.poll(), Gave::Failed(why.to_string()));
        }
    }
}

#[test]
fn trailers_of_a_request_are_not_sent() {
    //
    let trailers = || Act::Gives(Frame::trailers(http::HeaderMap::new()));
    let mut one = script([gives("a"), trailers(), gives("b")]);
    let mut other = one.again();
    for reader in [&mut one, &mut other] {
        let gave = [reader.poll(), reader.poll(), reader.poll()];
        assert_eq!(gave, [chunk("a"), Gave::End, Gave::End]);
    }
}

#[test]
fn who_is_alone_keeps_nothing() {
    // C-27
    let [before, after] = ["before", "after"].map(|text| Bytes::from(text.as_bytes().to_vec()));
    let gives = |chunk: &Bytes| Act::Gives(Frame::data(chunk.clone()));
    let kept = script([gives(&before), gives(&after), gives(&after)]);
    let mut sent = kept.again();
    let left = counted(&sent, 100);
    assert_eq!(sent.poll(), Gave::Chunk(before.clone()));
    assert!(!before.is_unique());
    assert_eq!(left.load(Relaxed), 100 - before.len());
    drop(kept);
    assert!(before.is_unique());
    assert_eq!(left.load(Relaxed), 100);
    for _ in 0..2 {
        assert_eq!(sent.poll(), Gave::Chunk(after.clone()));
        assert_eq!(left.load(Relaxed), 100);
    }
    assert_eq!(format!("{:?}", sent.body), "Body(Boxed)");
    assert_eq!(sent.poll(), Gave::End);
}

#[test]
fn who_is_left_behind_gives_what_is_kept_and_lets_go_of_it() {
    // C-27: as the messages are replayed
    let kept = script(["aa", "bb", "cc"].map(gives));
    let (mut ahead, mut behind) = (kept.again(), kept.again());
    let left = counted(&ahead, 100);
    assert_eq!((ahead.poll(), ahead.poll()), (chunk("aa"), chunk("bb")));
    drop((ahead, kept));
    for (expected, counts) in [("aa", 98), ("bb", 100), ("cc", 100)] {
        assert_eq!(behind.poll(), chunk(expected));
        assert_eq!(left.load(Relaxed), counts);
    }
}

#[test]
fn it_is_counted_once_whoever_holds_it() {
    // C-25
    let kept = script(["aa", "bb"].map(gives));
    let mut readers = [kept.again(), kept.again(), kept.again()];
    let left = counted(&kept, 100);
    let other = counted(&readers[0], 100);
    for reader in &mut readers {
        assert_eq!((reader.poll(), reader.poll()), (chunk("aa"), chunk("bb")));
    }
    assert_eq!((left.load(Relaxed), other.load(Relaxed)), (96, 100));
    drop(readers);
    assert_eq!(left.load(Relaxed), 96);
    drop(kept);
    assert_eq!(left.load(Relaxed), 100);
}

const OVERFLOWED: &str = "the request cannot be sent again: more of it was sent than is kept";

#[test]
fn what_is_over_the_limit_goes_to_who_is_ahead() {
    // C-26, C-56
    for (account, is_over) in [(4, false), (3, true)] {
        let kept = script([gives("aa"), gives("bb"), gives("cc")]);
        let (mut ahead, mut behind, mut late) = (kept.again(), kept.again(), kept.again());
        let left = counted(&kept, account);
        assert!(kept.overflow().is_pending());
        assert_eq!((ahead.poll(), behind.poll()), (chunk("aa"), chunk("aa")));
        assert_eq!(ahead.poll(), chunk("bb"));
        assert_eq!(kept.take_woken(), is_over);
        assert_eq!(kept.body.can_replay(), !is_over);
        if is_over {
            assert_eq!(left.load(Relaxed), account);
            assert_eq!(kept.overflow(), Poll::Ready(vec![2, 1, 0]));
            for reader in [&mut behind, &mut late] {
                assert_eq!(reader.poll(), Gave::Failed(OVERFLOWED.into()));
                assert!(!reader.body.is_end_stream() && reader.body.try_clone().is_none());
            }
            assert_eq!((ahead.poll(), ahead.poll()), (chunk("cc"), Gave::End));
        } else {
            assert_eq!((behind.poll(), late.poll()), (chunk("bb"), chunk("aa")));
        }
    }
}

#[test]
fn who_is_left_behind_the_end_is_not_at_the_end() {
    // C-26, B-23: what overflowed was the last chunk, and half of the request is no whole one.
    let (mut feed, body) = Body::feed();
    write(&mut feed, "aa");
    feed.end();
    let mut behind = Reader::new(body);
    let mut ahead = behind.again();
    counted(&behind, 1);
    assert_eq!(ahead.poll(), chunk("aa"));
    assert!(ahead.body.is_end_stream() && !behind.body.is_end_stream());
    assert_eq!(behind.poll(), Gave::Failed(OVERFLOWED.into()));
    assert!(!behind.body.is_end_stream());
}

#[test]
fn without_an_account_256_kib_are_kept() {
    // C-25
    const HALF: &str = match std::str::from_utf8(&[b'x'; 128 * 1024]) {
        Ok(half) => half,
        Err(_) => panic!("it is ASCII"),
    };
    let kept = script([gives(HALF), gives(HALF), gives("x")]);
    let mut sent = kept.again();
    for can_replay in [true, true, false] {
        assert!(matches!(sent.poll(), Gave::Chunk(_)));
        assert_eq!(kept.body.can_replay(), can_replay);
    }
}

#[test]
fn an_overflow_tells_how_far_the_clones_are_with_theirs() {
    // C-56: a floor gives a clone to each attempt, and what takes it clones it again.
    let floor = script([gives("a"), gives("b"), gives("c")]);
    let first = floor.again();
    let mut first_sent = first.again();
    let second = floor.again();
    let (mut second_failed, mut second_sent) = (second.again(), second.again());
    counted(&floor, 2);
    assert_eq!(first_sent.poll(), chunk("a"));
    assert_eq!(
        (second_failed.poll(), second_failed.poll()),
        (chunk("a"), chunk("b"))
    );
    drop(second_failed);
    assert_eq!(second_sent.poll(), chunk("a"));
    assert_eq!(
        (first_sent.poll(), first_sent.poll()),
        (chunk("b"), chunk("c"))
    );
    assert_eq!(floor.overflow(), Poll::Ready(vec![3, 2]));
    assert_eq!(second.overflow(), Poll::Ready(vec![2, 1]));
    assert!(!first_sent.body.can_replay());
}

const GIVEN_UP: &str = "the request was cancelled before its end";

#[test]
fn who_is_given_up_takes_nothing_from_those_who_go_on() {
    // C-56, C-58: its transport hears of it while it takes what is over the limit.
    for over_limit in [true, false] {
        let floor = Arc::new(Mutex::new(None));
        let commits = floor.clone();
        let commit = move || {
            let floor = commits.lock().unwrap();
            let floor: &Reader = floor.as_ref().unwrap();
            floor.body.give_up_clones(2, |attempt| attempt == 0);
        };
        let kept = script([Act::Does(Box::new(commit)), gives("aa"), gives("b")]);
        let (mut lost, mut won) = (kept.again(), kept.again());
        let left = counted(&kept, if over_limit { 1 } else { 9 });
        *floor.lock().unwrap() = Some(kept);
        assert_eq!(lost.poll(), chunk("aa"));
        assert_eq!(lost.poll(), Gave::Failed(GIVEN_UP.into()));
        assert!(!lost.body.is_end_stream() && lost.body.try_clone().is_none());
        assert_eq!((won.poll(), won.poll()), (chunk("aa"), chunk("b")));
        assert_eq!(won.poll(), Gave::End);
        drop((lost, won, floor.lock().unwrap().take()));
        assert_eq!(left.load(Relaxed), if over_limit { 1 } else { 9 });
    }
}

#[test]
fn who_is_given_up_is_woken_and_lets_go() {
    // C-27, T-22
    let (mut feed, body) = Body::feed();
    let floor = Reader::new(body);
    let outer = floor.again(); // of somebody further out, who keeps it
    let (mut lost, mut won) = (floor.again(), floor.again());
    assert_eq!((lost.poll(), won.poll()), (Gave::Nothing, Gave::Nothing));
    floor.body.give_up_clones(2, |attempt| attempt == 0);
    assert!(lost.take_woken() && won.take_woken());
    assert_eq!(lost.poll(), Gave::Failed(GIVEN_UP.into()));
    assert_eq!(won.poll(), Gave::Nothing);
    write(&mut feed, "a");
    feed.end();
    assert!(won.take_woken());
    assert_eq!((won.poll(), won.poll()), (chunk("a"), Gave::End));
    drop((floor, won));
    let mut again = outer.again();
    assert_eq!((again.poll(), again.poll()), (chunk("a"), Gave::End));
    // All of them, and more than there are.
    outer.body.give_up_clones(9, |_| true);
    drop((lost, again));
    let mut outer = outer;
    assert_eq!((outer.poll(), outer.poll()), (chunk("a"), Gave::End));
}

#[test]
fn each_hears_that_the_feed_is_abandoned() {
    // L-21
    let (feed, body) = Body::feed();
    let mut kept = Reader::new(body);
    let [mut one, mut other, mut gone] = [(); 3].map(|()| kept.again());
    for reader in [&mut kept, &mut one, &mut other, &mut gone] {
        reader.body.on_abandon(&Waker::from(reader.woken.clone()));
    }
    let silent = gone.woken.clone();
    drop(gone);
    feed.watch().cancel();
    assert!(kept.take_woken() && one.take_woken() && other.take_woken());
    assert_eq!(silent.0.load(Relaxed), 0);
}

#[test]
fn who_is_alone_hears_that_the_feed_is_abandoned() {
    // L-21: also where several had asked, and while the source was out.
    let (mut feed, body) = Body::feed();
    let mut kept = Reader::new(body);
    let mut sent = kept.again();
    for reader in [&mut kept, &mut sent] {
        reader.body.on_abandon(&Waker::from(reader.woken.clone()));
    }
    drop(kept);
    write(&mut feed, "a");
    assert_eq!(sent.poll(), chunk("a"));
    assert_eq!(format!("{:?}", sent.body), "Body(Fed)");
    assert!(!sent.take_woken());
    feed.watch().cancel();
    assert!(sent.take_woken());
}

#[test]
fn who_comes_while_the_source_is_polled_is_not_forgotten() {
    // T-22: nobody waits for a lock, and nobody's wake is lost.
    for (then, gives_then) in [
        (Act::Waits, Gave::End),
        (gives("a"), chunk("a")),
        (
            Act::Fails,
            Gave::Failed("the request's stream has failed when it was sent before".into()),
        ),
    ] {
        let other = Arc::new(Mutex::new(Reader::new(Body::empty())));
        let polls = other.clone();
        let polls = move || assert_eq!(polls.lock().unwrap().poll(), Gave::Nothing);
        let acts = [Act::Does(Box::new(polls)), then];
        let mut one = script(acts);
        *other.lock().unwrap() = one.again();
        one.poll();
        let mut other = other.lock().unwrap();
        assert!(other.take_woken());
        assert_eq!(other.poll(), gives_then);
    }
}

#[test]
fn who_waits_is_woken_when_another_takes_a_chunk() {
    let (mut feed, body) = Body::feed();
    let mut one = Reader::new(body);
    let mut other = one.again();
    assert_eq!((one.poll(), other.poll()), (Gave::Nothing, Gave::Nothing));
    assert!(!one.take_woken() && !other.take_woken());
    write(&mut feed, "a");
    assert!(one.take_woken() && other.take_woken());
    assert_eq!((one.poll(), other.poll()), (chunk("a"), chunk("a")));
}

#[test]
fn who_is_woken_while_it_polls_for_all_is_not_forgotten() {
    // T-22: the source wakes before it has said that it has nothing.
    let mut one = script([Act::Waits, Act::Waits, gives("a")]);
    let mut other = one.again();
    assert_eq!((one.poll(), one.take_woken()), (Gave::Nothing, true));
    assert_eq!(other.poll(), Gave::Nothing);
    assert!(one.take_woken() && other.take_woken());
    assert_eq!((one.poll(), other.poll()), (chunk("a"), chunk("a")));
}

#[test]
fn who_is_dropped_while_it_waits_is_not_woken() {
    let (mut feed, body) = Body::feed();
    let mut one = Reader::new(body);
    let mut other = one.again();
    assert_eq!((one.poll(), other.poll()), (Gave::Nothing, Gave::Nothing));
    let silent = other.woken.clone();
    drop(other);
    write(&mut feed, "a");
    assert!(one.take_woken());
    assert_eq!(silent.0.load(Relaxed), 0);
}

#[test]
fn what_comes_when_the_other_has_just_left_is_not_kept() {
    // C-27
    let other = Arc::new(Mutex::new(None));
    let leaves = other.clone();
    let leaves = move || drop(leaves.lock().unwrap().take());
    let mut one = script([Act::Does(Box::new(leaves)), gives("a"), gives("b")]);
    *other.lock().unwrap() = Some(one.again());
    let left = counted(&one, 100);
    assert_eq!((one.poll(), left.load(Relaxed)), (chunk("a"), 100));
    assert_eq!((one.poll(), one.poll()), (chunk("b"), Gave::End));
}

/// Does something when it is woken.
struct Doing(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Wake for Doing {
    fn wake(self: Arc<Self>) {
        if let Some(what) = self.0.lock().unwrap().take() {
            what();
        }
    }
}

#[test]
fn who_asks_to_be_given_up_while_the_feed_is_polled_is_heard() {
    // L-21: the first poll wakes who waits for the call to begin.
    let (feed, body) = Body::feed();
    let mut one = Reader::new(body);
    let other = Arc::new(Mutex::new(one.again()));
    let asks = other.clone();
    let asks: Box<dyn FnOnce() + Send> = Box::new(move || {
        let mut other = asks.lock().unwrap();
        let waker = Waker::from(other.woken.clone());
        other.body.on_abandon(&waker);
    });
    let waker = Waker::from(Arc::new(Doing(Mutex::new(Some(asks)))));
    let started = feed.watch().poll_started(&mut Context::from_waker(&waker));
    assert!(started.is_pending());
    assert_eq!(one.poll(), Gave::Nothing);
    feed.watch().cancel();
    assert!(other.lock().unwrap().take_woken());
}

#[test]
fn the_end_is_known_with_the_last_chunk() {
    //
    let (mut feed, body) = Body::feed();
    write(&mut feed, "a");
    feed.end();
    let mut one = Reader::new(body);
    let mut other = one.again();
    for reader in [&mut one, &mut other] {
        assert!(!reader.body.is_end_stream());
        assert_eq!(reader.poll(), chunk("a"));
        assert!(reader.body.is_end_stream());
    }
}

#[test]
fn what_was_polled_alone_is_not_cloned() {
    for mut one in [script([gives("a")]), Reader::new(Body::feed().1)] {
        assert!(one.body.can_replay());
        one.poll();
        assert!(!one.body.can_replay() && one.body.try_clone().is_none());
    }
}

#[test]
fn a_feed_hears_that_the_last_is_dropped() {
    // though a waker of the replay is with it.
    let (feed, body) = Body::feed();
    let mut one = Reader::new(body);
    let mut other = one.again();
    assert_eq!((one.poll(), other.poll()), (Gave::Nothing, Gave::Nothing));
    drop(one);
    assert!(!feed.is_over());
    drop(other);
    assert!(feed.is_over());
}

/// What a run does next.
#[derive(Clone, Debug)]
enum Step {
    Writes(u8),
    /// Polls this one of those that were woken.
    Polls(usize),
    /// Polls this one of all, woken or not.
    PollsAnyway(usize),
    Clones,
    Drops(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Writes),
        6 => any::<usize>().prop_map(Step::Polls),
        1 => any::<usize>().prop_map(Step::PollsAnyway),
        1 => Just(Step::Clones),
        1 => any::<usize>().prop_map(Step::Drops),
    ]
}

/// A reader that is polled when it is woken, as a task is.
struct Task {
    reader: Reader,
    read: Vec<u8>,
    has_ended: bool,
}

impl Task {
    fn new(reader: Reader) -> Self {
        reader.woken.0.store(1, Relaxed);
        Self {
            reader,
            read: Vec::new(),
            has_ended: false,
        }
    }

    fn is_woken(&self) -> bool {
        !self.has_ended && self.reader.woken.0.load(Relaxed) > 0
    }

    /// Polls until there is nothing.
    fn run(&mut self) {
        self.reader.take_woken();
        while !self.has_ended {
            match self.reader.poll() {
                Gave::Chunk(chunk) => self.read.extend(chunk),
                Gave::End => self.has_ended = true,
                Gave::Nothing => return,
                Gave::Failed(error) => panic!("{error}"),
            }
        }
    }
}

/// The same cases in every run, and few where an interpreter runs them; it reaches no files of failures.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 256 },
        rng_seed: RngSeed::Fixed(0x7a69_6767),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_wake_is_lost_and_all_give_the_same(steps in vec(step(), 0..60)) {
        // T-22
        let (mut feed, body) = Body::feed();
        let kept = Reader::new(body);
        let mut tasks = vec![Task::new(kept.again())];
        let mut written = Vec::new();
        for step in steps {
            match step {
                Step::Writes(byte) => {
                    let _: Result<(), ()> = feed.write(|_, buffer| {
                        buffer.extend_from_slice(&[byte]);
                        Ok(())
                    });
                    written.push(byte);
                }
                Step::Polls(which) => {
                    let mut woken: Vec<_> = tasks.iter_mut().filter(|task| task.is_woken()).collect();
                    let count = woken.len().max(1);
                    if let Some(task) = woken.get_mut(which % count) {
                        task.run();
                    }
                }
                Step::PollsAnyway(which) => {
                    let count = tasks.len().max(1);
                    if let Some(task) = tasks.get_mut(which % count) {
                        task.run();
                    }
                }
                Step::Clones => tasks.push(Task::new(kept.again())),
                Step::Drops(which) => {
                    let count = tasks.len().max(1);
                    drop((which % count < tasks.len()).then(|| tasks.swap_remove(which % count)));
                }
            }
        }
        feed.end();
        while let Some(task) = tasks.iter_mut().find(|task| task.is_woken()) {
            task.run();
        }
        for task in &tasks {
            prop_assert!(task.has_ended, "a wake was lost");
            prop_assert_eq!(&task.read, &written);
        }
        prop_assert!(kept.body.can_replay());
    }
}
