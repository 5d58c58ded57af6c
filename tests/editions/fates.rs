//! What became of each code, against the crosswalks and the official lists.

use std::collections::{BTreeMap, BTreeSet};

use super::lists::{Row, column, derived, parts, roles, table};

/// The ways from an older edition to a later one.
const WAYS: [(&str, &str); 5] =
    [("opm-2016", "nice-2017"), ("opm-2016", "nice-2.1.0"), ("opm-2016", "dcwf-5.1"), ("nice-2017", "nice-2.1.0"), ("nice-2017", "dcwf-5.1")];
/// Names that are one but for how they are written.
const WRITTEN: [(&str, &str); 4] = [
    ("Communications Security (COMSEC) Manager", "COMSEC Manager"),
    ("Cyber Intel Planner", "Cyber Intelligence Planner"),
    ("Cyber Ops Planner", "Cyber Operations Planner"),
    ("Cyber Instructor- Training, Education, and Awareness", "Cyber Instructor"),
];

/// The fates of one way, by code.
pub fn fates(from: &str, to: &str) -> BTreeMap<String, Row> {
    let of_way = table("frameworks/work-role-codes/tables/fates.csv").into_iter().filter(|row| row["from"] == from && row["to"] == to);
    let mut fates = BTreeMap::new();
    for row in of_way {
        let code = row["code"].clone();
        assert!(fates.insert(code.clone(), row).is_none(), "{code} of {from} has two fates in {to}");
    }
    fates
}

/// A name as it is compared: letters and digits, and one way of writing.
fn named(name: &str) -> String {
    let name = WRITTEN.iter().find(|(written, _)| *written == name).map_or(name, |(_, plain)| plain);
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Every fate is one that its targets allow.
fn is_sound(row: &Row, sources: &BTreeMap<&str, usize>, to: &BTreeMap<String, String>) {
    let targets = parts(&row["targets"]);
    let shared = targets.iter().any(|target| sources[target] > 1);
    let titles = parts(&row["target_titles"]);
    let fate = match (&targets[..], &titles[..]) {
        ([], []) if row["code"] == "000" => "kept",
        ([], []) => "retired",
        // What another joined is kept where it has its name still.
        ([_], [title]) if named(title) == named(&row["title"]) => "kept",
        ([_], [_]) if shared => "merged",
        ([_], [_]) => "renamed",
        _ => "split",
    };
    assert_eq!(row["fate"], fate, "{row:?}");
    assert_eq!(titles.len(), targets.len(), "{row:?}");
    assert!(targets.iter().all(|target| to.contains_key(*target)), "{row:?}");
    let origin = &row["origin"];
    assert!(origin == "ours" || origin.strip_prefix("official: ").is_some_and(|document| document.len() > 5), "{row:?}");
    assert!(origin != "ours" || !row["note"].is_empty(), "what we say has a reason: {row:?}");
}

#[test]
fn every_code_has_one_fate_in_each_later_edition_and_says_who_says_so() {
    for (from, to) in WAYS {
        let fates = fates(from, to);
        assert_eq!(fates.keys().collect::<BTreeSet<_>>(), roles(from).keys().collect(), "{from} to {to}");
        let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
        fates.values().flat_map(|row| parts(&row["targets"])).for_each(|target| *sources.entry(target).or_default() += 1);
        fates.values().for_each(|row| is_sound(row, &sources, &roles(to)));
    }
    assert_eq!((roles("opm-2016").len(), roles("nice-2017").len()), (53, 52));
}

#[test]
fn fates_and_crosswalks_say_the_same() {
    for (from, to) in WAYS {
        let pairs = |row: &Row| {
            parts(&row["targets"]).into_iter().map(|target| (row["code"].clone(), target.to_owned(), row["origin"].clone())).collect::<Vec<_>>()
        };
        let told: BTreeSet<_> = fates(from, to).values().flat_map(pairs).collect();
        let links = table(&format!("frameworks/work-role-codes/links/{from}_{to}.csv"));
        let linked: BTreeSet<_> = links.iter().map(|link| (link["from"].clone(), link["to"].clone(), link["origin"].clone())).collect();
        assert_eq!(told, linked, "{from} to {to}");
        assert_eq!(links.len(), linked.len(), "{from} to {to}: a pair stands twice");
    }
}

#[test]
fn official_fates_are_those_of_the_official_files() {
    let Some(crosswalk) = derived("work-role-code_crosswalk.csv") else { return };
    let mut official = BTreeMap::new();
    for code in &crosswalk {
        let dcwf = if code["dcwf_5.1_name"].is_empty() { "" } else { &code["code"] };
        let same = |to: &str, name: &str| (to.to_owned(), code[name].clone());
        if !code["opm_2016_name"].is_empty() && code["code"] != "000" {
            official.insert(("opm-2016", code["code"].clone(), "nice-2017"), (&code["opm_2016_name"], same(&code["nice_2017_id"], "nice_2017_name")));
            official
                .insert(("opm-2016", code["code"].clone(), "nice-2.1.0"), (&code["opm_2016_name"], same(&code["nice_2.1.0_id"], "nice_2.1.0_name")));
            official.insert(("opm-2016", code["code"].clone(), "dcwf-5.1"), (&code["opm_2016_name"], same(dcwf, "dcwf_5.1_name")));
        }
        if !code["nice_2017_id"].is_empty() {
            official.insert(
                ("nice-2017", code["nice_2017_id"].clone(), "nice-2.1.0"),
                (&code["nice_2017_name"], same(&code["nice_2.1.0_id"], "nice_2.1.0_name")),
            );
            official.insert(("nice-2017", code["nice_2017_id"].clone(), "dcwf-5.1"), (&code["nice_2017_name"], same(dcwf, "dcwf_5.1_name")));
        }
    }
    let mut held = 0;
    for (from, to) in WAYS {
        for (code, row) in fates(from, to).into_iter().filter(|(code, _)| code != "000") {
            let (name, (target, title)) = &official[&(from, code.clone(), to)];
            held += 1;
            assert_eq!(named(&row["title"]), named(name), "{row:?}");
            // What no publisher says, we say, or that nothing follows.
            assert_eq!(row["origin"] != "ours", !target.is_empty(), "{row:?}");
            if !target.is_empty() {
                assert_eq!(row["targets"], *target, "{row:?}");
                assert_eq!(named(&row["target_titles"]), named(title), "{row:?}");
                let renamed = named(name) != named(title);
                assert!(row["fate"] == "merged" || (row["fate"] == "renamed") == renamed, "{row:?}: {name}, {title}");
            }
        }
    }
    assert_eq!(held, official.len());
    assert_eq!(held, 3 * 52 + 2 * 52);
}

#[test]
fn the_lists_of_the_editions_are_those_of_the_official_files() {
    let Some(codes) = derived("work-role-code_crosswalk.csv") else { return };
    let opm: Vec<Row> = codes.into_iter().filter(|code| !code["opm_2016_name"].is_empty()).collect();
    assert_eq!(roles("opm-2016").into_keys().collect::<BTreeSet<_>>(), column(&opm, "code"));
    for (edition, file, key) in [("nice-2017", "nice-2017_work-roles.csv", "role_id"), ("dcwf-5.1", "dcwf-5.1_work-roles.csv", "dcwf_code")] {
        let Some(listed) = derived(file) else { return };
        assert_eq!(roles(edition).into_keys().collect::<BTreeSet<_>>(), column(&listed, key), "{edition}");
    }
    let Some(pairs) = derived("nice-2017_role-tasks.csv") else { return };
    let split = [table("controls/nice/tables/core-tasks.csv"), table("controls/nice/tables/additional-tasks.csv")].concat();
    let pair = |code: &'static str, task: &'static str| move |row: &Row| (row[code].clone(), row[task].clone());
    let ours: Vec<_> = split.iter().map(pair("code", "task")).collect();
    assert_eq!(ours.iter().cloned().collect::<BTreeSet<_>>(), pairs.iter().map(pair("opm_code", "task_id")).collect::<BTreeSet<_>>());
    assert_eq!((ours.len(), pairs.len()), (1_339, 1_339));
}
