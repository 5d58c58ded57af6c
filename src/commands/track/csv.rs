//! CSV (RFC 4180) that a spreadsheet does not execute.

/// One line: every cell in quotes, quotes doubled, ended by CR LF. A cell that a
/// spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
pub(super) fn line<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cell = |text: &str| {
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    };
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        for (cell, written) in [
            ("plain", "\"plain\"\r\n"),
            ("", "\"\"\r\n"),
            ("a \"b\", c\r\nd", "\"a \"\"b\"\", c\r\nd\"\r\n"),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"\r\n"),
            ("+1", "\"'+1\"\r\n"),
            ("-1", "\"'-1\"\r\n"),
            ("@SUM(A1)", "\"'@SUM(A1)\"\r\n"),
            ("\t=1", "\"'\t=1\"\r\n"),
        ] {
            assert_eq!(line([cell]), written);
        }
        assert_eq!(line(["a", "b"]), "\"a\",\"b\"\r\n");
    }
}
