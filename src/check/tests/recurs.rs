use proptest::prelude::*;

use super::{Trial, trial};
use crate::calendar::Day;
use crate::report::Outcome;

const REVIEWS: &str = "mode: period
            recurs:
              expected: { list: [review] }
              by: { dataset: events, where: { field: result, is: done }, entry: action, time: time }
              every_days: 90";

/// Reviews at these times, all done.
fn reviews(times: &[&str]) -> String {
    times.iter().map(|time| format!("action=review result=done time={time}")).collect::<Vec<_>>().join("; ")
}

fn over(records: &str) -> Trial {
    trial(REVIEWS).over("2026-01-01", "2026-10-31").with("events", records)
}

#[test]
fn no_stretch_of_the_period_is_longer_than_it_may_be() {
    for (times, told) in [
        (&["2026-03-01", "2026-05-30", "2026-08-28"][..], "ok 1"),
        (&["2026-08-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-05-30"], "ok 1"),
        // From one act to the next, from the first day, to the last one.
        (&["2026-03-01", "2026-05-31", "2026-08-28"], "found review"),
        (&["2026-04-01", "2026-06-30", "2026-09-01"], "ok 1"),
        (&["2026-04-02", "2026-06-30", "2026-09-01"], "found review"),
        (&["2026-03-01", "2026-05-30", "2026-08-02"], "ok 1"),
        (&["2026-03-01", "2026-05-30", "2026-08-01"], "found review"),
        // What lies before the period, or after it, fills none of it.
        (&["2025-12-31", "2026-04-02", "2026-06-30", "2026-09-01"], "found review"),
        (&["2026-03-01", "2026-05-30", "2026-08-01", "2026-11-01"], "found review"),
        (&["2025-12-31"], "found review"),
    ] {
        assert_eq!(over(&reviews(times)).told(), told, "{times:?}");
    }
    assert_eq!(over("action=other result=done time=2026-03-01").told(), "found review");
    // Acts after the as-of date are still to come; the period is cut there.
    let cut = trial(REVIEWS).over("2026-06-01", "2026-12-31").with("events", &reviews(&["2026-08-20", "2026-11-02"]));
    assert_eq!((cut.told(), cut.run().result.reason), ("ok 1".to_owned(), Some("period-not-covered".to_owned())), "the period is not over");
}

#[test]
fn a_period_that_is_shorter_needs_an_act_not_longer_before_its_end() {
    let short = |times: &[&str]| trial(REVIEWS).over("2026-09-01", "2026-10-31").with("events", &reviews(times)).told();
    for (times, told) in
        [(&["2026-10-31"][..], "ok 1"), (&["2026-08-02"], "ok 1"), (&["2026-08-01"], "found review"), (&["2026-11-01"], "found review")]
    {
        assert_eq!(short(times), told, "{times:?}");
    }
}

#[test]
fn without_a_period_the_last_act_counts() {
    let check = REVIEWS.replace("mode: period", "mode: point-in-time");
    // A check of a day asks about that day, whatever the period.
    for trial in [trial(&check), trial(&check).over("2026-01-01", "2026-10-31")] {
        for (times, told) in [
            (&["2026-11-01T20:00:00Z"][..], "ok 1"),
            (&["2026-08-03", "2020-01-01"], "ok 1"),
            (&["2026-08-02"], "found review"),
            (&["2026-11-02"], "found review"),
        ] {
            let run = trial.clone().with("events", &reviews(times)).run();
            assert_eq!(run.to_string(), told, "{times:?}");
            assert_eq!(run.result.outcome, if told == "ok 1" { Outcome::Pass } else { Outcome::Fail });
        }
    }
}

#[test]
fn what_may_be_an_act_neither_passes_nor_fails() {
    let good = reviews(&["2026-03-01", "2026-05-30", "2026-08-28"]);
    let lacking = reviews(&["2026-03-01", "2026-08-28"]);
    for (records, told) in [
        (format!("{lacking}; action=review time=2026-05-30"), "undecided 1 field-absent: events.result"),
        (format!("{lacking}; action=review time=2026-02-01"), "found review"),
        (format!("{lacking}; action=review result=done"), "undecided 1 field-absent: events.time"),
        (format!("{lacking}; action=review result=done time="), "undecided 1 time-empty: events.time"),
        (format!("{lacking}; action=review result=done time={{}}"), "undecided 1 value-unreadable: events.time"),
        (format!("{lacking}; action=review result=done time=10:30"), "undecided 1 value-unreadable: events.time"),
        (format!("{lacking}; action={{}} result=done time=2026-05-30"), "undecided 1 value-unreadable: events.action"),
        (format!("{lacking}; action={{}} result=done time=2026-02-01"), "found review"),
        (format!("{lacking}; action={{}} result=done time="), "undecided 1 value-unreadable: events.action"),
        (format!("{good}; action=review; action={{}}; action=review result=done time="), "ok 1"),
    ] {
        assert_eq!(over(&records).told(), told, "{records}");
    }
    let rejected = "undecided 1 record-rejected: events (invalid-json)";
    assert_eq!(over(&format!("{lacking}; broken")).told(), format!("undecided 1 incomplete-population: events, {rejected}"));
    assert_eq!(over(&format!("{good}; broken")).told(), format!("ok 1, {rejected}"));
}

#[test]
fn the_evidence_covers_the_period_where_every_act_is_there_in_time() {
    let run = |records: &str| {
        let result = over(records).run().result;
        (result.outcome, result.reason, result.covered.map(|covered| format!("{} {}", covered.from, covered.to)))
    };
    let good = reviews(&["2026-03-01", "2026-05-30", "2026-08-28"]);
    assert_eq!(run(&good), (Outcome::Pass, None, Some("2026-03-01 2026-08-28".to_owned())));
    let lacking = reviews(&["2026-03-01"]);
    assert_eq!(run(&lacking), (Outcome::Fail, None, Some("2026-03-01 2026-03-01".to_owned())));
    let not_stated = trial(REVIEWS).with("events", &reviews(&["2026-10-01"])).run();
    assert_eq!((not_stated.to_string(), not_stated.result.reason), ("ok 1".to_owned(), Some("period-not-stated".to_owned())));
    // Records that are no acts by themselves say only through the check when they were.
    let check = "mode: period\nrecurs: { expected: { list: [server] }, by: { dataset: assets, entry: kind, time: reviewed_at }, every_days: 200 }";
    let run =
        trial(check).over("2026-01-01", "2026-10-31").with("assets", "kind=server reviewed_at=2026-05-02; kind=server reviewed_at=2026-06-01").run();
    assert_eq!((run.result.outcome, run.result.covered.map(|covered| covered.to)), (Outcome::Pass, Some("2026-06-01".to_owned())));
}

const EACH_SITE: &str = "recurs:
              expected: { dataset: documents, key: document_id }
              subjects: { dataset: sites, key: site_id, where: { field: status, is: open } }
              by: { dataset: events, entry: action, subject: target, time: time }
              every_days: 30";

#[test]
fn acts_recur_for_every_subject() {
    let sites = "site_id=north status=open; site_id=south status=open; site_id=east status=closed";
    let case = |events: &str| trial(EACH_SITE).with("sites", sites).with("documents", "document_id=tour").with("events", events).told();
    for (events, told) in [
        ("action=tour target=north time=2026-10-30; action=tour target=south time=2026-10-30", "ok 2"),
        ("action=tour target=north time=2026-10-30; action=tour target=south time=2026-09-30", "ok 1, found south/tour"),
        ("action=tour target=north time=2026-10-30; action=tour target= time=2026-10-30", "ok 1, found south/tour"),
        ("action=tour target=north time=2026-10-30; action=tour time=2026-10-30", "ok 1, undecided 1 field-absent: events.target"),
        ("action=tour target=north time=2026-10-30; action=tour time=2026-09-30", "ok 1, found south/tour"),
    ] {
        assert_eq!(case(events), format!("{told}, excluded 1 condition"), "{events}");
    }
}

#[test]
fn persons_who_may_be_others_may_have_acted() {
    let check = "recurs:
              expected: { list: [policy] }
              subjects: { dataset: people, key: person_id }
              by: { dataset: acknowledgements, entry: document, subject: person, time: at }
              every_days: 365";
    let roster = "person_id=1 email=anna; person_id=2 email=ben";
    let case = |people: &str, records: &str| trial(check).with("people", people).with("acknowledgements", records).told();
    let anna = "person=anna document=policy at=2026-05-01";
    assert_eq!(case(roster, anna), "ok 1, found 2/policy");
    assert_eq!(
        case(roster, &format!("{anna}; person=stranger document=policy at=2026-05-01")),
        "ok 1, undecided 1 person-unresolved: acknowledgements.person"
    );
    assert_eq!(case(roster, &format!("{anna}; person=stranger document=policy at=2024-05-01")), "ok 1, found 2/policy");
    let broken = format!("{roster}; broken");
    let one = "undecided 1 record-rejected: people (invalid-json)";
    assert_eq!(case(&broken, anna), format!("ok 1, undecided 1 incomplete-population: people, {one}"));
    assert_eq!(case(&broken, "person=anna document=policy at=2024-05-01"), format!("found 1/policy 2/policy, {one}"));
}

#[test]
fn a_finding_cites_the_acts_around_the_longest_stretch() {
    let cited = |times: &[&str]| over(&reviews(times)).run().cited;
    let excerpt = |time: &str| format!("time={time}; result=done; action=review");
    let cites = |times: &[&str], wanted: &[&str]| {
        let mut cited: Vec<Vec<String>> = cited(times).iter().map(|excerpt| excerpt.split("; ").map(str::to_owned).collect()).collect();
        cited.iter_mut().for_each(|parts| parts.sort());
        let mut wanted: Vec<Vec<String>> = wanted.iter().map(|time| excerpt(time).split("; ").map(str::to_owned).collect()).collect();
        wanted.iter_mut().for_each(|parts| parts.sort());
        assert_eq!(cited, wanted, "{times:?}");
    };
    cites(&["2026-01-02", "2026-03-01", "2026-10-01", "2026-10-02"], &["2026-03-01", "2026-10-01"]);
    cites(&["2026-03-01", "2026-05-01", "2026-06-01"], &["2026-06-01"]);
    cites(&["2025-01-01", "2025-06-01"], &["2025-06-01"]);
    cites(&["2026-07-01", "2026-09-01"], &["2026-07-01"]);
}

#[test]
fn the_sentence_says_what_is_asked() {
    let procedure = |check: &str| trial(check).with("events", "action=review").run().result.procedure;
    assert_eq!(
        procedure(REVIEWS),
        "For each of `review`: from the first to the last day of the period, no more than 90 days pass without a record of `events` where \
         `result` is `done` that names it as `action`, by its `time`."
    );
    assert_eq!(
        procedure(EACH_SITE),
        "For each `document_id` of `documents` and each `site_id` of `sites` where `status` is `open`: there is a record of `events` that names it \
         as `action`, and the subject as `target`, whose `time` lies within the 30 days up to the as-of date."
    );
}

#[test]
fn mistakes_are_told() {
    let wrong = |from: &str, to: &str| trial(&REVIEWS.replace(from, to)).wrong();
    assert_eq!(wrong("", ""), Vec::<String>::new());
    assert_eq!(wrong("every_days: 90", "every_days: 0"), ["wrong-number"]);
    assert_eq!(wrong("every_days: 90", "every_days: -1"), ["wrong-number", "wrong-number"]);
    assert_eq!(wrong("time: time", "time: target"), ["no-date"]);
    assert_eq!(wrong("time: time", "time: tme"), ["unknown-field"]);
    assert_eq!(wrong("list: [review]", "dataset: sites"), ["wrong-expected"]);
    assert_eq!(wrong("time: time", "time: time, subject: site"), ["wrong-subject"]);
}

/// Whether before each day but the first an act is no farther than it may be, day by day.
fn recurs(days: &[i32], (first, last): (i32, i32), every: i32) -> bool {
    let starts_or_act = |day: i32| day == first || days.contains(&day);
    let stretches = (first + 1..=last).all(|day| (first.max(day - every)..day).any(starts_or_act));
    stretches && days.iter().any(|day| (last - every..=last).contains(day))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_naive_look_at_each_day_says_the_same(days in prop::collection::vec(0_i32..40, 0..8), first in 0_i32..30, length in 0_i32..12, every in 1_i32..9) {
        let from = Day::parse(b"2026-09-01").unwrap();
        let date = |day: i32| from.plus(day.into()).to_string();
        let check = REVIEWS.replace("every_days: 90", &format!("every_days: {every}"));
        // At least one record, so that the dataset is not empty.
        let records: Vec<String> = days.iter().map(|day| format!("action=review result=done time={}", date(*day))).chain(["action=other".to_owned()]).collect();
        let told = trial(&check).over(&date(first), &date(first + length)).with("events", &records.join("; ")).told();
        let wanted = if recurs(&days, (first, first + length), every) { "ok 1" } else { "found review" };
        prop_assert_eq!(told, wanted, "{:?} {} {}", days, first, length);
    }
}
