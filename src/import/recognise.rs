//! What a file is, told by its layout: never by its name or digest, so that a
//! newer issue of the same layout is recognised too.

use super::{InputFile, book::Book, dcwf_list, dcwf_tool, nice_2017, nice_cprt, opm};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::workbook;

/// The official files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The reference workbook of NICE 2017.
    Nice2017,
    /// A CPRT export of the NICE Framework Components 2.x.
    NiceComponents,
    /// The DCWF work role tool.
    DcwfTool,
    /// An older DCWF master list with NIST ids.
    DcwfList,
    /// The OPM code list.
    Opm,
}

/// Recognises a file.
///
/// # Errors
/// It is none that is known, or a workbook that cannot be opened.
pub fn recognise(file: &InputFile) -> Result<Known, Diagnostics> {
    if workbook::is_workbook(&file.bytes) {
        let names = Book::open(file)?.names();
        if nice_2017::is(&names) {
            return Ok(Known::Nice2017);
        }
        if dcwf_tool::is(&names) {
            return Ok(Known::DcwfTool);
        }
        if dcwf_list::is(&names) {
            return Ok(Known::DcwfList);
        }
        let components = names.iter().any(|name| name.contains("TKS Statements"));
        let help = if components { "give the JSON export of the same release" } else { KNOWN };
        let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
        let message = format!("this workbook is none that can be imported; its sheets are {}", shown.join(", "));
        return Err(Diagnostic::new("import-unknown", file.shown.clone(), message).help(help).into());
    }
    let start = file.bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(byte));
    if start == Some(&b'{') && nice_cprt::is(&file.bytes) {
        return Ok(Known::NiceComponents);
    }
    if opm::is(&file.bytes) {
        return Ok(Known::Opm);
    }
    Err(Diagnostic::new("import-unknown", file.shown.clone(), "this is no official file that can be imported").help(KNOWN).into())
}

const KNOWN: &str = "known are the NICE 2017 workbook, the NICE 2.x JSON export, the DCWF work role tool, the DoD's older master list, the OPM \
                     code list, and OSCAL catalogs and profiles (JSON)";
