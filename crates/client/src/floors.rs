//! The tower of every call above the user's floors, as one expression.

use std::{any::TypeId, time::Duration};

use tower_layer::Layer;
use ziggurat_layers::{
    deadline::{DeadlineLayer, WithDeadline},
    metadata::{MetadataLayer, WithMetadata},
};

use crate::Channel;

/// The floors that every call of a stub goes through before the user's.
pub(crate) type Floors<S> = WithMetadata<WithDeadline<S>>;

/// Puts the floors on a service, with this timeout for its calls.
pub(crate) fn floors<S: 'static>(
    metadata: &MetadataLayer,
    timeout: Option<Duration>,
    service: S,
) -> Floors<S> {
    metadata.layer(
        // outermost: what retries and credentials below see is complete
        deadline::<S>(timeout).layer(
            // one clock for readiness, retries, queueing, headers and the body
            service, // the user's floors, down to the ground
        ),
    )
}

/// Directly around a channel, which tells the server what is left when the request leaves, it need not be told twice.
fn deadline<S: 'static>(timeout: Option<Duration>) -> DeadlineLayer {
    let layer = DeadlineLayer::from(timeout);
    if TypeId::of::<S>() == TypeId::of::<Channel>() {
        layer.unannounced()
    } else {
        layer
    }
}
