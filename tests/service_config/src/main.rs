//! Service configs, valid and broken, read by Ziggurat and by grpc-go.
//!
//!     config-differences GO [SEED]
//!
//! `GO` is the program of the folder `go`. Its parser and ours must come to the same, but where [`differences`] says that
//! they do not, and why; and there they must not. The last line counts: `N passed, N failed`.

mod balancing;
mod configs;
mod differences;
mod edit;
mod go;
mod places;
mod read;
mod texts;

use std::{env, error::Error, process::ExitCode};

use differences::{DIFFERENCES, Differing};
use edit::Case;
use go::Answer;
use read::Config;
use ziggurat::service_config::{InvalidServiceConfig, ServiceConfig};

/// How many configs are made at random.
const RANDOM: usize = 10_000;
const SEED: u64 = 20_261_129;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let program = arguments.next().unwrap_or_default();
    let seed = arguments.next().and_then(|seed| seed.parse().ok());
    match run(&program, seed.unwrap_or(SEED)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("{program}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many failed.
fn run(program: &str, seed: u64) -> Result<usize, Box<dyn Error>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cases = edit::singles();
    cases.extend(edit::written());
    let mut drawn = 0;
    cases.extend((0..RANDOM).map(|_| comparable(&mut random, &mut drawn)));
    let mixed: Vec<_> = (0..RANDOM).map(|_| texts::mixed(&mut random)).collect();

    let texts = cases.iter().map(|case| &case.text).chain(&mixed);
    let mut answers = go::ask(program, texts.cloned().collect())?.into_iter();
    let cases = cases.iter().zip(answers.by_ref());
    let judged: Vec<_> = cases.map(|(case, answer)| judge(case, &answer)).collect();
    let mixed = mixed.iter().zip(answers);
    let mixed: Vec<_> = mixed
        .map(|(text, answer)| judge_syntax(text, &answer))
        .collect();

    let used: Vec<_> = judged
        .iter()
        .filter_map(|line| *line.as_ref().ok()?)
        .collect();
    let lines = (0..DIFFERENCES.len()).map(|line| judge_line(line, &used));
    let judged = judged.into_iter().map(|line| line.map(|_| ()));
    let all: Vec<_> = judged.chain(mixed).chain(lines).collect();
    let failures: Vec<_> = all
        .iter()
        .filter_map(|judged| judged.as_ref().err())
        .collect();
    for failure in &failures {
        println!("FAILED {failure}\n");
    }
    println!(
        "seed {seed}: {RANDOM} of {drawn} configs with several changes can be compared, the others are not counted"
    );
    println!(
        "{} passed, {} failed",
        all.len() - failures.len(),
        failures.len()
    );
    Ok(failures.len())
}

/// Several changes, none of which is in the list: of others one can hide what another does, and whatever came of them
/// could be excused. Counts those that were drawn for it.
fn comparable(random: &mut fastrand::Rng, drawn: &mut usize) -> Case {
    loop {
        *drawn += 1;
        let case = edit::several(random);
        if line_of(&case, ServiceConfig::from_json(&case.text).is_ok()).is_none() {
            return case;
        }
    }
}

/// Where in the list it is, given whether it is valid for us.
fn line_of(case: &Case, ours: bool) -> Option<usize> {
    DIFFERENCES
        .iter()
        .position(|difference| (difference.is_of)(&case.edits, ours))
}

/// Whether both read it as the list says, and in which line that is.
fn judge(case: &Case, answer: &Answer) -> Result<Option<usize>, String> {
    let ours = ServiceConfig::from_json(&case.text);
    let found = differing(&ours, answer);
    let line = line_of(case, ours.is_ok());
    let listed = line.map(|line| DIFFERENCES[line].how);
    if found == listed {
        return Ok(line);
    }
    let ours = match ours {
        Ok(config) => format!("{:?}", Config::of(&config)),
        Err(invalid) => invalid.to_string(),
    };
    let go = match &answer.config {
        Some(config) => format!("{config:?}"),
        None => answer.error.clone(),
    };
    let (edits, text) = (edit::shown(&case.edits), &case.text);
    let why = line.map_or("not in the list", |line| DIFFERENCES[line].why);
    Err(format!(
        "{edits}\n  text: {text}\n  found: {found:?}, listed: {listed:?} ({why})\n  ours: {ours}\n  go: {go}"
    ))
}

fn differing(ours: &Result<ServiceConfig, InvalidServiceConfig>, go: &Answer) -> Option<Differing> {
    match (ours, &go.config) {
        (Ok(ours), Some(go)) if Config::of(ours) == *go => None,
        (Ok(_), Some(_)) => Some(Differing::Values),
        (Ok(_), None) => Some(Differing::GoRefuses),
        (Err(_), Some(_)) => Some(Differing::WeRefuse),
        (Err(_), None) => None,
    }
}

/// Whether both find the same to be JSON.
fn judge_syntax(text: &str, go: &Answer) -> Result<(), String> {
    let ours = ServiceConfig::from_json(text).err();
    let is_ours = ours
        .as_ref()
        .is_some_and(|invalid| invalid.position().is_some());
    if is_ours == go.is_syntax {
        return Ok(());
    }
    Err(format!(
        "whether it is JSON: {text}\n  ours: {ours:?}\n  go: {}",
        go.error
    ))
}

/// Whether a config has this difference.
fn judge_line(line: usize, used: &[usize]) -> Result<(), String> {
    let why = DIFFERENCES[line].why;
    let problem = || format!("no config has this difference any more: {why}");
    used.contains(&line).then_some(()).ok_or_else(problem)
}
