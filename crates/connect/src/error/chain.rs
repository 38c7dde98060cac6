use std::error::Error;

use ziggurat_text::causes;

/// The first error of type `T` in a chain of sources, the outermost included.
pub fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref())
}
