//! Boxes for futures without a name, which are used again.
//!
//! Such a type is known only where its futures are made. The boxes stand behind [`Any`], and whoever makes a future takes
//! one of its type.

use std::{any::Any, fmt, pin::Pin};

use super::surplus::Surplus;

/// Empty boxes of the first type that came. hyper executes only one, except after CONNECT, and makes answers of one.
#[derive(Default)]
pub(super) struct Spare {
    boxes: Option<Box<dyn Boxes>>,
    surplus: Surplus,
}

/// A box without a future, or with one.
type Empty<F> = Pin<Box<Option<F>>>;

/// Boxes of one type.
trait Boxes: Any + Send {
    fn len(&self) -> usize;

    /// Gives so many back.
    fn shorten(&mut self, count: usize);
}

impl<F: Send + 'static> Boxes for Vec<Empty<F>> {
    fn len(&self) -> usize {
        self.len()
    }

    fn shorten(&mut self, count: usize) {
        self.truncate(self.len().saturating_sub(count));
        self.shrink_to(4 * self.len());
    }
}

impl Spare {
    /// How many boxes there are.
    pub(super) fn len(&self) -> usize {
        self.boxes.as_ref().map_or(0, |boxes| boxes.len())
    }

    /// Gives some back that nobody wants any more; tells whether it did.
    pub(super) fn shrink(&mut self) -> bool {
        let Some(boxes) = &mut self.boxes else {
            return false;
        };
        let given = self.surplus.look(boxes.len());
        if given > 0 {
            boxes.shorten(given);
        }
        given > 0
    }

    /// Takes an empty box, if there is one.
    pub(super) fn take<F: Send + 'static>(&mut self) -> Option<Empty<F>> {
        let boxes = self.boxes()?;
        let empty = boxes.pop()?;
        let left = boxes.len();
        self.surplus.take(left);
        Some(empty)
    }

    /// Keeps an empty box for another future of its type.
    pub(super) fn keep<F: Send + 'static>(&mut self, empty: Empty<F>) {
        if let Some(boxes) = self.boxes() {
            boxes.push(empty);
        }
    }

    fn boxes<F: Send + 'static>(&mut self) -> Option<&mut Vec<Empty<F>>> {
        let boxes = self
            .boxes
            .get_or_insert_with(|| Box::new(Vec::<Empty<F>>::new()));
        let boxes: &mut dyn Any = &mut **boxes;
        boxes.downcast_mut()
    }
}

impl fmt::Debug for Spare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spare").field(&self.len()).finish()
    }
}
