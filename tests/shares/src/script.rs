//! What happens to the servers, as a table.

/// A list of endpoints, each with the numbers of the servers that its addresses lead to.
pub(crate) type Names = &'static [&'static [usize]];

/// What happens, and who serves then.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    /// The list at the beginning.
    pub(crate) first: Names,
    /// The servers that have calls with it.
    pub(crate) serve: &'static [usize],
    /// How many callers there are.
    pub(crate) at_once: usize,
    /// Events, each with the servers that have calls after it.
    pub(crate) then: &'static [(Event, &'static [usize])],
}

/// What happens to a server, by its number.
pub(crate) enum Event {
    /// Its connections are reset, and none is accepted.
    Kill(usize),
    /// Its connections are ended with GOAWAY, and none is accepted.
    Drain(usize),
    /// It is there again.
    Return(usize),
    /// The resolver tells this list.
    Name(Names),
}

use Event::{Drain, Kill, Name, Return};

const THREE: Names = &[&[0], &[1], &[2]];

/// Three servers, and nothing happens.
const REST: Script = Script {
    name: "",
    first: THREE,
    serve: &[0, 1, 2],
    at_once: 1,
    then: &[],
};

pub(crate) const TABLE: &[Script] = &[
    Script {
        name: "three servers, one call after the other",
        ..REST
    },
    Script {
        name: "three servers, 16 calls at once",
        at_once: 16,
        ..REST
    },
    Script {
        name: "one of three is killed, and comes back",
        then: &[(Kill(1), &[0, 2]), (Return(1), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "the same, 16 calls at once",
        at_once: 16,
        then: &[(Kill(1), &[0, 2]), (Return(1), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "two of three are killed, and one comes back",
        then: &[(Kill(0), &[1, 2]), (Kill(2), &[1]), (Return(0), &[0, 1])],
        ..REST
    },
    Script {
        name: "one of three is drained, and comes back",
        then: &[(Drain(2), &[0, 1]), (Return(2), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "the same, 16 calls at once",
        at_once: 16,
        then: &[(Drain(2), &[0, 1]), (Return(2), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "each is drained in turn",
        then: &[
            (Drain(0), &[1, 2]),
            (Return(0), &[0, 1, 2]),
            (Drain(1), &[0, 2]),
            (Return(1), &[0, 1, 2]),
            (Drain(2), &[0, 1]),
        ],
        ..REST
    },
    Script {
        name: "a fourth is added, and the first is removed",
        then: &[
            (Name(&[&[0], &[1], &[2], &[3]]), &[0, 1, 2, 3]),
            (Name(&[&[1], &[2], &[3]]), &[1, 2, 3]),
        ],
        ..REST
    },
    Script {
        name: "the same, 16 calls at once",
        at_once: 16,
        then: &[
            (Name(&[&[0], &[1], &[2], &[3]]), &[0, 1, 2, 3]),
            (Name(&[&[1], &[2], &[3]]), &[1, 2, 3]),
        ],
        ..REST
    },
    Script {
        name: "all are replaced by one",
        then: &[(Name(&[&[3]]), &[3])],
        ..REST
    },
    Script {
        name: "the list has another order",
        then: &[(Name(&[&[2], &[0], &[1]]), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "one is named twice",
        then: &[(Name(&[&[0], &[1], &[2], &[1]]), &[0, 1, 2])],
        ..REST
    },
    Script {
        name: "an endpoint with two addresses counts once, and has the second if the first is gone",
        then: &[(Name(&[&[0, 1], &[2]]), &[0, 2]), (Kill(0), &[1, 2])],
        ..REST
    },
    Script {
        name: "one that nobody listens at is added",
        then: &[
            (Kill(3), &[0, 1, 2]),
            (Name(&[&[0], &[1], &[2], &[3]]), &[0, 1, 2]),
            (Return(3), &[0, 1, 2, 3]),
        ],
        ..REST
    },
];
