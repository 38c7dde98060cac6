//! Has the compared scripts of the table called by clients of others, in real time.
//!
//! ```text
//! attempts GO-CLIENT JAVA-CLIENT.jar
//! ```
//!
//! A client reads its calls from its input, a line each: address, timeout in milliseconds or 0, and service config, with
//! tabs between. It answers each with the number of the code that the call ended with. What is compared is the number of
//! attempts, their order, what they say of those before, and the code; how long pauses take is not, for this clock runs.

use std::{
    env,
    error::Error,
    io::{BufRead, BufReader, Lines, Write},
    pin::pin,
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::sleep;
use ziggurat_attempts::{Other, Script, Seen, Server, TABLE};
use ziggurat_testing::peer::Peer;

/// Somebody else's client, which makes one call after the other.
struct Client {
    process: Child,
    calls: ChildStdin,
    codes: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// Starts a command that reads calls and writes codes.
    fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let calls = process.stdin.take().ok_or("no input")?;
        let codes = process.stdout.take().ok_or("no output")?;
        Ok(Self {
            process,
            calls,
            codes: BufReader::new(codes).lines(),
        })
    }

    fn call(&mut self, address: &str, script: &Script) -> Result<u32, Box<dyn Error>> {
        let timeout = script.timeout.unwrap_or(0);
        let config = script.service_config();
        writeln!(self.calls, "{address}\t{timeout}\t{config}")?;
        let code = self.codes.next().ok_or("the client has ended")??;
        Ok(code.parse()?)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("usage: attempts GO-CLIENT JAVA-CLIENT.jar")
    };
    let mut go = Command::new(next()?);
    let mut java = Command::new("java");
    java.arg("-jar").arg(next()?);
    let (mut passed, mut failed) = (0, 0);
    for (other, command) in [(Other::Go, &mut go), (Other::Java, &mut java)] {
        let client = Arc::new(Mutex::new(Client::start(command)?));
        let compared = (TABLE.iter()).filter(|script| script.compared.contains(&other));
        for script in compared {
            let name = script.name;
            match differs(script, &client).await? {
                None => {
                    println!("{other:?}: {name}: the same");
                    passed += 1;
                }
                Some(what) => {
                    println!("{other:?}: {name}: {what}");
                    failed += 1;
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// No script takes so long.
const MOST: Duration = Duration::from_secs(30);

/// What the other client does otherwise.
async fn differs(
    script: &'static Script,
    client: &Arc<Mutex<Client>>,
) -> Result<Option<String>, Box<dyn Error>> {
    let peer = Peer::bind().await?;
    let address = peer.address()?.to_string();
    let mut server = Server::new(script.answers);
    let client = Arc::clone(client);
    let mut call = tokio::task::spawn_blocking(move || {
        let mut client = client
            .lock()
            .map_err(|_| "the call before panicked".to_owned())?;
        client
            .call(&address, script)
            .map_err(|error| error.to_string())
    });
    let mut waits = pin!(sleep(MOST));
    let code = loop {
        tokio::select! {
            code = &mut call => break code??,
            connection = peer.accept() => server.serve(connection?),
            () = &mut waits => return Err(format!("{}: the call does not end", script.name).into()),
        }
    };
    let expected: Vec<_> = (script.attempts.iter())
        .map(|attempt| attempt.previous.map(str::to_owned))
        .collect();
    let seen: Vec<_> = server
        .seen()
        .into_iter()
        .map(|Seen { previous, .. }| previous)
        .collect();
    let is_same = seen == expected && code == script.end.code.number();
    Ok((!is_same).then(|| {
        format!(
            "{seen:?} and code {code}, for {expected:?} and {}",
            script.end.code
        )
    }))
}
