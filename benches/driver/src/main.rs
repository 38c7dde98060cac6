//! The connection's driver against hyper's own executor, on one h2 server: `benches/driver/run` builds and runs it.
//!
//! ```text
//! driver [ROUNDS]                       CPU and speed of each scenario, in rounds that alternate between both
//! driver calls CLIENT SIZE AT_ONCE N    N calls and nothing else, for counting instructions; CLIENT: driver, channel, hyper
//! driver windows [ROUNDS]               how fast large answers arrive over long ways, with our windows and hyper's
//! driver spread [ROUNDS]                calls over 1, 2 and 4 connections of a channel, on as many threads as cores
//! driver server [DELAY]                 the server, which prints its address; a round trip takes so many milliseconds
//! driver server-on THREADS              the same without a delay, on so many threads
//! ```

mod body;
mod clients;
mod cpu;
mod delay;
mod rounds;
mod server;
mod spread;
mod windows;

use std::{
    error::Error,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};

use tokio::runtime::{Builder, Runtime};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> Result {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["server-on", threads] => threads_of(threads.parse()?)?.block_on(server::run(0)),
        ["spread"] => spread(5),
        ["spread", rounds] => spread(rounds.parse()?),
        _ => one_thread()?.block_on(run(&arguments)),
    }
}

fn one_thread() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn threads_of(count: usize) -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    Ok(builder.worker_threads(count).enable_all().build()?)
}

fn spread(rounds: usize) -> Result {
    let cores = thread::available_parallelism()?.get();
    let server = Server::start(&["server-on", &cores.to_string()])?;
    println!("{cores} cores");
    threads_of(cores)?.block_on(spread::run(server.address, rounds))
}

async fn run(arguments: &[&str]) -> Result {
    match *arguments {
        ["server"] => return server::run(0).await,
        ["server", delay] => return server::run(delay.parse()?).await,
        ["windows"] => return windows::run(9).await,
        ["windows", rounds] => return windows::run(rounds.parse()?).await,
        _ => {}
    }
    let server = Server::start(&["server"])?;
    match *arguments {
        [] => rounds::run(server.address, 5).await,
        [rounds] => rounds::run(server.address, rounds.parse()?).await,
        ["calls", client, size, at_once, calls] => {
            let load = rounds::Load {
                size: size.parse()?,
                at_once: at_once.parse()?,
                calls: calls.parse()?,
            };
            rounds::calls(server.address, client, &load).await
        }
        _ => Err("see the head of src/main.rs".into()),
    }
}

/// The server, a process of its own: what it costs is not counted.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("the server has no output")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        let address = address.trim().parse()?;
        Ok(Self { process, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
