//! The example office as its files have it, and what each edition must find in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::common::organisation;
use super::lists::{Row, column, parts, rows, table};

/// Control, check and subject.
pub type Found = (String, String, BTreeMap<String, String>);

/// The findings of a report.
pub fn found(report: &Value) -> BTreeSet<Found> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let subject = |finding: &Value| finding["subject"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    report["findings"].as_array().unwrap().iter().map(|finding| (text(&finding["control"]), text(&finding["check"]), subject(finding))).collect()
}

/// A finding to be.
pub fn one(control: &str, check: &str, subject: &[(&str, &str)]) -> Found {
    (control.to_owned(), check.to_owned(), subject.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// The evidence, and what the engagement says words are.
pub struct Office {
    pub matrix: Vec<Row>,
    pub roster: Vec<Row>,
    pub posts: Vec<Row>,
    /// Words and the id that they are, in one edition or another.
    terms: Vec<(String, String)>,
}

/// The tasks that are expected of a role: ids with the names by which a row may go beside them.
pub type Tasks = BTreeMap<String, Vec<String>>;

/// As words are compared.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The tasks of role 722 in a table.
pub fn tasks_of(path: &str, role: &str, id: &str) -> Tasks {
    let mut tasks = Tasks::new();
    for row in table(path).into_iter().filter(|row| row[role] == "722") {
        tasks.entry(row[id].clone()).or_default().push(row["title"].clone());
    }
    tasks
}

impl Office {
    pub fn read() -> Self {
        let folder = organisation("fairlight");
        let evidence = |name: &str| rows(&std::fs::read_to_string(folder.join("evidence").join(name)).unwrap());
        let engagement = std::fs::read_to_string(folder.join("engagement.yaml")).unwrap();
        let term = |line: &str| {
            let (words, id) = line.trim().strip_prefix("- { field: responsibilities.task, value: '")?.strip_suffix("' }")?.split_once("', is: '")?;
            Some((words.to_owned(), id.to_owned()))
        };
        let terms: Vec<_> = engagement.lines().filter_map(term).collect();
        assert_eq!(terms.len(), engagement.matches("field:").count());
        let posts = ["office", "contractor", "school", "policy"].iter().flat_map(|of| evidence(&format!("{of}-posts.csv"))).collect();
        Self { matrix: evidence("matrix.csv"), roster: evidence("roster.csv"), posts, terms }
    }

    /// The cells with a letter that name a task.
    fn cells<'o>(&'o self, letter: &str, id: &str, titles: &[String]) -> Vec<&'o Row> {
        let names = |words: &str| {
            let mapped = self.terms.iter().any(|(known, is)| is == id && plain(known) == plain(words));
            mapped || plain(id) == plain(words) || titles.iter().any(|title| plain(title) == plain(words))
        };
        self.matrix.iter().filter(|cell| cell["letter"] == letter && names(&cell["task"])).collect()
    }

    /// Tasks that not exactly one does, and not exactly one answers for.
    pub fn given_out(&self, control: &str, tasks: &Tasks) -> Vec<Found> {
        let mut expected = Vec::new();
        for (id, titles) in tasks {
            for (letter, check) in [("R", "one-responsible"), ("A", "one-accountable")] {
                if self.cells(letter, id, titles).len() != 1 {
                    expected.push(one(control, check, &[("entry", id)]));
                }
            }
        }
        expected
    }

    fn active(&self) -> impl Iterator<Item = &Row> {
        self.roster.iter().filter(|person| person["active"] == "true")
    }

    /// Tasks that nobody does, or somebody without the role; `doer` tells how a check names somebody.
    pub fn holders(&self, control: &str, check: &str, key: &str, tasks: &Tasks, doer: &str) -> Vec<Found> {
        let mut expected = Vec::new();
        for (id, titles) in tasks {
            let doers = self.cells("R", id, titles);
            if doers.is_empty() {
                expected.push(one(control, check, &[(key, id), ("link", "responsible"), ("doer", "")]));
            }
            for cell in doers {
                let there: Vec<&Row> = self.active().filter(|person| person["title"] == cell["party"]).collect();
                assert!(!there.is_empty(), "{cell:?}");
                for person in there.into_iter().filter(|person| !parts(&person["work_role_codes"]).contains(&"722")) {
                    expected.push(one(control, check, &[(key, id), ("link", "holds-role"), ("doer", &person[doer])]));
                }
            }
        }
        expected
    }

    /// What is wrong with rows whatever the edition.
    pub fn rows_themselves(&self, prefix: &str) -> Vec<Found> {
        let mut expected = Vec::new();
        for id in column(&self.matrix, "task_id") {
            for (letter, none, many) in [("R", "done-by-somebody", "done-once"), ("A", "answered-for", "answered-for-once")] {
                match self.matrix.iter().filter(|cell| cell["task_id"] == id && cell["letter"] == letter).count() {
                    0 => expected.push(one(&format!("{prefix}tasks-not-orphaned"), none, &[("task_id", &id)])),
                    1 => {}
                    _ => expected.push(one(&format!("{prefix}tasks-not-doubled"), many, &[("task_id", &id)])),
                }
            }
        }
        for cell in self.matrix.iter().filter(|cell| ["R", "A"].contains(&cell["letter"].as_str())) {
            if !self.active().any(|person| person["title"] == cell["party"]) {
                let subject = [("task_id", &*cell["task_id"]), ("party", &cell["party"]), ("letter", &cell["letter"])];
                expected.push(one(&format!("{prefix}tasks-not-orphaned"), "party-there", &subject));
            }
        }
        expected
    }

    /// Cells of which number or text is wrong.
    pub fn cells_where(&self, control: &str, check: &str, wrong: impl Fn(&str) -> bool) -> Vec<Found> {
        let cells = self.matrix.iter().filter(|cell| wrong(&cell["task_id"]) || wrong(&cell["task"]));
        let subject = |cell: &Row| ["task_id", "task", "party", "letter"].map(|name| (name, cell[name].clone()));
        cells.map(|cell| one(control, check, &subject(cell).each_ref().map(|(name, value)| (*name, value.as_str())))).collect()
    }

    /// Positions with codes of no edition, and of another than the own one.
    pub fn codes(&self, control: &str, own: &BTreeSet<String>, all: &BTreeSet<String>) -> Vec<Found> {
        let mut expected = Vec::new();
        for post in &self.posts {
            let codes = parts(&post["work_role_codes"]);
            if codes.iter().any(|code| !all.contains(*code)) {
                expected.push(one(control, "code-known", &[("position_id", &post["position_id"])]));
            }
            if codes.iter().any(|code| all.contains(*code) && !own.contains(*code)) {
                expected.push(one(control, "code-of-edition", &[("position_id", &post["position_id"])]));
            }
        }
        expected
    }
}

/// Whether a text has the form of a task id of NICE.
pub fn is_task_id(text: &str) -> bool {
    let digits = |text: &str| text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    text.strip_prefix('T').is_some_and(|rest| digits(rest) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
