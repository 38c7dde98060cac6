//! tower-http's layers, each over a ground that is boxed throughout.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceBuilder;
use tower_http::{
    ServiceBuilderExt,
    auth::{AddAuthorizationLayer, AsyncRequireAuthorizationLayer},
    cors::CorsLayer,
    csrf::CsrfLayer,
    decompression::RequestDecompressionLayer,
    metrics::InFlightRequestsLayer,
    on_early_drop::{EarlyDropsAsFailures, OnEarlyDropLayer},
    request_id::MakeRequestUuid,
    set_header::{
        request::SetMultipleRequestHeadersLayer, response::SetMultipleResponseHeadersLayer,
    },
    set_status::SetStatusLayer,
    timeout::{
        RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, ResponseBodyDeadlineLayer,
        ResponseBodyTimeoutLayer, TimeoutLayer,
    },
    trace::{DefaultOnFailure, TraceLayer},
    validate_request::ValidateRequestHeaderLayer,
};
use ziggurat::{Body, BoxError, Code};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::{
    grounds::{Answer, ground, order},
    spawned,
};

const LONG: Duration = Duration::from_secs(20);
const TABLE: HeaderName = HeaderName::from_static("x-table");
const SEVEN: HeaderValue = HeaderValue::from_static("7");

#[tokio::test]
async fn telemetry() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_grpc())
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http())
            .service(ground())
    );
    let (in_flight, counter) = InFlightRequestsLayer::pair();
    spawned!(ServiceBuilder::new().layer(in_flight).service(ground()));
    assert_eq!(counter.get(), 0);
    let dropped = OnEarlyDropLayer::new(EarlyDropsAsFailures::new(DefaultOnFailure::default()));
    spawned!(ServiceBuilder::new().layer(dropped).service(ground()));
    spawned!(ServiceBuilder::new().catch_panic().service(ground()));
    Ok(())
}

#[tokio::test]
async fn headers_of_requests() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .override_request_header(TABLE, SEVEN)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .append_request_header(TABLE, SEVEN)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .insert_request_header_if_not_present(TABLE, SEVEN)
            .service(ground())
    );
    let several = SetMultipleRequestHeadersLayer::overriding(vec![(TABLE, SEVEN).into()]);
    spawned!(ServiceBuilder::new().layer(several).service(ground()));
    spawned!(
        ServiceBuilder::new()
            .sensitive_request_headers([header::AUTHORIZATION].into())
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .layer(AddAuthorizationLayer::bearer("token"))
            .service(ground())
    );
    Ok(())
}

#[tokio::test]
async fn headers_of_answers() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .override_response_header(TABLE, SEVEN)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .append_response_header(TABLE, SEVEN)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .insert_response_header_if_not_present(TABLE, SEVEN)
            .service(ground())
    );
    let several = SetMultipleResponseHeadersLayer::overriding(vec![(TABLE, SEVEN).into()]);
    spawned!(ServiceBuilder::new().layer(several).service(ground()));
    spawned!(
        ServiceBuilder::new()
            .sensitive_response_headers([header::AUTHORIZATION].into())
            .service(ground())
    );
    // What is gRPC is so whatever HTTP says.
    let status = SetStatusLayer::new(StatusCode::IM_A_TEAPOT);
    spawned!(ServiceBuilder::new().layer(status).service(ground()));
    Ok(())
}

#[tokio::test]
async fn headers_of_both() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .sensitive_headers([header::AUTHORIZATION])
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .propagate_header(TABLE)
            .service(ground())
    );
    let ids = ServiceBuilder::new()
        .set_x_request_id(MakeRequestUuid)
        .propagate_x_request_id();
    spawned!(ids.service(ground()));
    Ok(())
}

/// Made for servers; before calls they find nothing to do.
#[tokio::test]
async fn what_servers_have() -> Result<(), BoxError> {
    let cors = CorsLayer::permissive();
    spawned!(ServiceBuilder::new().layer(cors).service(ground()));
    let csrf = CsrfLayer::new();
    spawned!(ServiceBuilder::new().layer(csrf).service(ground()));
    // It leaves what is gRPC as it is.
    spawned!(ServiceBuilder::new().compression().service(ground()));
    let decompression = ServiceBuilder::new().layer(RequestDecompressionLayer::new());
    spawned!(decompression.map_request_body(Body::new).service(ground()));
    Ok(())
}

#[tokio::test]
async fn requests() -> Result<(), BoxError> {
    spawned!(ServiceBuilder::new().add_extension(7).service(ground()));
    spawned!(
        ServiceBuilder::new()
            .trim_trailing_slash()
            .service(ground())
    );
    // The path is the method's: what is put behind it has to go before the server.
    let slash = ServiceBuilder::new().append_trailing_slash();
    spawned!(slash.trim_trailing_slash().service(ground()));
    spawned!(ServiceBuilder::new().follow_redirects().service(ground()));
    spawned!(
        ServiceBuilder::new()
            .layer(TimeoutLayer::with_status_code(
                StatusCode::GATEWAY_TIMEOUT,
                LONG
            ))
            .service(ground())
    );
    #[expect(clippy::result_large_err, reason = "tower-http wants an answer")]
    let allowed = |_: &mut Request<Body>| Ok::<_, Answer>(());
    spawned!(
        ServiceBuilder::new()
            .layer(ValidateRequestHeaderLayer::custom(allowed))
            .service(ground())
    );
    let table = ServiceBuilder::new().override_request_header(TABLE, SEVEN);
    let at_table = ValidateRequestHeaderLayer::has_header_value("x-table", "7")?;
    spawned!(table.layer(at_table).service(ground()));
    let accept = ValidateRequestHeaderLayer::accept("application/grpc");
    spawned!(ServiceBuilder::new().layer(accept).service(ground()));
    let token = |mut request: Request<Body>| async {
        request.headers_mut().insert(header::AUTHORIZATION, SEVEN);
        Ok::<_, Answer>(request)
    };
    spawned!(
        ServiceBuilder::new()
            .layer(AsyncRequireAuthorizationLayer::new(token))
            .service(ground())
    );
    Ok(())
}

#[tokio::test]
async fn what_they_refuse_has_a_code() {
    // an answer of theirs is an HTTP status.
    let elsewhere = HeaderValue::from_static("https://elsewhere.example");
    let csrf = ServiceBuilder::new().override_request_header(header::ORIGIN, elsewhere);
    let cafe = CoffeeMachineStub::new(csrf.layer(CsrfLayer::new()).service(ground()));
    let refused = cafe.make_latte(order()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);

    let slash = ServiceBuilder::new().append_trailing_slash();
    let cafe = CoffeeMachineStub::new(slash.service(ground()));
    let another = cafe.make_latte(order()).await.unwrap_err();
    assert_eq!(another.code(), Code::Unimplemented);
}

/// What changes the request's body stands over what makes a body of ours of it again.
#[tokio::test]
async fn bodies() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .map_request_body(|body: Body| body)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .map_response_body(BodyExt::boxed_unsync)
            .service(ground())
    );
    spawned!(ServiceBuilder::new().decompression().service(ground()));
    spawned!(
        ServiceBuilder::new()
            .layer(ResponseBodyTimeoutLayer::new(LONG))
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .layer(ResponseBodyDeadlineLayer::new(LONG))
            .service(ground())
    );
    let timeout = ServiceBuilder::new().layer(RequestBodyTimeoutLayer::new(LONG));
    spawned!(timeout.map_request_body(Body::new).service(ground()));
    let deadline = ServiceBuilder::new().layer(RequestBodyDeadlineLayer::new(LONG));
    spawned!(deadline.map_request_body(Body::new).service(ground()));
    let limit = ServiceBuilder::new().request_body_limit(4096);
    spawned!(limit.map_request_body(Body::new).service(ground()));
    Ok(())
}
