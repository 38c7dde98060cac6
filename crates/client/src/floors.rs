//! The tower of every call above the user's floors, as one expression.

use tower_layer::Layer;
use ziggurat_layers::{
    deadline::{DeadlineLayer, WithDeadline},
    metadata::{MetadataLayer, WithMetadata},
};

/// The floors that every call of a stub goes through before the user's.
pub(crate) type Floors<S> = WithMetadata<WithDeadline<S>>;

/// Puts the floors on a service.
pub(crate) fn floors<S>(
    metadata: &MetadataLayer,
    deadline: DeadlineLayer,
    service: S,
) -> Floors<S> {
    metadata.layer(
        // outermost: what retries and credentials below see is complete
        deadline.layer(
            // one clock for readiness, retries, queueing, headers and the body
            service, // the user's floors, down to the ground
        ),
    )
}
