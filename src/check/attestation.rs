//! Attestation: what no export can prove, a named person states.
//!
//! It is one item: whether the latest statement holds. A record that cannot
//! be read, or of which nobody can say what it is about, may be a later
//! statement; it leaves that item undecided.

use serde::{Deserialize, Serialize};

use super::{Decided, Finish, Fold, Tally, identity_of, least, position, text};
use crate::calendar::Moment;
use crate::evidence::batch::{Batch, Value};
use crate::finding::{Places, Position};
use crate::keyset::Contained;
use crate::why::Why;

/// The compiled check.
#[derive(Debug, Clone)]
pub struct Attestations {
    /// The dataset's index.
    pub dataset: u16,
    /// The control that is attested.
    pub control: String,
    /// The columns of a statement.
    pub columns: Columns,
    /// The key set of those who may not state it.
    pub judged: Option<u16>,
    /// What makes a finding.
    pub identity: Vec<u16>,
}

/// The columns of a statement.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "named as the dataset's fields")]
pub struct Columns {
    pub control: u16,
    pub by: u16,
    pub role: u16,
    pub at: u16,
    pub expires: u16,
    pub statement: u16,
}

/// A statement, with what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who stated it.
    pub by: String,
    /// In which role.
    pub role: String,
    /// When, as exported.
    pub at: String,
    /// Until when it holds.
    pub expires: String,
    /// What was stated.
    pub statement: String,
    /// Where it stands.
    pub position: Position,
    moment: Option<Moment>,
    worth: Worth,
    identity: Vec<String>,
}

/// What a statement is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Worth {
    Good,
    Unknown(Why),
    ByTheJudged,
}

/// What was seen: the latest statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    latest: Option<Statement>,
    /// Why there may be a later one.
    later: Option<Why>,
}

impl State {
    pub(super) fn fold(&mut self, operator: &Attestations, batch: &Batch<'_>, fold: &Fold<'_>) {
        let dataset = operator.dataset;
        for rejection in batch.rejections() {
            self.later = least(self.later, Some(Why::Rejected { dataset, reason: rejection.reason }));
        }
        let column = operator.columns.control;
        for record in (0..batch.len()).filter(|record| fold.marks.get(*record).is_none()) {
            let why = match batch.get(column.into(), record) {
                Value::Bytes(value) if value == operator.control.as_bytes() => {
                    self.keep(operator.statement(batch, record, fold));
                    continue;
                }
                Value::Bytes(_) | Value::Empty => continue,
                Value::Absent => Why::FieldAbsent { dataset, column },
                Value::Invalid => Why::Unreadable { dataset, column },
            };
            self.later = least(self.later, Some(why));
        }
    }

    /// Keeps the latest statement; of several at one moment the worst, whatever the file that it stands in.
    fn keep(&mut self, statement: Statement) {
        fn rank(statement: &Statement) -> impl Ord + use<'_> {
            let Statement { moment, worth, by, role, at, expires, statement, identity, position } = statement;
            (moment, worth, (by, role, at, expires, statement, identity), std::cmp::Reverse(position))
        }
        if self.latest.as_ref().is_none_or(|known| rank(known) < rank(&statement)) {
            self.latest = Some(statement);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some(statement) = other.latest {
            self.keep(statement);
        }
        self.later = least(self.later, other.later);
    }

    pub(super) fn finish(self, finish: &Finish<'_>) -> Decided {
        let mut tally = Tally::new(finish.list_max);
        match (&self.latest, self.later) {
            // What is found is found; nothing that cannot be read takes it back.
            (Some(Statement { worth: Worth::ByTheJudged, identity, position, .. }), _) => {
                tally.exception(finish.prefix, identity, 1, &Places::one(*position));
            }
            (_, Some(why)) => tally.undecided(why, 1),
            (None, None) => tally.undecided(Why::AttestationMissing, 1),
            (Some(Statement { worth: Worth::Unknown(why), .. }), None) => tally.undecided(*why, 1),
            (Some(Statement { worth: Worth::Good, .. }), None) => tally.conforms(1),
        }
        Decided { tally, unmapped: Vec::new(), statement: self.latest, seen: None }
    }
}

impl Attestations {
    fn statement(&self, batch: &Batch<'_>, record: usize, fold: &Fold<'_>) -> Statement {
        let Columns { by, role, at, expires, statement, .. } = self.columns;
        let moment = match batch.get(at.into(), record) {
            Value::Bytes(value) => Moment::parse(value),
            Value::Empty | Value::Absent | Value::Invalid => None,
        };
        Statement {
            by: text(batch, record, by),
            role: text(batch, record, role),
            at: text(batch, record, at),
            expires: text(batch, record, expires),
            statement: text(batch, record, statement),
            position: position(batch, record),
            moment,
            worth: self.worth(batch, record, fold).unwrap_or_else(Worth::Unknown),
            identity: identity_of(batch, record, &self.identity),
        }
    }

    /// A statement says who, what, when, and until when; without one of these it is none.
    fn worth(&self, batch: &Batch<'_>, record: usize, fold: &Fold<'_>) -> Result<Worth, Why> {
        let dataset = self.dataset;
        let value = |column: u16| match batch.get(column.into(), record) {
            Value::Bytes(value) => Ok(value),
            Value::Empty => Err(Why::KeyEmpty { dataset, column }),
            Value::Absent => Err(Why::FieldAbsent { dataset, column }),
            Value::Invalid => Err(Why::Unreadable { dataset, column }),
        };
        let date = |column: u16| Moment::parse(value(column)?).ok_or(Why::Unreadable { dataset, column });
        date(self.columns.at)?;
        if date(self.columns.expires)?.day < fold.context.as_of {
            return Err(Why::AttestationExpired);
        }
        value(self.columns.statement)?;
        let by = value(self.columns.by)?;
        let Some(set) = self.judged else { return Ok(Worth::Good) };
        let place = (dataset, self.columns.by);
        match fold.context.sets[usize::from(set)].contains(by, fold.context.identity.at(batch, record), place, &mut Vec::new()) {
            Contained::Yes => Ok(Worth::ByTheJudged),
            Contained::No => Ok(Worth::Good),
            Contained::Stranger => Err(Why::PersonUnresolved { dataset, column: self.columns.by }),
            Contained::Unknown(why) => Err(why),
        }
    }
}
