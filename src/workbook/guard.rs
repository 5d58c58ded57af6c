//! A look over the XML of a part before the spreadsheet crate reads it.
//!
//! The crate adds up row and column numbers without asking whether they fit,
//! subtracts the ends of regions whichever comes first, makes room for as many
//! texts as a list claims to have, and copies formats once for each style. Here
//! each tag is cut as the XML crate cuts it, and what would go wrong is refused.
//! Only what both read alike passes: UTF-8, no document type, whole attributes.

use memchr::{memchr, memmem};

/// The largest row and column of a sheet (ECMA-376, as the programs read it).
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// The most formats of cells, and the longest value in the part that lists them.
const MOST_STYLES: u64 = 65_536;
const LONGEST_STYLE: usize = 512;

/// Looks over a part, which is named in lower case. Gives the number of cells.
pub(super) fn look_over(name: &str, part: &[u8]) -> Result<u64, String> {
    let text = part.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(part);
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    if let Some(control) = text.bytes().find(|byte| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) {
        return Err(format!("it holds the control character {control}"));
    }
    let mut counts = Counts { styles: name.ends_with("styles.xml"), length: text.len(), cells: 0, formats: 0 };
    let mut rest = text;
    while let Some(tag) = next_tag(&mut rest)? {
        counts.tag(tag)?;
    }
    Ok(counts.cells)
}

struct Counts {
    styles: bool,
    length: usize,
    cells: u64,
    formats: u64,
}

/// The inside of the next start tag, `name key="value"`; whatever else there is is passed over.
fn next_tag<'t>(rest: &mut &'t str) -> Result<Option<&'t str>, String> {
    let cut = || "it ends within a tag".to_owned();
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        let tag = rest.get(at + 1..).unwrap_or_default();
        let end = |from: usize, closing: &str| memmem::find(tag.as_bytes().get(from..).unwrap_or_default(), closing.as_bytes()).map(|at| from + at);
        let (inside, length) = if tag.starts_with("!--") {
            (None, end(3, "-->").ok_or_else(cut)? + 3)
        } else if tag.starts_with("![CDATA[") {
            (None, end(8, "]]>").ok_or_else(cut)? + 3)
        } else if tag.starts_with('!') {
            return Err("it has a document type of its own".to_owned());
        } else if tag.starts_with('?') {
            let close = end(1, "?>").ok_or_else(cut)?;
            declaration(tag.get(1..close).unwrap_or_default())?;
            (None, close + 2)
        } else if tag.starts_with('/') {
            (None, end(1, ">").ok_or_else(cut)? + 1)
        } else {
            let close = tag_end(tag.as_bytes()).ok_or_else(cut)?;
            (tag.get(..close), close + 1)
        };
        *rest = tag.get(length..).unwrap_or_default();
        if inside.is_some() {
            return Ok(inside);
        }
    }
    Ok(None)
}

/// Where a start tag ends: `>` outside of quotes.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// `<?xml ... ?>`: what is UTF-8 must not claim to be something else.
fn declaration(text: &str) -> Result<(), String> {
    let Some(after) = text.strip_prefix("xml").and_then(|text| text.split_once("encoding")).map(|(_, after)| after) else { return Ok(()) };
    let name = after.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == '=');
    let name: String = name.chars().skip(1).take_while(|character| !matches!(character, '"' | '\'')).collect();
    if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") || name.eq_ignore_ascii_case("us-ascii") {
        Ok(())
    } else {
        Err(format!("it is encoded as `{name}`, where only UTF-8 is read"))
    }
}

impl Counts {
    fn tag(&mut self, tag: &str) -> Result<(), String> {
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let (name, mut attributes) = tag.split_at(tag.find([' ', '\t', '\n', '\r']).unwrap_or(tag.len()));
        let local = name.rsplit(':').next().unwrap_or_default();
        match local {
            "c" => self.cells += 1,
            "xf" => self.formats += 1,
            _ => {}
        }
        if self.styles && self.formats > MOST_STYLES {
            return Err(format!("it has more than {MOST_STYLES} formats of cells"));
        }
        while let Some((key, value)) = next_attribute(&mut attributes).map_err(|what| format!("in <{name}>: {what}"))? {
            if self.styles && value.len() > LONGEST_STYLE {
                return Err(format!("`{key}` of <{name}> is longer than {LONGEST_STYLE} bytes"));
            }
            let sound = match (local, key) {
                ("row", "r") => number(value).is_some_and(|row| (1..=ROWS).contains(&row)),
                ("c", "r") => reference(value).is_some(),
                ("dimension" | "mergeCell" | "f", "ref") => region(value),
                // Room is made for so many before the first is read; an empty one takes five bytes.
                ("sst", "uniqueCount" | "count") => key == "count" || number(value).is_some_and(|count| count as usize <= self.length / 5),
                _ => true,
            };
            if !sound {
                return Err(format!("`{key}` of <{name}> is `{}`", crate::text::shorten(value, 40)));
            }
        }
        Ok(())
    }
}

/// The next `key="value"`.
fn next_attribute<'t>(rest: &mut &'t str) -> Result<Option<(&'t str, &'t str)>, &'static str> {
    let text = rest.trim_ascii_start();
    if text.is_empty() {
        return Ok(None);
    }
    let (key, after) = text.split_once('=').ok_or("an attribute without a value")?;
    let after = after.trim_ascii_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or("a value without quotes")?;
    let (value, after) = after.get(1..).unwrap_or_default().split_once(quote).ok_or("a value that does not end")?;
    *rest = after;
    Ok(Some((key.trim_ascii_end(), value)))
}

/// At most seven digits.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// `B7` as column and row from 1.
fn reference(text: &str) -> Option<(u32, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at(letters);
    if letters == 0 || letters > 3 {
        return None;
    }
    let column = column.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = number(row)?;
    ((1..=COLUMNS).contains(&column) && (1..=ROWS).contains(&row)).then_some((column, row))
}

/// `B7` or `B7:C9`, the upper left corner first.
fn region(text: &str) -> bool {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (Some(first), Some(last)) = (reference(first), reference(last)) else { return false };
    first.0 <= last.0 && first.1 <= last.1
}

#[cfg(test)]
mod tests {
    use super::look_over;

    #[test]
    fn what_the_reader_does_not_bear_is_refused_wherever_it_hides() {
        for (name, part) in [
            ("a.xml", "<worksheet><row r='99999999999'/></worksheet>"),
            ("a.xml", "<worksheet><row r='0'/></worksheet>"),
            ("a.xml", "<c r=\"AAAAAAAAAA1\"/>"),
            ("a.xml", "<c r=\"XFE1\"/>"),
            ("a.xml", "<c r = 'A1048577' />"),
            ("a.xml", "<x:c\n\tr='A0'>"),
            ("a.xml", "<c a='>' r='A'>"),
            ("a.xml", "<!-- it's --><c r='A'/><!-- it's -->"),
            ("a.xml", "<![CDATA[ <c r='A1'> \" ]]><c r='A'/>"),
            ("a.xml", "<?pi ' ?><c r='A'/>"),
            ("a.xml", "</x'><c r='A'/></x'>"),
            ("a.xml", "<mergeCell ref='B2:A1'/>"),
            ("a.xml", "<dimension ref='A1:B2:C3'/>"),
            ("a.xml", "<sst uniqueCount='9999999'><si/></sst>"),
            ("a.xml", "<sst uniqueCount='18446744073709551615'><si/></sst>"),
            ("a.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"),
            ("a.xml", "<?xml version='1.0' encoding='UTF-16'?><x/>"),
            ("a.xml", "<?xml version=\"1.0\" encoding = \"windows-1252\"?><x/>"),
            ("a.xml", "<x a>"),
            ("a.xml", "<x a=1>"),
            ("a.xml", "<x a='1"),
            ("a.xml", "<x"),
            ("a.xml", "\u{b}<x/>"),
        ] {
            assert!(look_over(name, part.as_bytes()).is_err(), "{part}");
        }
        assert!(look_over("a.xml", b"<x>\xFF</x>").is_err());
        let many = "<xf/>".repeat(65_537);
        assert!(look_over("xl/styles.xml", many.as_bytes()).is_err());
        let long = format!("<numFmt formatCode='{}'/>", "0".repeat(513));
        assert!(look_over("xl/styles.xml", long.as_bytes()).is_err());
        assert!(look_over("xl/other.xml", long.as_bytes()).is_ok());
    }

    #[test]
    fn what_programs_write_passes_and_cells_are_counted() {
        let sheet = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<worksheet xmlns:r='u'><dimension ref='A1:XFD1048576'/>\
            <sheetData><row r='1' spans='1:2'><c r='A1' t='s'><v>0</v></c><c r='b1'/></row></sheetData>\
            <mergeCells count='1'><mergeCell ref='A1:B1'/></mergeCells> it's <x:y r:id='zz'/></worksheet>";
        assert_eq!(look_over("a.xml", sheet.as_bytes()), Ok(2));
        assert_eq!(look_over("a.xml", b"<sst count='9' uniqueCount='2'><si/><si/></sst>"), Ok(0));
        assert_eq!(look_over("a.xml", b""), Ok(0));
    }
}
