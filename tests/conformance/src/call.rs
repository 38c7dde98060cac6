//! From what the suite asks for to a call.

use std::time::Duration;

use ziggurat::CallOptions;

use crate::{
    Failure,
    connections::Connections,
    encodings,
    script::Script,
    shapes,
    suite::{ClientCompatRequest, ClientResponseResult, ConformanceServiceStub},
};

/// Makes a call, to its end.
///
/// # Errors
///
/// Why it could not be made: the suite asks for what is not here.
pub(crate) async fn make(
    request: ClientCompatRequest,
    connections: &Connections,
) -> Result<ClientResponseResult, Failure> {
    let channel = connections.channel(&request)?;
    let stub = ConformanceServiceStub::new(channel).with(options(&request)?);
    let method = request.method().to_owned();
    let script = Script::new(request);
    match &*method {
        "Unary" => shapes::unary(script, |one| stub.unary(one), || stub.open().unary()).await,
        "IdempotentUnary" => {
            let simple = |one| stub.idempotent_unary(one);
            shapes::unary(script, simple, || stub.open().idempotent_unary()).await
        }
        "Unimplemented" => {
            let simple = |one| stub.unimplemented(one);
            shapes::unary(script, simple, || stub.open().unimplemented()).await
        }
        "ServerStream" => shapes::server_stream(script, &stub).await,
        "ClientStream" => shapes::client_stream(script, &stub).await,
        "BidiStream" => shapes::bidi_stream(script, &stub).await,
        other => Err(format!("there is no method `{other}`").into()),
    }
}

fn options(request: &ClientCompatRequest) -> Result<CallOptions, Failure> {
    let mut options =
        CallOptions::new().max_receive_message_size(request.message_receive_limit as usize);
    for encoding in encodings::all() {
        options = options.accept_encoding(encoding);
    }
    if let Some(encoding) = encodings::of(request.compression()) {
        options = options.compress_with(encoding).compress_from(0);
    }
    if let Some(timeout) = request.timeout_ms {
        options = options.timeout(Duration::from_millis(timeout.into()));
    }
    for header in &request.request_headers {
        for value in &header.value {
            options = options.metadata(&header.name, value)?;
        }
    }
    Ok(options)
}
