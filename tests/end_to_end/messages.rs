//! What most tests send and get.

use ziggurat_examples::cafe::{Coffee, Filter, LatteOrder, Line};

pub(crate) fn order() -> LatteOrder {
    LatteOrder {
        sugar: 3,
        name: "Ada".to_owned(),
    }
}

pub(crate) fn coffee() -> Coffee {
    Coffee {
        name: "Ada".to_owned(),
        temperature: 87,
    }
}

pub(crate) fn line(text: impl Into<String>) -> Line {
    Line { text: text.into() }
}

pub(crate) fn filter(count: u32) -> Filter {
    Filter { count, size: 2 }
}
