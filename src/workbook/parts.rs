//! The parts of a workbook, weighed before anything of it is believed.
//!
//! Every entry of the archive is inflated once, within the limits: what the
//! archive says of its own sizes counts for nothing. The crate that reads the
//! sheets inflates the same bytes in the same way.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::error::{Trouble, WorkbookError};
use super::{Limits, guard};

/// How zip archives begin.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";
/// How compound files begin: workbooks before 2007, and encrypted ones.
pub(super) const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Parts that no reader of cells opens. They are counted, and hold no sheet.
const MEDIA: &[&str] = &[".bin", ".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bmp", ".tif", ".tiff", ".svg", ".wdp", ".vml"];
/// The most parts: a workbook has a few for each sheet.
const MOST_PARTS: usize = 20_000;

/// Inflates all parts within the limits and looks each over.
pub(super) fn weigh(bytes: &[u8], limits: &Limits) -> Result<(), WorkbookError> {
    if bytes.starts_with(COMPOUND) {
        return Err(Trouble::Compound.into());
    }
    if !bytes.starts_with(ZIP) {
        return Err(Trouble::NoZip("it does not begin as a zip archive does".to_owned()).into());
    }
    let broken = |error: &dyn std::fmt::Display| WorkbookError::from(Trouble::NoZip(error.to_string()));
    let archive = crate::fault::caught("opening a workbook", || ZipArchive::new(Cursor::new(bytes)));
    let mut archive = archive.ok_or_else(|| WorkbookError::from(Trouble::Fault))?.map_err(|error| broken(&error))?;
    if archive.len() > MOST_PARTS {
        return Err(too_large("the workbook", MOST_PARTS as u64, "parts"));
    }
    let (mut total, mut cells, mut part) = (0_u64, 0_u64, Vec::new());
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| broken(&error))?;
        let name = String::from_utf8_lossy(entry.name_raw()).replace('\\', "/");
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("vbaproject.bin") || lower.contains("/macrosheets/") {
            return Err(Trouble::Macros(name).into());
        }
        if lower.ends_with("xl/workbook.bin") {
            return Err(Trouble::Binary.into());
        }
        let room = limits.part.min(limits.total.saturating_sub(total));
        part.clear();
        let read = entry.take(room + 1).read_to_end(&mut part).map_err(|error| broken(&format!("part `{name}`: {error}")))? as u64;
        if read > limits.part {
            return Err(too_large(&format!("the part `{name}`"), limits.part, "bytes"));
        }
        total += read;
        if total > limits.total {
            return Err(too_large("the workbook", limits.total, "bytes"));
        }
        if MEDIA.iter().any(|ending| lower.ends_with(ending)) {
            if memchr::memmem::find(&part, b"sheetData").is_some() {
                return Err(Trouble::Damaged(format!("part `{name}` holds a sheet under the name of a picture")).into());
            }
            continue;
        }
        cells += guard::look_over(&lower, &part).map_err(|what| Trouble::Damaged(format!("part `{name}`: {what}")))?;
        if cells > limits.cells {
            return Err(too_large("the workbook", limits.cells, "cells"));
        }
        if lower.ends_with("[content_types].xml") && memchr::memmem::find(&part, b"macroEnabled").is_some() {
            return Err(Trouble::Macros(name).into());
        }
    }
    Ok(())
}

fn too_large(what: &str, limit: u64, unit: &str) -> WorkbookError {
    Trouble::TooLarge { what: what.to_owned(), limit: format!("{limit} {unit}") }.into()
}
