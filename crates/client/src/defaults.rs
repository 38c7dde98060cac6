//! What all calls of a stub have, shared with each of them by one reference count.

use ziggurat_layers::metadata::MetadataLayer;

use crate::CallOptions;

/// The settings of a stub, and what was prepared from them once.
///
/// A call has a reference, not a copy: its own settings go over these when it is sent.
pub(crate) struct Defaults {
    pub(crate) options: CallOptions,
    /// The metadata of the options, as the floor that adds it to each request has it.
    pub(crate) metadata: MetadataLayer,
}

impl Defaults {
    /// Prepares what these settings need.
    pub(crate) fn new(options: CallOptions) -> Self {
        let metadata = MetadataLayer::new(&options.metadata);
        Self { options, metadata }
    }
}
