//! `instructions` lists the rows; `instructions ROW OPERATIONS` runs one, for callgrind to count.

use ziggurat_gate::{Meter, rows, run};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => {
            for row in rows() {
                println!("{}\t{}", row.operations, row.name);
            }
        }
        [name, operations] => {
            let row = rows()
                .find(|row| row.name == name)
                .expect("a row of this name");
            run(
                row,
                Meter::instructions(),
                operations.parse().expect("a number"),
            );
        }
        _ => panic!("ROW OPERATIONS"),
    }
}
