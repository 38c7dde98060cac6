use std::error::Error;

use ziggurat_text::causes;

/// What the innermost error says: hyper's own texts do not tell the cause.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
