//! How a channel of many servers asks them for their health: by calls of its own, each over the connections of one server.
//!
//! ```text
//! balancer ─ ask this endpoint ─► Checking ─► attempt layers ▸ status ▸ the endpoint's connections
//!          ◄─ serving, not serving, ended ──
//! ```
//!
//! Such a call goes the way of one [attempt](Attempt), but for the choice of a server: what is below is put around the one
//! endpoint. It has no deadline, waits for no connection, and is not sent again by a policy; whether it is made again, the balancer says.

use std::{
    error::Error,
    future::poll_fn,
    iter,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use http::{HeaderValue, Request, Uri, header::CONTENT_TYPE};
use http_body::Body as _;
use tokio::task::yield_now;
use tower_service::Service as _;
use ziggurat_balance::channel::{Ended, HealthCheck, Report, Watching};
use ziggurat_layers::status;
use ziggurat_protocol::{
    Body, BoxError, Code, Codec, Outcome, Status,
    codec::Prost,
    compression::Encodings,
    frame::{self, Decoder},
    response,
};
use ziggurat_transport::{self as transport, Connection, channel::many::Endpoint, error::Kind};

use super::{
    attempt::Attempt,
    body::RequestBody,
    configured::{AttemptLayer, Special},
    ground::{Attempts, Ground, Transport},
};
use crate::serving::{HealthCheckRequest, HealthCheckResponse, ServingStatus, WATCH_PATH};

/// The longest answer that is read, in bytes; those that are sent have two.
const LONGEST: usize = 4096;

/// Whether a builder's channel asks its servers, and for what.
#[derive(Clone, Debug, Default)]
pub(super) enum HealthChecks {
    /// As the service config says.
    #[default]
    Configured,
    /// For this service, unless the config names another.
    Service(String),
    /// It asks for nothing, whatever the config says.
    Off,
}

impl HealthChecks {
    /// The service that is asked for, if any is. The name in a config goes before the builder's: the service's owner knows
    /// best (F-17, F-18).
    fn service(self, special: Option<&Special>) -> Option<String> {
        let configured =
            special.and_then(|special| special.config.as_ref()?.health_check_service());
        match self {
            Self::Off => None,
            Self::Configured => configured.map(str::to_owned),
            Self::Service(name) => Some(configured.map_or(name, str::to_owned)),
        }
    }
}

/// Asks servers for one service. All watches of a channel have it in common; it has no state.
pub(super) struct Checking {
    /// Its full name; empty for the server as a whole.
    service: String,
    /// The layers of attempts, the innermost first: credentials may be among them.
    attempt_layers: Vec<AttemptLayer>,
}

impl Checking {
    /// What asks for the service that is to be asked for, with the attempt layers of the channel and nothing else of its config.
    pub(super) fn of(
        health: HealthChecks,
        special: Option<&Special>,
    ) -> Option<Arc<dyn HealthCheck<Sends>>> {
        let service = health.service(special)?;
        let attempt_layers = special.map(|special| special.attempt_layers.clone());
        Some(Arc::new(Self {
            service,
            attempt_layers: attempt_layers.unwrap_or_default(),
        }))
    }
}

/// What sends over a connection of a channel.
type Sends = <Attempts as tower_layer::Layer<Connection<RequestBody>>>::Service;

impl HealthCheck<Sends> for Checking {
    fn watch(&self, endpoint: &Endpoint<Sends>, report: Report) -> Watching {
        let transport = Transport::beside_others(endpoint.clone());
        let attempt = Attempt::new(Ground::new(transport));
        let layers = self.attempt_layers.iter();
        let attempt = layers.fold(attempt, |attempt, layer| layer(attempt));
        let request = self.request();
        Box::pin(async move {
            let ended = match request {
                Ok(request) => listen(attempt, request, &report).await,
                Err(status) => Err(status),
            };
            match ended {
                Ok(()) => Ended::Failed("the server ended the watch of its health with OK".into()),
                Err(status) if status.code() == Code::Unimplemented => Ended::Unimplemented,
                Err(status) if status.cause().is_some_and(is_of_connection) => Ended::Disconnected,
                Err(status) => Ended::Failed(status.to_string()),
            }
        })
    }
}

impl Checking {
    /// The request of a watch, as a stub would write it.
    fn request(&self) -> Result<Request<Body>, Status> {
        let asks = HealthCheckRequest::new(self.service.as_str());
        let message = frame::encode_one::<Prost, _, HealthCheckResponse>(&asks, usize::MAX)?;
        let mut request = Request::new(Body::single(message));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = Uri::from_static(WATCH_PATH);
        let grpc = HeaderValue::from_static("application/grpc");
        request.headers_mut().insert(CONTENT_TYPE, grpc);
        Ok(request)
    }
}

/// Reports what the server says, as long as it says anything.
///
/// It is read without a stub, for stubs stand on channels; and over an attempt, as calls of a config go, so that the way of
/// all others has no second user, and is compiled into one piece.
async fn listen(
    mut attempt: Attempt,
    request: Request<Body>,
    report: &Report,
) -> Result<(), Status> {
    let Ok(()) = poll_fn(|cx| attempt.poll_ready(cx)).await;
    let Ok(response) = attempt.call(request).await;
    if let Outcome::Finished { result, .. } = Outcome::of(&response) {
        return result;
    }
    let http = response.status();
    let mut body = pin!(response.into_body());
    let mut messages = Decoder::new(LONGEST, Encodings::none());
    loop {
        while let Some(message) = messages.next()? {
            let answer: HealthCheckResponse =
                <Prost as Codec<HealthCheckRequest, _>>::decode(message)?;
            match answer.status() {
                ServingStatus::Serving => report.serving(),
                other => report.not_serving(other.as_str_name()),
            }
        }
        // Whatever a server says without an end, others have their turn.
        yield_now().await;
        let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await else {
            return Err(response::missing_trailers(http));
        };
        match frame.map_err(status::from_error)?.into_data() {
            Ok(data) => messages.push(data),
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                let status = match response::trailers(http, &trailers) {
                    Ok(()) => return Ok(()),
                    Err(status) => status,
                };
                return Err(match cause(body).await {
                    Some(error) => status.with_source(error),
                    None => status,
                });
            }
        }
    }
}

/// What has caused trailers that were made on this side: a body yields it behind its end. It is not waited for.
async fn cause(mut body: Pin<&mut Body>) -> Option<BoxError> {
    let mut next = async || match poll_fn(|cx| Poll::Ready(body.as_mut().poll_frame(cx))).await {
        Poll::Ready(frame) => frame,
        Poll::Pending => None,
    };
    match next().await {
        Some(frame) => frame.err(),
        None => next().await?.err(),
    }
}

/// Whether a call has ended because its connection did, or takes no calls any more.
fn is_of_connection(error: &(dyn Error + 'static)) -> bool {
    let causes = iter::successors(Some(error), |&error| error.source());
    let mut errors = causes.filter_map(|error| error.downcast_ref::<transport::Error>());
    errors.any(|error| {
        matches!(
            error.kind(),
            Kind::Closed | Kind::Lost | Kind::GoAway { .. }
        )
    })
}
