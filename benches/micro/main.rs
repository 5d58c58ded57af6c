//! The parts of a scan, one by one: `cargo bench`.
//!
//! Times are told per byte or per record, so that a part can be held against
//! the whole, which `benches/ratio` measures. The data is made here, of the
//! benchmark's form, and read with the benchmark's pack and sources; sizes are
//! those of a scan's blocks, except where a table must be larger than the
//! caches to be worth measuring.

mod checking;
mod evidence;
mod keys;
mod reporting;
mod workload;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).configure_from_args();
    let workload = workload::Workload::new();
    evidence::benches(&mut criterion, &workload);
    keys::benches(&mut criterion, &workload);
    checking::benches(&mut criterion, &workload);
    reporting::benches(&mut criterion, &workload);
    criterion.final_summary();
}
