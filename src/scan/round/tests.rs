//! What reading tells does not depend on what is read beside it.

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

use super::{Blocks, FileRead, Reads, Task, run};
use crate::digest::hex;
use crate::evidence::collect::Blob;
use crate::evidence::layout::{FileLayout, Format};
use crate::parallel;

/// A file of this many bytes: lines of different lengths.
fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| if (at * at + seed).is_multiple_of(23) { b'\n' } else { b'a' + (at % 26) as u8 }).collect()
}

fn read(tasks: &[Task<'_>], size: usize, threads: usize) -> Reads {
    let blocks = Blocks { size, seed: 7 };
    let (states, reads) = parallel::within(threads, || run(tasks, blocks, || 0, |seen: &mut u64, _| *seen += 1)).unwrap();
    let of_layouts = tasks.iter().filter(|task| task.layout.is_some()).filter_map(|task| reads.get(&task.file));
    assert_eq!(states.iter().sum::<u64>(), of_layouts.map(|read| read.blocks.len() as u64).sum::<u64>(), "every block is worked on once");
    reads
}

#[test]
fn files_that_are_read_together_tell_what_each_tells_alone() {
    let lines = FileLayout { format: Format::NdJson, tables: Vec::new(), file_name: "lines".to_owned() };
    let mut blobs: Vec<Blob> = [0, 1, 63, 64, 65, 1000, 5000, 5001, 20_000]
        .into_iter()
        .enumerate()
        .map(|(seed, length)| Blob::memory(format!("{length}.ndjson"), bytes(length, seed)))
        .collect();
    // It was there when it was found, and looked the largest.
    blobs.insert(4, Blob::new("gone.ndjson", "no-such-folder/gone.ndjson", 1 << 30));
    let layouts = [None, Some(&lines)];
    let tasks: Vec<Task<'_>> = blobs
        .iter()
        .flat_map(|blob| layouts.map(|layout| (blob, layout)))
        .zip(0..)
        .map(|((blob, layout), file)| Task { file, blob, layout, head: None })
        .collect();
    for size in [1, 64, 100, 4096, 1 << 20] {
        for threads in [1, 2, 8] {
            let reads = read(&tasks, size, threads);
            assert_eq!(reads.len(), tasks.len());
            for task in &tasks {
                let FileRead { sha256, bytes, blocks, end, swapped } = &reads[&task.file];
                assert!(!swapped);
                if task.blob.path == "gone.ndjson" {
                    assert_eq!((sha256.as_str(), *bytes, blocks.len()), ("", 0, 0));
                    assert_eq!(end.problem.as_ref().map(|problem| problem.code), Some("file-unreadable"));
                    continue;
                }
                let mut content = Vec::new();
                task.blob.reader().unwrap().read_to_end(&mut content).unwrap();
                assert_eq!((sha256, *bytes), (&hex(&Sha256::digest(&content)), content.len() as u64), "{} {size} {threads}", task.blob.path);
                assert_eq!(end.problem, None);
                let (length, line_ends): (usize, u64) =
                    blocks.iter().fold((0, 0), |(length, lines), block| (length + block.length, lines + block.lines));
                let all = content.iter().filter(|byte| **byte == b'\n').count() as u64;
                assert_eq!((length, line_ends), if task.layout.is_some() { (content.len(), all) } else { (0, 0) }, "{}", task.blob.path);
                let alone = &read(std::slice::from_ref(task), size, 1)[&task.file];
                let of = |read: &FileRead| read.blocks.iter().map(|block| (block.offset, block.length, block.lines, block.rows)).collect::<Vec<_>>();
                assert_eq!(of(alone), of(&reads[&task.file]), "blocks do not depend on what is read beside");
            }
        }
    }
}
