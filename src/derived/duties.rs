//! Who has which duty: each cell of a responsibility matrix, with the people
//! behind it. A matrix names people or titles; whoever has the title and is
//! active has the duty.

use std::collections::{BTreeMap, HashMap};

use super::made::Bases;
use super::{At, EMPTY, Exceeded, Made, Person, Row, Steps, UNTOLD, within};
use crate::check::words::loosen;
use crate::engagement::Term;
use crate::evidence::batch::{Batch, RejectReason, Value};
use crate::identity::{ROSTER_FIELDS, Resolved};

/// Stands for the title that the cell itself names.
const TITLE: u32 = 0;

/// What a cell of a matrix names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Title,
    /// Nothing says which, or something that is neither.
    Either,
    /// It cannot be read which.
    Untold,
}

impl Kind {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Bytes(word) => match word.trim_ascii().to_ascii_lowercase().as_slice() {
                b"person" => Self::Person,
                b"role" => Self::Title,
                _ => Self::Either,
            },
            Value::Empty => Self::Either,
            // An export without the field would say more than one with it, were the roster asked.
            Value::Absent | Value::Invalid => Self::Untold,
        }
    }
}

/// Whoever has a title: the person's number, or the name of one that the roster does not tell apart.
type Who = (Option<u32>, Box<[u8]>);

/// A name, and the record of the roster that it is of.
type Known = (Box<[u8]>, At);

/// Who has a title.
#[derive(Debug, Default)]
struct Held {
    people: BTreeMap<Who, Known>,
    /// Somebody may have it.
    untold: bool,
}

/// The titles of active people.
#[derive(Debug, Default)]
struct Titles {
    held: HashMap<String, Held, foldhash::fast::RandomState>,
    /// Somebody is, or may be, active, and their title cannot be told.
    untold: bool,
    /// The roster is there, and not known to lack anybody.
    whole: bool,
}

/// The forms in which a title is compared: as it stands, and as the client's words have it.
fn forms<'t>(text: &[u8], terms: impl Iterator<Item = &'t Term>) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let own = loosen(&text);
    let says = |term: &&Term| {
        let value = term.value.as_ref().is_some_and(|value| loosen(value) == own);
        value || term.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text))
    };
    let mut forms: Vec<String> = terms.filter(says).map(|term| loosen(&term.is)).collect();
    forms.push(own);
    forms.sort_unstable();
    forms.dedup();
    forms
}

impl Titles {
    fn new(bases: &Bases<'_>) -> Self {
        let mut titles = Self::default();
        let columns = ["title", "active"].map(|field| bases.column("people", field));
        let names = ROSTER_FIELDS.map(|field| bases.column("people", field));
        let terms: Vec<&Term> = bases.terms().iter().filter(|term| term.concerns("people", "title")).collect();
        for (at, batch) in bases.records("people") {
            titles.whole = true;
            let record = at.record as usize;
            let [title, active] = columns.map(|column| column.map_or(Value::Absent, |column| batch.get(column.into(), record)));
            let surely = match active {
                Value::Bytes(b"true") => true,
                Value::Bytes(_) | Value::Empty => continue,
                Value::Absent | Value::Invalid => false,
            };
            let title = match title {
                Value::Bytes(title) => title,
                Value::Empty => continue,
                Value::Absent | Value::Invalid => {
                    titles.untold = true;
                    continue;
                }
            };
            let named = name(bases, &batch, record, names).filter(|_| surely);
            for form in forms(title, terms.iter().copied()) {
                let held = titles.held.entry(form).or_default();
                let Some((who, name)) = &named else {
                    held.untold = true;
                    continue;
                };
                // Of several records of a person the least name stands: the order of rows tells nothing.
                let own = (name.clone(), at);
                held.people.entry(who.clone()).and_modify(|known| *known = known.clone().min(own.clone())).or_insert(own);
            }
        }
        titles.whole &= !bases.identity().is_incomplete();
        titles
    }

    /// Who has a title by any of its forms, and whether somebody else may.
    fn of<'t>(&'t self, forms: &[String]) -> (BTreeMap<&'t Who, &'t Known>, bool) {
        let (mut people, mut untold) = (BTreeMap::new(), self.untold);
        for held in forms.iter().filter_map(|form| self.held.get(form)) {
            untold |= held.untold;
            for (who, own) in &held.people {
                people.entry(who).and_modify(|known: &mut &Known| *known = (*known).min(own)).or_insert(own);
            }
        }
        let nobody = people.is_empty() && !self.whole;
        (people, untold || nobody)
    }
}

/// By which name of a roster's record the person is known everywhere; else any name that it has.
fn name(bases: &Bases<'_>, batch: &Batch<'_>, record: usize, columns: [Option<u16>; ROSTER_FIELDS.len()]) -> Option<(Who, Box<[u8]>)> {
    let value = |column: u16| match batch.get(column.into(), record) {
        Value::Bytes(name) => Some(name),
        Value::Empty | Value::Absent | Value::Invalid => None,
    };
    let names: Vec<&[u8]> = columns.into_iter().flatten().filter_map(value).collect();
    let identity = bases.identity();
    let everywhere = names.iter().find_map(|name| match (identity.at(batch, record).resolve(name), identity.anywhere().resolve(name)) {
        (Resolved::Person(own), Resolved::Person(known)) if own == known => Some(((Some(own), Box::default()), (*name).into())),
        _ => None,
    });
    everywhere.or_else(|| names.first().map(|name| ((None, (*name).into()), (*name).into())))
}

/// One record for each cell of a matrix and person.
pub(super) fn duty_holders(bases: &mut Bases<'_>, steps: &mut Steps) -> Result<Made, Exceeded> {
    let titles = Titles::new(bases);
    let mut made = Made::default();
    let columns = ["party", "party_kind"].map(|field| bases.column("responsibilities", field));
    let terms: Vec<&Term> = bases.terms().iter().filter(|term| term.concerns("responsibilities", "party")).collect();
    for (at, batch) in bases.records("responsibilities") {
        steps.take(1)?;
        let record = at.record as usize;
        let [party, kind] = columns.map(|column| column.map_or(Value::Absent, |column| batch.get(column.into(), record)));
        let kind = Kind::of(kind);
        made.for_groups |= kind != Kind::Person;
        let whose = bases.whose("responsibilities", &batch, record);
        let direct = Row { names: bases.names(whose, &mut made.texts), ..Row::of(at, Person::Own) };
        let open = |group| (Row { group, ..Row::of(at, Person::Untold) }, RejectReason::FieldUntold);
        let party = match party {
            _ if kind == Kind::Untold => &[],
            Value::Bytes(party) => party,
            // Nobody has it.
            Value::Empty => {
                made.rows.push(direct);
                continue;
            }
            Value::Absent | Value::Invalid => &[],
        };
        if party.is_empty() {
            made.open.push(open(UNTOLD));
            continue;
        }
        let forms = forms(party, terms.iter().copied());
        let by_title = match (kind, bases.identity().at(&batch, record).resolve(party)) {
            (Kind::Person, _) | (Kind::Either, Resolved::Person(_) | Resolved::Ambiguous) => false,
            // Somebody whom only the system's accounts would tell, unless it is a title.
            (Kind::Either, Resolved::Unplaced) => forms.iter().any(|form| titles.held.contains_key(form)),
            _ => true,
        };
        if !by_title {
            made.rows.push(direct);
            continue;
        }
        let (people, untold) = titles.of(&forms);
        steps.take(people.len())?;
        steps.look(party.len())?;
        if people.is_empty() && !untold {
            made.rows.push(Row { group: TITLE, via: EMPTY, ..Row::of(at, Person::Own) });
        }
        for (name, holder) in people.into_values() {
            let via = made.texts.number(name);
            made.rows.push(Row { group: TITLE, via, ..Row::of(at, Person::Member(*holder)) });
        }
        if untold {
            made.open.push(open(TITLE));
        }
        within(made.rows.len() + made.open.len())?;
        made.texts.within()?;
    }
    let mut rejected = BTreeMap::new();
    bases.rejected("responsibilities", &mut rejected);
    if made.for_groups {
        bases.rejected("people", &mut rejected);
    }
    made.rejected = rejected.into_iter().collect();
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(field: &str, value: Option<&str>, pattern: Option<&str>, is: &str) -> Term {
        let pattern = pattern.map(|pattern| regex::Regex::new(pattern).unwrap());
        Term { field: field.to_owned(), value: value.map(str::to_owned), pattern, is: is.to_owned() }
    }

    #[test]
    fn a_title_is_one_whatever_its_case_and_blanks_and_the_clients_words_for_it() {
        let terms = [term("title", Some("Head of  Security"), None, "CISO"), term("title", None, Some("(?i)^security lead"), "CISO")];
        let of = |text: &str| forms(text.as_bytes(), terms.iter());
        assert_eq!(of(" Head  of Security"), ["ciso", "head of security"]);
        assert_eq!(of("Security Lead East"), ["ciso", "security lead east"]);
        assert_eq!((of("ciso"), of("Headof Security")), (vec!["ciso".to_owned()], vec!["headof security".to_owned()]));
    }

    #[test]
    fn a_term_about_a_field_of_a_matrix_speaks_of_the_field_that_is_carried_over() {
        let of = |field: &str| term(field, Some("x"), None, "y");
        assert!(of("responsibilities.task").concerns("duty_holders", "task") && of("task").concerns("duty_holders", "task"));
        assert!(of("duty_holders.task").concerns("duty_holders", "task"));
        assert!(of("role_assignments.role_id").concerns("role_holders", "role_id"));
        assert!(!of("responsibilities.task").concerns("duty_holders", "task_id") && !of("people.title").concerns("duty_holders", "via_title"));
        assert!(!of("duty_holders.task").concerns("responsibilities", "task") && !of("tasks.task").concerns("duty_holders", "task"));
    }
}
