//! Which controls of a document an import takes.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::check;
use super::super::model::{Catalog, Control};
use super::super::profile::{ByIds, Import, YesNo};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The ids that an import takes, and what a reader should know.
///
/// # Errors
/// Ids that the document lacks.
pub(super) fn select(shown: &str, at: &str, import: &Import, catalog: &Catalog) -> Result<(HashSet<String>, Vec<String>), Diagnostics> {
    let controls = check::controls(catalog);
    let mut chooser = Chooser::new(shown, &controls, "oscal-unknown-control");
    if import.include_all.is_some() && import.include_controls.is_some() {
        let message = format!("{at}: `include-all` or `include-controls` was expected, not both");
        return Err(Diagnostic::new("oscal", shown, message).into());
    }
    let mut chosen: HashSet<&str> = match &import.include_controls {
        Some(lists) => chooser.choose(&format!("{at}/include-controls"), lists),
        None => controls.iter().map(|control| control.id.as_str()).collect(),
    };
    let excluded = chooser.choose(&format!("{at}/exclude-controls"), &import.exclude_controls);
    chosen.retain(|id| !excluded.contains(id));
    if !chooser.problems.is_empty() {
        return Err(chooser.problems);
    }
    Ok((chosen.into_iter().map(str::to_owned).collect(), chooser.notes))
}

/// The longest pattern that is tried on every id.
const PATTERN: usize = 200;

/// Chooses controls by ids and patterns.
pub(super) struct Chooser<'c> {
    shown: &'c str,
    known: HashMap<&'c str, &'c Control>,
    /// In document order.
    ids: Vec<&'c str>,
    code: &'static str,
    pub problems: Diagnostics,
    pub notes: Vec<String>,
}

impl<'c> Chooser<'c> {
    pub(super) fn new(shown: &'c str, controls: &[&'c Control], code: &'static str) -> Self {
        let known = controls.iter().map(|control| (control.id.as_str(), *control)).collect();
        let ids = controls.iter().map(|control| control.id.as_str()).collect();
        Self { shown, known, ids, code, problems: Diagnostics::default(), notes: Vec::new() }
    }

    /// The ids that the lists name together.
    pub(super) fn choose(&mut self, at: &str, lists: &[ByIds]) -> HashSet<&'c str> {
        let mut chosen = HashSet::new();
        for (number, list) in lists.iter().enumerate() {
            let mut direct: Vec<&'c str> = Vec::new();
            let mut unknown: BTreeSet<&str> = BTreeSet::new();
            for (place, id) in list.with_ids.iter().enumerate() {
                match self.known.get_key_value(id.as_str()) {
                    Some((id, _)) => direct.push(id),
                    None if unknown.insert(id) && self.problems.0.len() < 50 => {
                        let message = format!("{at}/{number}/with-ids/{place}: the imported document has no control `{id}`");
                        let help = "give the edition of the catalog that the profile was written for";
                        self.problems.push(Diagnostic::new(self.code, self.shown, message).help(help));
                    }
                    None => {}
                }
            }
            for (place, matching) in list.matching.iter().enumerate() {
                if matching.pattern.len() > PATTERN {
                    let message = format!("{at}/{number}/matching/{place}/pattern: at most {PATTERN} bytes were expected");
                    self.problems.push(Diagnostic::new("oscal-limit", self.shown, message));
                    continue;
                }
                let before = direct.len();
                direct.extend(self.ids.iter().filter(|id| fits(&matching.pattern, id)));
                if direct.len() == before {
                    self.notes.push(format!("{at}/{number}/matching/{place}: no control fits `{}`", matching.pattern));
                }
            }
            if list.with_child_controls == Some(YesNo::Yes) {
                for control in direct.iter().filter_map(|id| self.known.get(id)) {
                    chosen.extend(control.controls.iter().map(|child| child.id.as_str()));
                }
            }
            chosen.extend(direct);
        }
        chosen
    }
}

/// Whether an id fits a pattern: `*` stands for any characters, `?` for one.
fn fits(pattern: &str, id: &str) -> bool {
    let (pattern, id): (Vec<char>, Vec<char>) = (pattern.chars().collect(), id.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stood, and up to where it stands for characters: the only place to go back to.
    let mut star: Option<(usize, usize)> = None;
    while from < id.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || Some(wanted) == id.get(from) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, upto)) => {
                    star = Some((place, upto + 1));
                    at = place + 1;
                    from = upto + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_have_stars_and_question_marks() {
        for (pattern, id, fit) in [
            ("ac-*", "ac-1", true),
            ("ac-*", "au-1", false),
            ("*", "x", true),
            ("ac-?", "ac-1", true),
            ("ac-?", "ac-10", false),
            ("*.1", "ac-2.1", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "a", false),
            ("ac.1", "acx1", false),
            ("a**", "a", true),
        ] {
            assert_eq!(fits(pattern, id), fit, "{pattern} {id}");
        }
    }
}
