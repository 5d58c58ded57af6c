//! What is signed: an in-toto Statement v1 about `report.json` and the page's body.
//!
//! Subjects are matched by digest. `report.body.html` is no file of a package
//! but `report.html` without its last line, which holds the signature; it has a
//! name of its own, so that nobody compares its digest with that of the file.
//!
//! The predicate says in one signed place what else is claimed: the report's
//! facts (`report`, under the names that `report.json` has for them), the root over the
//! evidence, the ledger, the report before, who signed, and when by the signer's
//! clock. A predicate with a member that this version does not know is refused,
//! for nobody would check it; unknown members beside it are ignored, as in-toto asks.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::evidence_root::{self, EvidenceRoot};
use super::strict_json::{self, StrictJsonError};
use crate::digest::{base32, is_sha256_hex, sha256_hex};
use crate::report::{
    Audience, ByDetermination, ByGrade, ByOutcome, Conclusion, FindingCounts, Inputs, LedgerCheckpoint, PackSummary, Period, Report, Selection, Tool,
};
use crate::text::visible;

/// The type of statements.
pub const TYPE: &str = "https://in-toto.io/Statement/v1";
/// The type of the predicate. A name; nothing is fetched from there.
pub const PREDICATE: &str = "https://github.com/rolecall/rolecall/attestation/audit-report/v1";
/// The first subject: the file of that name.
pub const JSON_SUBJECT: &str = "report.json";
/// The second subject: `report.html` without its last line.
pub const BODY_SUBJECT: &str = "report.body.html";

/// A statement that is refused.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Not the JSON of a statement, or a predicate with more, less or other members.
    #[error("this is no statement about a report: {0}")]
    Json(#[from] StrictJsonError),
    /// Another type of statement.
    #[error("the statement's type is `{}`, not `{TYPE}`", visible(.0))]
    Type(String),
    /// A statement about something else.
    #[error("the statement's predicate type is `{}`, not `{PREDICATE}`", visible(.0))]
    PredicateType(String),
    /// Not exactly the two subjects.
    #[error("the statement's subjects are not `{JSON_SUBJECT}` and `{BODY_SUBJECT}`, each once and in this order")]
    Subjects,
    /// A subject without its SHA-256 in lower-case hexadecimal.
    #[error("the statement's subject `{0}` has no SHA-256 of 64 lower-case hexadecimal digits")]
    Digest(&'static str),
    /// A time that is none.
    #[error("the statement's claimed time is not YYYY-MM-DDTHH:MM:SSZ")]
    Time,
}

/// A statement about a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// SHA-256 of `report.json`.
    pub json_sha256: String,
    /// SHA-256 of the page's body.
    pub body_sha256: String,
    /// What is claimed.
    pub predicate: Predicate,
}

/// What is claimed about a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicate {
    /// What the report says.
    pub report: Facts,
    /// All evidence in one digest.
    pub evidence_root: EvidenceRoot,
    /// The ledger's checkpoint when the report was signed.
    pub ledger: Option<LedgerCheckpoint>,
    /// The report before this one.
    pub previous_report: Option<PreviousReport>,
    /// Who signs, as the key file says.
    pub signer: StatementSigner,
    /// When, by the signer's clock, `YYYY-MM-DDTHH:MM:SSZ`: a claim, no proof.
    pub claimed_time: String,
}

/// What a report says, under the names that it has there; all follows from `report.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in the report")]
pub struct Facts {
    /// `R-` and 16 characters: see [`report_id`].
    pub id: String,
    pub schema: String,
    pub tool: Tool,
    pub as_of: String,
    pub period: Option<Period>,
    pub audience: Audience,
    pub selection: Selection,
    /// The engagement's id.
    pub engagement: Option<String>,
    pub inputs: Inputs,
    pub packs: Vec<PackSummary>,
    pub summary: FactsSummary,
}

/// The counts of a report's summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in the report")]
pub struct FactsSummary {
    pub conclusion: Conclusion,
    pub by_determination: ByDetermination,
    pub by_outcome: ByOutcome,
    pub by_grade: ByGrade,
    pub waived_by_grade: ByGrade,
    pub findings: FindingCounts,
}

/// The report before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousReport {
    /// Its id.
    pub id: String,
    /// SHA-256 of its `report.json`.
    pub sha256: String,
}

/// Who signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatementSigner {
    /// The owner that the key file names.
    pub owner: Option<String>,
    /// The role that the key file names.
    pub role: Option<String>,
    /// Whether the key file was encrypted.
    pub key_encrypted: bool,
}

#[derive(Serialize, Deserialize)]
struct RawStatement<P> {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<RawSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: P,
}

#[derive(Serialize, Deserialize)]
struct RawSubject {
    name: String,
    digest: RawDigest,
}

/// Digests of other algorithms may stand beside it, and are not looked at.
#[derive(Serialize, Deserialize)]
struct RawDigest {
    #[serde(default)]
    sha256: String,
}

/// A report's id: `R-` and the first 80 bits of the SHA-256 of `report.json` in lower-case base32.
#[must_use]
pub fn report_id(json: &[u8]) -> String {
    let mut id = [0; 10];
    id.copy_from_slice(&Sha256::digest(json)[..10]);
    format!("R-{}", base32(id))
}

impl Facts {
    /// What the report, with these bytes, says.
    #[must_use]
    pub fn of(report: &Report, json: &[u8]) -> Self {
        let summary = &report.summary;
        Self {
            id: report_id(json),
            schema: report.schema.clone(),
            tool: report.tool.clone(),
            as_of: report.as_of.clone(),
            period: report.period.clone(),
            audience: report.audience,
            selection: report.selection,
            engagement: report.engagement.as_ref().map(|engagement| engagement.id.clone()),
            inputs: report.inputs.clone(),
            packs: report.packs.clone(),
            summary: FactsSummary {
                conclusion: summary.conclusion,
                by_determination: summary.by_determination.clone(),
                by_outcome: summary.by_outcome.clone(),
                by_grade: summary.by_grade.clone(),
                waived_by_grade: summary.waived_by_grade.clone(),
                findings: summary.findings.clone(),
            },
        }
    }
}

impl Statement {
    /// The statement about a report: the digests and the facts come from what is given here, the rest is claimed.
    #[must_use]
    pub fn about(report: &Report, json: &[u8], body: &[u8], claims: Claims) -> Self {
        let Claims { ledger, previous_report, signer, claimed_time } = claims;
        Self {
            json_sha256: sha256_hex(json),
            body_sha256: sha256_hex(body),
            predicate: Predicate {
                report: Facts::of(report, json),
                evidence_root: evidence_root::of(&report.evidence),
                ledger,
                previous_report,
                signer,
                claimed_time,
            },
        }
    }

    /// The bytes that are signed: JSON on one line, without a line feed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let subject = |name: &str, sha256: &String| RawSubject { name: name.to_owned(), digest: RawDigest { sha256: sha256.clone() } };
        let raw = RawStatement {
            kind: TYPE.to_owned(),
            subject: vec![subject(JSON_SUBJECT, &self.json_sha256), subject(BODY_SUBJECT, &self.body_sha256)],
            predicate_type: PREDICATE.to_owned(),
            predicate: &self.predicate,
        };
        // Texts, whole numbers and maps with text keys: writing them to memory cannot fail.
        serde_json::to_vec(&raw).unwrap_or_default()
    }

    /// Reads a payload whose signature is verified already.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        // What it is comes before what it says: another predicate has other members.
        let raw: RawStatement<Value> = strict_json::read(payload)?;
        if raw.kind != TYPE {
            return Err(StatementError::Type(raw.kind));
        }
        if raw.predicate_type != PREDICATE {
            return Err(StatementError::PredicateType(raw.predicate_type));
        }
        let [json, body] = raw.subject.as_slice() else { return Err(StatementError::Subjects) };
        if json.name != JSON_SUBJECT || body.name != BODY_SUBJECT {
            return Err(StatementError::Subjects);
        }
        let digest = |name, subject: &RawSubject| {
            is_sha256_hex(&subject.digest.sha256).then(|| subject.digest.sha256.clone()).ok_or(StatementError::Digest(name))
        };
        let (json_sha256, body_sha256) = (digest(JSON_SUBJECT, json)?, digest(BODY_SUBJECT, body)?);
        let RawStatement { predicate, .. } = strict_json::read::<RawStatement<Predicate>>(payload)?;
        if !is_time(&predicate.claimed_time) {
            return Err(StatementError::Time);
        }
        Ok(Self { json_sha256, body_sha256, predicate })
    }

    /// What the predicate says otherwise than the report, by the first key
    /// that differs; `None` where they agree. Digests of subjects are not looked at here.
    #[must_use]
    pub fn disagreement(&self, report: &Report, json: &[u8]) -> Option<String> {
        let Predicate { report: facts, evidence_root, ledger, .. } = &self.predicate;
        let expected = Facts::of(report, json);
        if *facts != expected {
            let value = |facts: &Facts| serde_json::to_value(facts).unwrap_or_default();
            return Some(format!("predicate.report{}", first_difference(&value(facts), &value(&expected)).unwrap_or_default()));
        }
        if *evidence_root != evidence_root::of(&report.evidence) {
            return Some("predicate.evidenceRoot".to_owned());
        }
        // The ledger may have grown between the scan's reading and the signing, by the scan's own event.
        let fits = match (&report.inputs.ledger, ledger) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(read), Some(signed)) => read.origin == signed.origin && (read.size < signed.size || read == signed),
        };
        if fits { None } else { Some("predicate.ledger".to_owned()) }
    }
}

/// What a statement claims besides what follows from the report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in the predicate")]
pub struct Claims {
    pub ledger: Option<LedgerCheckpoint>,
    pub previous_report: Option<PreviousReport>,
    pub signer: StatementSigner,
    pub claimed_time: String,
}

/// Whether this is a time in UTC to the second, in its one spelling.
#[must_use]
pub fn is_time(text: &str) -> bool {
    text.len() == 20 && text.parse::<jiff::Timestamp>().is_ok_and(|time| time.to_string() == text)
}

/// The path of the first value that differs, `.key` and `[index]` each.
fn first_difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            keys.filter_map(|key| {
                let values = (one.get(key).unwrap_or(&Value::Null), other.get(key).unwrap_or(&Value::Null));
                first_difference(values.0, values.1).map(|rest| format!(".{}{rest}", visible(key)))
            })
            .next()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().find_map(|(at, (one, other))| first_difference(one, other).map(|rest| format!("[{at}]{rest}")))
        }
        _ => (one != other).then(String::new),
    }
}

#[cfg(test)]
mod tests;
