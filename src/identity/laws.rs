//! The laws of identity resolution: however entries and accounts are grouped,
//! ordered and merged, everybody is the same; no account changes what the
//! roster says of any name.

use proptest::prelude::*;

use super::accounts::AccountsBuilder;
use super::roster::{Part, RosterBuilder};
use super::stated::Stated;
use super::{Home, Identity, Resolved, RosterField};

/// Few names, so that they meet: numbers, user names and addresses alike.
const NAMES: [&str; 9] = ["", "1", "2", "a", "B", "a@x", "b@x", "c@x", "Zo\u{eb}"];
const SYSTEMS: [Option<&str>; 3] = [None, Some("s"), Some("t")];

type RosterRow = (u32, [usize; 3]);
type AccountRow = (u32, usize, [usize; 3], [usize; 2]);

fn roster_rows() -> impl Strategy<Value = Vec<RosterRow>> {
    proptest::collection::vec((0..4_u32, [0..NAMES.len(), 0..NAMES.len(), 0..NAMES.len()]), 0..8)
}

fn account_rows() -> impl Strategy<Value = Vec<AccountRow>> {
    let name = || 0..NAMES.len();
    proptest::collection::vec((0..3_u32, 0..SYSTEMS.len(), [name(), name(), name()], [name(), name()]), 0..10)
}

fn name(at: usize) -> Option<&'static [u8]> {
    NAMES.get(at).map(|name| name.as_bytes()).filter(|name| !name.is_empty())
}

/// Tables 0 and 1 are of one system.
fn system(table: u32) -> Option<&'static str> {
    [Some("hr"), Some("hr"), None, Some("other")].get(table as usize).copied().flatten()
}

fn entry(builder: &mut RosterBuilder, table: u32, names: [Option<&[u8]>; 3]) {
    let mut part = Part::new(table, 0, 1, 0);
    part.add(names);
    builder.add(part);
}

fn roster(rows: &[RosterRow]) -> RosterBuilder {
    let mut builder = RosterBuilder::default();
    rows.iter().for_each(|(table, names)| entry(&mut builder, *table, names.map(name)));
    builder
}

fn accounts(identity: &Identity, rows: &[AccountRow]) -> AccountsBuilder {
    let mut builder = AccountsBuilder::default();
    for (table, system, joins, binds) in rows {
        let joins = RosterField::ALL.into_iter().zip(joins).filter_map(|(field, at)| Some((field, name(*at)?)));
        let binds = binds.iter().filter_map(|at| name(*at));
        builder.account(identity, (*table, SYSTEMS[*system].map(str::as_bytes)), joins, binds);
    }
    builder
}

fn aliases(rows: &[(usize, usize, usize)]) -> Vec<Stated> {
    let mut stated: Vec<Stated> = Vec::new();
    for (person, alias, system) in rows.iter().filter(|(person, alias, _)| name(*person).is_some() && name(*alias).is_some()) {
        let row = Stated { person: NAMES[*person].to_owned(), alias: NAMES[*alias].to_owned(), system: SYSTEMS[*system].map(str::to_owned) };
        // The file is refused where it contradicts itself.
        if !stated.iter().any(|known| (&known.alias, &known.system) == (&row.alias, &row.system)) {
            stated.push(row);
        }
    }
    stated
}

/// Every home that there is, and some that there are not.
fn homes() -> Vec<Home<'static>> {
    (0..4).map(Home::People).chain(SYSTEMS.map(|system| Home::System(system.map(str::as_bytes)))).chain([Home::Roster]).collect()
}

/// What every name resolves to in every home.
fn everybody(identity: &Identity) -> Vec<Resolved> {
    homes().into_iter().flat_map(|home| NAMES.map(|name| identity.within(home).resolve(name.as_bytes()))).collect()
}

/// Cuts rows at a place, turns each part round and swaps them.
fn mix<T: Clone>(rows: &[T], at: prop::sample::Index) -> (Vec<T>, Vec<T>) {
    let (left, right) = rows.split_at(at.index(rows.len() + 1));
    (right.iter().rev().cloned().collect(), left.iter().rev().cloned().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn grouping_and_order_change_nothing(
        people in roster_rows(), rows in account_rows(),
        stated in proptest::collection::vec((0..NAMES.len(), 0..NAMES.len(), 0..SYSTEMS.len()), 0..4),
        at in any::<prop::sample::Index>(),
    ) {
        let (mut whole, notes) = roster(&people).build(&system);
        let (left, right) = mix(&people, at);
        let mut merged = roster(&left);
        merged.merge(RosterBuilder::default());
        merged.merge(roster(&right));
        let (mut parts, other_notes) = merged.build(&system);
        prop_assert_eq!(everybody(&whole), everybody(&parts));
        prop_assert_eq!(notes, other_notes);

        let stated = aliases(&stated);
        let turned: Vec<Stated> = stated.iter().rev().chain(&stated).cloned().collect();
        prop_assert_eq!(whole.state(&stated), parts.state(&turned));

        let (left, right) = mix(&rows, at);
        let together = accounts(&whole, &rows);
        let (left, right) = (accounts(&whole, &left), accounts(&whole, &right));
        let merge = |mut one: AccountsBuilder, other: &AccountsBuilder| { one.merge(other.clone()); one };
        prop_assert!(merge(left.clone(), &right) == together);
        prop_assert!(merge(right.clone(), &left) == together);
        let third = accounts(&whole, &rows);
        prop_assert!(merge(merge(left.clone(), &right), &third) == merge(left.clone(), &merge(right, &third)));
        prop_assert!(merge(left.clone(), &AccountsBuilder::default()) == left);
        prop_assert!(merge(AccountsBuilder::default(), &left) == left);
        whole.bind(together.clone(), true);
        parts.bind(together, true);
        prop_assert_eq!(everybody(&whole), everybody(&parts));
    }

    #[test]
    fn no_account_changes_who_is_on_the_roster(people in roster_rows(), rows in account_rows()) {
        let (mut identity, _) = roster(&people).build(&system);
        let on_roster = |identity: &Identity| -> Vec<Resolved> {
            let homes = (0..4).map(Home::People).chain([Home::Roster]);
            homes.flat_map(|home| NAMES.map(|name| identity.within(home).resolve(name.as_bytes()))).collect()
        };
        let before = on_roster(&identity);
        let addresses: Vec<Resolved> = NAMES.iter().filter(|name| name.contains('@')).map(|name| identity.anywhere().resolve(name.as_bytes())).collect();
        let collected = accounts(&identity, &rows);
        identity.bind(collected, true);
        prop_assert_eq!(before, on_roster(&identity));
        for system in SYSTEMS {
            let who = identity.within(Home::System(system.map(str::as_bytes)));
            for (name, known) in NAMES.iter().filter(|name| name.contains('@')).zip(&addresses) {
                prop_assert!(*known == Resolved::Stranger || who.resolve(name.as_bytes()) == *known, "{name}");
            }
        }
    }

    #[test]
    fn many_values_resolve_as_each_does(
        people in roster_rows(), rows in account_rows(),
        stated in proptest::collection::vec((0..NAMES.len(), 0..NAMES.len(), 0..SYSTEMS.len()), 0..4),
        whole in any::<bool>(),
        asked in proptest::collection::vec((0..NAMES.len() + 1, 0..5_usize, any::<prop::sample::Index>()), 0..200),
    ) {
        let (mut identity, _) = roster(&people).build(&system);
        let _ = identity.state(&aliases(&stated));
        let collected = accounts(&identity, &rows);
        identity.bind(collected, whole);
        let homes = homes();
        let values: Vec<(Vec<u8>, Home<'_>)> = asked
            .iter()
            .map(|(at, spelt, home)| {
                let name = NAMES.get(*at).copied().unwrap_or("nobody");
                let value = match spelt {
                    0 => format!("  {} ", name.to_uppercase()),
                    1 => name.replace('\u{eb}', "E\u{308}"),
                    // Longer than a slot holds.
                    2 => name.repeat(50),
                    _ => name.to_owned(),
                };
                (value.into_bytes(), *home.get(&homes))
            })
            .collect();
        let numbered: Vec<(&[u8], u32)> = values.iter().map(|(value, _)| value.as_slice()).zip(0..).collect();
        let mut together = Vec::new();
        identity.resolve_all(&numbered, |number| values[number as usize].1, |value, home, resolved| together.push((value, home, resolved)));
        let each: Vec<_> = numbered.iter().zip(&values).map(|(value, (_, home))| (*value, *home, identity.within(*home).resolve(value.0))).collect();
        prop_assert_eq!(together, each);
    }

    #[test]
    fn an_account_that_is_bound_joins_by_a_name_of_that_person(people in roster_rows(), rows in account_rows()) {
        let (mut identity, _) = roster(&people).build(&system);
        let joins = |person: u32, row: &AccountRow| {
            RosterField::ALL.into_iter().zip(row.2).any(|(field, at)| name(at).is_some_and(|value| identity.joined(field, value) == Resolved::Person(person)))
        };
        let mut allowed = std::collections::BTreeSet::new();
        for person in 0..16 {
            for row in rows.iter().filter(|row| joins(person, row)) {
                allowed.extend(row.3.iter().filter_map(|at| Some((SYSTEMS[row.1]?, NAMES[*at].to_lowercase(), person))));
            }
        }
        let collected = accounts(&identity, &rows);
        identity.bind(collected, true);
        for system in SYSTEMS.into_iter().flatten() {
            for name in NAMES.iter().filter(|name| !name.contains('@')) {
                if let Resolved::Person(person) = identity.within(Home::System(Some(system.as_bytes()))).resolve(name.as_bytes()) {
                    prop_assert!(allowed.contains(&(system, name.to_lowercase(), person)), "{system} {name}");
                }
            }
        }
    }
}

#[test]
fn names_are_compared_without_case_composition_and_blanks() {
    let mut builder = RosterBuilder::default();
    entry(&mut builder, 0, [Some(b" Zo\xc3\xab "), Some(b"Anna@Corp.example"), None]);
    let (identity, _) = builder.build(&|_| None);
    let anna = identity.anywhere().resolve("zoe\u{308}".as_bytes());
    assert!(matches!(anna, Resolved::Person(_)));
    assert_eq!(identity.anywhere().resolve(b"anna@corp.EXAMPLE "), anna);
}

#[test]
fn an_address_on_the_roster_of_two_names_neither_until_the_auditor_says_so() {
    let mut builder = RosterBuilder::default();
    entry(&mut builder, 0, [Some(b"1"), Some(b"shared@x"), None]);
    entry(&mut builder, 0, [Some(b"2"), Some(b"shared@x"), None]);
    let (mut identity, notes) = builder.build(&|_| None);
    assert_eq!(identity.anywhere().resolve(b"shared@x"), Resolved::Ambiguous);
    assert!(notes.concat().contains("`shared@x`"), "{notes:?}");
    let told = identity.state(&[Stated { person: "2".to_owned(), alias: "shared@x".to_owned(), system: None }]);
    assert_eq!((told, identity.anywhere().resolve(b"shared@x")), (Vec::new(), identity.anywhere().resolve(b"2")));
}
