//! Findings, coverage, and the counts that people look at first.

use serde::{Deserialize, Serialize};

use super::{Lifecycle, Severity, Subject};

/// The exceptions of one check that share one identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `F-` and 16 characters; stable over scans.
    pub id: String,
    /// The control.
    pub control: String,
    /// The check.
    pub check: String,
    /// Further controls that rest on the same check.
    pub also_controls: Vec<String>,
    /// The check's severity.
    pub severity: Severity,
    /// The identity fields, in the check's order.
    pub subject: Subject,
    /// What is wrong, in a sentence.
    pub statement: String,
    /// Where it stands: at most five places.
    pub evidence: Vec<Citation>,
    /// How many units it stands for.
    pub occurrences: u64,
    /// Axis four; `null` without a ledger.
    pub lifecycle: Option<Lifecycle>,
    /// The waiver in force that covers it.
    pub waiver: Option<FindingWaiver>,
    /// Advice; `null` for a certification body.
    pub remediation: Option<String>,
}

/// The waiver that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingWaiver {
    /// Its id: stated in the file, or made of its content.
    pub id: String,
    /// Who approved it.
    pub approver: String,
    /// The day of approval, `YYYY-MM-DD`.
    pub approved: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: String,
    /// Why the departure is accepted.
    pub reason: String,
    /// What protects meanwhile.
    pub compensating_measure: String,
    /// Where it was decided.
    pub ticket: String,
}

/// A place in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Path as in `evidence[]`.
    pub path: String,
    /// Member of an archive.
    pub member: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// JSON pointer of the record.
    pub pointer: Option<String>,
    /// Data record, from 1.
    pub record: u64,
    /// Row as a spreadsheet shows it, from 1.
    pub row: Option<u64>,
    /// Line as an editor shows it, from 1.
    pub line: Option<u64>,
    /// Byte offset of the record in the file, from 0.
    pub offset: Option<u64>,
    /// The fields that the check read, as exported.
    pub excerpt: String,
}

/// What was examined and what could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// All controls of the selected packs.
    pub controls_total: u64,
    /// Those that were decided.
    pub determined: u64,
    /// Those that were not.
    pub not_determined: u64,
    /// All checks.
    pub checks_total: u64,
    /// Checks that passed or failed on evidence.
    pub evaluated: u64,
    /// Checks that could not be decided.
    pub not_evaluated: u64,
    /// Checks that passed or failed on a person's statement.
    pub attested: u64,
    /// Files found.
    pub evidence_files: u64,
    /// Files that no source took.
    pub evidence_unused: Vec<UnusedFile>,
    /// Declared systems without a dataset of theirs, and other gaps.
    pub scope_gaps: Vec<String>,
    /// Records of tables whose source names identity fields (the roster's own
    /// apart) that join no person of the roster.
    pub unresolved_identities: u64,
    /// Pack ids that no word of the evidence was mapped to.
    pub unmapped_terms: Vec<String>,
    /// Packs that were not selected, and what they need.
    pub packs_not_selected: Vec<PackNotSelected>,
}

/// A file that no source took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnusedFile {
    /// Path as in `evidence[]`.
    pub path: String,
    /// Why: unreadable, not recognised, ambiguous, or declared unused.
    pub reason: String,
}

/// A pack that was not selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackNotSelected {
    /// Its id.
    pub id: String,
    /// The datasets it needs.
    pub needs: Vec<String>,
}

/// The counts that people look at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Controls by determination.
    pub by_determination: ByDetermination,
    /// Checks by outcome.
    pub by_outcome: ByOutcome,
    /// Failed controls by grade, those with a finding that is not waived.
    pub by_grade: ByGrade,
    /// Failed controls all of whose findings are waived.
    pub waived_by_grade: ByGrade,
    /// Findings.
    pub findings: FindingCounts,
    /// What the reader must know before relying on the result.
    pub limitations: Vec<String>,
    /// The result in one word.
    pub conclusion: Conclusion,
}

/// Controls by determination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the field names are the determinations")]
pub struct ByDetermination {
    pub satisfied: u64,
    pub other_than_satisfied: u64,
    pub not_determined: u64,
}

/// Checks by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the field names are the outcomes")]
pub struct ByOutcome {
    pub pass: u64,
    pub fail: u64,
    pub not_applicable: u64,
    pub not_evaluated: u64,
    pub error: u64,
}

/// Controls by grade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the field names are the grades")]
pub struct ByGrade {
    pub major: u64,
    pub minor: u64,
    pub ofi: u64,
}

/// Findings, counted in units (`total`) and as entries of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingCounts {
    /// The sum of all checks' exceptions.
    pub total: u64,
    /// Entries in `findings[]`.
    pub listed: u64,
    /// Listed findings under a waiver.
    pub waived: u64,
    /// Listed findings in the state `new`; all figures from here on are `null` without a ledger.
    pub new: Option<u64>,
    /// Listed findings in the state `reopened`.
    pub reopened: Option<u64>,
    /// Findings that this scan closed.
    pub resolved: Option<u64>,
    /// Earlier findings that are not re-observed, since this scan or longer.
    pub not_reobserved: Option<u64>,
    /// Earlier findings whose subject is gone, since this scan or longer.
    pub subject_gone: Option<u64>,
}

/// The result in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// The scan is complete and no control failed.
    NothingFound,
    /// The scan is complete and a control failed.
    Found,
    /// The scan is incomplete: exit 3.
    Incomplete,
}
