use proptest::prelude::*;

use super::{Trial, trial};
use crate::report::Outcome;

const MANAGED: &str = "without_gap:
              expected: { dataset: incidents, key: incident_id, where: { field: severity, is: high } }
              window: { from: opened_at, to: resolved_at }
              by: { dataset: incident_roles, where: { field: role, is: manager }, entry: incident_id, from: from, to: to }
              at_least: 1
              at_most: 1
              gap_minutes: 5";

const INCIDENT: &str = "incident_id=i severity=high opened_at=2026-10-01T10:00:00Z resolved_at=2026-10-01T12:00:00Z";

/// Managers of the incident, each from an hour to an hour of its day (`10:00-12:00`), or as it stands.
fn managers(spans: &[&str]) -> String {
    let record = |span: &&str| match span.split_once('-').filter(|(from, _)| from.len() == 5) {
        Some((from, "")) => format!("incident_id=i role=manager from=2026-10-01T{from}:00Z to="),
        Some((from, to)) => format!("incident_id=i role=manager from=2026-10-01T{from}:00Z to=2026-10-01T{to}:00Z"),
        None => (*span).to_owned(),
    };
    spans.iter().map(record).collect::<Vec<_>>().join("; ")
}

fn managed(spans: &[&str]) -> Trial {
    trial(MANAGED).with("incidents", INCIDENT).with("incident_roles", &managers(spans))
}

#[test]
fn there_is_one_from_the_beginning_to_the_end() {
    for (spans, told) in [
        (&["10:00-12:00"][..], "ok 1"),
        (&["09:00-13:00"], "ok 1"),
        (&["09:00-"], "ok 1"),
        (&["11:00-12:00", "10:00-11:00"], "ok 1"),
        (&["10:00-11:00", "11:04-12:00"], "ok 1"),
        (&["10:04-11:58"], "ok 1"),
        (&["10:00-11:04", "11:00-12:00"], "ok 1"),
        // Five minutes are not shorter than five.
        (&["10:00-11:00", "11:05-12:00"], "found i"),
        (&["10:05-12:00"], "found i"),
        (&["10:00-11:55"], "found i"),
        (&["10:00-11:05", "11:00-12:00"], "found i"),
        (&["10:00-", "11:00-12:00"], "found i"),
        (&["08:00-09:00"], "found i"),
        (&["12:00-"], "found i"),
        // Several short gaps are several, two gaps with a moment between them, too.
        (&["10:00-10:30", "10:34-11:00", "11:04-12:00"], "ok 1"),
        (&["10:00-12:00", "incident_id=other role=manager from=2026-10-01 to="], "ok 1"),
        (&["10:00-12:00", "incident_id=i role=writer from=2026-10-01 to="], "ok 1"),
    ] {
        assert_eq!(managed(spans).told(), told, "{spans:?}");
    }
}

#[test]
fn zones_are_honoured_and_dates_are_whole_days() {
    for (incident, role, told) in [
        ("opened_at=2026-10-01T12:00:00+02:00 resolved_at=2026-10-01T12:30:00+02:00", "from=2026-10-01T10:00:00Z to=2026-10-01T10:30:00Z", "ok 1"),
        ("opened_at=2026-10-01T12:00:00+02:00 resolved_at=2026-10-01T12:30:00+02:00", "from=2026-10-01T12:00:00Z to=2026-10-01T12:30:00Z", "found i"),
        ("opened_at=2026-10-01 resolved_at=2026-10-03", "from=2026-10-01 to=2026-10-03", "ok 1"),
        ("opened_at=2026-10-01 resolved_at=2026-10-03", "from=2026-10-01T00:00:00Z to=2026-10-03T23:59:59Z", "ok 1"),
        ("opened_at=2026-10-01 resolved_at=2026-10-03", "from=2026-10-01T00:00:00Z to=2026-10-03T00:00:00Z", "found i"),
        // What happens within a second, or within the gap that is borne, needs somebody all the same.
        ("opened_at=2026-10-01T10:00:00Z resolved_at=2026-10-01T10:00:00Z", "from=2026-10-01T10:00:00Z to=2026-10-01T10:00:00Z", "ok 1"),
        ("opened_at=2026-10-01T10:00:00Z resolved_at=2026-10-01T10:00:00Z", "from=2026-10-01T10:00:05Z to=2026-10-01T10:10:00Z", "found i"),
        ("opened_at=2026-10-01T10:00:00Z resolved_at=2026-10-01T10:03:00Z", "from=2026-10-01T10:10:00Z to=", "found i"),
        ("opened_at=2026-10-01T10:00:00Z resolved_at=2026-10-01T10:03:00Z", "from=2026-10-01T10:01:00Z to=", "ok 1"),
        // Until the end of the as-of day.
        ("opened_at=2026-10-31 resolved_at=", "from=2026-10-31 to=", "ok 1"),
        ("opened_at=2026-10-31 resolved_at=", "from=2026-10-31 to=2026-11-01", "ok 1"),
        ("opened_at=2026-10-31 resolved_at=2026-12-24", "from=2026-10-31 to=2026-11-01T23:59:59Z", "ok 1"),
        ("opened_at=2026-10-31 resolved_at=", "from=2026-10-31 to=2026-11-01T12:00:00Z", "found i"),
        ("opened_at=2026-11-02 resolved_at=", "from=2026-10-31 to=", "excluded 1 after-as-of"),
    ] {
        let trial = trial(MANAGED).with("incidents", &format!("incident_id=i severity=high {incident}"));
        assert_eq!(trial.with("incident_roles", &format!("incident_id=i role=manager {role}")).told(), told, "{incident} | {role}");
    }
}

#[test]
fn what_may_be_an_interval_neither_passes_nor_fails() {
    let unreadable = |what: &str| format!("undecided 1 value-unreadable: incident_roles.{what}");
    let role = |rest: &str| format!("incident_id=i role=manager {rest}");
    let empty = || "undecided 1 time-empty: incident_roles.from".to_owned();
    for (spans, told) in [
        (vec!["10:00-11:00".to_owned(), role("from= to=")], empty()),
        (vec!["10:00-12:00".to_owned(), role("from= to=")], empty()),
        // It ended before the incident began.
        (vec!["10:00-12:00".to_owned(), role("from= to=2026-09-01")], "ok 1".to_owned()),
        (vec!["10:00-11:00".to_owned(), role("from= to=2026-09-01")], "found i".to_owned()),
        (vec!["10:00-11:00".to_owned(), role("from={} to=2026-12-01")], unreadable("from")),
        (vec!["10:00-11:00".to_owned(), role("from=2026-10-01T11:00:00Z to={}")], unreadable("to")),
        (vec!["10:00-11:00".to_owned(), role("from=2026-10-01T11:30:00Z to={}")], "found i".to_owned()),
        (vec!["10:00-11:00".to_owned(), role("from=2026-10-01T11:00:00Z")], "undecided 1 field-absent: incident_roles.to".to_owned()),
        (vec!["10:00-11:00".to_owned(), role("from=11:00 to=12:00")], unreadable("from")),
        (
            vec!["10:00-11:00".to_owned(), role("from=2026-10-01T11:00:00Z to=2026-10-01T10:00:00Z")],
            "undecided 1 times-reversed: incident_roles.to".to_owned(),
        ),
        (
            vec!["10:00-11:00".to_owned(), "incident_id=i from=2026-10-01T11:00:00Z to=".to_owned()],
            "undecided 1 field-absent: incident_roles.role".to_owned(),
        ),
        (vec!["10:00-11:00".to_owned(), "incident_id=i from=2026-10-01T11:10:00Z to=".to_owned()], "found i".to_owned()),
        (
            vec!["10:00-12:00".to_owned(), "incident_id=i from=2026-10-01T11:00:00Z to=".to_owned()],
            "undecided 1 field-absent: incident_roles.role".to_owned(),
        ),
        // Too many for certain, whatever else there is.
        (vec!["10:00-12:00".to_owned(), "10:00-12:00".to_owned(), role("from= to=")], "found i".to_owned()),
        (
            vec!["10:00-11:00".to_owned(), "role=manager from=2026-10-01T11:00:00Z to=".to_owned()],
            "undecided 1 field-absent: incident_roles.incident_id".to_owned(),
        ),
        (vec!["10:00-11:00".to_owned(), "role=manager from=2026-10-01T11:30:00Z to=".to_owned()], "found i".to_owned()),
    ] {
        let spans: Vec<&str> = spans.iter().map(String::as_str).collect();
        assert_eq!(managed(&spans).told(), told, "{spans:?}");
    }
    let rejected = "undecided 1 record-rejected: incident_roles (invalid-json)";
    assert_eq!(managed(&["10:00-11:00", "broken"]).told(), format!("undecided 1 incomplete-population: incident_roles, {rejected}"));
    assert_eq!(managed(&["10:00-12:00", "broken"]).told(), format!("ok 1, {rejected}"));
}

/// So many records that may be of any incident that nobody looks at each: they may be at any time.
#[test]
fn many_records_of_any_entry_leave_what_is_missing_undecided() {
    let anyone: Vec<String> = (10..60).map(|second| format!("role=manager from=2026-10-01T11:30:{second}Z to=2026-10-01T11:31:{second}Z")).collect();
    let anyone: Vec<&str> = anyone.iter().map(String::as_str).collect();
    let absent = "undecided 1 field-absent: incident_roles.incident_id";
    assert_eq!(managed(&[&["10:00-11:00"], &anyone[..]].concat()).told(), absent);
    assert_eq!(managed(&[&["10:00-12:00"], &anyone[..]].concat()).told(), absent);
    assert_eq!(managed(&[&["10:00-12:00", "10:30-11:30"], &anyone[..]].concat()).told(), "found i");
    let alone = MANAGED.replace("at_most: 1", "");
    let told = trial(&alone).with("incidents", INCIDENT).with("incident_roles", &managers(&[&["10:00-12:00"], &anyone[..]].concat())).told();
    assert_eq!(told, "ok 1");
}

#[test]
fn a_window_is_that_of_its_record() {
    let case = |incidents: &str, roles: &str| trial(MANAGED).with("incidents", incidents).with("incident_roles", roles).told();
    let whole = "incident_id=i role=manager from=2026-01-01 to=";
    for (incident, told) in [
        ("opened_at= resolved_at=2026-10-01", "undecided 1 time-empty: incidents.opened_at"),
        ("opened_at={} resolved_at=2026-10-01", "undecided 1 value-unreadable: incidents.opened_at"),
        ("opened_at=2026-10-01 resolved_at={}", "undecided 1 value-unreadable: incidents.resolved_at"),
        ("opened_at=2026-10-01", "undecided 1 field-absent: incidents.resolved_at"),
        ("opened_at=2026-10-01 resolved_at=2026-09-30", "undecided 1 times-reversed: incidents.resolved_at"),
    ] {
        assert_eq!(case(&format!("incident_id=i severity=high {incident}"), whole), told, "{incident}");
    }
    // An incident that was opened again asks for both windows, not for what lies between them.
    let twice = "incident_id=i severity=high opened_at=2026-09-01 resolved_at=2026-09-02; incident_id=i severity=high opened_at=2026-10-01 resolved_at=2026-10-01";
    let (first, second) = ("incident_id=i role=manager from=2026-09-01 to=2026-09-02", "incident_id=i role=manager from=2026-10-01 to=2026-10-01");
    assert_eq!(case(twice, &format!("{first}; {second}")), "ok 1");
    assert_eq!(case(twice, first), "found i");
    assert_eq!(case(twice, second), "found i");
    // What may be a window of it is none for certain.
    let perhaps = twice.replacen("severity=high ", "", 1);
    assert_eq!(case(&perhaps, &format!("{first}; {second}")), "ok 1");
    assert_eq!(case(&perhaps, second), "undecided 1 incomplete-population: incident_roles");
    assert_eq!(case(&perhaps, first), "found i");
    assert_eq!(case("incident_id=i severity=low opened_at=2026-09-01 resolved_at=2026-09-02", whole), "excluded 1 condition");
}

const ROTA: &str = "mode: period
            without_gap:
              expected: { list: [Service desk, Network] }
              by: { dataset: on_call, where: { field: level, is: '1' }, entry: schedule, from: starts_at, to: ends_at }";

#[test]
fn a_rota_covers_the_period_and_proves_it() {
    let shift = |schedule: &str, from: &str, to: &str| format!("schedule=[{schedule}] level=1 starts_at={from} ends_at={to}");
    let case = |shifts: &[(&str, &str)]| {
        let rota: Vec<String> = shifts.iter().map(|(from, to)| shift("Network", from, to)).collect();
        let rota = rota.join("; ").replace("[Network]", "Network");
        let check = ROTA.replace("Service desk, Network", "Network");
        trial(&check).over("2026-10-01", "2026-10-31").with("on_call", &rota).run()
    };
    let halves = [("2026-09-28T08:00:00Z", "2026-10-15T08:00:00Z"), ("2026-10-15T08:00:00Z", "2026-11-20")];
    let good = case(&halves);
    assert_eq!((good.to_string(), good.result.outcome, good.result.reason), ("ok 1".to_owned(), Outcome::Pass, None));
    assert_eq!(good.result.covered.map(|covered| (covered.from, covered.to)), Some(("2026-09-28".to_owned(), "2026-11-01".to_owned())));
    for (shifts, told) in [
        (&[("2026-10-01", "2026-10-14"), ("2026-10-15", "2026-10-31")][..], "ok 1"),
        (&[("2026-10-01", "2026-10-14T23:59:59Z"), ("2026-10-15T00:00:00Z", "2026-10-31")], "ok 1"),
        (&[("2026-10-01", "2026-10-14T23:59:58Z"), ("2026-10-15T00:00:00Z", "2026-10-31")], "found Network"),
        (&[("2026-10-01", "2026-10-30"), ("2026-11-01", "")], "found Network"),
        (&[("2026-10-02", "")], "found Network"),
        (&[("2026-08-01", "2026-09-30"), ("2026-11-01", "")], "found Network"),
    ] {
        assert_eq!(case(shifts).to_string(), told, "{shifts:?}");
    }
    let day = ROTA.replace("mode: period", "mode: point-in-time").replace("Service desk, Network", "Network");
    for (from, to, told) in
        [("2026-11-01", "2026-11-01", "ok 1"), ("2026-11-01T08:00:00Z", "", "found Network"), ("2026-01-01", "2026-10-31", "found Network")]
    {
        let records = format!("schedule=Network level=1 starts_at={from} ends_at={to}");
        assert_eq!(trial(&day).over("2026-10-01", "2026-10-31").with("on_call", &records).told(), told, "{from} {to}");
    }
    // Of what nobody may do at the same time, nothing proves that all was seen.
    let at_most = format!("{}\n              at_least: 0\n              at_most: 1", ROTA.replace("Service desk, Network", "Network"));
    let run =
        trial(&at_most).over("2026-10-01", "2026-10-31").with("on_call", "schedule=Network level=1 starts_at=2026-10-02 ends_at=2026-10-03").run();
    assert_eq!((run.to_string(), run.result.reason), ("ok 1".to_owned(), Some("period-not-covered".to_owned())));
    let later = trial(ROTA).over("2026-12-01", "2026-12-31").with("on_call", "schedule=Network level=1 starts_at=2026-01-01 ends_at=").run();
    assert_eq!((later.to_string(), later.result.outcome), ("excluded 2 after-as-of".to_owned(), Outcome::NotEvaluated));
}

#[test]
fn each_subject_is_covered() {
    let check = "without_gap:
              expected: { list: ['1', '2'] }
              subjects: { dataset: people, key: person_id }
              by: { dataset: on_call, entry: level, subject: person, from: starts_at, to: ends_at }";
    let shifts = "person=anna level=1 starts_at=2026-11-01 ends_at=; person=1 level=2 starts_at=2026-10-01 ends_at=; person=ben level=1 starts_at=2026-11-01 ends_at=";
    let case = |people: &str, more: &str| trial(check).with("people", people).with("on_call", &format!("{shifts}{more}")).told();
    let roster = "person_id=1 email=anna; person_id=2 email=ben";
    assert_eq!(case(roster, ""), "ok 3, found 2/2");
    assert_eq!(case(roster, "; person=stranger level=2 starts_at=2026-11-01 ends_at="), "ok 3, undecided 1 person-unresolved: on_call.person");
    assert_eq!(case(roster, "; person=stranger level=2 starts_at=2026-11-02 ends_at="), "ok 3, found 2/2");
    let broken = format!("{roster}; broken");
    let one = "undecided 1 record-rejected: people (invalid-json)";
    assert_eq!(case(&broken, ""), format!("ok 3, undecided 1 incomplete-population: people, {one}"));
}

#[test]
fn a_finding_cites_its_record_and_the_intervals_around_what_is_missing() {
    let shown = |spans: &[&str]| {
        let cited = managed(spans).run().cited;
        let field = |excerpt: &str, name: &str| excerpt.split("; ").find_map(|part| part.strip_prefix(name).map(str::to_owned));
        let mut times: Vec<String> = cited.iter().filter_map(|excerpt| field(excerpt, "from=")).map(|time| time[11..16].to_owned()).collect();
        times.sort();
        (cited.iter().filter_map(|excerpt| field(excerpt, "opened_at=")).count(), times)
    };
    let times = |times: &[&str]| times.iter().map(|time| (*time).to_owned()).collect::<Vec<_>>();
    let many = ["10:00-10:10", "10:10-10:20", "10:20-10:30", "10:50-11:00", "11:00-11:10", "11:20-12:00"];
    assert_eq!(shown(&many), (1, times(&["10:20", "10:50"])));
    assert_eq!(shown(&["incident_id=other role=manager from=2026-10-01 to="]), (1, times(&[])));
    assert_eq!(
        shown(&["10:00-12:00", "09:00-10:10", "11:00-11:30", "08:00-08:30"]),
        (1, times(&["09:00", "10:00", "11:00"])),
        "the last that ended before, and the two that are too many"
    );
}

#[test]
fn the_sentence_says_what_is_asked() {
    let procedure = |check: &str| trial(check).with("incidents", "severity=low").run().result.procedure;
    assert_eq!(
        procedure(MANAGED),
        "For each `incident_id` of `incidents` where `severity` is `high`: at every moment from its `opened_at` to its `resolved_at` (or the end of the \
         as-of date), the number of records of `incident_roles` where `role` is `manager` that name it as `incident_id`, each from its `from` to its \
         `to`, is between 1 and 1; less than 5 minutes are borne."
    );
    assert_eq!(
        procedure(ROTA),
        "For each of `Service desk` and `Network`: at every moment of the period, the number of records of `on_call` where `level` is `1` that name it \
         as `schedule`, each from its `starts_at` to its `ends_at`, is at least 1."
    );
}

#[test]
fn mistakes_are_told() {
    let wrong = |from: &str, to: &str| trial(&MANAGED.replace(from, to)).wrong();
    assert_eq!(wrong("", ""), Vec::<String>::new());
    assert_eq!(wrong("at_least: 1\n", "at_least: 2\n"), ["wrong-bounds"]);
    assert_eq!(wrong("at_least: 1\n              at_most: 1", "at_most: 0"), ["wrong-bounds"]);
    assert_eq!(wrong("at_least: 1\n              at_most: 1", "at_least: 0"), ["no-bound"]);
    assert_eq!(wrong("from: from", "from: role"), ["no-date"]);
    assert_eq!(wrong("from: opened_at", "from: severity"), ["no-date"]);
    assert_eq!(wrong("to: resolved_at", "to: closed_at"), ["unknown-field"]);
    assert_eq!(wrong("{ dataset: incidents, key: incident_id, where: { field: severity, is: high } }", "{ list: [a] }"), ["wrong-window"]);
    assert_eq!(wrong("gap_minutes: 5", "gap_minutes: -5"), ["wrong-number"]);
}

/// Hours of a day in which something is so.
type Hours = (u32, u32);

/// Minute by minute: as long as a stretch of bad minutes is shorter than what is borne, and not all of the window, it is borne.
fn conforms(window: Hours, intervals: &[Hours], (at_least, at_most): (usize, usize), borne: u32) -> bool {
    let held = |minute: u32| intervals.iter().filter(|(from, to)| (from * 60..to * 60).contains(&minute)).count();
    let longest = |bad: &dyn Fn(u32) -> bool| {
        (window.0 * 60..window.1 * 60)
            .fold((0, 0), |(longest, run), minute| if bad(minute) { (longest.max(run + 1), run + 1) } else { (longest, 0) })
            .0
    };
    let (few, many) = (longest(&|minute| held(minute) < at_least), longest(&|minute| held(minute) > at_most));
    few < borne.max(1) && few < (window.1 - window.0) * 60 && many < borne.max(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_naive_look_at_each_minute_says_the_same(
        (begin, length) in (0_u32..10, 1_u32..6),
        intervals in prop::collection::vec((0_u32..14, 1_u32..8), 0..6),
        bounds in prop::sample::select(vec![(1_usize, usize::MAX), (2, usize::MAX), (1, 2), (0, 1)]),
        borne in prop::sample::select(vec![0_u32, 60, 61, 180]),
    ) {
        let hour = |hour: u32| format!("2026-10-01T{hour:02}:00:00Z");
        let at_most = if bounds.1 == usize::MAX { String::new() } else { format!("at_most: {}", bounds.1) };
        let check = MANAGED.replace("at_least: 1", &format!("at_least: {}", bounds.0)).replace("at_most: 1", &at_most).replace("gap_minutes: 5", &format!("gap_minutes: {borne}"));
        let window = (begin, begin + length);
        let intervals: Vec<Hours> = intervals.into_iter().map(|(from, length)| (from, from + length)).collect();
        let record = |(from, to): &Hours| format!("incident_id=i role=manager from={} to={}", hour(*from), hour(*to));
        // At least one record, so that the dataset is not empty.
        let roles: Vec<String> = intervals.iter().map(record).chain(["incident_id=x".to_owned()]).collect();
        let incident = format!("incident_id=i severity=high opened_at={} resolved_at={}", hour(window.0), hour(window.1));
        let told = trial(&check).with("incidents", &incident).with("incident_roles", &roles.join("; ")).told();
        prop_assert_eq!(told, if conforms(window, &intervals, bounds, borne) { "ok 1" } else { "found i" }, "{:?} {:?} {}", window, intervals, borne);
    }

    #[test]
    fn what_is_no_longer_known_decides_nothing_otherwise(
        intervals in prop::collection::vec((0_u32..14, 1_u32..8), 1..6),
        lost in any::<prop::sample::Index>(),
        what in 0_usize..4,
        at_most in any::<bool>(),
    ) {
        let record = |(from, length): &(u32, u32)| format!("incident_id=i role=manager from=2026-10-01T{from:02}:00:00Z to=2026-10-01T{:02}:00:00Z", from + length);
        let mut roles: Vec<String> = intervals.iter().map(record).collect();
        let check = if at_most { MANAGED.to_owned() } else { MANAGED.replace("at_most: 1", "") };
        let told = |roles: &[String]| trial(&check).with("incidents", INCIDENT).with("incident_roles", &roles.join("; ")).told();
        let before = told(&roles);
        let role = &mut roles[lost.index(intervals.len())];
        *role = match what {
            0 => role.replace("from=", "from={} was="),
            1 => role.replace("to=", "to={} was="),
            2 => role.replace("role=", "was="),
            _ => role.replace("incident_id=", "was="),
        };
        let after = told(&roles);
        prop_assert!(after == before || after.starts_with("undecided 1"), "{} | {}", before, after);
    }
}
