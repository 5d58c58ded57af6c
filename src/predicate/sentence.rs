//! Predicates and checks in words: the test procedure that a report shows.
//! It is printed from the same data that is run, so that it cannot differ.

use super::{DateBound, DateOrder, FieldTest, Lookup, Predicate, Test};
use crate::pack::{Check, CheckKind, Expected, Link, LinkMatch, Side, Target};

/// A list of values, in words.
fn values(values: &[String]) -> String {
    match values {
        [] => "none of a list that is empty".to_owned(),
        [one] => format!("`{one}`"),
        [init @ .., last] => format!("{} or `{last}`", init.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")),
    }
}

fn days(count: i64) -> String {
    if count.abs() == 1 { format!("{count} day") } else { format!("{count} days") }
}

fn bounds<T: std::fmt::Display>(at_least: Option<T>, at_most: Option<T>) -> String {
    match (at_least, at_most) {
        (Some(low), Some(high)) => format!("between {low} and {high}"),
        (Some(low), None) => format!("at least {low}"),
        (None, Some(high)) => format!("at most {high}"),
        (None, None) => "any number".to_owned(),
    }
}

/// Where a look-up looks: "a `person_id` of `people` where `active` is `true`".
fn lookup(lookup: &Lookup) -> String {
    let filter = lookup.filter.as_ref().map(|filter| format!(" where {}", condition(filter))).unwrap_or_default();
    format!("a `{}` of `{}`{filter}", lookup.key, lookup.dataset)
}

fn bound(bound: &DateBound) -> String {
    let shifted = |from: &str, plus_days: i64| match plus_days {
        0 => from.to_owned(),
        later if later > 0 => format!("{} after {from}", days(later)),
        earlier => format!("{} before {from}", days(-earlier)),
    };
    match bound {
        DateBound::AsOf { plus_days } => shifted("the as-of date", *plus_days),
        DateBound::Day { date, plus_days } => shifted(date, *plus_days),
        DateBound::Field(field) => format!("`{field}`"),
    }
}

/// A predicate in words: "`status` is `in_use`".
#[must_use]
pub fn condition(predicate: &Predicate) -> String {
    let join = |parts: &[Predicate], word: &str| {
        let each = parts.iter().map(|part| match part {
            Predicate::All(_) | Predicate::Any(_) => format!("({})", condition(part)),
            Predicate::Not(_) | Predicate::Field(_) => condition(part),
        });
        each.collect::<Vec<_>>().join(word)
    };
    match predicate {
        Predicate::All(parts) if parts.is_empty() => "always".to_owned(),
        Predicate::Any(parts) if parts.is_empty() => "never".to_owned(),
        Predicate::All(parts) => join(parts, " and "),
        Predicate::Any(parts) => join(parts, " or "),
        Predicate::Not(part) => format!("it is not so that {}", condition(part)),
        Predicate::Field(test) => field_test(test),
    }
}

fn field_test(FieldTest { field, test, exact }: &FieldTest) -> String {
    let exactly = if *exact { ", compared as written" } else { "" };
    let rest = match test {
        Test::Present(true) => "has a value".to_owned(),
        Test::Present(false) => "is empty".to_owned(),
        Test::In(list) => format!("is {}", values(list)),
        Test::NotIn(list) => format!("is not {}", values(list)),
        Test::InTable { table, column, .. } => format!("is a `{column}` of the pack's table `{table}`"),
        Test::StartsWith(prefix) => format!("begins with `{prefix}`"),
        Test::Contains(element) => format!("has the element `{element}`"),
        Test::Matches(pattern) => format!("matches `{pattern}`"),
        Test::Length { at_least, at_most } => format!("has {} characters", bounds(*at_least, *at_most)),
        Test::Number { at_least, at_most } => format!("is {}", bounds(*at_least, *at_most)),
        Test::Date { order, bound: to } => {
            let word = match order {
                DateOrder::Before => "before",
                DateOrder::NotAfter => "not after",
                DateOrder::After => "after",
                DateOrder::NotBefore => "not before",
            };
            format!("is {word} {}", bound(to))
        }
        Test::WithinDays(count) => format!("lies within the {} up to the as-of date", days(*count)),
        Test::SameAs(other) => format!("is the same as `{other}`"),
        Test::DiffersFrom(other) => format!("differs from `{other}`"),
        Test::Found { lookup: to, wanted: true } => format!("is {}", lookup(to)),
        Test::Found { lookup: to, wanted: false } => format!("is not {}", lookup(to)),
    };
    format!("`{field}` {rest}{exactly}")
}

fn of(dataset: &str, filter: Option<&Predicate>) -> String {
    filter.map_or_else(|| format!("`{dataset}`"), |filter| format!("`{dataset}` where {}", condition(filter)))
}

/// The whole test procedure of a check.
#[must_use]
pub fn procedure(check: &Check) -> String {
    match &check.kind {
        CheckKind::EachRecord(kind) => format!("For each record of {}: {}.", of(&kind.dataset, kind.filter.as_ref()), condition(&kind.expect)),
        CheckKind::Unique(kind) => {
            format!("No two records of {} have the same {}.", of(&kind.dataset, kind.filter.as_ref()), names(&kind.key))
        }
        CheckKind::RefersTo(kind) => {
            let target = match &kind.target {
                Target::Dataset(to) => lookup(to),
                Target::Table { table, column, .. } => format!("a `{column}` of the pack's table `{table}`"),
            };
            let must = if kind.must_exist { "is" } else { "is not" };
            let exact = if kind.exact { ", compared as written" } else { "" };
            let empty = match (kind.must_exist, kind.empty_is_exception) {
                (true, true) => format!(" An empty `{}` is an exception.", kind.field),
                _ => format!(" Records whose `{}` is empty are left out.", kind.field),
            };
            format!("For each record of {}: `{}` {must} {target}{exact}.{empty}", of(&kind.dataset, kind.filter.as_ref()), kind.field)
        }
        CheckKind::PerGroup(kind) => {
            let what = kind.count.distinct.as_ref().map_or_else(|| "records".to_owned(), |field| format!("distinct values of `{field}`"));
            let counted = kind.count.filter.as_ref().map(|filter| format!(" where {}", condition(filter))).unwrap_or_default();
            format!(
                "For each {} in {}: the number of {what}{counted} is {}.",
                names(&kind.key),
                of(&kind.dataset, kind.filter.as_ref()),
                bounds(kind.count.at_least, kind.count.at_most)
            )
        }
        CheckKind::Covers(kind) => covers(kind),
        CheckKind::HeldApart(kind) => {
            let side = |side: &Side| format!("the `{}` of {}", side.subject, of(&side.dataset, side.filter.as_ref()));
            let same = if kind.left.same.is_empty() { String::new() } else { format!(" with the same {}", names(&kind.left.same)) };
            format!("Nobody is both {} and {}{same}.", side(&kind.left), side(&kind.right))
        }
        CheckKind::Document(kind) => {
            let wanted = kind.wanted.iter().map(|wanted| format!("{} (where {})", wanted.title, condition(&wanted.which)));
            let demands = kind.demands.iter().map(|demand| format!("{} ({})", demand.title, condition(&demand.expect)));
            let demands: Vec<_> = demands.collect();
            let rest = if demands.is_empty() { String::new() } else { format!(" Each: {}.", demands.join("; ")) };
            format!("Among `documents` there is: {}.{rest}", wanted.collect::<Vec<_>>().join("; "))
        }
        CheckKind::Joined(kind) => {
            let links = kind.links.iter().enumerate().map(|(number, each)| format!("({}) {}", number + 1, link(each)));
            format!("For each row of the pack's table `{}`, in this order: {}.", kind.table, links.collect::<Vec<_>>().join("; "))
        }
        CheckKind::Attestation(kind) => {
            let role = kind.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
            let other = kind.by_other_than.as_ref().map(|to| format!(" The person who states it is not {}.", lookup(to))).unwrap_or_default();
            format!("The latest record of `attestations` for this control is dated, not expired, and stated by a named person{role}.{other}")
        }
    }
}

fn names(fields: &[String]) -> String {
    fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(" and ")
}

fn covers(kind: &crate::pack::Covers) -> String {
    let entries = match &kind.expected {
        Expected::Table { table, column, .. } => format!("each `{column}` of the pack's table `{table}`"),
        Expected::Dataset(to) => format!("each {}", lookup(to).trim_start_matches("a ")),
        Expected::List(entries) => {
            let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
            format!("each of {}", values(&ids).replace(" or ", " and "))
        }
    };
    let subjects = kind.subjects.as_ref().map(|to| format!(" and each {}", lookup(to).trim_start_matches("a "))).unwrap_or_default();
    let terms = if kind.by.terms { " (in the pack's or the client's words)" } else { "" };
    let subject = kind.by.subject.as_ref().map(|field| format!(", and the subject as `{field}`")).unwrap_or_default();
    let at_least = kind.at_least.or(kind.at_most.is_none().then_some(1));
    format!(
        "For {entries}{subjects}: the number of records of {} that name it as `{}`{terms}{subject} is {}.",
        of(&kind.by.dataset, kind.by.filter.as_ref()),
        kind.by.entry,
        bounds(at_least, kind.at_most)
    )
}

fn link(link: &Link) -> String {
    let tie = |tie: &LinkMatch| {
        let word = if tie.mentions { "mentions" } else { "is" };
        let terms = if tie.terms || tie.mentions { ", in the pack's or the client's words" } else { "" };
        format!("`{}` {word} the chain's {}{terms}", tie.field, tie.to)
    };
    let ties: Vec<_> = link.matches.iter().map(tie).collect();
    let carries = link.yields.as_ref().map(|(field, name)| format!("; each `{field}` goes on as {name}")).unwrap_or_default();
    format!("{}: a record of {} whose {}{carries}", link.title, of(&link.dataset, link.filter.as_ref()), ties.join(" and "))
}
