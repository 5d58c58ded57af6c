//! Predicates and checks in words: the test procedure that a report shows.
//! It is printed from the same data that is run, so that it cannot differ.

use super::{DateBound, DateOrder, FieldTest, Lookup, Predicate, SetOrder, Test, WantedSet, WhichElements};
use crate::pack::{Check, CheckKind, Claim, CoveredBy, Expected, Joined, Link, LinkMatch, Narrowed, Ordered, Reconcile, Side, Target};

mod over_time;

/// A list of values, in words: "`a`, `b` or `c`".
fn values(values: &[String], word: &str) -> String {
    match values {
        [] => "one of a list that is empty".to_owned(),
        [one] => format!("`{one}`"),
        [init @ .., last] => format!("{} {word} `{last}`", init.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")),
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
    format!("{} {}", if lookup.list { "an" } else { "a" }, keys(lookup))
}

/// The keys of a look-up: "`person_id` of `people` where `active` is `true`".
fn keys(lookup: &Lookup) -> String {
    let filter = lookup.filter.as_ref().map(|filter| format!(" where {}", condition(filter))).unwrap_or_default();
    let same: String = lookup.same.iter().map(|(field, own)| format!(" whose `{field}` is the record's `{own}`")).collect::<Vec<_>>().join(" and");
    format!("{} of `{}`{filter}{same}", one_of(&lookup.key, lookup.list), lookup.dataset)
}

/// A field, or what a list field is made of.
fn one_of(field: &str, list: bool) -> String {
    if list { format!("element of `{field}`") } else { format!("`{field}`") }
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
        DateBound::Field { field, plus_days } => shifted(&format!("`{field}`"), *plus_days),
    }
}

/// A predicate in words: "`status` is `in_use`".
#[must_use]
pub fn condition(predicate: &Predicate) -> String {
    said(predicate, None)
}

/// A predicate in words, about its fields or about what is called so.
fn said(predicate: &Predicate, of: Option<&str>) -> String {
    let join = |parts: &[Predicate], word: &str| parts.iter().map(|each| part(each, of)).collect::<Vec<_>>().join(word);
    match predicate {
        Predicate::All(parts) if parts.is_empty() => "always".to_owned(),
        Predicate::Any(parts) if parts.is_empty() => "never".to_owned(),
        Predicate::All(parts) | Predicate::Any(parts) if parts.len() == 1 => parts.iter().map(|each| said(each, of)).collect(),
        Predicate::All(parts) => join(parts, " and "),
        Predicate::Any(parts) => join(parts, " or "),
        Predicate::Not(negated) => format!("it is not so that {}", part(negated, of)),
        Predicate::Field(test) => field_test(test, of),
    }
}

/// A part of a larger condition, in brackets where it could be read as reaching further.
fn part(predicate: &Predicate, of: Option<&str>) -> String {
    let further = match predicate {
        Predicate::All(parts) | Predicate::Any(parts) if parts.len() == 1 => return parts.iter().map(|each| part(each, of)).collect(),
        Predicate::All(parts) | Predicate::Any(parts) => !parts.is_empty(),
        Predicate::Not(_) => true,
        Predicate::Field(FieldTest { test: Test::Found { lookup, .. }, .. }) => lookup.filter.is_some(),
        Predicate::Field(_) => false,
    };
    if further { format!("({})", said(predicate, of)) } else { said(predicate, of) }
}

/// What holds of the elements of a field, in words.
fn of_elements(subject: &str, of: WhichElements, which: &Predicate) -> String {
    let word = match of {
        WhichElements::Any => "any",
        WhichElements::Every => "every",
        WhichElements::First => "the first",
    };
    let subject = format!("{word} element of {subject}");
    match which {
        Predicate::All(parts) | Predicate::Any(parts) if parts.len() == 1 => parts.iter().map(|part| said(part, Some(&subject))).collect(),
        Predicate::Field(_) => said(which, Some(&subject)),
        _ => format!("of {subject} it holds that ({})", said(which, Some("it"))),
    }
}

/// How the set of a field's elements is compared, in words.
fn set(order: SetOrder, wanted: &WantedSet) -> String {
    let (has, of_list) = match order {
        SetOrder::Equal => ("exactly the elements", ""),
        SetOrder::Subset => ("no other elements than", "those "),
        SetOrder::Superset => ("each of the elements", ""),
    };
    match wanted {
        WantedSet::List(list) if list.is_empty() => format!("has {has} {of_list}of a list that is empty"),
        WantedSet::List(list) => format!("has {has} {}", values(list, "and")),
        WantedSet::Table { table, column, rows, .. } => {
            let each: Vec<_> = rows.iter().map(|(own, field)| format!("whose `{own}` is the record's `{field}`")).collect();
            let rows = if each.is_empty() { String::new() } else { format!(" of a row {}", each.join(" and ")) };
            format!("has {has} {of_list}that are a `{column}`{rows} of the pack's table `{table}`")
        }
    }
}

fn field_test(FieldTest { field, list, test, exact }: &FieldTest, of: Option<&str>) -> String {
    let own = of.map_or_else(|| format!("`{field}`"), str::to_owned);
    let exactly = exactly(*exact);
    // On a list, a test of single values holds if it holds of any element.
    let (subject, test) = match (*list && of.is_none(), test) {
        (true, Test::In(_) | Test::InTable { .. } | Test::StartsWith(_) | Test::Matches(_) | Test::Found { wanted: true, .. }) => {
            (format!("any element of `{field}`"), test.clone())
        }
        (true, Test::NotIn(list)) => (format!("no element of `{field}`"), Test::In(list.clone())),
        (true, Test::Found { lookup, wanted: false }) => (format!("no element of `{field}`"), Test::Found { lookup: lookup.clone(), wanted: true }),
        _ => (own, test.clone()),
    };
    let rest = match &test {
        Test::Present(true) => "has a value".to_owned(),
        Test::Present(false) => "is empty".to_owned(),
        Test::In(list) => format!("is {}", values(list, "or")),
        Test::NotIn(list) => format!("is not {}", values(list, "or")),
        Test::InTable { table, column, .. } => format!("is a `{column}` of the pack's table `{table}`"),
        Test::StartsWith(prefix) => format!("begins with `{prefix}`"),
        Test::Contains(element) => format!("has the element `{element}`"),
        Test::Matches(pattern) => format!("matches `{}`", pattern.0),
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
        Test::Set { order, wanted } => set(*order, wanted),
        Test::Elements { of, which } => return of_elements(&subject, *of, which),
    };
    format!("{subject} {rest}{exactly}")
}

fn of(dataset: &str, filter: Option<&Predicate>) -> String {
    filter.map_or_else(|| format!("`{dataset}`"), |filter| format!("`{dataset}` where {}", condition(filter)))
}

/// How persons are compared, where it is not as persons.
const fn exactly(exact: bool) -> &'static str {
    if exact { ", compared as written" } else { "" }
}

/// The whole test procedure of a check.
#[must_use]
pub fn procedure(check: &Check) -> String {
    match &check.kind {
        CheckKind::EachRecord(kind) => format!("For each record of {}: {}.", of(&kind.dataset, kind.filter.as_ref()), condition(&kind.expect)),
        CheckKind::Unique(kind) => {
            format!("No two records of {} have the same {}{}.", of(&kind.dataset, kind.filter.as_ref()), names(&kind.key), exactly(kind.exact))
        }
        CheckKind::RefersTo(kind) => {
            let target = match &kind.target {
                Target::Dataset(to) => lookup(to),
                Target::Table { table, column, .. } => format!("a `{column}` of the pack's table `{table}`"),
            };
            let refers = match (kind.list, kind.must_exist) {
                (false, true) => format!("`{}` is", kind.field),
                (false, false) => format!("`{}` is not", kind.field),
                (true, true) => format!("every element of `{}` is", kind.field),
                (true, false) => format!("no element of `{}` is", kind.field),
            };
            let exact = exactly(kind.exact);
            let empty = match (kind.must_exist, kind.empty_is_exception) {
                (true, true) => format!(" An empty `{}` is an exception.", kind.field),
                _ => format!(" Records whose `{}` is empty are left out.", kind.field),
            };
            format!("For each record of {}: {refers} {target}{exact}.{empty}", of(&kind.dataset, kind.filter.as_ref()))
        }
        CheckKind::PerGroup(kind) => {
            let what = kind.count.distinct.as_ref().map_or_else(
                || "records".to_owned(),
                |field| {
                    let values = if kind.count.list { "elements" } else { "values" };
                    format!("distinct {values} of `{field}`")
                },
            );
            let counted = kind.count.filter.as_ref().map(|filter| format!(" where {}", condition(filter))).unwrap_or_default();
            format!(
                "For each {} in {}: the number of {what}{counted} is {}{}.",
                names(&kind.key),
                of(&kind.dataset, kind.filter.as_ref()),
                bounds(kind.count.at_least, kind.count.at_most),
                exactly(kind.exact)
            )
        }
        CheckKind::Covers(kind) => covers(kind),
        CheckKind::Recurs(kind) => over_time::recurs(kind),
        CheckKind::WithoutGap(kind) => over_time::without_gap(kind),
        CheckKind::HeldApart(kind) => {
            let side = |side: &Side| format!("the `{}` of {}", side.subject, of(&side.dataset, side.filter.as_ref()));
            let same = if kind.left.same.is_empty() { String::new() } else { format!(" with the same {}", names(&kind.left.same)) };
            format!("Nobody is both {} and {}{same}{}.", side(&kind.left), side(&kind.right), exactly(kind.exact))
        }
        CheckKind::Document(kind) => {
            let wanted = kind.wanted.iter().map(|wanted| format!("{} (where {})", wanted.title, condition(&wanted.which)));
            let demands = kind.demands.iter().map(|demand| format!("{} ({})", demand.title, condition(&demand.expect)));
            let demands: Vec<_> = demands.collect();
            // An old version does not complete a new one, nor the other way round.
            let rest = if demands.is_empty() {
                String::new()
            } else {
                format!(" Every document that is one of these, also of several that are the same one: {}.", demands.join("; "))
            };
            format!("Among `documents` there is: {}.{rest}", wanted.collect::<Vec<_>>().join("; "))
        }
        CheckKind::Joined(kind) => {
            let links = kind.links.iter().enumerate().map(|(number, each)| format!("({}) {}", number + 1, link(each, kind)));
            let row = kind.per.as_ref().map_or_else(|| "row".to_owned(), |per| format!("`{per}`"));
            format!(
                "For each {row} of the pack's table `{}`{}, in this order: {}.",
                kind.table,
                claimed(kind.narrowed.as_ref()),
                links.collect::<Vec<_>>().join("; ")
            )
        }
        CheckKind::Reconcile(kind) => reconcile(kind),
        CheckKind::Ordered(kind) => ordered(kind),
        CheckKind::Attestation(kind) => {
            let role = kind.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
            let other = kind.by_other_than.as_ref().map(|to| format!(" The person who states it is not {}.", lookup(to))).unwrap_or_default();
            format!("The latest record of `attestations` for this control is dated, not expired, and stated by a named person{role}.{other}")
        }
    }
}

/// Which rows of a table are meant, in words.
fn claimed(narrowed: Option<&Narrowed>) -> String {
    let Some(Narrowed { column, any_of, .. }) = narrowed else { return String::new() };
    let claim = |claim: &Claim| match claim {
        Claim::List(list) => values(list, "or"),
        Claim::Dataset(to) => lookup(to),
    };
    format!(" (of the rows whose `{column}` is {})", any_of.iter().map(claim).collect::<Vec<_>>().join(", or "))
}

fn names(fields: &[String]) -> String {
    fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(" and ")
}

fn ordered(kind: &Ordered) -> String {
    let records = of(&kind.dataset, kind.filter.as_ref());
    let levels: Vec<String> = kind.levels.iter().map(|level| format!("`{level}`")).collect();
    let follow = match &kind.by {
        Some(by) => format!("reached for the first time in this order by `{by}`, beginning with the first and leaving none out"),
        None => "there without a hole, beginning with the first".to_owned(),
    };
    format!("For each {} in {records}: the levels in `{}`, all of {}, are {follow}.", names(&kind.key), kind.level, levels.join(", "))
}

fn reconcile(kind: &Reconcile) -> String {
    let [left, right] = [0, 1].map(|side| of(&kind.sides[side].dataset, kind.sides[side].filter.as_ref()));
    let [left_key, right_key] = [0, 1].map(|side| names(&kind.sides[side].key));
    let found = match kind.whole {
        [_, false] => format!("Each {right_key} of {right} is a {left_key} of {left}."),
        [false, true] => format!("Each {left_key} of {left} is a {right_key} of {right}."),
        [true, true] => format!("Each {left_key} of {left} is a {right_key} of {right}, and the other way round."),
    };
    let agree: Vec<String> = kind.agree.iter().map(|(left, right)| format!("`{left}` holds the same values as `{right}`")).collect();
    if agree.is_empty() { found } else { format!("{found} Where both have it, {}.", agree.join(" and ")) }
}

fn covers(kind: &crate::pack::Covers) -> String {
    let entries = entries(&kind.expected, kind.subjects.as_ref());
    let at_least = kind.at_least.or(kind.at_most.is_none().then_some(1));
    format!(
        "For {entries}: the number of records of {} that name it as {} is {}.",
        of(&kind.by.dataset, kind.by.filter.as_ref()),
        named(&kind.by),
        bounds(at_least, kind.at_most)
    )
}

/// What pairs are made of: "each `id` of the pack's table `tasks` and each `site_id` of `sites`".
fn entries(expected: &Expected, subjects: Option<&Lookup>) -> String {
    let entries = match expected {
        Expected::Table { table, column, narrowed, .. } => format!("each `{column}` of the pack's table `{table}`{}", claimed(narrowed.as_ref())),
        Expected::Dataset(to) => format!("each {}", keys(to)),
        Expected::List(entries) => {
            let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
            format!("each of {}", values(&ids, "and"))
        }
    };
    let subjects = subjects.map(|to| format!(" and each {}", keys(to))).unwrap_or_default();
    format!("{entries}{subjects}")
}

/// As what records name an entry, and a subject.
fn named(by: &CoveredBy) -> String {
    let named = |field: &str, list: bool| format!("{}{}", if list { "an " } else { "" }, one_of(field, list));
    let terms = if by.terms { " (in the pack's or the client's words)" } else { "" };
    let subject = by.subject.as_ref().map(|field| format!(", and the subject as {}", named(field, by.subject_list))).unwrap_or_default();
    format!("{}{terms}{subject}", named(&by.entry, by.entry_list))
}

fn link(link: &Link, chain: &Joined) -> String {
    let tie = |tie: &LinkMatch| {
        let word = if tie.mentions { "mentions" } else { "is" };
        let terms = if tie.terms || tie.mentions { ", in the pack's or the client's words" } else { "" };
        let any = if tie.list { "any " } else { "" };
        // Of several rows that make one chain any may be meant.
        let several = chain.per.as_ref().is_some_and(|per| *per != tie.to) && chain.start.column(&tie.to).is_some();
        let of_chain = if several { format!("one of the chain's values of {}", tie.to) } else { format!("the chain's {}", tie.to) };
        format!("{any}{} {word} {of_chain}{terms}{}", one_of(&tie.field, tie.list), exactly(tie.exact))
    };
    let ties: Vec<_> = link.matches.iter().map(tie).collect();
    let carries = link.yields.as_ref().map(|(field, name)| format!("; each `{field}` goes on as {name}")).unwrap_or_default();
    format!("{}: a record of {} whose {}{carries}", link.title, of(&link.dataset, link.filter.as_ref()), ties.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(field: &str, list: &[&str]) -> Predicate {
        let values = list.iter().map(|value| (*value).to_owned()).collect();
        Predicate::Field(FieldTest { field: field.to_owned(), list: false, test: Test::In(values), exact: false })
    }

    #[test]
    fn what_belongs_together_is_in_brackets() {
        let (a, b, c) = (is("a", &["1"]), is("b", &["1", "2"]), is("c", &["3"]));
        let not = |part: Predicate| Predicate::Not(Box::new(part));
        let filter = Some(Box::new(Predicate::All(vec![a.clone(), c.clone()])));
        let lookup = Lookup { dataset: "people".to_owned(), key: "person_id".to_owned(), list: false, filter, same: Vec::new() };
        let found = Predicate::Field(FieldTest { field: "d".to_owned(), list: false, test: Test::Found { lookup, wanted: true }, exact: false });
        for (predicate, words) in [
            (
                Predicate::All(vec![not(Predicate::Any(vec![a.clone(), b.clone()])), c.clone()]),
                "(it is not so that (`a` is `1` or `b` is `1` or `2`)) and `c` is `3`",
            ),
            (not(Predicate::All(vec![a.clone(), not(c.clone())])), "it is not so that (`a` is `1` and (it is not so that `c` is `3`))"),
            (Predicate::Any(vec![Predicate::All(vec![a.clone()]), c.clone()]), "`a` is `1` or `c` is `3`"),
            (Predicate::Any(vec![found, c]), "(`d` is a `person_id` of `people` where `a` is `1` and `c` is `3`) or `c` is `3`"),
        ] {
            assert_eq!(condition(&predicate), words);
        }
    }

    #[test]
    fn entries_stand_as_they_are_written() {
        let entries = ["fire or flood", "b"].map(|id| crate::pack::Entry { id: id.to_owned(), title: None });
        let by = CoveredBy {
            dataset: "assets".to_owned(),
            filter: None,
            entry: "kind".to_owned(),
            entry_list: false,
            subject: None,
            subject_list: false,
            terms: false,
        };
        let kind = crate::pack::Covers { expected: Expected::List(entries.to_vec()), subjects: None, by, at_least: None, at_most: None };
        let words = "For each of `fire or flood` and `b`: the number of records of `assets` that name it as `kind` is at least 1.";
        assert_eq!(covers(&kind), words);
    }
}
