//! Text from outside, made safe to look at. The only module that decides
//! which characters a person is shown as they are.
//!
//! File names, cells, titles and messages come from the audited party or from
//! files that strangers wrote. Shown as they stand they could steer a terminal,
//! hide a line, or turn the direction of writing so that a name reads as another.

/// The text with every hidden character written out (`\n`, `\u{1b}`), and so
/// always in one line. Doing it twice is doing it once.
#[must_use]
pub fn visible(text: &str) -> String {
    write_out(text, hidden)
}

/// As [`visible`], with line feeds as they are: for places that show several lines.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    write_out(text, |character| character != '\n' && hidden(character))
}

/// A name of the file system, safe to look at: bytes that are no UTF-8 as `\xHH`.
#[must_use]
pub fn visible_path(path: &std::path::Path) -> String {
    visible(&of_system(path.as_os_str()))
}

/// A name of the file system as text: bytes that are no UTF-8 as `\xHH`, all else as it stands.
#[must_use]
pub fn of_system(name: &std::ffi::OsStr) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// At most `width` characters; three dots stand for the rest. Of text that is
/// already [`visible`]: cutting first could cut an escape.
#[must_use]
pub fn shorten(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn write_out(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if hidden(character) { out.extend(character.escape_default()) } else { out.push(character) }
    }
    out
}

/// Control characters, and characters that have no shape of their own or turn
/// the direction of writing.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::{shorten, visible, visible_lines};

    #[test]
    fn what_could_steer_or_mislead_is_written_out_and_everything_else_stands() {
        for (text, shown) in [
            ("plain text, ÄÖÜ, 汉字, 🙂", "plain text, ÄÖÜ, 汉字, 🙂"),
            ("12\u{202f}345", "12\u{202f}345"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("in\u{202e}fdp.exe", "in\\u{202e}fdp.exe"),
            ("\u{2066}x\u{2069}\u{61c}", "\\u{2066}x\\u{2069}\\u{61c}"),
            ("a\u{200b}b\u{ad}c\u{feff}", "a\\u{200b}b\\u{ad}c\\u{feff}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("\u{0}\u{7f}", "\\u{0}\\u{7f}"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(visible(&visible(text)), shown, "twice is once");
        }
        assert_eq!(visible_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüx", 3), "äöü...");
        assert_eq!(shorten("", 0), "");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_show_their_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"a\xff\x1bb");
        assert_eq!(super::visible_path(std::path::Path::new(name)), "a\\xFF\\u{1b}b");
    }
}
