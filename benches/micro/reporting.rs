//! The whole: scans in this process, and what is rendered from a report.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput};
use rolecall::cli::Known;
use rolecall::report::{html, json};
use rolecall::scan::scan;

use crate::workload::{Workload, settled};

pub fn benches(criterion: &mut Criterion, workload: &Workload) {
    let meridian = settled(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/organisations/meridian"), Known::default(), None);
    let mut group = criterion.benchmark_group("scan, per byte");
    group.sample_size(20);
    for (name, settings) in [("the workload", &workload.settings), ("meridian", &meridian)] {
        group.throughput(Throughput::Bytes(settings.collected.blobs.iter().map(|blob| blob.size).sum()));
        group.bench_function(name, |bencher| bencher.iter_with_large_drop(|| scan(settings.input()).unwrap()));
    }
    group.finish();
    let mut group = criterion.benchmark_group("render, per byte");
    group.sample_size(20);
    for (name, settings) in [("the workload", &workload.settings), ("meridian", &meridian)] {
        let report = scan(settings.input()).unwrap().report;
        let (written, page) = (json::write(&report), html::page(&report).unwrap());
        group.throughput(Throughput::Bytes(written.len() as u64));
        group.bench_function(format!("report.json, {name}"), |bencher| bencher.iter(|| json::write(black_box(&report))));
        group.bench_function(format!("report.json read, {name}"), |bencher| bencher.iter(|| json::read(black_box(&written)).unwrap()));
        group.throughput(Throughput::Bytes(page.len() as u64));
        group.bench_function(format!("report.html, {name}"), |bencher| bencher.iter(|| html::page(black_box(&report)).unwrap()));
    }
    group.finish();
}
