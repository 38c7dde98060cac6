//! The client under the conformance suite of the Connect project; `run` starts the suite with it.
//!
//! The suite writes what to call to standard input, each a message behind its length, and reads how the calls went from
//! standard output, in any order. What is said of a call is what the library gave: also of a cancelled one.

mod call;
mod connections;
mod encodings;
mod outcome;
mod reading;
mod script;
mod shapes;

/// Messages and stub of `connectrpc.conformance.v1`.
mod suite {
    // The suite's own configuration has no place in a client.
    #![allow(dead_code, missing_docs, unreachable_pub, clippy::pedantic)]
    include!(concat!(env!("OUT_DIR"), "/connectrpc.conformance.v1.rs"));
}

use std::{error::Error, io, process::ExitCode, sync::Arc};

use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Stdin, Stdout},
    sync::{Mutex, Semaphore},
    task::JoinSet,
};

use crate::{
    connections::Connections,
    suite::{
        ClientCompatRequest, ClientCompatResponse, ClientErrorResult,
        client_compat_response::Result as Told,
    },
};

/// Why a call could not be made.
type Failure = Box<dyn Error + Send + Sync>;

/// So many calls are under way at most.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let (mut input, output) = (
        tokio::io::stdin(),
        Arc::new(Mutex::new(tokio::io::stdout())),
    );
    let (connections, room) = (
        Arc::new(Connections::default()),
        Arc::new(Semaphore::new(AT_ONCE)),
    );
    let mut calls = JoinSet::new();
    while let Some(request) = read(&mut input).await? {
        let (output, connections) = (Arc::clone(&output), Arc::clone(&connections));
        let room = Arc::clone(&room).acquire_owned().await?;
        calls.spawn(async move {
            let told = tell(request, &connections).await;
            drop(room);
            write(&mut *output.lock().await, &told).await
        });
    }
    while let Some(told) = calls.join_next().await {
        told??;
    }
    Ok(())
}

/// Makes the call, and tells how it went.
async fn tell(request: ClientCompatRequest, connections: &Connections) -> ClientCompatResponse {
    let test_name = request.test_name.clone();
    let told = match call::make(request, connections).await {
        Ok(result) => Told::Response(result),
        Err(failure) => Told::Error(ClientErrorResult {
            message: failure.to_string(),
        }),
    };
    ClientCompatResponse {
        test_name,
        result: Some(told),
    }
}

/// The next call to make; `None` at the end of the input.
async fn read(input: &mut Stdin) -> Result<Option<ClientCompatRequest>, Failure> {
    let length = match input.read_u32().await {
        Ok(length) => u64::from(length),
        Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut message = Vec::new();
    (&mut *input).take(length).read_to_end(&mut message).await?;
    Ok(Some(ClientCompatRequest::decode(&*message)?))
}

async fn write(output: &mut Stdout, told: &ClientCompatResponse) -> Result<(), Failure> {
    let message = told.encode_to_vec();
    output.write_u32(u32::try_from(message.len())?).await?;
    output.write_all(&message).await?;
    Ok(output.flush().await?)
}
