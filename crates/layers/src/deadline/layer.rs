use std::time::Duration;

use tower_layer::Layer;

use super::{
    WithDeadline,
    settings::{Announced, Settings},
};

/// Puts a deadline on each call.
///
/// By default only a call that brings a timeout or a deadline has one (B-9). One that is set here is a default: it is
/// not added to a call's own timeout, nor does it bound it.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::layers::deadline::DeadlineLayer;
///
/// let five_seconds = DeadlineLayer::new(Duration::from_secs(5));
/// let only_what_calls_bring = DeadlineLayer::default();
/// # drop((five_seconds, only_what_calls_bring));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DeadlineLayer {
    settings: Settings,
}

impl DeadlineLayer {
    /// Gives this much time to calls that bring no timeout of their own.
    pub fn new(default: Duration) -> Self {
        Self::from(Some(default))
    }

    /// Leaves `grpc-timeout` to what is inside, which reads the deadline from the call's context.
    ///
    /// For a floor directly around a [`Channel`](https://docs.rs/ziggurat/latest/ziggurat/struct.Channel.html), which
    /// writes it when a request leaves: it need not be written twice. Around anything else a server would not hear of
    /// the deadline.
    pub fn unannounced(self) -> Self {
        let settings = Settings {
            announced: Announced::Below,
            ..self.settings
        };
        Self { settings }
    }
}

/// `None` leaves it to the calls.
impl From<Option<Duration>> for DeadlineLayer {
    fn from(default: Option<Duration>) -> Self {
        let settings = Settings {
            default,
            announced: Announced::Here,
        };
        Self { settings }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithDeadline::new(inner, self.settings)
    }
}
