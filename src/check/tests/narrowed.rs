use super::trial;

/// Every task of a claimed role is somebody's.
fn tasks(any_of: &str) -> String {
    format!(
        "covers:
              expected: {{ table: role_tasks, column: task, narrowed: {{ column: code, any_of: {any_of} }} }}
              by: {{ dataset: responsibilities, entry: task_id }}"
    )
}

/// The same, in the client's words.
fn in_words(any_of: &str) -> String {
    tasks(any_of).replace("entry: task_id", "entry: task_id, terms: true")
}

const BOTH: &str = "[ { list: $claimed }, { dataset: people, key: work_role_codes, where: { field: active, is: true } } ]";

#[test]
fn only_what_is_claimed_is_expected_and_equal_ids_are_one_entry() {
    let told = |any_of: &str, records: &str| trial(&tasks(any_of)).with("responsibilities", records).told();
    assert_eq!(told("[ { list: [c1] } ]", "task_id=t1; task_id=t2"), "ok 2");
    assert_eq!(told("[ { list: $claimed } ]", "task_id=t1; task_id=t3"), "ok 1, found t2");
    assert_eq!(told("[ { list: [c1, c2] } ]", "task_id=t1; task_id=t1"), "ok 1, found t2");
    // Any row's words name the entry, whichever row claims it.
    let told = |any_of: &str, records: &str| trial(&in_words(any_of)).with("responsibilities", records).told();
    assert_eq!(told("[ { list: [c1, c2] } ]", "task_id=One; task_id=both"), "ok 2");
    assert_eq!(told("[ { list: [c1] } ]", "task_id=One; task_id=both"), "ok 2");
    assert_eq!(told("[ { list: [c2] }, { list: [c3] } ]", "task_id=Both; task_id=three"), "ok 2");
    // A table that is not narrowed has one entry for an id, too.
    let whole = in_words("[]").replace(", narrowed: { column: code, any_of: [] }", "");
    assert_eq!(trial(&whole).with("responsibilities", "task_id=t1; task_id=two; task_id=t3").told(), "ok 3");
}

#[test]
fn nothing_claimed_is_an_empty_population() {
    let result = trial(&tasks("[ { list: [c9] } ]")).with("responsibilities", "task_id=t1").run().result;
    assert_eq!((result.population, result.reason.as_deref()), (0, Some("empty-population")));
}

#[test]
fn datasets_claim_what_their_records_hold() {
    let told = |people: &str, records: &str| trial(&tasks(BOTH)).with("people", people).with("responsibilities", records).told();
    let all = "task_id=t1; task_id=t2; task_id=t3";
    assert_eq!(told("person_id=1 active=true work_role_codes=[c3,c9]", all), "ok 3");
    assert_eq!(told("person_id=1 active=true work_role_codes=[c3]", "task_id=t1; task_id=t2"), "ok 2, found t3");
    // Who has left claims nothing.
    assert_eq!(told("person_id=1 active=false work_role_codes=[c3]", "task_id=t1; task_id=t2"), "ok 2");
    assert_eq!(told("person_id=1 active=true work_role_codes=", "task_id=t1; task_id=t2"), "ok 2");
}

#[test]
fn what_may_be_claimed_is_neither_lost_nor_expected() {
    let told = |people: &str, records: &str| trial(&tasks(BOTH)).with("people", people).with("responsibilities", records).told();
    for records in ["task_id=t1; task_id=t2; task_id=t3", "task_id=t1; task_id=t2"] {
        // Somebody who is missing may claim the third.
        assert_eq!(told("person_id=1 active=true work_role_codes=[c1]; broken", records), "ok 2, undecided 1 incomplete-population: people");
        assert_eq!(told("person_id=1 work_role_codes=[c3]", records), "ok 2, undecided 1 look-up-uncertain: people");
        assert_eq!(told("person_id=1 active=true", records), "ok 2, undecided 1 field-absent: people.work_role_codes");
        assert_eq!(told("person_id=1 active=true work_role_codes={}", records), "ok 2, undecided 1 value-unreadable: people.work_role_codes");
    }
    // What is surely claimed is expected whoever is missing; of two rows one is enough.
    assert_eq!(told("person_id=1 active=true work_role_codes=[c3]; broken", "task_id=t1; task_id=t2"), "ok 2, found t3");
    assert_eq!(
        told("person_id=1 active=true work_role_codes=[c2]; broken", "task_id=t1"),
        "ok 1, found t2, undecided 1 incomplete-population: people"
    );
}

#[test]
fn a_dataset_that_is_not_there_leaves_the_check_not_evaluated() {
    let result = trial(&tasks(BOTH)).with("responsibilities", "task_id=t1; task_id=t2").run().result;
    assert_eq!(result.reason.as_deref(), Some("missing-dataset: people"));
}

const CHAIN: &str = "joined:
              start: { table: role_tasks, narrowed: { column: code, any_of: [ { list: [c1] }, { dataset: people, key: work_role_codes } ] } }
              links:
                - { id: task, title: there is a task, dataset: responsibilities, match: [ { field: task_id, equals: task } ] }
            identity: [code, task, link]";

#[test]
fn chains_start_from_claimed_rows() {
    let told = |people: &str, records: &str| trial(CHAIN).with("people", people).with("responsibilities", records).told();
    assert_eq!(told("person_id=1 work_role_codes=[c2]", "task_id=t1; task_id=t2"), "ok 3");
    assert_eq!(told("person_id=1 work_role_codes=[c3]", "task_id=t1; task_id=t2"), "ok 2, found c3/t3/task");
    assert_eq!(
        told("person_id=1 work_role_codes=[c3]; broken", "task_id=t1; task_id=t3"),
        "ok 2, found c1/t2/task, undecided 1 incomplete-population: people"
    );
    assert_eq!(trial(CHAIN).with("responsibilities", "task_id=t1").run().result.reason.as_deref(), Some("missing-dataset: people"));
}

#[test]
fn words_are_only_missed_for_what_is_claimed() {
    // Nobody names t3, and nothing claims it, or it may be claimed and is undecided anyway.
    let result = |people: &str, records: &str| trial(&in_words(BOTH)).with("people", people).with("responsibilities", records).run();
    assert_eq!(result("person_id=1 active=true work_role_codes=", "task_id=t1; task_id=x").result.reason.as_deref(), Some("unmapped-term: t2"));
    assert_eq!(
        result("person_id=1 active=true work_role_codes=; broken", "task_id=one; task_id=two").to_string(),
        "ok 2, undecided 1 incomplete-population: people"
    );
    let chain = CHAIN.replace("equals: task }", "equals: task, terms: true }");
    let result = |people: &str, records: &str| trial(&chain).with("people", people).with("responsibilities", records).run();
    assert_eq!(result("person_id=1 work_role_codes=[c1]", "task_id=t1; task_id=x").result.reason.as_deref(), Some("unmapped-term: t2"));
    assert_eq!(
        result("person_id=1 work_role_codes=[c1]; broken", "task_id=one; task_id=two").to_string(),
        "ok 2, undecided 2 incomplete-population: people"
    );
}

#[test]
fn the_sentence_tells_which_rows() {
    let procedure = trial(&in_words(BOTH)).with("responsibilities", "task_id=t1").run().result.procedure;
    assert_eq!(
        procedure,
        "For each `task` of the pack's table `role_tasks` (of the rows whose `code` is `c1`, or an element of `work_role_codes` of `people` \
         where `active` is `true`): the number of records of `responsibilities` that name it as `task_id` (in the pack's or the client's words) \
         is at least 1."
    );
}

#[test]
fn mistakes_are_told() {
    for (any_of, codes) in [
        ("[]", vec!["wrong-expected"]),
        ("[ { list: [a], dataset: people } ]", vec!["wrong-expected"]),
        ("[ { dataset: people } ]", vec!["wrong-expected"]),
        ("[ { dataset: people, key: none } ]", vec!["unknown-field"]),
        ("[ { list: $none } ]", vec!["unknown-parameter"]),
        ("[ { dataset: people, key: title, where: { field: manager, found_in: { dataset: people, key: person_id } } } ]", vec!["nested-look-up"]),
    ] {
        assert_eq!(trial(&tasks(any_of)).wrong(), codes, "{any_of}");
    }
    assert_eq!(trial(&tasks("[ { list: [a] } ]").replace("column: code", "column: none")).wrong(), ["unknown-column"]);
    let dataset = "covers:
              expected: { dataset: people, key: title, narrowed: { column: code, any_of: [ { list: [a] } ] } }
              by: { dataset: responsibilities, entry: task_id }";
    assert_eq!(trial(dataset).wrong(), ["wrong-expected"]);
}
