//! What a check demands, taken apart, with the ways in which an example's
//! evidence can be changed to break each demand. All of it comes from the
//! check's own data.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{Change, own_value};
use crate::dataset::derived;
use crate::pack::example::{Example, ExampleValue};
use crate::pack::{Check, CheckKind, Count, CoveredBy, Side, Target};
use crate::predicate::{FieldTest, Lookup, Predicate, Test};

/// A demand of a check and the ways to break it.
#[derive(Debug)]
pub(super) struct Aim {
    /// What is demanded, for people.
    pub what: String,
    /// Ways to break it; one is enough.
    pub ways: Vec<Vec<Change>>,
}

/// An example, and where else values may come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'e> {
    /// The example that is changed.
    pub example: &'e Example,
    /// All examples of the control.
    pub all: &'e [&'e Example],
}

/// More ways than these are not tried.
const MOST_WAYS: usize = 2000;

/// The demands of a check, as the example can break them.
pub(super) fn aims(check: &Check, evidence: Evidence<'_>) -> Vec<Aim> {
    let mut aims = match &check.kind {
        CheckKind::EachRecord(kind) => broken(&kind.dataset, &kind.expect, false, evidence),
        CheckKind::Unique(kind) => vec![Aim { what: "no two share a key".to_owned(), ways: repeats(&kind.dataset, 1, &[], evidence) }],
        CheckKind::RefersTo(kind) => {
            let values = match &kind.target {
                Target::Dataset(lookup) => keys(lookup, evidence),
                Target::Table { values, .. } => values.iter().map(|value| ExampleValue::Text(value.clone())).collect(),
            };
            let wrong = if kind.must_exist { vec![text("nobody@nowhere.example"), text("")] } else { values };
            let mut aims = vec![Aim { what: format!("`{}` refers", kind.field), ways: sets(&kind.dataset, &kind.field, &wrong, evidence) }];
            if let (Target::Dataset(lookup), true) = (&kind.target, kind.must_exist) {
                aims.extend(conditions(lookup, evidence));
            }
            aims
        }
        CheckKind::PerGroup(kind) => per_group(&kind.dataset, &kind.count, evidence),
        CheckKind::Covers(kind) => {
            let mut aims = Vec::new();
            if kind.at_least.unwrap_or(1) > 0 {
                aims.push(Aim { what: "each entry is met often enough".to_owned(), ways: missing(&kind.by, evidence) });
            }
            if let Some(most) = kind.at_most {
                let ways = repeats(&kind.by.dataset, most + 1, &[], evidence);
                aims.push(Aim { what: "no entry is met too often".to_owned(), ways });
            }
            aims
        }
        CheckKind::Recurs(kind) => {
            let mut ways = missing(&kind.by, evidence);
            ways.extend(sets(&kind.by.dataset, &kind.time, &[text("1999-01-01")], evidence));
            ways.extend(
                of_one_entry(&kind.by, evidence)
                    .into_iter()
                    .map(|records| records.into_iter().map(|record| Change::set(&kind.by.dataset, record, &kind.time, text("1999-01-01"))).collect()),
            );
            vec![Aim { what: format!("an act every {} days", kind.every_days), ways }]
        }
        CheckKind::WithoutGap(kind) => {
            let (dataset, records) = (&kind.by.dataset, evidence.example.datasets.get(&kind.by.dataset).map(Vec::as_slice).unwrap_or_default());
            let mut aims = Vec::new();
            if kind.at_least > 0 {
                let mut ways = missing(&kind.by, evidence);
                // It ends as it begins, or begins as it ends.
                for (number, record) in records.iter().enumerate() {
                    let set = |field: &str, from: &str| record.get(from).map(|value| vec![Change::set(dataset, number, field, value.clone())]);
                    ways.extend(set(&kind.to, &kind.from).into_iter().chain(set(&kind.from, &kind.to)));
                }
                aims.push(Aim { what: "no moment is uncovered".to_owned(), ways });
            }
            if let Some(most) = kind.at_most {
                let mut ways = repeats(dataset, most, &[], evidence);
                ways.extend(sets(dataset, &kind.from, &[text("1999-01-01")], evidence));
                ways.extend(sets(dataset, &kind.to, &[text("2999-12-31"), text("")], evidence));
                aims.push(Aim { what: "no moment has too many".to_owned(), ways });
            }
            aims
        }
        CheckKind::Reconcile(kind) => {
            let mut aims = Vec::new();
            let other = [1, 0].map(|at: usize| &kind.sides[at]);
            for ((side, other), whole) in kind.sides.iter().zip(other).zip(kind.whole) {
                if whole {
                    let mut ways = removes(&side.dataset, evidence);
                    let another = |key: &String| sets(&other.dataset, key, &[text("another")], evidence);
                    ways.extend(other.key.iter().flat_map(another));
                    let strange: Vec<(String, ExampleValue)> = other.key.iter().map(|key| (key.clone(), own_value())).collect();
                    ways.extend(repeats(&other.dataset, 1, &strange, evidence));
                    aims.push(Aim { what: format!("each key is in `{}`", side.dataset), ways });
                }
            }
            for (left, right) in &kind.agree {
                let wrong = [text("something else"), text("")];
                let mut ways = sets(&kind.sides[0].dataset, left, &wrong, evidence);
                ways.extend(sets(&kind.sides[1].dataset, right, &wrong, evidence));
                aims.push(Aim { what: format!("`{left}` agrees with `{right}`"), ways });
            }
            aims
        }
        CheckKind::Ordered(kind) => {
            let levels: Vec<ExampleValue> = kind.levels.iter().map(|level| ExampleValue::Text(level.clone())).collect();
            let mut ways = removes(&kind.dataset, evidence);
            ways.extend(sets(&kind.dataset, &kind.level, &levels, evidence));
            ways.extend(sets(&kind.dataset, &kind.level, &[text("something else")], evidence));
            vec![Aim { what: "each level follows the one before".to_owned(), ways }]
        }
        CheckKind::HeldApart(kind) => vec![Aim { what: "nobody is on both sides".to_owned(), ways: both_sides(&kind.left, &kind.right, evidence) }],
        CheckKind::Document(kind) => {
            // Where it is the only one, it is another document instead: without any there is nothing to judge.
            let another = kind.wanted.iter().flat_map(|wanted| broken("documents", &wanted.which, false, evidence)).flat_map(|aim| aim.ways);
            let ways = removes("documents", evidence).into_iter().chain(another).collect();
            let mut aims = vec![Aim { what: "the document exists".to_owned(), ways }];
            aims.extend(kind.demands.iter().flat_map(|demand| broken("documents", &demand.expect, false, evidence)));
            aims
        }
        CheckKind::Joined(kind) => {
            let link = |link: &crate::pack::Link| {
                let mut ways = removes(&link.dataset, evidence);
                ways.extend(link.filter.iter().flat_map(|filter| broken(&link.dataset, filter, false, evidence)).flat_map(|aim| aim.ways));
                Aim { what: format!("link `{}`", link.id), ways }
            };
            kind.links.iter().map(link).collect()
        }
        CheckKind::Attestation(kind) => {
            let by = |lookup: &Lookup| Aim {
                what: "somebody other than the person judged states it".to_owned(),
                ways: sets("attestations", "by", &keys(lookup, evidence), evidence),
            };
            kind.by_other_than.iter().map(by).collect()
        }
    };
    // What no export delivers is broken in what it is made of.
    let derived: BTreeSet<&str> = check.kind.datasets().into_iter().filter(|name| derived::find(name).is_some()).collect();
    let bases: BTreeSet<&str> = derived.iter().flat_map(|name| derived::delivered(name)).collect();
    for aim in &mut aims {
        aim.ways.truncate(MOST_WAYS);
        aim.ways.extend(bases.iter().flat_map(|base| anything(base, evidence)).take(MOST_WAYS));
    }
    aims
}

/// Whatever can be changed in a record: it goes, it has another value, or it is there again with one.
fn anything(dataset: &str, evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    let mut ways = removes(dataset, evidence);
    let records = evidence.example.datasets.get(dataset).map(Vec::as_slice).unwrap_or_default();
    let mut known: BTreeMap<&str, Vec<&ExampleValue>> = BTreeMap::new();
    for (field, value) in evidence.all.iter().flat_map(|example| example.datasets.get(dataset).into_iter().flatten()).flatten() {
        let values = known.entry(field).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    for (number, record) in records.iter().enumerate() {
        for (field, own) in record {
            for value in known.get(field.as_str()).into_iter().flatten().filter(|value| **value != own) {
                ways.push(vec![Change::set(dataset, number, field, (*value).clone())]);
                ways.push(vec![Change::repeat(dataset, number, 1, vec![(field.clone(), (*value).clone())])]);
            }
            ways.extend([text("something else"), text("")].map(|value| vec![Change::set(dataset, number, field, value)]));
        }
    }
    ways
}

fn text(value: &str) -> ExampleValue {
    ExampleValue::Text(value.to_owned())
}

fn count(dataset: &str, evidence: Evidence<'_>) -> usize {
    evidence.example.datasets.get(dataset).map_or(0, Vec::len)
}

/// Each record gone.
fn removes(dataset: &str, evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    (0..count(dataset, evidence)).map(|record| vec![Change::remove(dataset, record)]).collect()
}

fn repeats(dataset: &str, times: u64, with: &[(String, ExampleValue)], evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    (0..count(dataset, evidence)).map(|record| vec![Change::repeat(dataset, record, times, with.to_vec())]).collect()
}

/// Each of these values in each record.
fn sets(dataset: &str, field: &str, values: &[ExampleValue], evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    let record = |record| values.iter().map(move |value| vec![Change::set(dataset, record, field, value.clone())]);
    (0..count(dataset, evidence)).flat_map(record).collect()
}

/// The keys of a look-up's records, whether they count or not.
fn keys(lookup: &Lookup, evidence: Evidence<'_>) -> Vec<ExampleValue> {
    let records = evidence.example.datasets.get(&lookup.dataset).into_iter().flatten();
    records.filter_map(|record| record.get(&lookup.key).cloned()).collect()
}

/// The conditions under which a look-up's records count.
fn conditions(lookup: &Lookup, evidence: Evidence<'_>) -> Vec<Aim> {
    lookup.filter.iter().flat_map(|filter| broken(&lookup.dataset, filter, false, evidence)).collect()
}

fn per_group(dataset: &str, count: &Count, evidence: Evidence<'_>) -> Vec<Aim> {
    let turned = |wanted: bool| -> Vec<Vec<Change>> {
        count.filter.iter().flat_map(|filter| broken(dataset, filter, wanted, evidence)).flat_map(|aim| aim.ways).collect()
    };
    let mut aims = Vec::new();
    if count.at_least.is_some_and(|least| least > 0) {
        let mut ways = turned(false);
        ways.extend(removes(dataset, evidence));
        if let Some(distinct) = &count.distinct {
            let values: Vec<ExampleValue> =
                evidence.example.datasets.get(dataset).into_iter().flatten().filter_map(|record| record.get(distinct).cloned()).collect();
            ways.extend(sets(dataset, distinct, &values, evidence));
        }
        aims.push(Aim { what: "at least so many in each group".to_owned(), ways });
    }
    if let Some(most) = count.at_most {
        let with: Vec<(String, ExampleValue)> = count.distinct.iter().map(|field| (field.clone(), own_value())).collect();
        let mut ways = repeats(dataset, most + 1, &with, evidence);
        ways.extend(turned(true));
        aims.push(Aim { what: "at most so many in each group".to_owned(), ways });
    }
    aims
}

/// Each record gone; each condition broken; and all of those gone that name the same entry.
fn missing(by: &CoveredBy, evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    let mut ways = removes(&by.dataset, evidence);
    ways.extend(
        of_one_entry(by, evidence).into_iter().map(|records| records.into_iter().map(|record| Change::remove(&by.dataset, record)).collect()),
    );
    // Where it is the only one, it names something else instead.
    ways.extend(sets(&by.dataset, &by.entry, &[text("something else"), ExampleValue::List(vec!["something else".to_owned()])], evidence));
    ways.extend(by.filter.iter().flat_map(|filter| broken(&by.dataset, filter, false, evidence)).flat_map(|aim| aim.ways));
    ways
}

/// The records that name the same entry, for each entry that is named.
fn of_one_entry(by: &CoveredBy, evidence: Evidence<'_>) -> Vec<Vec<usize>> {
    let records = evidence.example.datasets.get(&by.dataset).map(Vec::as_slice).unwrap_or_default();
    let of = |entry: &ExampleValue| (0..records.len()).filter(|number| records[*number].get(&by.entry) == Some(entry)).collect();
    records.iter().filter_map(|record| record.get(&by.entry)).map(of).collect()
}

/// A record of one side, with the subject of one of the other.
fn both_sides(left: &Side, right: &Side, evidence: Evidence<'_>) -> Vec<Vec<Change>> {
    let mut ways = Vec::new();
    for (from, to) in [(left, right), (right, left)] {
        for record in evidence.example.datasets.get(&from.dataset).into_iter().flatten() {
            let fields = std::iter::once((&from.subject, &to.subject)).chain(from.same.iter().zip(&to.same));
            let with: Vec<(String, ExampleValue)> = fields.filter_map(|(own, other)| Some((other.clone(), record.get(own)?.clone()))).collect();
            ways.extend(repeats(&to.dataset, 1, &with, evidence));
        }
    }
    ways
}

/// Tests that must turn together, each with what it must answer.
type Turn<'p> = Vec<(&'p FieldTest, bool)>;

/// More combinations than these are not tried.
const MOST_TURNS: usize = 16;

/// The least sets of tests that make a predicate answer `wanted`.
fn turns(predicate: &Predicate, wanted: bool) -> Vec<Turn<'_>> {
    match (predicate, wanted) {
        (Predicate::Field(test), _) => vec![vec![(test, wanted)]],
        (Predicate::Not(part), _) => turns(part, !wanted),
        (Predicate::All(parts), false) | (Predicate::Any(parts), true) => parts.iter().flat_map(|part| turns(part, wanted)).collect(),
        (Predicate::All(parts), true) | (Predicate::Any(parts), false) => {
            let mut all: Vec<Turn<'_>> = vec![Vec::new()];
            for part in parts {
                let own = turns(part, wanted);
                all = all
                    .iter()
                    .flat_map(|before| own.iter().map(move |more| [before.as_slice(), more.as_slice()].concat()))
                    .take(MOST_TURNS)
                    .collect();
            }
            all
        }
    }
}

/// One demand for each least set of tests that makes the predicate answer `wanted`.
fn broken(dataset: &str, predicate: &Predicate, wanted: bool, evidence: Evidence<'_>) -> Vec<Aim> {
    let mut aims = Vec::new();
    for turn in turns(predicate, wanted) {
        let fields: Vec<&str> = turn.iter().map(|(test, _)| test.field.as_str()).collect();
        let mut ways = Vec::new();
        for record in 0..count(dataset, evidence) {
            let values: Vec<(&str, Vec<ExampleValue>)> =
                turn.iter().map(|(test, wanted)| (test.field.as_str(), values(test, *wanted, dataset, record, evidence))).collect();
            let most = values.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
            for number in 0..most {
                let changes = values.iter().filter_map(|(field, values)| {
                    let value = values.get(number % values.len().max(1))?;
                    Some(Change::set(dataset, record, field, value.clone()))
                });
                ways.push(changes.collect());
            }
        }
        aims.push(Aim { what: format!("{} of `{dataset}`", fields.join(" and ")), ways });
        // What a look-up's record must be is a demand as well.
        for (test, turned) in turn {
            if let Test::Found { lookup, wanted } = &test.test
                && *wanted
                && !turned
            {
                aims.extend(conditions(lookup, evidence));
            }
        }
    }
    aims
}

/// Values that may make a test of a record answer `wanted`, the likeliest first.
fn values(test: &FieldTest, wanted: bool, dataset: &str, record: usize, evidence: Evidence<'_>) -> Vec<ExampleValue> {
    let own =
        |field: &str| evidence.example.datasets.get(dataset).and_then(|records| records.get(record)).and_then(|record| record.get(field)).cloned();
    let texts = |values: &[String]| -> Vec<ExampleValue> { values.iter().take(4).map(|value| ExampleValue::Text(value.clone())).collect() };
    let mut values = match (&test.test, wanted) {
        (Test::In(list) | Test::InTable { values: list, .. }, true) | (Test::NotIn(list), false) => texts(list),
        (Test::SameAs(other), true) | (Test::DiffersFrom(other), false) => own(other).into_iter().collect(),
        (Test::StartsWith(text) | Test::Contains(text), true) => vec![ExampleValue::Text(text.clone())],
        (Test::Found { lookup, wanted: found }, wanted) if *found == wanted => keys(lookup, evidence),
        (Test::Date { .. } | Test::WithinDays(_), _) => {
            vec![text("1999-01-01"), text("2999-12-31"), ExampleValue::Text(evidence.example.as_of.clone())]
        }
        (Test::Present(true), true) => vec![text("something")],
        _ => Vec::new(),
    };
    // What the field has elsewhere may be what no fixed value can be: a text that matches a pattern.
    let field =
        |example: &&Example| example.datasets.get(dataset).into_iter().flatten().filter_map(|record| record.get(&test.field).cloned()).collect();
    values.extend(
        evidence.all.iter().flat_map(|example| -> Vec<ExampleValue> { field(example) }).filter(|value| matches!(value, ExampleValue::Text(_))),
    );
    values.extend([text(""), text("something else"), text("0"), text("999999"), text("true"), text("false")]);
    values.extend([text("1999-01-01"), text("2999-12-31"), text("nobody@nowhere.example")]);
    // A list keeps what it has beside the new element, or has nothing else.
    if let (true, Some(ExampleValue::List(list))) = (test.list, own(&test.field)) {
        let more = |value: &ExampleValue| match value {
            ExampleValue::Text(text) if !text.is_empty() => Some(ExampleValue::List(list.iter().cloned().chain([text.clone()]).collect())),
            _ => None,
        };
        let before = |value: &ExampleValue| match value {
            ExampleValue::Text(text) if !text.is_empty() => {
                Some(ExampleValue::List([text.clone()].into_iter().chain(list.iter().cloned()).collect()))
            }
            _ => None,
        };
        let longer: Vec<ExampleValue> = values.iter().filter_map(more).chain(values.iter().filter_map(before)).collect();
        let one = |value: ExampleValue| match value {
            ExampleValue::Text(text) if !text.is_empty() => ExampleValue::List(vec![text]),
            other => other,
        };
        values = values.into_iter().map(one).chain(longer).collect();
        values.extend((0..list.len()).map(|gone| {
            let rest = list.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, element)| element.clone());
            ExampleValue::List(rest.collect())
        }));
    }
    values
}
