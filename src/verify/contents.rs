//! Whether the report is what was signed, and says what the statement claims.

use super::folder::Package;
use super::not_reached;
use crate::digest::sha256_hex;
use crate::report::{Report, SCHEMA, json};
use crate::signing::statement::Statement;
use crate::signing::strict_json;
use crate::verdict::Step;

/// Which of the two subjects are what was signed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subjects {
    pub(super) report: bool,
    pub(super) body: bool,
}

/// The steps about the two subjects of the statement.
pub(super) fn subjects(package: &Package, statement: Option<&Statement>, body: Option<&[u8]>, steps: &mut Vec<Step>) -> Subjects {
    const REPORT: &str = "subject report.json";
    const BODY: &str = "subject page";
    let Some(statement) = statement else {
        if package.is_signed() {
            steps.extend([not_reached(REPORT), not_reached(BODY)]);
        }
        return Subjects::default();
    };
    let mut hold = |step: &'static str, code: &'static str, bytes: Option<&[u8]>, digest: &str| {
        let same = bytes.is_some_and(|bytes| sha256_hex(bytes) == digest);
        steps.push(match bytes {
            None => not_reached(step),
            Some(_) if same => Step::passed(step, format!("it is what was signed, {digest}")),
            Some(_) => Step::failed(step, code, "it is not what was signed"),
        });
        same
    };
    Subjects {
        report: hold(REPORT, "subject-report", package.file("report.json"), &statement.json_sha256),
        body: hold(BODY, "subject-page", body, &statement.body_sha256),
    }
}

/// The step `report`: JSON that every reader understands alike, in its one spelling.
pub(super) fn report(package: &Package, steps: &mut Vec<Step>) -> Option<Report> {
    const STEP: &str = "report";
    let Some(bytes) = package.file("report.json") else {
        steps.push(not_reached(STEP));
        return None;
    };
    let failed = |code: &'static str, why: String| Step::failed(STEP, code, format!("report.json: {why}"));
    let step = match strict_json::read::<Report>(bytes) {
        Err(error) if error.is_twice() => failed("report-member-twice", error.to_string()),
        Err(error) => failed("report-format", error.to_string()),
        Ok(report) if report.schema != SCHEMA => failed("report-schema", json::ReportError::Schema(report.schema).to_string()),
        Ok(report) if json::write(&report) == bytes => {
            steps.push(Step::passed(STEP, "report.json is in its one spelling"));
            return Some(report);
        }
        Ok(_) => failed("report-spelling", "it says the same in other bytes than this program writes".to_owned()),
    };
    steps.push(step);
    None
}

/// The step `claims`: the statement says of the report what the report says.
pub(super) fn claims(report: &Report, package: &Package, statement: &Statement) -> Step {
    const STEP: &str = "claims";
    let json = package.file("report.json").unwrap_or_default();
    match statement.disagreement(report, json) {
        None => Step::passed(STEP, "the statement says of the report what the report says"),
        Some(key) => Step::failed(STEP, "claims-differ", format!("the statement says otherwise than the report: {key}")),
    }
}
