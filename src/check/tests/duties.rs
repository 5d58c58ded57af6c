//! Who has which duty, by name or by title, through the whole scan.

use proptest::prelude::*;

use super::properties::ROOM;
use super::{Told, Trial, trial};

const PEOPLE: &str = "person_id=1 email=anna active=true title=CISO; person_id=2 email=ben active=true title=IT; \
                      person_id=3 email=cora active=true title=it; person_id=4 email=dora active=false title=CISO";

/// Tells every record.
const EACH: &str = "each_record: { dataset: duty_holders, expect: { field: letter, is: none } }\nidentity: [task_id, letter, person, via_title]";
/// Each duty is somebody's.
const HELD: &str = "each_record: { dataset: duty_holders, expect: { field: person, present: true } }\nidentity: [task_id, party]";
/// Nobody answers for what they do.
const APART: &str = "held_apart:
              left: { dataset: duty_holders, where: { field: letter, is: R }, subject: person, same: [task_id] }
              right: { dataset: duty_holders, where: { field: letter, is: A }, subject: person, same: [task_id] }";
/// Whoever is active has a duty.
const BUSY: &str = "each_record: { dataset: people, where: { field: active, is: true }, expect: { field: person_id, found_in: { dataset: duty_holders, key: person } } }\nidentity: [person_id]";
/// Each task has at most two people.
const FEW: &str = "per_group: { dataset: duty_holders, key: [task_id], count: { distinct: person, at_most: 2 } }\nidentity: [task_id]";
/// Whoever does a task has a code of a role that the task belongs to.
const CODED: &str = "joined:
              start: { table: role_tasks, per: task }
              links:
                - { id: doer, title: somebody does it, dataset: duty_holders, where: { field: letter, is: R }, match: [ { field: task, equals: task, terms: true } ], yields: { field: person, as: who } }
                - { id: coded, title: they have a code of it, dataset: people, where: { field: active, is: true }, match: [ { field: person_id, equals: who }, { field: work_role_codes, equals: code } ] }";

fn told(check: &str, people: &str, cells: &str) -> String {
    trial(check).with("people", people).with("responsibilities", cells).told()
}

#[test]
fn each_cell_and_person_is_a_record() {
    for (cell, found) in [
        ("party=anna party_kind=person", "found t/R/anna/"),
        ("party=CISO party_kind=person", "found t/R/CISO/"),
        ("party=ciso party_kind=role", "found t/R/1/ciso"),
        ("party=IT party_kind=Role", "found t/R/2/IT t/R/3/IT"),
        ("party=Boss party_kind=role", "found t/R//Boss"),
        ("party= party_kind=role", "found t/R//"),
        // A name of the roster that nobody says to be one, and a title.
        ("party=anna party_kind=", "found t/R/anna/"),
        ("party=ANNA party_kind=", "found t/R/ANNA/"),
        ("party=it party_kind=", "found t/R/2/it t/R/3/it"),
        ("party=CISO party_kind=team", "found t/R/1/CISO"),
        ("party=Boss party_kind=", "found t/R//Boss"),
        ("party=anna party_kind=role", "found t/R//anna"),
        ("party_kind=role", "undecided 1 field-untold: duty_holders"),
        ("party={} party_kind=role", "undecided 1 field-untold: duty_holders"),
        ("party=anna", "undecided 1 field-untold: duty_holders"),
        ("party=anna party_kind={}", "undecided 1 field-untold: duty_holders"),
    ] {
        assert_eq!(told(EACH, PEOPLE, &format!("task_id=t letter=R {cell}")), found, "{cell}");
    }
}

#[test]
fn whoever_may_have_a_title_leaves_it_open() {
    let role = "task_id=t letter=R party=CISO party_kind=role";
    let more = |more: &str| format!("{PEOPLE}; {more}");
    for (people, cell, told_of) in [
        (more("person_id=5 active=true"), role, "ok 1, undecided 1 field-untold: duty_holders"),
        (more("person_id=5 active=true title={}"), role, "ok 1, undecided 1 field-untold: duty_holders"),
        (more("person_id=5 title=CISO"), role, "ok 1, undecided 1 field-untold: duty_holders"),
        (more("active=true title=CISO"), role, "ok 1, undecided 1 field-untold: duty_holders"),
        // They surely have not.
        (more("person_id=5 title=other; person_id=6 active=true title=; person_id=7 active=false"), role, "ok 1"),
        (more("broken"), role, "ok 1, undecided 1 record-rejected: duty_holders (invalid-json)"),
        (
            more("broken"),
            "task_id=t letter=R party=Boss party_kind=role",
            "undecided 1 field-untold: duty_holders, undecided 1 record-rejected: duty_holders (invalid-json)",
        ),
        (PEOPLE.to_owned(), "task_id=t letter=R party=Boss party_kind=role", "found t/Boss"),
        // Of people who are named nobody else is asked.
        (more("broken; person_id=5 active=true"), "task_id=t letter=R party=anna party_kind=person", "ok 1"),
        (PEOPLE.to_owned(), &format!("{role}; broken"), "ok 1, undecided 1 record-rejected: duty_holders (invalid-json)"),
    ] {
        assert_eq!(told(HELD, &people, cell), told_of, "{people} | {cell}");
    }
}

#[test]
fn a_person_has_a_title_once_and_is_known_by_a_name_that_holds_everywhere() {
    let role = "task_id=t letter=R party=CISO party_kind=role";
    let twice = "person_id=1 email=anna active=true title=CISO; person_id=1 email=anna active=true title=ciso";
    assert_eq!(told(EACH, twice, role), "found t/R/1/CISO");
    assert_eq!(told(EACH, "email=anna user_name=a active=true title=CISO", role), "found t/R/anna/CISO");
    let roster =
        |number: &str| format!("person_id={number} email=anna{number} active=true title=CISO; person_id=7 email=x{number} active=true title=x");
    let both = trial(EACH).file("a.ndjson", "people", &roster("1")).file("b.ndjson", "people", &roster("2")).with("responsibilities", role);
    assert_eq!(both.told(), "found t/R/1/CISO t/R/2/CISO");
    // Two rosters use a number for two people.
    let seventh = "task_id=t letter=R party=x party_kind=role";
    let both = trial(EACH).file("a.ndjson", "people", &roster("1")).file("b.ndjson", "people", &roster("2")).with("responsibilities", seventh);
    assert_eq!(both.told(), "found t/R/x1/x t/R/x2/x");
}

#[test]
fn what_it_is_made_of_may_be_missing() {
    let reason = |trial: Trial| trial.run().result.reason;
    let (role, person) = ("task_id=t letter=R party=CISO party_kind=role", "task_id=t letter=R party=anna party_kind=person");
    assert_eq!(reason(trial(HELD).with("people", PEOPLE)).as_deref(), Some("missing-dataset: responsibilities"));
    let without = trial(HELD).with("responsibilities", role).run();
    assert_eq!((without.found.len(), without.result.reason.as_deref()), (0, Some("missing-dataset: people")));
    let named = trial(HELD).with("responsibilities", person).run();
    assert_eq!((named.to_string(), named.result.reason), ("ok 1".to_owned(), None), "whoever is named is named without a roster");
}

#[test]
fn derived_duties_are_compared_found_and_counted_like_any_others() {
    let cells = "task_id=t letter=R party=IT party_kind=role; task_id=t letter=A party=ben party_kind=person; task_id=u letter=R party=IT party_kind=role; \
                 task_id=u letter=A party=CISO party_kind=role";
    assert_eq!(told(APART, PEOPLE, cells), "ok 4, found 2/t");
    assert_eq!(told(BUSY, PEOPLE, cells), "ok 3, excluded 1 condition");
    assert_eq!(told(BUSY, PEOPLE, "task_id=t letter=R party=IT party_kind=role"), "ok 2, found 1, excluded 1 condition");
    assert_eq!(told(FEW, PEOPLE, cells), "ok 1, found u");
    let found = trial(HELD).with("people", PEOPLE).with("responsibilities", "task_id=t letter=R party=Boss party_kind=role").run();
    assert!(found.cited[0].contains("party=Boss"), "{:?}", found.cited);
    let each = trial(EACH).with("people", PEOPLE).with("responsibilities", "task_id=t letter=R party=CISO party_kind=role").run();
    assert!(
        each.cited.len() == 2 && each.cited.iter().any(|excerpt| excerpt.contains("person_id=1") && excerpt.contains("title=CISO")),
        "{:?}",
        each.cited
    );
}

#[test]
fn the_holders_of_a_task_have_a_code_of_one_of_its_roles() {
    let people = "person_id=1 email=anna active=true title=CISO work_role_codes=[c1]; person_id=2 email=ben active=true title=IT work_role_codes=[c2]; \
                  person_id=3 email=cora active=true title=IT work_role_codes=[c3]; person_id=4 email=dora active=false title=CISO work_role_codes=[c3]";
    let cells = "task=One letter=R party=anna party_kind=person; task=both letter=R party=IT party_kind=role; task=Three letter=R party=dora party_kind=person";
    assert_eq!(told(CODED, people, cells), "ok 2, found t2/coded/3 t3/coded/dora");
    assert_eq!(
        told(
            CODED,
            people,
            "task=One letter=R party=anna party_kind=person; task=both letter=R party=Boss party_kind=role; task=three letter=A party=IT party_kind="
        ),
        "ok 1, found t2/doer/ t3/doer/"
    );
}

fn cell() -> impl Strategy<Value = String> {
    let party = prop::sample::select(vec!["party=1", "party=ANNA", "party=CISO", "party=it", "party=ben", "party=Boss", "party=", "party={}", ""]);
    let kind = prop::sample::select(vec!["party_kind=person", "party_kind=role", "party_kind=role", "party_kind=", "party_kind={}", ""]);
    let letter = prop::sample::select(vec!["letter=R", "letter=A", ""]);
    let task = prop::sample::select(vec!["task_id=t task=t1", "task_id=u task=t2", ""]);
    prop_oneof![12 => (task, letter, party, kind).prop_map(|(task, letter, party, kind)| format!("note=n {task} {letter} {party} {kind}")), 1 => Just("broken".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_cuts_nor_memory_nor_order_matter_and_less_evidence_never_gives_a_better_result(
        cells in prop::collection::vec(cell(), 1..7),
        turn in any::<prop::sample::Index>(),
    ) {
        let people: Vec<String> = PEOPLE.split(';').map(|person| person.trim().to_owned()).collect();
        for check in [HELD, APART, BUSY, FEW, CODED] {
            let run = |cells: &[String], people: &[String], (block_size, memory): (usize, usize)| {
                Trial { block_size, memory, ..trial(check) }.with("people", &people.join("; ")).with("responsibilities", &cells.join("; ")).run()
            };
            let told = run(&cells, &people, (1 << 16, ROOM));
            for (block_size, memory) in [(1, ROOM), (100, 0)] {
                prop_assert_eq!(&run(&cells, &people, (block_size, memory)), &told, "{}", check);
            }
            let (mut turned, mut others) = (cells.clone(), people.clone());
            turned.rotate_left(turn.index(cells.len()));
            others.rotate_left(turn.index(people.len()));
            prop_assert_eq!(run(&turned, &others, (1 << 16, ROOM)).to_string(), told.to_string(), "{}", check);

            let passes = |told: &Told| told.result.outcome == crate::report::Outcome::Pass;
            let untitled = |person: &String| person.split(" title").next().unwrap_or_default().to_owned();
            let without = |field: &str| cells.iter().map(|cell| cell.split(' ').filter(|part| !part.starts_with(field)).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
            let at = turn.index(people.len());
            let (mut broken, mut open) = (people.clone(), people.clone());
            broken[at] = "broken".to_owned();
            open[at] = untitled(&people[at]);
            for (cells, people) in [(&cells, &broken), (&cells, &open), (&without("party="), &people), (&without("letter="), &people)] {
                let less = run(cells, people, (1 << 16, ROOM));
                prop_assert!(!passes(&less) || passes(&told), "{} | {} | {}", check, told, less);
            }
        }
    }
}
