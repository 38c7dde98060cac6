//! Leads the client through a connection's hard life, and prints what became of its calls.
//!
//! ```text
//! cargo run --release -p ziggurat-soak --bin soak -- [--seed N] [--calls N] [--seconds N] [--untimed] [--floors KIND] [ROW...]
//! ```
//!
//! Each row is a server, or what stands before it, that fails in one way. The last one does all at once. A row has a
//! goal; the program fails if one is missed.

mod fleet;
mod floors;
mod gauge;
mod load;
mod options;
mod report;
mod rows;
mod stage;
mod tally;

use std::process::ExitCode;

use options::Options;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    println!("seed {}", options.seed);
    if !options.is_timed() {
        println!("times are not judged");
    }
    report::print_head();
    let mut missed = 0;
    for row in rows::ALL.iter().filter(|row| options.wants(row.name)) {
        let report = (row.run)(options.clone()).await;
        report.print(row);
        missed += usize::from(!report.is_reached());
    }
    println!("\n{missed} goals missed");
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
