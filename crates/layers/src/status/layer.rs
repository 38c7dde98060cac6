use tower_layer::Layer;

use super::WithStatus;

/// Makes every answer a gRPC answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatusLayer(());

impl StatusLayer {
    /// Makes the layer; there is nothing to set.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for StatusLayer {
    type Service = WithStatus<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithStatus::new(inner)
    }
}
