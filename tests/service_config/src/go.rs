//! The program that asks grpc-go.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, BufWriter, Write},
    process::{ChildStdin, Command, Stdio},
    thread,
};

use serde::Deserialize;

use crate::read::Config;

/// What it says of one config: what it reads, or why it does not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) config: Option<Config>,
    pub(crate) error: String,
    pub(crate) is_syntax: bool,
}

pub(crate) fn ask(program: &str, texts: Vec<String>) -> Result<Vec<Answer>, Box<dyn Error>> {
    let count = texts.len();
    let mut go = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(input), Some(output)) = (go.stdin.take(), go.stdout.take()) else {
        return Err("it has no input or no output".into());
    };
    let writer = thread::spawn(move || write(input, &texts));
    let answers = BufReader::new(output)
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?));
    let answers = answers.collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    writer.join().map_err(|_| "the writer panicked")??;
    if go.wait()?.success() && answers.len() == count {
        return Ok(answers);
    }
    Err(format!("{} answers to {count} configs", answers.len()).into())
}

fn write(input: ChildStdin, texts: &[String]) -> io::Result<()> {
    let mut input = BufWriter::new(input);
    for text in texts {
        serde_json::to_writer(&mut input, text)?;
        input.write_all(b"\n")?;
    }
    input.flush()
}
