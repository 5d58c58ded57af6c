//! Who does what next: whether a thread reads on, and how many files, or
//! works on a block that was read.
//!
//! Two files that one thread reads by turns can be digested side by side, on
//! many processors in the time of one. So a thread takes two of them, while
//! the others have blocks to work on; where they would rest, each reads a file
//! of its own.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

use super::reading::Reading;
use super::{Task, Waiting};
use crate::parallel::lock;

/// What a thread does next.
pub(super) enum Turn<'t, 's> {
    /// Goes on reading files.
    Read(InHand<'t, 's>),
    /// Works on a block.
    Work(Waiting<'s>),
}

/// Files that a thread reads, and nobody else meanwhile.
pub(super) struct InHand<'t, 's> {
    pub readings: Vec<Reading<'s>>,
    turns: &'t Turns<'s>,
}

/// Files that a thread reads at once, at most.
const AT_ONCE: usize = 2;

/// What is to be done, for all threads.
pub(super) struct Turns<'s> {
    open: Mutex<Open<'s>>,
    changed: Condvar,
    /// When so many blocks wait, or will when those that read come back, nobody else
    /// begins to read: so memory stays bounded whatever the sizes.
    most_waiting: usize,
}

struct Open<'s> {
    /// Files that were not begun, the next one last.
    tasks: Vec<&'s Task<'s>>,
    /// Files that were begun, and that no thread has in hand: each in its turn.
    begun: VecDeque<Reading<'s>>,
    /// Threads that read.
    readers: usize,
    /// Threads that wait for something to do.
    resting: usize,
    blocks: Vec<Waiting<'s>>,
}

impl<'s> Open<'s> {
    /// How many files to read on, if any: see the top of the file.
    fn to_read(&self, most_waiting: usize) -> usize {
        let (files, waiting) = (self.begun.len() + self.tasks.len(), self.blocks.len());
        match files {
            _ if waiting + AT_ONCE * self.readers >= most_waiting => 0,
            0 => 0,
            // Another thread will soon give back a file that goes with it.
            1 if waiting > 0 && self.readers > 0 => 0,
            1 => 1,
            _ if self.resting > waiting => 1,
            _ => AT_ONCE,
        }
    }

    /// Files to read; those that were begun come first, so that few are open at once.
    fn take(&mut self, count: usize) -> Vec<Reading<'s>> {
        (0..count).filter_map(|_| self.begun.pop_front().or_else(|| self.tasks.pop().map(Reading::new))).collect()
    }
}

impl<'s> Turns<'s> {
    /// Of so many threads. The last task is begun first.
    pub fn new(tasks: Vec<&'s Task<'s>>, threads: usize) -> Self {
        let open = Open { tasks, begun: VecDeque::new(), readers: 0, resting: 0, blocks: Vec::new() };
        Self { open: Mutex::new(open), changed: Condvar::new(), most_waiting: 2 * threads }
    }

    /// What a thread does next; rests until there is something. Nothing when all is done.
    pub fn next(&self) -> Option<Turn<'_, 's>> {
        let mut open = lock(&self.open);
        loop {
            let files = open.to_read(self.most_waiting);
            if files > 0 {
                open.readers += 1;
                return Some(Turn::Read(InHand { readings: open.take(files), turns: self }));
            }
            // The one that was read last is the nearest to whoever read it.
            if let Some(block) = open.blocks.pop() {
                return Some(Turn::Work(block));
            }
            if open.readers == 0 {
                return None;
            }
            open.resting += 1;
            open = self.changed.wait(open).unwrap_or_else(std::sync::PoisonError::into_inner);
            open.resting -= 1;
        }
    }
}

impl<'s> InHand<'_, 's> {
    /// Gives back the files that are not read to their ends, with the blocks that were read.
    pub fn give_back(mut self, blocks: Vec<Waiting<'s>>) {
        let mut open = lock(&self.turns.open);
        open.begun.extend(self.readings.drain(..));
        open.blocks.extend(blocks);
        // What is dropped now locks it once more.
        drop(open);
    }
}

impl Drop for InHand<'_, '_> {
    /// Also where the thread panics: the others must not wait for it.
    fn drop(&mut self) {
        let mut open = lock(&self.turns.open);
        open.readers -= 1;
        if open.resting > 0 {
            self.turns.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BlockInfo, Buffer};
    use super::*;
    use crate::evidence::collect::Blob;

    fn waiting<'s>(task: &'s Task<'s>) -> Waiting<'s> {
        Waiting { task, number: 0, info: BlockInfo::default(), buffer: Buffer::default() }
    }

    #[test]
    fn a_thread_reads_two_files_while_others_have_work_and_one_where_they_would_rest() {
        let blob = Blob::memory("a.csv", Vec::new());
        let task = Task { file: 0, blob: &blob, layout: None, head: None };
        let most = 4;
        for ((files, waiting_blocks, readers, resting), to_read) in [
            ((5, 0, 0, 0), 2),
            ((5, 1, 1, 0), 2),
            ((5, 2, 1, 0), 0),
            ((5, 3, 0, 0), 2),
            ((5, 0, 2, 0), 0),
            ((2, 0, 0, 1), 1),
            ((2, 1, 0, 1), 2),
            ((2, 1, 0, 7), 1),
            ((1, 0, 0, 0), 1),
            ((1, 0, 1, 0), 1),
            ((1, 1, 1, 0), 0),
            ((1, 3, 0, 0), 1),
            ((5, most, 0, 0), 0),
            ((5, most + 1, 1, 7), 0),
            ((0, 0, 1, 0), 0),
            ((0, 2, 0, 0), 0),
        ] {
            // Whether a file was begun makes no difference.
            for begun in 0..=files {
                let open = Open {
                    tasks: vec![&task; files - begun],
                    begun: (0..begun).map(|_| Reading::new(&task)).collect(),
                    readers,
                    resting,
                    blocks: (0..waiting_blocks).map(|_| waiting(&task)).collect(),
                };
                assert_eq!(open.to_read(most), to_read, "{files} {waiting_blocks} {readers} {resting}");
            }
        }
    }

    #[test]
    fn files_that_were_begun_are_read_to_their_ends_first_and_blocks_before_all_is_done() {
        let blob = Blob::memory("a.csv", Vec::new());
        let tasks: Vec<Task<'_>> = (0..5).map(|file| Task { file, blob: &blob, layout: None, head: None }).collect();
        let turns = Turns::new(tasks.iter().collect(), 1);
        let files = |read: &InHand<'_, '_>| read.readings.iter().map(Reading::file).collect::<Vec<_>>();
        let Some(Turn::Read(mut first)) = turns.next() else { panic!("nothing to read") };
        assert_eq!(files(&first), [4, 3]);
        first.readings.remove(0);
        first.give_back(vec![waiting(&tasks[4]), waiting(&tasks[3])]);
        assert!(matches!(turns.next(), Some(Turn::Work(Waiting { task: Task { file: 3, .. }, .. }))));
        let Some(Turn::Read(second)) = turns.next() else { panic!("nothing to read") };
        assert_eq!(files(&second), [3, 2]);
        // A thread that panics gives back nothing, and nobody waits for it.
        drop(second);
        let Some(Turn::Read(third)) = turns.next() else { panic!("nothing to read") };
        assert_eq!(files(&third), [1, 0]);
        drop(third);
        assert!(matches!(turns.next(), Some(Turn::Work(_))));
        assert!(turns.next().is_none());
    }

    #[test]
    fn a_thread_that_rests_is_told_of_blocks_and_of_the_end() {
        let blob = Blob::memory("a.csv", Vec::new());
        let task = Task { file: 0, blob: &blob, layout: None, head: None };
        let turns = Turns::new(vec![&task], 2);
        let Some(Turn::Read(files)) = turns.next() else { panic!("nothing to read") };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| (matches!(turns.next(), Some(Turn::Work(_))), turns.next().is_none()));
            // Whether or not the other one rests by now.
            std::thread::yield_now();
            let mut files = files;
            files.readings.clear();
            files.give_back(vec![waiting(&task)]);
            assert_eq!(other.join().unwrap(), (true, true));
        });
        assert!(turns.next().is_none());
    }
}
