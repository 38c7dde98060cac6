//! Prints what each row allocates: how often and how many bytes, with its operations and with twice as many.

use allocation_counter::{measure, opt_out};
use ziggurat_gate::{Meter, rows, run};

fn main() {
    let meter = Meter::new(|run| opt_out(run));
    for row in rows() {
        let [once, twice] = [1, 2].map(|times| measure(|| run(row, meter, times * row.operations)));
        println!(
            "{}\t{}\t{}",
            twice.count_total - once.count_total,
            twice.bytes_total - once.bytes_total,
            row.name
        );
    }
}
