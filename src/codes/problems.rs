//! What is wrong with a file of evidence. `docs/reading.md` has the exact rules.

use super::{Code, problem};

pub(super) const PROBLEMS: &[Code] = &[
    // Records that are rejected, one by one.
    problem("ragged-row", "A row has more or fewer cells than the header.", "Export again; a delimiter inside a cell must stand in quotes."),
    problem(
        "open-quote",
        "A quote is open at the end of the file, so everything behind it is one cell.",
        "Export again; a quote inside a quoted cell is doubled.",
    ),
    problem("text-after-quote", "Text follows the closing quote of a cell.", "Export again; a quote inside a quoted cell is doubled."),
    problem("invalid-utf-8", "A record holds bytes that are no UTF-8.", "Save the export as UTF-8."),
    problem("zero-byte", "A record holds a zero byte: binary data.", "Export again as text."),
    problem("invalid-json", "A record is no JSON object, or the JSON around the records is broken and reading ended there.", "Export again."),
    problem("duplicate-key", "An object has the same key twice, so its value is not known.", "Export again with another tool."),
    problem("too-deep", "A record, or a folder, is nested deeper than the limit.", "Leave out what is nested so deeply."),
    problem(
        "too-long",
        "A record is longer than the limit.",
        "See whether a quote is open or a line end missing before it, and whether many of its parts share a long value.",
    ),
    // What ends the reading of a file.
    problem(
        "record-too-long",
        "A record is longer than 64 MiB; reading ended before it.",
        "See whether a quote is open or a line end missing before it.",
    ),
    problem("encoding", "The file is UTF-16, or its header is no UTF-8 text.", "Save the export as UTF-8."),
    problem("line-ends", "The lines end in lone carriage returns.", "Save the file with LF or CRLF line ends."),
    problem("empty", "A CSV has no header row.", "Export again with the header."),
    problem("cut-short", "A JSON document ends before it is complete.", "Export again; see whether the disk was full or the download broke off."),
    problem("list-missing", "The list of records is not where the source expects it.", "Export again, or name another source with --map."),
    problem("text-after-end", "Something follows a complete JSON document.", "Export each document into a file of its own."),
    // Whole tables.
    problem(
        "incomplete-population",
        "The number of records is not the one that a control total or the export's own pages state.",
        "Export the whole population, or correct the total.",
    ),
    problem(
        "identity-conflict",
        "Accounts match two persons of the roster, so they are nobody's.",
        "Correct the account, or state the alias in identities.csv.",
    ),
    problem("too-many-members", "More members stand around the list of a JSON document than are read.", "Check that it is the right export."),
    problem(
        "no-final-line-end",
        "The last row has no line end: it may have been cut within its last cell.",
        "Compare the last row with the system; export again where it differs.",
    ),
    problem("changed-while-read", "The file changed while it was read.", "Let exports finish, then scan again."),
    problem("exported-after-as-of", "The export was made after the as-of date, so it is not used.", "Give a later --as-of, or an earlier export."),
    // Files that are not opened or not taken.
    problem("symbolic-link", "A link is not followed: it may lead out of the folder.", "Put the file itself there."),
    problem("special-file", "A pipe, socket or device is never opened.", "Put the exported file itself there."),
    problem("folder-unreadable", "A folder cannot be listed.", "Check your rights."),
    problem("folder-too-deep", "Folders are nested deeper than is read.", "Move the exports up, or delete the folder."),
    problem("too-many-files", "There are more files than are read.", "Scan fewer at once, or delete what is no evidence."),
    problem("beside-evidence", "A file stands beside `evidence/` in the engagement folder, so it is not read.", "Put exports under `evidence/`."),
    problem("file-unreadable", "A file cannot be read.", "Check that it still exists, and your rights."),
    problem("same-path", "Two files have the same path in the report.", "Rename one."),
    problem(
        "not-recognised",
        "No source knows the file's columns or keys.",
        "Name a source with --map FILE=SOURCE, write one, or list the file under `unused` in engagement.yaml.",
    ),
    problem("ambiguous-source", "Several sources know the file equally well.", "Choose one with --map FILE=SOURCE."),
    problem("declared-unused", "The engagement says that the file is no evidence.", "Nothing, where that is right."),
    problem("system-file", "An operating system or a tool left the file there.", "Delete it, or list it under `unused` in engagement.yaml."),
    problem("empty-file", "The file holds nothing but blanks.", "Export it again, or list it under `unused` in engagement.yaml."),
    problem("not-utf-8", "The text is not UTF-8.", "Save the export as UTF-8."),
    problem("utf-16", "The text is UTF-16, which is not read.", "Save it as UTF-8 CSV (PowerShell: -Encoding utf8)."),
    problem("reader-failed", "A fault of the program stopped the reading of a file or of a part of it.", "Tell its authors."),
    problem("binary", "The file is no text.", "Export the data as UTF-8 CSV."),
    problem("pdf", "The file is a PDF document, which is not read.", "Export the data as UTF-8 CSV, or the text as Markdown."),
    problem("workbook", "The file is a workbook, which this version does not read.", "Save each sheet as UTF-8 CSV."),
    problem("compressed", "The file is compressed or an archive.", "Unpack it."),
    problem("header-too-long", "The header row is longer than 1 MiB.", "Export fewer columns."),
];
