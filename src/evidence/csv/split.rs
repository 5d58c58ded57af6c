//! Where the rows of a delimited file end.

use memchr::{memchr, memchr_iter, memrchr};

use crate::evidence::bits::WIDTH;
use crate::evidence::bits::quotes::{self, Quotes, Seen};
use crate::evidence::bits::separators::Delimited;
use crate::evidence::block::{Cut, MAX_RECORD, ReadProblem, SplitEnd};

/// Where fewer chunks than this could be followed, quotes are stray more often.
const FEW: usize = 16;
/// Chunks at most that are walked over byte by byte before it is tried again to follow them.
const MOST_SINGLY: usize = 128;

/// Where the bytes that were seen end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside quotes; the byte before decides whether a quote opens a cell.
    Bare {
        /// The byte before is a delimiter or a line end, or there is none.
        fresh_cell: bool,
    },
    /// Inside a quoted part.
    Quoted,
    /// Behind a quote in a quoted part: it closes, unless another follows.
    Closing,
}

impl State {
    const fn quotes(self) -> Quotes {
        match self {
            Self::Bare { fresh_cell: true } => Quotes::FRESH,
            Self::Bare { fresh_cell: false } => Quotes::BARE,
            Self::Quoted => Quotes::INSIDE,
            Self::Closing => Quotes::CLOSING,
        }
    }

    fn of(quotes: Quotes) -> Self {
        match quotes {
            Quotes::INSIDE => Self::Quoted,
            Quotes::CLOSING => Self::Closing,
            quotes => Self::Bare { fresh_cell: quotes == Quotes::FRESH },
        }
    }
}

/// Cuts a delimited file into whole rows.
#[derive(Debug)]
pub(crate) struct CsvSplitter {
    delimiter: u8,
    /// Bytes before the first row that are still to come.
    header: u64,
    /// Offset in the file of the buffer's first byte.
    base: u64,
    state: State,
    /// Where the last quoted part began.
    opened: u64,
    limit: usize,
    problem: Option<ReadProblem>,
    note: Option<ReadProblem>,
}

impl CsvSplitter {
    pub(crate) const fn new(delimiter: u8, body: u64) -> Self {
        let state = State::Bare { fresh_cell: true };
        Self { delimiter, header: body, base: 0, state, opened: 0, limit: MAX_RECORD, problem: None, note: None }
    }

    #[cfg(test)]
    pub(crate) const fn limited(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// `marks` are those of the buffer.
    pub(crate) fn cut(&mut self, buffer: &[u8], fresh: usize, at_end: bool, marks: &Delimited) -> Result<Cut, ReadProblem> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        let skipped = usize::try_from(self.header).unwrap_or(usize::MAX).min(buffer.len());
        self.header -= skipped as u64;
        let (start, fresh) = if skipped > 0 { (skipped, skipped) } else { (0, fresh.min(buffer.len())) };
        let mut ends = RowEnds { last: start, limit: self.limit, checked: buffer.len() > self.limit, too_long: None };
        self.follow(buffer, fresh, marks, &mut ends);
        let whole = if at_end { buffer.len() } else { ends.last };
        if ends.too_long.is_none() && buffer.len() - ends.last > self.limit {
            ends.too_long = Some(ends.last);
        }
        let end = ends.too_long.unwrap_or(whole);
        if let Some(row) = ends.too_long {
            let message = "a row is longer than 64 MiB (perhaps a quote is missing); the file is read up to it".to_owned();
            self.problem = Some(ReadProblem { code: "record-too-long", offset: self.base + row as u64, message });
        } else if at_end && self.state == State::Quoted {
            let message = "a quoted cell is still open at the end of the file: everything from its row on is one unreadable record".to_owned();
            self.problem = Some(ReadProblem { code: "open-quote", offset: self.opened, message });
        } else if at_end && ends.last < buffer.len() {
            let message = "the last row has no line end: if this system writes one behind every row, the export was cut short".to_owned();
            self.note = Some(ReadProblem { code: "no-final-line-end", offset: self.base + buffer.len() as u64, message });
        }
        self.base += end as u64;
        match &self.problem {
            Some(problem) if end == start && !at_end => Err(problem.clone()),
            _ => Ok(Cut { start, end }),
        }
    }

    pub(crate) fn finish(&mut self) -> SplitEnd {
        SplitEnd { members: Vec::new(), problem: self.problem.clone(), note: self.note.clone() }
    }

    /// Follows quotes from `place` to the end of the buffer: by words of marks,
    /// and byte by byte where there is no whole word or a quote is stray.
    fn follow(&mut self, buffer: &[u8], mut place: usize, marks: &Delimited, ends: &mut RowEnds) {
        let (mut word, words) = (place.div_ceil(WIDTH), buffer.len() / WIDTH);
        if ends.checked || word >= words || matches!(self.delimiter, b'"' | b'\n') {
            return self.walk(buffer, place, ends);
        }
        let upto = |word: usize| buffer.get(..word * WIDTH).unwrap_or_default();
        self.walk(upto(word), place, ends);
        // Where many quotes are stray, more and more is walked over byte by byte at once.
        let mut singly = 1;
        while word < words {
            let (mut quotes, mut seen) = (self.state.quotes(), Seen::default());
            let followed = quotes::follow(marks, word..words, &mut quotes, &mut seen);
            self.state = State::of(quotes);
            place = word * WIDTH;
            if let Some(end) = seen.line_end {
                ends.last = place + end + 1;
            }
            if let Some(opened) = seen.opened {
                self.opened = self.base + (place + opened) as u64;
            }
            singly = if followed < FEW { MOST_SINGLY.min(singly * 2) } else { 1 };
            let stray = word + followed;
            word = words.min(stray + singly);
            self.walk(upto(word), stray * WIDTH, ends);
        }
        self.walk(buffer, words * WIDTH, ends);
    }

    /// As [`Self::follow`], byte by byte. A quote opens a quoted part only
    /// behind a delimiter or a line end.
    fn walk(&mut self, buffer: &[u8], mut place: usize, ends: &mut RowEnds) {
        loop {
            let rest = buffer.get(place..).unwrap_or_default();
            let Some(first) = rest.first() else { return };
            match self.state {
                State::Closing if *first == b'"' => {
                    self.state = State::Quoted;
                    place += 1;
                }
                State::Closing => self.state = State::Bare { fresh_cell: false },
                State::Quoted => match memchr(b'"', rest) {
                    None => return,
                    Some(quote) => {
                        self.state = State::Closing;
                        place += quote + 1;
                    }
                },
                State::Bare { fresh_cell } => {
                    let quote = memchr(b'"', rest).unwrap_or(rest.len());
                    ends.note(buffer, place, place + quote);
                    let opens = match quote.checked_sub(1).and_then(|before| rest.get(before)) {
                        None => fresh_cell,
                        Some(before) => *before == self.delimiter || *before == b'\n',
                    };
                    place += quote + 1;
                    if opens && quote < rest.len() {
                        self.opened = self.base + (place - 1) as u64;
                        self.state = State::Quoted;
                    } else {
                        self.state = State::Bare { fresh_cell: opens && quote == rest.len() };
                    }
                }
            }
        }
    }
}

/// The ends of rows seen in one piece.
struct RowEnds {
    last: usize,
    limit: usize,
    /// Every row's length is looked at, for some may be too long.
    checked: bool,
    too_long: Option<usize>,
}

impl RowEnds {
    /// Notes the line ends of a stretch outside quotes.
    fn note(&mut self, buffer: &[u8], from: usize, to: usize) {
        let stretch = buffer.get(from..to).unwrap_or_default();
        if !self.checked {
            if let Some(end) = memrchr(b'\n', stretch) {
                self.last = from + end + 1;
            }
            return;
        }
        for end in memchr_iter(b'\n', stretch) {
            let end = from + end + 1;
            if self.too_long.is_none() && end - self.last > self.limit {
                self.too_long = Some(self.last);
            }
            self.last = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CsvSplitter;
    use crate::evidence::bits::marks::Marks;

    #[test]
    fn a_last_row_without_line_end_is_noted() {
        for (text, noted) in [
            ("a,b\n1,2", Some(7)),
            ("a,b\n1,\"2\"", Some(9)),
            ("a,b\n1,2\r", Some(8)),
            ("a,b\n1,2\n", None),
            ("a,b\n", None),
            ("a,b", None),
            ("a,b\n1,\"2\n", None),
        ] {
            for piece in [1, 3, 100] {
                let header = text.find('\n').map_or(text.len(), |end| end + 1);
                let (mut splitter, mut buffer) = (CsvSplitter::new(b',', header as u64), Vec::new());
                for piece in text.as_bytes().chunks(piece).chain([&[][..]]) {
                    let fresh = buffer.len();
                    buffer.extend_from_slice(piece);
                    let marks = Marks::of_delimited(&buffer, b',').delimited;
                    let cut = splitter.cut(&buffer, fresh, piece.is_empty(), &marks).unwrap();
                    buffer.drain(..cut.end);
                }
                let note = splitter.finish().note;
                assert_eq!(
                    note.map(|note| (note.code, note.offset)),
                    noted.map(|offset| ("no-final-line-end", offset)),
                    "{text:?} in pieces of {piece}"
                );
            }
        }
    }
}
