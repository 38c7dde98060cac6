//! All orders of what can happen, beside the words of A6.

use std::collections::HashSet;

use ziggurat_protocol::Code;

use super::*;

const DELAY: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(7);
const AFTER: Option<Pushback> = Some(Pushback::After(PAUSE));
const NEVER: Option<Pushback> = Some(Pushback::Never);

fn policy(attempts: u32) -> Arc<HedgingPolicy> {
    let builder = HedgingPolicy::builder().non_fatal_codes([Code::Unavailable]);
    let builder = builder.max_attempts(attempts).hedging_delay(DELAY);
    Arc::new(builder.build().unwrap())
}

/// One thing that can happen to a call; an attempt has four at most: it is due, begins, overflows, and ends.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The timer, with what a look at the throttle or the request gives.
    Due(Option<GaveUp>),
    Answered(usize),
    /// With a throttle that allows another attempt afterwards, or not.
    Failed(usize, Failure, Tokens),
    /// This attempt is ahead of the others.
    Overflowed(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tokens {
    Enough,
    Few,
}

/// When another attempt is due, as the caller of the table keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Timer {
    Never,
    Delay,
    Pause,
}

/// A call and what is known of it from the outside alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    course: Course,
    max: usize,
    timer: Timer,
    begun: usize,
    running: Vec<usize>,
    /// Which attempt failed last.
    last: Option<usize>,
    /// No further attempt may begin: the server or the throttle forbids it, or the request is not whole.
    is_closed: bool,
    has_overflowed: bool,
    ended: Option<Ended>,
}

/// The one result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ended {
    Answer(usize),
    Failure(usize),
}

impl World {
    fn new(max: u32) -> Self {
        let mut world = Self {
            course: Course::new(policy(max)),
            max: max as usize,
            timer: Timer::Never,
            begun: 0,
            running: Vec::new(),
            last: None,
            is_closed: false,
            has_overflowed: false,
            ended: None,
        };
        // The first attempt goes out whatever the throttle says: it is not asked (C-54).
        world.begin();
        world
    }

    fn begin(&mut self) {
        self.running.push(self.begun);
        self.begun += 1;
        match self.course.begin() {
            Next::BeginAfter(DELAY) => self.timer = Timer::Delay,
            Next::Rest => self.timer = Timer::Never,
            other => panic!("{other:?}"),
        }
    }

    /// All that can happen next.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.timer != Timer::Never {
            let against = [None, Some(GaveUp::Throttled), Some(GaveUp::TooLarge)];
            events.extend(against.map(Event::Due));
        }
        if !self.has_overflowed && self.begun > 0 {
            events.extend((0..self.begun).map(Event::Overflowed));
        }
        for &attempt in &self.running {
            events.push(Event::Answered(attempt));
            for code in [Code::Unavailable, Code::NotFound] {
                for pushback in [None, AFTER, NEVER] {
                    let whole = [true, false].map(|can_replay| Failure {
                        code,
                        pushback,
                        can_replay: can_replay && !self.has_overflowed,
                    });
                    for failure in whole {
                        events.push(Event::Failed(attempt, failure, Tokens::Enough));
                        events.push(Event::Failed(attempt, failure, Tokens::Few));
                    }
                }
            }
        }
        events
    }

    /// Lets it happen, and looks whether what follows is what A6 says.
    fn happen(&mut self, event: Event) {
        match event {
            Event::Due(against) => self.due(against),
            Event::Answered(attempt) => {
                // C-51
                assert_eq!(self.course.answered(attempt), Next::Keep(attempt));
                self.keep(attempt);
                self.ended = Some(Ended::Answer(attempt));
            }
            Event::Failed(attempt, failure, tokens) => self.failed(attempt, failure, tokens),
            Event::Overflowed(ahead) => self.overflowed(ahead),
        }
        self.check();
    }

    fn due(&mut self, against: Option<GaveUp>) {
        self.timer = Timer::Never;
        self.is_closed |= against.is_some();
        match self.course.due(against) {
            Next::Begin => {
                assert_eq!(against, None); // C-54
                self.begin();
            }
            Next::Rest => assert!(against.is_some() && !self.running.is_empty()),
            Next::End(why) => {
                assert!(against.is_some() && self.running.is_empty());
                assert_eq!(why, against);
                self.end();
            }
            other => panic!("{other:?}"),
        }
    }

    fn failed(&mut self, attempt: usize, failure: Failure, tokens: Tokens) {
        self.running.retain(|other| *other != attempt);
        self.last = Some(attempt);
        let is_fatal = failure.code == Code::NotFound;
        let is_forbidden = failure.pushback == NEVER;
        let throttle = Throttle::new(10, 1.0).unwrap();
        if tokens == Tokens::Few {
            while throttle.fail() {}
        }
        let before = throttle.tokens();
        let next = self.course.failed(attempt, failure, Some(&throttle));
        let taken = before - throttle.tokens();
        let counts = failure.can_replay && (is_forbidden || !is_fatal);
        assert_eq!(taken > 0.5, counts, "C-41: {failure:?}");
        if is_fatal {
            assert_eq!(next, Next::End(None)); // C-52
            self.running.clear();
            return self.end();
        }
        self.is_closed |= is_forbidden || !failure.can_replay || tokens == Tokens::Few;
        let is_left = !self.is_closed && self.begun < self.max;
        let was_asked = self.timer == Timer::Pause;
        match next {
            Next::Begin => {
                // C-52: at once, but not before a server wants it.
                assert!(is_left && failure.pushback.is_none() && !was_asked);
                self.timer = Timer::Never;
                self.begin();
            }
            Next::BeginAfter(pause) => {
                assert!(is_left && failure.pushback == AFTER && pause == PAUSE); // C-53
                self.timer = Timer::Pause;
            }
            Next::Wait => assert!(is_left && failure.pushback.is_none() && was_asked),
            Next::Rest => {
                assert!(!is_left && !self.running.is_empty()); // C-53: running ones go on
                self.timer = Timer::Never;
            }
            Next::End(why) => {
                assert!(!is_left && self.running.is_empty() && why.is_some()); // C-54, C-55
                self.end();
            }
            Next::Keep(_) => panic!("nothing was answered"),
        }
    }

    fn overflowed(&mut self, ahead: usize) {
        self.has_overflowed = true;
        self.is_closed = true;
        let sent: Vec<_> = (0..self.begun)
            .map(|attempt| if attempt == ahead { 9 } else { attempt })
            .collect();
        match self.course.overflowed(&sent) {
            // C-56
            Next::Keep(kept) => {
                assert!(kept == ahead && self.running.contains(&ahead));
                self.keep(ahead);
            }
            Next::End(why) => {
                assert!(!self.running.contains(&ahead));
                assert_eq!(why, Some(GaveUp::TooLarge));
                self.running.clear();
                self.end();
            }
            other => panic!("{other:?}"),
        }
    }

    fn keep(&mut self, attempt: usize) {
        self.running.retain(|other| *other == attempt);
        self.timer = Timer::Never;
    }

    fn end(&mut self) {
        self.timer = Timer::Never;
        self.ended = Some(Ended::Failure(self.last.expect("an attempt has failed")));
    }

    /// What holds at any time.
    fn check(&self) {
        assert!(self.begun >= 1 && self.begun <= self.max, "{self:?}");
        assert_eq!(self.course.begun() as usize, self.begun);
        if self.ended.is_some() {
            return;
        }
        let goes_on = !self.running.is_empty() || self.timer != Timer::Never;
        assert!(goes_on, "it hangs: {self:?}");
        assert_eq!(self.course.is_any_running(), !self.running.is_empty());
        for attempt in 0..self.max {
            let runs = self.running.contains(&attempt);
            assert_eq!(self.course.is_running(attempt), runs, "{self:?}");
        }
        let may_begin = !self.is_closed && self.begun < self.max;
        assert_eq!(self.timer != Timer::Never, may_begin, "{self:?}");
    }
}

/// All states that a call can come to, and all results.
#[derive(Default)]
struct Walk {
    states: HashSet<World>,
    results: HashSet<Ended>,
}

impl Walk {
    /// Goes on from each state once, in all directions: what follows is the same however it was come to.
    fn on(&mut self, world: &World) {
        for event in world.events() {
            let mut next = world.clone();
            next.happen(event);
            if let Some(ended) = next.ended {
                self.results.insert(ended);
            } else if self.states.insert(next.clone()) {
                self.on(&next);
            }
        }
    }
}

#[test]
fn all_orders_of_events_come_to_one_result() {
    // C-50, C-51, C-52, C-53, C-54, C-55, C-56, C-58, C-41
    for max in 2..=5 {
        let mut walk = Walk::default();
        walk.on(&World::new(max));
        let attempts = 0..max as usize;
        let all = attempts.flat_map(|attempt| [Ended::Answer(attempt), Ended::Failure(attempt)]);
        assert_eq!(walk.results, all.collect());
        let most = walk.states.iter().map(|world| world.running.len()).max();
        assert_eq!(most, Some(max as usize));
    }
}

#[test]
fn of_those_that_sent_as_much_the_first_is_kept() {
    // C-56
    let mut course = Course::new(policy(4));
    for _ in 0..3 {
        course.begin();
    }
    assert_eq!(course.clone().overflowed(&[1, 3, 3]), Next::Keep(1));
    assert_eq!(course.clone().overflowed(&[1, 2, 3]), Next::Keep(2));
    assert_eq!(course.overflowed(&[4, 2, 3]), Next::Keep(0));
    assert!(course.is_running(0) && !course.is_running(1) && !course.is_running(2));
}

#[test]
fn the_first_reason_to_stop_is_told() {
    // T-25
    let unavailable = |pushback, can_replay| Failure {
        code: Code::Unavailable,
        pushback,
        can_replay,
    };
    let empty = Throttle::new(1, 1.0).unwrap();
    let ends = |failure, throttle| {
        let mut course = Course::new(policy(2));
        course.begin();
        course.failed(0, failure, throttle)
    };
    for (failure, throttle, why) in [
        (unavailable(None, false), None, GaveUp::TooLarge),
        (unavailable(NEVER, true), None, GaveUp::Forbidden),
        (unavailable(None, true), Some(&empty), GaveUp::Throttled),
    ] {
        assert_eq!(ends(failure, throttle), Next::End(Some(why)));
    }
    let mut course = Course::new(policy(2));
    course.begin();
    assert_eq!(course.due(None), Next::Begin);
    assert_eq!(course.begin(), Next::Rest);
    assert_eq!(course.failed(1, unavailable(NEVER, true), None), Next::Rest);
    let last = course.failed(0, unavailable(None, true), None);
    assert_eq!(last, Next::End(Some(GaveUp::Attempts)));
}
