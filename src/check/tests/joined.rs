use super::trial;

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
