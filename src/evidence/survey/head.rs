//! A file's head: its first bytes, and what kind of bytes they are.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::recognise::Look;
use super::untaken::Untaken;
use crate::evidence::collect::Blob;
use crate::evidence::json::TAIL;

/// How a file's text is encoded, as far as its head tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 with a byte-order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// Bytes that are no UTF-8; the records that hold them are rejected.
    #[serde(rename = "not-utf-8")]
    NotUtf8,
    /// UTF-16, which is not read.
    #[serde(rename = "utf-16")]
    Utf16,
    /// No text.
    Binary,
}

impl Encoding {
    /// The stable word for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::NotUtf8 => "not-utf-8",
            Self::Utf16 => "utf-16",
            Self::Binary => "binary",
        }
    }

    /// What is known of the encoding of a file that was refused for its bytes.
    pub(super) fn of_unreadable(untaken: &Untaken) -> Option<Self> {
        match untaken.code() {
            "empty-file" => None,
            "utf-16" => Some(Self::Utf16),
            _ => Some(Self::Binary),
        }
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The first bytes that tell a format which is not read.
const MAGIC: [(&[u8], &str, &str); 15] = [
    (b"\x1F\x8B", "compressed", "a gzip file; unpack it"),
    (b"BZh", "compressed", "a bzip2 file; unpack it"),
    (b"\xFD7zXZ\0", "compressed", "an xz file; unpack it"),
    (b"\x28\xB5\x2F\xFD", "compressed", "a Zstandard file; unpack it"),
    (b"7z\xBC\xAF\x27\x1C", "compressed", "a 7z archive; unpack it"),
    (b"Rar!\x1A\x07", "compressed", "a RAR archive; unpack it"),
    (b"%PDF-", "pdf", "a PDF document; export the data as UTF-8 CSV, or the text as Markdown"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "workbook", "an old Office file; save each sheet as UTF-8 CSV"),
    (b"SQLite format 3\0", "binary", "a SQLite database; export the tables as UTF-8 CSV"),
    (b"{\\rtf", "binary", "a rich text document; save the text as Markdown"),
    (b"\x89PNG", "binary", "a picture; export the data as UTF-8 CSV"),
    (b"\xFF\xD8\xFF", "binary", "a picture; export the data as UTF-8 CSV"),
    (b"PAR1", "binary", "a Parquet file; export it as UTF-8 CSV"),
    (b"Obj\x01", "binary", "an Avro file; export it as UTF-8 CSV"),
    (b"\x7FELF", "binary", "a program; put the exported file there"),
];

/// What the survey saw of a file's beginning: later rounds compare, because
/// the header that they read by is the survey's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    length: u64,
    whole: bool,
    sha256: [u8; 32],
}

impl Head {
    /// How many bytes to read for [`Self::begins`].
    #[must_use]
    pub const fn wanted(&self) -> u64 {
        self.length + 1
    }

    /// Whether a file whose first [`Self::wanted`] bytes are these is still the one that was surveyed.
    #[must_use]
    pub fn begins(&self, bytes: &[u8]) -> bool {
        let as_long = if self.whole { bytes.len() as u64 == self.length } else { bytes.len() as u64 >= self.length };
        let head = usize::try_from(self.length).ok().and_then(|length| bytes.get(..length));
        as_long && head.is_some_and(|head| <[u8; 32]>::from(Sha256::digest(head)) == self.sha256)
    }
}

/// Reads a file's head and, where asked, more of it.
pub(super) struct HeadReader {
    file: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    /// The last bytes of a JSON object of which the head is not all.
    tail: Vec<u8>,
    whole: bool,
}

impl HeadReader {
    /// Opens a blob and reads its first bytes.
    pub fn open(blob: &Blob, limit: usize) -> io::Result<Self> {
        let mut reader = Self { file: blob.reader()?, bytes: Vec::new(), tail: Vec::new(), whole: false };
        reader.grow(limit)?;
        let text = reader.bytes.strip_prefix(BOM).unwrap_or(&reader.bytes);
        if !reader.whole && text.trim_ascii_start().starts_with(b"{") {
            reader.tail = blob.opened()?.read_at(blob.size.saturating_sub(TAIL as u64), TAIL)?;
        }
        Ok(reader)
    }

    /// Reads on until the head has so many bytes.
    pub fn grow(&mut self, limit: usize) -> io::Result<()> {
        // One byte more than the limit tells whether the file ends there.
        let wanted = (limit + 1).saturating_sub(self.bytes.len());
        self.file.by_ref().take(wanted as u64).read_to_end(&mut self.bytes)?;
        self.whole = self.bytes.len() <= limit;
        Ok(())
    }

    /// Whether the head is the whole file.
    pub const fn whole(&self) -> bool {
        self.whole
    }

    /// What was read, for later comparison.
    pub fn head(&self) -> Head {
        Head { length: self.bytes.len() as u64, whole: self.whole, sha256: Sha256::digest(&self.bytes).into() }
    }

    /// A look at what was read.
    pub fn look<'h>(&'h self, name: &'h str) -> Look<'h> {
        Look::new(&self.bytes, &self.tail, self.whole, name)
    }

    /// The encoding, or why this is nothing that can be read.
    pub fn encoding(&self) -> Result<Encoding, Untaken> {
        encoding(&self.bytes)
    }

    /// Why this is no text, where no source knew it. Zero bytes in a file that
    /// a source knows are for the reader, who rejects the records that hold them.
    pub fn no_text(&self) -> Option<Untaken> {
        no_text(&self.bytes)
    }
}

/// The encoding of a head, or what else it is for certain.
fn encoding(head: &[u8]) -> Result<Encoding, Untaken> {
    let text = head.strip_prefix(BOM).unwrap_or(head);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(Untaken::unreadable("empty-file", "the file is empty; export it again, or list it under `unused` in engagement.yaml"));
    }
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return Err(utf16());
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Err(zip(head));
    }
    if let Some((_, code, what)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(Untaken::unreadable(code, format!("this is {what}")));
    }
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_some() => Ok(Encoding::NotUtf8),
        _ if head.starts_with(BOM) => Ok(Encoding::Utf8Bom),
        _ => Ok(Encoding::Utf8),
    }
}

fn no_text(head: &[u8]) -> Option<Untaken> {
    let zero = memchr::memchr(0, head)?;
    // Latin text in UTF-16 has a zero byte beside every other.
    let pairs = &head[..head.len().min(256) & !1];
    let zeros = |at: usize| pairs.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let most = pairs.len() * 2 / 5;
    if pairs.len() >= 4 && (zeros(0) > most) != (zeros(1) > most) {
        return Some(utf16());
    }
    Some(Untaken::unreadable("binary", format!("this is no text: byte {zero} is zero; save it as UTF-8 CSV")))
}

fn utf16() -> Untaken {
    Untaken::unreadable("utf-16", "the text is UTF-16, which is not read; save it as UTF-8 CSV (PowerShell: -Encoding utf8)")
}

fn zip(head: &[u8]) -> Untaken {
    let holds = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    if holds(b"xl/") || holds(b"opendocument.spreadsheet") {
        Untaken::unreadable("workbook", "this is a workbook; save each sheet as UTF-8 CSV")
    } else if holds(b"word/") || holds(b"opendocument.text") {
        Untaken::unreadable("binary", "this is a text document; save it as Markdown")
    } else {
        Untaken::unreadable("compressed", "this is a zip archive; unpack it")
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, encoding, no_text};

    fn code(head: &[u8]) -> &'static str {
        match (encoding(head), no_text(head)) {
            (Err(untaken), _) | (Ok(_), Some(untaken)) => untaken.code(),
            (Ok(encoding), None) => encoding.code(),
        }
    }

    #[test]
    fn text_is_told_from_other_bytes() {
        assert_eq!(code(b"a,b\n1,2\n"), "utf-8");
        assert_eq!(code(b"\xEF\xBB\xBFa,b\n"), "utf-8-bom");
        assert_eq!(code(b"name\nM\xFCller\n"), "not-utf-8");
        assert_eq!(code("name\nMü".as_bytes().split_last().map_or(&[][..], |(_, rest)| rest)), "utf-8", "a cut letter is no mistake");
        assert_eq!(code(b""), "empty-file");
        assert_eq!(code(b"\xEF\xBB\xBF \r\n"), "empty-file");
        assert_eq!(code(b"\xFF\xFEa\0b\0"), "utf-16");
        assert_eq!(code(b"a\0,\0b\0\n\0"), "utf-16");
        assert_eq!(code(b"\0a\0,\0b\0\n"), "utf-16");
        assert_eq!(code(b"a,\0\n1,2\n"), "binary");
        assert_eq!(code(b"\0"), "binary");
        assert_eq!(code(b"\x1F\x8B\x08"), "compressed");
        assert_eq!(code(b"PK\x03\x04....xl/workbook.xml"), "workbook");
        assert_eq!(code(b"PK\x03\x04....notes.txt"), "compressed");
        assert_eq!(code(b"%PDF-1.7\n%\xE2"), "pdf");
    }

    #[test]
    fn a_zero_byte_alone_keeps_no_source_from_knowing_the_file() {
        for head in [&b"a,b\n1,\0\n"[..], b"{\"value\":[]}\0", b"title: x\0\n---\n"] {
            assert_eq!(encoding(head).ok(), Some(Encoding::Utf8));
        }
    }

    #[test]
    fn encodings_serialise_as_their_codes() {
        for encoding in [Encoding::Utf8, Encoding::Utf8Bom, Encoding::NotUtf8, Encoding::Utf16, Encoding::Binary] {
            assert_eq!(serde_json::to_value(encoding).ok(), Some(encoding.code().into()));
        }
    }
}
