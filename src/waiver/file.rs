//! `waivers.yaml` as it is written: a list of waivers in our strict YAML.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use sha2::{Digest as _, Sha256};

use super::{NamedSubject, Target, Waiver};
use crate::calendar::Day;
use crate::diagnostic::Diagnostics;
use crate::yaml::{Origin, Spanned};

/// The file: a list of waivers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RawWaivers(pub Vec<Spanned<RawWaiver>>);

/// One waiver: an approved departure from a control, for named subjects and a limited time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWaiver {
    /// Its id in reports; default: made of its content.
    #[serde(default)]
    pub id: Option<Spanned<String>>,
    /// The control; exactly one of `control` and `finding` is given.
    #[serde(default)]
    pub control: Option<Spanned<String>>,
    /// The finding, by its id.
    #[serde(default)]
    pub finding: Option<Spanned<String>>,
    /// The subjects, each by name: a value where findings are known by one field, else a mapping of all identity fields.
    /// A control needs at least one.
    #[serde(default)]
    pub subjects: Vec<Spanned<RawSubject>>,
    /// Why the departure is accepted.
    pub reason: Spanned<String>,
    /// What protects meanwhile.
    pub compensating_measure: Spanned<String>,
    /// Who asked for it: a name that the roster or `identities.csv` has.
    pub requester: Spanned<String>,
    /// Who approved it: the risk owner, another person than the requester.
    pub approver: Spanned<String>,
    /// The day of approval, YYYY-MM-DD.
    pub approved: Spanned<String>,
    /// The last day on which it holds, YYYY-MM-DD.
    pub expires: Spanned<String>,
    /// Where it was decided.
    pub ticket: Spanned<String>,
}

/// A subject: a value, or all identity fields with their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSubject(pub NamedSubject);

impl<'de> Deserialize<'de> for RawSubject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = RawSubject;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, or a mapping of identity fields to texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RawSubject, E> {
                Ok(RawSubject(NamedSubject::Value(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawSubject, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    fields.insert(name, value);
                }
                Ok(RawSubject(NamedSubject::Fields(fields)))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for RawSubject {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Subject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A subject by name: a value where findings are known by one field, else all identity fields with their values.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "additionalProperties": { "type": "string" } },
            ],
        })
    }
}

/// The last day of the calendar: stands for a date that is none.
const NO_DAY: Day = Day(i32::MAX);

/// What the file itself tells of one waiver, with its mistakes.
pub(super) fn waiver(origin: &Origin, raw: &RawWaiver, at: crate::yaml::Place, problems: &mut Diagnostics) -> Option<Waiver> {
    let before = problems.0.len();
    let mut wrong = |at, code, message: String, help: &str| {
        problems.push(origin.diagnostic(at, code, message, Some(help.to_owned()).filter(|help| !help.is_empty())));
    };
    let target = match (&raw.control, &raw.finding) {
        (Some(control), None) => {
            if raw.subjects.is_empty() {
                wrong(
                    control.at,
                    "waiver-subjects",
                    "the waiver names no subject".to_owned(),
                    "list each subject under `subjects`: a control as a whole is never waived",
                );
            }
            Some(Target::Control(control.value.clone()))
        }
        (None, Some(finding)) => {
            if !crate::finding::is_id(&finding.value) {
                wrong(
                    finding.at,
                    "finding-id",
                    format!("`{}` is no id of a finding", finding.value),
                    "write it as the report shows it: F- and 16 letters or digits",
                );
            }
            Some(Target::Finding(finding.value.clone()))
        }
        (None, None) => {
            wrong(
                at,
                "waiver-target",
                "the waiver covers neither a control nor a finding".to_owned(),
                "give `control` with `subjects`, or `finding`",
            );
            None
        }
        (Some(_), Some(finding)) => {
            wrong(finding.at, "waiver-target", "the waiver covers both a control and a finding".to_owned(), "keep one of `control` and `finding`");
            None
        }
    };
    for subject in &raw.subjects {
        let values: Vec<&String> = match &subject.value.0 {
            NamedSubject::Value(value) => vec![value],
            NamedSubject::Fields(fields) => fields.values().collect(),
        };
        if values.iter().any(|value| value.contains('*')) {
            wrong(
                subject.at,
                "waiver-subject",
                "a subject is named by a pattern".to_owned(),
                "name each subject; where a value really has a `*`, waive the finding by its id",
            );
        }
        if values.is_empty() {
            wrong(subject.at, "waiver-subject", "a subject without fields names nothing".to_owned(), "give all identity fields with their values");
        }
    }
    let texts = [&raw.reason, &raw.compensating_measure, &raw.requester, &raw.approver, &raw.ticket].into_iter().chain(&raw.id);
    for text in texts.filter(|text| text.value.trim().is_empty()) {
        wrong(text.at, "empty-text", "this is empty".to_owned(), "say it: a waiver without it is none");
    }
    let [approved, expires] = [&raw.approved, &raw.expires].map(|day| {
        Day::parse(day.value.as_bytes()).unwrap_or_else(|| {
            wrong(day.at, "wrong-date", format!("`{}` is no date", day.value), "write YYYY-MM-DD");
            NO_DAY
        })
    });
    if expires < approved && approved != NO_DAY {
        wrong(raw.expires.at, "wrong-period", "the waiver expires before it is approved".to_owned(), "");
    }
    if problems.0.len() > before {
        return None;
    }
    let text = |text: &Spanned<String>| text.value.trim().to_owned();
    let subjects: Vec<NamedSubject> = raw.subjects.iter().map(|subject| subject.value.0.clone()).collect();
    let mut waiver = Waiver {
        id: raw.id.as_ref().map(text).unwrap_or_default(),
        target: target?,
        subjects,
        reason: text(&raw.reason),
        compensating_measure: text(&raw.compensating_measure),
        requester: text(&raw.requester),
        approver: text(&raw.approver),
        approved,
        expires,
        ticket: text(&raw.ticket),
    };
    if waiver.id.is_empty() {
        waiver.id = made_id(&waiver);
    }
    Some(waiver)
}

/// `W-` and 16 characters over everything that the waiver says: it does not
/// change when the list is put in another order.
fn made_id(waiver: &Waiver) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part("rolecall-waiver/1");
    part(match &waiver.target {
        Target::Control(_) => "control",
        Target::Finding(_) => "finding",
    });
    part(waiver.target.id());
    for subject in &waiver.subjects {
        part(&subject.to_string());
    }
    let days = [waiver.approved.to_string(), waiver.expires.to_string()];
    let texts = [&waiver.reason, &waiver.compensating_measure, &waiver.requester, &waiver.approver, &days[0], &days[1], &waiver.ticket];
    texts.into_iter().for_each(|text| part(text));
    let mut id = [0; 10];
    id.copy_from_slice(&hash.finalize()[..10]);
    format!("W-{}", crate::digest::base32(id))
}
