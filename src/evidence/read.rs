//! One door to all readers: where records end, and what they hold.

use super::batch::{BatchBuffer, RejectReason};
pub use super::bits::marks::Marks;
use super::block::{Cut, ReadProblem, SplitEnd};
use super::csv::{CsvParser, CsvSplitter};
use super::json::{JsonParser, JsonSplitter};
use super::layout::{FileLayout, Format};
use super::lines::LineSplitter;
use super::markdown::{MarkdownParser, MarkdownSplitter};

/// Finds the record boundaries of one file, from front to back.
#[derive(Debug)]
pub struct Splitter(Splits);

#[derive(Debug)]
enum Splits {
    Csv(CsvSplitter),
    Json(JsonSplitter),
    Lines(LineSplitter),
    Markdown(MarkdownSplitter),
}

impl Splitter {
    /// A splitter for a file of this layout.
    #[must_use]
    pub fn new(layout: &FileLayout) -> Self {
        Self(match &layout.format {
            Format::Csv(dialect) => Splits::Csv(CsvSplitter::new(dialect.delimiter, dialect.body)),
            Format::Json(dialect) => Splits::Json(JsonSplitter::new(dialect.list.as_deref())),
            Format::NdJson => Splits::Lines(LineSplitter::new()),
            Format::Markdown => Splits::Markdown(MarkdownSplitter::default()),
        })
    }

    /// Looks at `buffer`, whose bytes from `fresh` on are new, and says what of
    /// it is whole. The caller drops what lies before the cut's end and puts
    /// the next bytes behind the rest; at the end of the file it calls once
    /// more with `at_end`. `marks` are those of the buffer.
    ///
    /// # Errors
    /// Reading ended in an earlier call; the problem is also in [`Self::finish`].
    pub fn cut(&mut self, buffer: &[u8], fresh: usize, at_end: bool, marks: &Marks) -> Result<Cut, ReadProblem> {
        match &mut self.0 {
            Splits::Csv(splitter) => splitter.cut(buffer, fresh, at_end, &marks.delimited),
            Splits::Json(splitter) => splitter.cut(buffer, fresh, at_end),
            Splits::Lines(splitter) => splitter.cut(buffer, fresh, at_end),
            Splits::Markdown(splitter) => splitter.cut(buffer, at_end),
        }
    }

    /// Wrapper members, and the problem that ended reading, if any.
    pub fn finish(&mut self) -> SplitEnd {
        match &mut self.0 {
            Splits::Csv(splitter) => splitter.finish(),
            Splits::Json(splitter) => splitter.finish(),
            Splits::Lines(splitter) => splitter.finish(),
            Splits::Markdown(splitter) => splitter.finish(),
        }
    }
}

/// A layout compiled for parsing.
#[derive(Debug)]
pub struct Parser<'l> {
    format: &'l Format,
    reader: Reader<'l>,
    columns: Vec<usize>,
}

#[derive(Debug)]
enum Reader<'l> {
    Csv(CsvParser<'l>),
    Json(JsonParser<'l>),
    Markdown(MarkdownParser<'l>),
}

impl<'l> Parser<'l> {
    /// Compiles a layout.
    #[must_use]
    pub fn new(layout: &'l FileLayout) -> Self {
        let reader = match &layout.format {
            Format::Csv(dialect) => Reader::Csv(CsvParser::new(dialect, &layout.tables)),
            Format::Json(_) => Reader::Json(JsonParser::new(&layout.tables, false)),
            Format::NdJson => Reader::Json(JsonParser::new(&layout.tables, true)),
            Format::Markdown => Reader::Markdown(MarkdownParser::new(&layout.tables, &layout.file_name)),
        };
        Self { format: &layout.format, reader, columns: layout.tables.iter().map(|table| table.columns.len()).collect() }
    }

    /// Reads a block of whole records into one buffer per table, which is reset first.
    pub fn parse(&mut self, block: &[u8], batches: &mut [BatchBuffer]) {
        self.parse_marked(block, &Marks::of(self.format, block), batches);
    }

    /// As [`Self::parse`], of a block whose marks are known.
    pub fn parse_marked(&mut self, block: &[u8], marks: &Marks, batches: &mut [BatchBuffer]) {
        if u32::try_from(block.len()).is_err() {
            // Records end at 64 MiB and blocks soon after; this is a caller's mistake, told rather than misread.
            for (columns, out) in self.columns.iter().zip(batches) {
                out.reset(*columns);
                out.reject(0, 0, RejectReason::TooLong);
            }
            return;
        }
        match &mut self.reader {
            Reader::Csv(parser) => parser.parse(block, marks, batches),
            Reader::Json(parser) => parser.parse(block, marks, batches),
            Reader::Markdown(parser) => parser.parse(block, batches),
        }
    }
}
