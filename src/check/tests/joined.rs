use proptest::prelude::*;

use super::properties::ROOM;
use super::{Trial, trial};

const CHAIN: &str = "joined:
              start: { table: rows }
              links:
                - { id: task, title: there is a task, dataset: responsibilities, match: [ { field: task_id, equals: id } ] }
                - { id: holder, title: somebody holds it, dataset: responsibilities, where: { field: letter, is: A }, match: [ { field: task_id, equals: id } ], yields: { field: party, as: who } }
                - { id: trained, title: the holder is trained, dataset: training, match: [ { field: person, equals: who } ] }";

#[test]
fn a_chain_holds_breaks_or_cannot_be_told() {
    let second = "task_id=r2 party=2 letter=A";
    for (tasks, training, told) in [
        ("task_id=r1 party=1 letter=A", "person=anna; person=2", "ok 2"),
        ("task_id=r1 party=1 letter=R", "person=anna; person=2", "ok 1, found r1/holder/"),
        ("task_id=r1 party=1 letter=A", "person=2", "ok 1, found r1/trained/1"),
        ("task_id=other party=1 letter=A", "person=2", "ok 1, found r1/task/"),
        ("party=1 letter=A", "person=2", "ok 1, undecided 2 field-absent: responsibilities.task_id"),
        ("task_id=r1 party=1", "person=2", "ok 1, undecided 1 field-absent: responsibilities.letter"),
        ("task_id=r1 party=stranger letter=A", "person=2; person=stranger", "ok 1, undecided 1 person-unresolved: responsibilities.party"),
        ("task_id=r1 party=1 letter=A", "person=2; person=stranger", "ok 1, undecided 1 person-unresolved: training.person"),
        ("task_id=r1 party=1 letter=A", "person=2; person=shared", "ok 1, undecided 1 person-unresolved: training.person"),
        ("task_id=r1 party=1 letter=A", "person=2; person=", "ok 1, found r1/trained/1"),
        // Two links read one dataset; its rejected record counts once.
        ("task_id=r1 party=1 letter=A; broken", "person=1; person=2", "ok 2, undecided 1 record-rejected: responsibilities (invalid-json)"),
    ] {
        let told_of = trial(CHAIN).roster().with("responsibilities", &format!("{second}; {tasks}")).with("training", training).told();
        assert_eq!(told_of, told, "{tasks} | {training}");
    }
    let broken = |training: &str| {
        trial(CHAIN).broken_roster().with("responsibilities", &format!("{second}; task_id=r1 party=1 letter=A")).with("training", training).told()
    };
    assert_eq!(broken("person=anna; person=ben"), "ok 2");
    assert_eq!(broken("person=anna"), "ok 1, undecided 1 incomplete-population: people");
}

/// What a log's person is told by, against a field of the roster's own.
const TOLD: &str = "joined:
              start: { table: rows }
              links:
                - { id: told, title: somebody tells it, dataset: events, match: [ { field: action, equals: id } ], yields: { field: actor, as: who } }
                - { id: known, title: that person is active, dataset: people, where: { field: active, is: true }, match: [ { field: FIELD, equals: who } ] }";

#[test]
fn a_person_is_found_by_the_rosters_own_field() {
    let run = |field: &str, events: &str| trial(&TOLD.replace("FIELD", field)).roster().with("events", events);
    for field in ["person_id", "email"] {
        for (events, told) in [
            ("action=r1 actor=anna; action=r2 actor=2", "ok 2"),
            ("action=r1 actor=ANNA; action=r2 actor=BEN; action=r2 actor=2", "ok 2"),
            ("action=r1 actor=stranger; action=r2 actor=2", "ok 1, undecided 1 person-unresolved: events.actor"),
            ("action=r1 actor=shared; action=r2 actor=2", "ok 1, undecided 1 person-unresolved: events.actor"),
        ] {
            assert_eq!(run(field, events).told(), told, "{field} | {events}");
        }
    }
    let events = "action=r1 actor=anna; action=r2 actor=2";
    let left = "person_id=1 email=anna active=false; person_id=2 email=ben active=true";
    assert_eq!(trial(&TOLD.replace("FIELD", "person_id")).with("people", left).with("events", events).told(), "ok 1, found r1/known/anna");
    let broken = trial(&TOLD.replace("FIELD", "person_id")).with("people", &format!("{left}; broken")).with("events", events).told();
    assert_eq!(broken, "ok 1, undecided 1 incomplete-population: people, undecided 1 record-rejected: people (invalid-json)");
    // Of another field of text, and of what was no person's, it is the text.
    assert_eq!(run("title", events).told(), "undecided 2 field-absent: people.title");
    let text = TOLD.replace("field: actor", "field: result").replace("FIELD", "person_id");
    assert_eq!(trial(&text).roster().with("events", "action=r1 result=1; action=r2 result=ben").told(), "ok 1, found r2/known/ben");
    let exact = TOLD.replace("equals: who", "equals: who, compare: exact").replace("FIELD", "person_id");
    assert_eq!(trial(&exact).roster().with("events", events).told(), "ok 1, found r1/known/anna");
}

#[test]
fn a_title_is_held_against_a_party_as_it_is_written() {
    let check = "joined:
              start: { table: rows }
              links:
                - { id: holder, title: somebody has the title, dataset: people, match: [ { field: title, equals: title } ], yields: { field: title, as: holding } }
                - { id: task, title: the title has a task, dataset: responsibilities, match: [ { field: party, equals: holding, compare: exact } ] }
            identity: [id, link, holding]";
    let told = |check: &str| {
        let people = "person_id=1 title=First; person_id=2 title=Second";
        trial(check).with("people", people).with("responsibilities", "party=First; party=second; party=1").told()
    };
    assert_eq!(told(check), "ok 1, found r2/task/Second");
    assert_eq!(told(&check.replace(", compare: exact", "")), "undecided 2 person-unresolved: people.title");
    let procedure = trial(check).with("people", "title=First").with("responsibilities", "party=First").run().result.procedure;
    assert!(procedure.contains("whose `party` is the chain's holding, compared as written"), "{procedure}");
}

/// Whoever does a task has a code of one of the rows that the task stands in.
const CODED: &str = "joined:
              start: { table: role_tasks, per: task }
              links:
                - { id: doer, title: somebody does it, dataset: responsibilities, match: [ { field: task_id, equals: task } ], yields: { field: party, as: who } }
                - { id: coded, title: they have a code of it, dataset: people, match: [ { field: person_id, equals: who }, { field: work_role_codes, equals: code } ] }";

const CODES: &str =
    "person_id=1 email=anna work_role_codes=[c1]; person_id=2 email=ben work_role_codes=[c2]; person_id=3 email=cora work_role_codes=[c9,c3]";

fn coded(check: &str, people: &str, records: &str) -> String {
    trial(check).with("people", people).with("responsibilities", records).told()
}

#[test]
fn rows_with_an_equal_value_make_one_chain() {
    let all = "task_id=t1 party=anna; task_id=t2 party=2; task_id=t3 party=cora";
    assert_eq!(coded(CODED, CODES, all), "ok 3");
    // Each row alone asks for its own code.
    assert_eq!(coded(&CODED.replace(", per: task", ""), CODES, all), "ok 3, found c1/coded/2");
    for (records, told) in [
        ("task_id=t1 party=2; task_id=t2 party=1; task_id=t3 party=3", "ok 2, found t1/coded/2"),
        ("task_id=t1 party=1; task_id=t2 party=1; task_id=t2 party=ben; task_id=t2 party=3", "ok 3, found t2/coded/3 t3/doer/"),
        ("task_id=t1 party=1; task_id=t2 party=1; party=2", "ok 2, undecided 3 field-absent: responsibilities.task_id"),
    ] {
        assert_eq!(coded(CODED, CODES, records), told, "{records}");
    }
    let unclear = "person_id=1 email=anna work_role_codes=[c1]; person_id=2 email=ben; person_id=3 email=cora work_role_codes=[c3]";
    assert_eq!(coded(CODED, unclear, all), "ok 2, undecided 1 field-absent: people.work_role_codes");
    let found = trial(CODED).with("people", CODES).with("responsibilities", "task_id=t1 party=2; task_id=t2 party=1").run();
    assert!(found.cited.iter().all(|excerpt| excerpt.contains("task_id=t1")), "{:?}", found.cited);
    assert_eq!(
        found.result.procedure,
        "For each `task` of the pack's table `role_tasks`, in this order: (1) somebody does it: a record of `responsibilities` whose `task_id` is \
         the chain's task; each `party` goes on as who; (2) they have a code of it: a record of `people` whose `person_id` is the chain's who \
         and any element of `work_role_codes` is one of the chain's values of code."
    );
}

#[test]
fn only_claimed_rows_of_a_chain_count() {
    let narrowed = |any_of: &str| CODED.replace("per: task", &format!("per: task, narrowed: {{ column: code, any_of: {any_of} }}"));
    let all = "task_id=t1 party=1; task_id=t2 party=2; task_id=t3 party=3";
    assert_eq!(coded(&narrowed("[ { list: [c2] } ]"), CODES, all), "ok 1");
    assert_eq!(coded(&narrowed("[ { list: [c1] } ]"), CODES, all), "ok 1, found t2/coded/2");
    let claimed = narrowed("[ { list: [c1] }, { dataset: positions, key: work_role_codes } ]");
    let told = |positions: &str| trial(&claimed).with("people", CODES).with("responsibilities", all).with("positions", positions).told();
    assert_eq!(told("position_id=1 work_role_codes=[c2]"), "ok 2");
    assert_eq!(told("position_id=1 work_role_codes=[c3]"), "ok 2, found t2/coded/2");
    // The row that would make it good may be claimed, and so may the third task's.
    assert_eq!(told("position_id=1 work_role_codes=[c9]; broken"), "ok 1, undecided 2 incomplete-population: positions");
    // In words, too; the title of a row that is not claimed names the chain all the same.
    let words = |any_of: &str, records: &str| {
        trial(&narrowed(any_of).replace("equals: task }", "equals: task, terms: true }"))
            .with("people", CODES)
            .with("responsibilities", records)
            .run()
    };
    assert_eq!(words("[ { list: [c1] } ]", "task_id=one party=1; task_id=Both party=1").to_string(), "ok 2");
    let unmapped = words("[ { list: [c1, c2] } ]", "task_id=one party=1; task_id=x party=1");
    assert_eq!(unmapped.result.reason.as_deref(), Some("unmapped-term: t2"));
}

#[test]
fn mistakes_are_told() {
    for (check, codes) in [
        (format!("{CODED}\nidentity: [task, link, who]"), vec![]),
        (format!("{CODED}\nidentity: [task, code, link]"), vec!["wrong-identity"]),
        (format!("{CODED}\nidentity: [task, title]"), vec!["wrong-identity"]),
        (CODED.replace("per: task", "per: none"), vec!["unknown-column"]),
        (CODED.replace("equals: who }", "equals: who, compare: exact }"), vec![]),
        (CODED.replace("equals: task }", "equals: task, terms: true, compare: exact }"), vec!["wrong-match"]),
        (CODED.replace("equals: task }", "mentions: task, compare: exact }"), vec!["wrong-match"]),
        (CODED.replace("equals: who }", "equals: who }, { field: manager, equals: who, compare: exact }"), vec!["wrong-match"]),
        (CODED.replace("equals: who }", "equals: what }"), vec!["unknown-name"]),
        (CODED.replace("field: person_id, equals: who }", "field: work_role_codes, equals: who }"), vec!["list-key"]),
        (CODED.replace("as: who", "as: code"), vec!["duplicate-id", "unknown-name"]),
    ] {
        assert_eq!(trial(&check).wrong(), codes, "{check}");
    }
}

fn cell() -> impl Strategy<Value = String> {
    let task = prop::sample::select(vec!["task_id=t1", "task_id=t2", "task_id=t2", "task_id=t3", "task_id=", ""]);
    let party = prop::sample::select(vec!["party=1", "party=ANNA", "party=ben", "party=2", "party=3", "party=x", "party=", "party={}", ""]);
    prop_oneof![9 => (task, party).prop_map(|(task, party)| format!("letter=R {task} {party}")), 1 => Just("broken".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_cuts_nor_order_matter_and_a_broken_roster_never_helps(records in prop::collection::vec(cell(), 1..8), turn in any::<prop::sample::Index>()) {
        let claims = "per: task, narrowed: { column: code, any_of: [ { list: [c1] }, { dataset: people, key: work_role_codes } ] }";
        for check in [CODED.to_owned(), CODED.replace("per: task", claims), CODED.replace("equals: who }", "equals: who, compare: exact }")] {
            let run = |records: &[String], people: &str, block_size: usize| {
                Trial { block_size, memory: ROOM, ..trial(&check) }.with("people", people).with("responsibilities", &records.join("; ")).run()
            };
            let told = run(&records, CODES, 1 << 16);
            prop_assert_eq!(&run(&records, CODES, 1), &told);
            let mut turned = records.clone();
            turned.rotate_left(turn.index(records.len()));
            prop_assert_eq!(run(&turned, CODES, 1 << 16).to_string(), told.to_string());
            let less = run(&records, &format!("{CODES}; broken"), 1 << 16);
            prop_assert!(less.result.evaluated - less.result.exceptions <= told.result.evaluated - told.result.exceptions, "{} | {}", told, less);
            prop_assert!(less.result.exceptions <= told.result.exceptions, "{} | {}", told, less);
        }
    }
}
