use std::error::Error;

use ziggurat_text::causes;

/// The first error of type `T` in a chain of sources, the outermost included.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// What the innermost error says: hyper's own texts do not tell the cause.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
