//! Strict CSV (RFC 4180) of official lists: few rows, each with its line.

use crate::diagnostic::Diagnostic;

/// The rows of a CSV file, each with the line on which it begins. Lines may end with LF or CR LF; empty ones are passed over.
///
/// # Errors
/// The file is not UTF-8, or a quote is where none can be.
pub fn rows(shown: &str, bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Box<Diagnostic>> {
    let wrong = |line: usize, message: &str| {
        let mut wrong = Diagnostic::new("import-csv", shown, message)
            .help("expected: RFC 4180, commas, quotes around cells that hold one, quotes within doubled");
        wrong.line = line;
        Box::new(wrong)
    };
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(text).map_err(|_| wrong(0, "the file is not UTF-8"))?;
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun) = (1, 1);
    // Whether the cell began with a quote, and whether that is still open.
    let (mut quoted, mut open) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if open && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if open => open = false,
            '"' if cell.is_empty() && !quoted => (quoted, open) = (true, true),
            '"' => return Err(wrong(line, "a quote stands within a cell that does not begin with one")),
            ',' if !open => {
                row.push(std::mem::take(&mut cell));
                quoted = false;
            }
            '\r' if !open && characters.peek() == Some(&'\n') => {}
            '\n' if !open => {
                row.push(std::mem::take(&mut cell));
                end(&mut rows, begun, &mut row, quoted);
                (quoted, line, begun) = (false, line + 1, line + 1);
            }
            _ if quoted && !open => return Err(wrong(line, "something stands behind the closing quote of a cell")),
            _ => {
                line += usize::from(character == '\n');
                cell.push(character);
            }
        }
    }
    if open {
        return Err(wrong(begun, "a quote is never closed"));
    }
    row.push(cell);
    end(&mut rows, begun, &mut row, quoted);
    Ok(rows)
}

fn end(rows: &mut Vec<(usize, Vec<String>)>, line: usize, row: &mut Vec<String>, quoted: bool) {
    let row = std::mem::take(row);
    let empty = !quoted && matches!(row.as_slice(), [only] if only.is_empty());
    if !empty {
        rows.push((line, row));
    }
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn cells_lines_and_quotes_are_read_as_the_rfc_says() {
        let read = |text: &str| rows("x.csv", text.as_bytes()).unwrap();
        let row = |line, cells: &[&str]| (line, cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        assert_eq!(read("\u{feff}a,b\r\n\r\n\"c,\"\"d\"\"\nx\",\n,e"), [row(1, &["a", "b"]), row(3, &["c,\"d\"\nx", ""]), row(5, &["", "e"])]);
        assert_eq!(read("\"\"\n"), [row(1, &[""])]);
        assert!(read("").is_empty());
        for wrong in ["a\"b", "\"a\"b", "\"a", "a,\"b\nc", "\"a\" ,b"] {
            assert!(rows("x.csv", wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(rows("x.csv", b"a\xFF").is_err());
    }
}
