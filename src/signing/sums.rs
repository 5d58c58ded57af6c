//! `SHA256SUMS`: the digests of a package, as `sha256sum -c` reads them.
//!
//! ```text
//! # rolecall-package/v1
//! <64 hexadecimal digits, lower case>  VERIFY.md
//! ```
//!
//! GNU and Perl tools skip the first line. It makes the raw signature over this
//! file one that fits nothing else. Files stand in the order of their names'
//! bytes, each once, with two blanks; every line ends with one line feed.

use crate::digest::{is_sha256_hex, sha256_hex};
use crate::text::{shorten, visible};

/// The first line: what the file is, and the domain of the raw signature over it.
pub const HEADER: &str = "# rolecall-package/v1";

/// A list that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SumsError {
    /// Its first line is another one.
    #[error("the first line is not `{HEADER}`")]
    Header,
    /// A line that is none of the format.
    #[error("line {line} is no digest, two blanks and a plain file name: {text}")]
    Line {
        /// From 1.
        line: usize,
        /// What stands there, visible.
        text: String,
    },
    /// Names out of order, or twice.
    #[error("line {line}: `{name}` stands twice or out of order")]
    Order {
        /// From 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// The last line has no line feed.
    #[error("the last line does not end with a line feed")]
    Cut,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// The text of the list.
#[must_use]
pub fn write<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> String {
    let mut lines: Vec<(&str, String)> = files.into_iter().map(|(name, bytes)| (name, sha256_hex(bytes))).collect();
    lines.sort();
    let lines: String = lines.iter().map(|(name, sha256)| format!("{sha256}  {name}\n")).collect();
    format!("{HEADER}\n{lines}")
}

/// Reads a list.
///
/// # Errors
/// [`SumsError`] for every other spelling.
pub fn parse(bytes: &[u8]) -> Result<Vec<Sum>, SumsError> {
    let text = bytes.strip_prefix(HEADER.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n")).ok_or(SumsError::Header)?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let lines = text.strip_suffix(b"\n").ok_or(SumsError::Cut)?;
    let mut sums: Vec<Sum> = Vec::new();
    for (at, bytes) in lines.split(|byte| *byte == b'\n').enumerate() {
        let line = at + 2;
        let sum = std::str::from_utf8(bytes).ok().and_then(|line| line.split_once("  "));
        let Some((sha256, name)) = sum.filter(|(sha256, name)| is_sha256_hex(sha256) && is_plain(name)) else {
            return Err(SumsError::Line { line, text: shorten(&visible(&String::from_utf8_lossy(bytes)), 100) });
        };
        if sums.last().is_some_and(|last| last.name.as_str() >= name) {
            return Err(SumsError::Order { line, name: name.to_owned() });
        }
        sums.push(Sum { name: name.to_owned(), sha256: sha256.to_owned() });
    }
    Ok(sums)
}

/// A name that no system and no tool reads in another way: letters, digits, dot,
/// underscore, hyphen; it names no folder, hides nothing and is no option.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 100 && name.bytes().all(plain) && name.starts_with(|first: char| first.is_ascii_alphanumeric()) && !name.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_in_its_one_spelling_alone() {
        let text = write([("b.json", b"b".as_slice()), ("VERIFY.md", b"v"), ("a", b"")]);
        let names: Vec<String> = parse(text.as_bytes()).unwrap().into_iter().map(|sum| sum.name).collect();
        assert_eq!(names, ["VERIFY.md", "a", "b.json"]);
        assert_eq!(parse(format!("{HEADER}\n").as_bytes()), Ok(vec![]));
        let digest = sha256_hex(b"");
        let head = format!("{HEADER}\n");
        let sum = format!("{digest}  a\n");
        let refused = [
            String::new(),
            sum.clone(),
            format!("{head}{sum}\n"),
            format!("{head}\n{sum}"),
            format!("{head}{sum}{sum}"),
            format!("{head}{digest}  b\n{sum}"),
            format!("{head}{digest}  a"),
            format!("{head}{digest} *a\n"),
            format!("{head}{digest} a\n"),
            format!("{head}{digest}   a\n"),
            format!("{head}{}  a\n", digest.to_uppercase()),
            format!("{head}{}  a\n", &digest[1..]),
            format!("{head}{digest}  a\r\n"),
            format!("{head}\\{digest}  a\n"),
            format!("{head}{head}{sum}"),
            format!("\u{feff}{head}{sum}"),
            format!("{head}{sum}# comment\n"),
        ];
        let names = ["../a", "/a", "a/b", "..", ".", ".a", "-a", "", "a b", "a\\b", "a:b", "a.", "\u{e4}", "a\u{0}", "a\u{202e}"];
        for text in refused.into_iter().chain(names.map(|name| format!("{head}{digest}  {name}\n"))) {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(parse(&[head.as_bytes(), digest.as_bytes(), b"  \xff\n"].concat()).is_err());
    }
}
