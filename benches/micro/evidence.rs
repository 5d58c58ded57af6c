//! Reading: where records end, what they hold, and what a value means.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use rolecall::calendar::Moment;
use rolecall::dataset::FieldKind;
use rolecall::evidence::batch::BatchBuffer;
use rolecall::evidence::block::BLOCK_SIZE;
use rolecall::evidence::decode::date::Formats;
use rolecall::evidence::decode::{Decoder, Raw};
use rolecall::evidence::layout::{Decode, FileLayout, Format, JsonDialect};
use rolecall::evidence::read::{Marks, Parser, Splitter};

use crate::workload::{File, Workload};

const VALUES: u64 = 1_000;

pub fn benches(criterion: &mut Criterion, workload: &Workload) {
    let files = ["role_assignments.csv", "training.csv", "access_events.ndjson"].map(|path| (path, workload.file(path)));
    splitting(criterion, &files);
    reading(criterion, &files);
    decoding(criterion);
    dates(criterion);
}

/// Cuts a file as a scan does: block after block, what is left of one before the next.
fn cut(layout: &FileLayout, bytes: &[u8]) -> usize {
    let (mut splitter, mut buffer, mut records) = (Splitter::new(layout), Vec::with_capacity(2 * BLOCK_SIZE), 0);
    let mut marks = Marks::default();
    marks.begin(&layout.format);
    for piece in bytes.chunks(BLOCK_SIZE).chain([&[][..]]) {
        let fresh = buffer.len();
        buffer.extend_from_slice(piece);
        marks.look(&buffer, fresh, |_| ());
        let cut = splitter.cut(&buffer, fresh, piece.is_empty(), &marks).unwrap();
        records += cut.end;
        buffer.drain(..cut.end);
        marks.begin(&layout.format);
    }
    records
}

fn splitting(criterion: &mut Criterion, files: &[(&str, File)]) {
    let mut group = criterion.benchmark_group("split, per byte");
    for (path, file) in files {
        group.throughput(Throughput::Bytes(file.bytes.len() as u64));
        group.bench_function(*path, |bencher| bencher.iter(|| cut(&file.layout, black_box(&file.bytes))));
    }
    // The same events as one document.
    let (_, events) = &files[2];
    let list: Vec<&[u8]> = events.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let document = [b"{\"value\":[", &list.join(&b","[..])[..], b"]}"].concat();
    let layout = FileLayout { format: Format::Json(JsonDialect { list: Some("value".to_owned()) }), ..events.layout.clone() };
    group.throughput(Throughput::Bytes(document.len() as u64));
    group.bench_function("access_events.json", |bencher| bencher.iter(|| cut(&layout, black_box(&document))));
    group.finish();
}

/// From bytes to batches: cells of rows, and the members of JSON objects at their paths.
fn reading(criterion: &mut Criterion, files: &[(&str, File)]) {
    for per_record in [false, true] {
        let mut group = criterion.benchmark_group(if per_record { "read, per record" } else { "read, per byte" });
        for (path, file) in files {
            let (block, mut buffers) = (file.block(), file.parsed());
            let records = buffers[0].places().len() as u64;
            group.throughput(if per_record { Throughput::Elements(records) } else { Throughput::Bytes(block.len() as u64) });
            let name = if path.ends_with("json") { format!("{path} (JSON paths)") } else { (*path).to_owned() };
            group.bench_function(name, |bencher| {
                bencher.iter(|| Parser::new(&file.layout).parse(black_box(block), &mut buffers));
            });
        }
        group.finish();
    }
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode, per value");
    group.throughput(Throughput::Elements(VALUES));
    let spelled = vec![("Y".to_owned(), "yes".to_owned()), ("N".to_owned(), "no".to_owned())];
    for (name, kind, values, value) in [
        ("text", FieldKind::Text, Vec::new(), "given.family17@corp.example"),
        ("text with blanks before it", FieldKind::Text, Vec::new(), "  given.family17@corp.example"),
        ("date as it should be", FieldKind::Date, Vec::new(), "2026-06-30"),
        ("time of another zone", FieldKind::Date, Vec::new(), "2026-06-30T08:15:30+02:00"),
        ("boolean", FieldKind::Boolean, Vec::new(), "TRUE"),
        ("boolean with a spelling", FieldKind::Boolean, spelled, "N"),
        ("list of three", FieldKind::List, Vec::new(), "a1; b2; c3"),
    ] {
        let mut decoder = Decoder::new(&Decode { kind, values, split: Some(";".to_owned()), ..Decode::default() });
        let mut out = BatchBuffer::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.reset(1);
                decoder.start();
                for _ in 0..VALUES {
                    let cell = decoder.one(Raw { bytes: black_box(value.as_bytes()), at: Some(0) }, &mut out);
                    out.push(0, cell);
                }
            });
        });
    }
    group.finish();
}

fn dates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("date, per value");
    group.throughput(Throughput::Elements(1));
    group.bench_function("a moment of a cell", |bencher| bencher.iter(|| Moment::parse(black_box(b"2026-06-30T06:15:30Z"))));
    group.bench_function("a day of a cell", |bencher| bencher.iter(|| Moment::parse(black_box(b"2026-06-30"))));
    let formats = Formats::new(&["%d.%m.%Y".to_owned(), "%m/%d/%Y %H:%M".to_owned()]);
    for (name, text) in [("ISO 8601", "2026-06-30T08:15:30.250+02:00"), ("first format of a source", "30.06.2026"), ("no date", "never")] {
        group.bench_function(name, |bencher| bencher.iter(|| formats.read(black_box(text.as_bytes()))));
    }
    group.finish();
}
