//! The check kinds that look at time.

use super::pairs::Naming;
use super::scope::Writing;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawActs, RawIntervals, RawRecurs, RawWithoutGap};
use crate::pack::{Expected, Mode, Recurs, WithoutGap};
use crate::yaml::Spanned;

impl Writing<'_, '_> {
    pub(super) fn recurs(&mut self, raw: &RawRecurs, mode: Mode) -> Recurs {
        let expected = self.expected(&raw.expected);
        let subjects = raw.subjects.as_ref().map(|lookup| self.plain_lookup(lookup));
        let RawActs { dataset, filter, entry, subject, terms, time } = &raw.by.value;
        let naming = Naming { dataset, filter: filter.as_ref(), entry, subject: subject.as_ref(), terms: *terms };
        let by = self.named_by(&naming, subjects.is_some(), raw.by.at);
        let time = self.time(&by.dataset, time);
        let every_days = self.whole(&raw.every_days);
        if every_days == 0 {
            self.wrong(raw.every_days.at, "wrong-number", "`every_days` is at least 1", None);
        }
        Recurs { expected, subjects, by, time, every_days, over_period: mode == Mode::Period }
    }

    pub(super) fn without_gap(&mut self, raw: &RawWithoutGap, mode: Mode) -> WithoutGap {
        let expected = self.expected(&raw.expected);
        let subjects = raw.subjects.as_ref().map(|lookup| self.lookup(&lookup.value));
        let window = raw.window.as_ref().and_then(|window| {
            let Expected::Dataset(lookup) = &expected else {
                self.wrong(window.at, "wrong-window", "a window is made of fields of the expected dataset; `expected` names none", None);
                return None;
            };
            Some((self.time(&lookup.dataset, &window.from), self.time(&lookup.dataset, &window.to)))
        });
        let RawIntervals { dataset, filter, entry, subject, terms, from, to } = &raw.by.value;
        let naming = Naming { dataset, filter: filter.as_ref(), entry, subject: subject.as_ref(), terms: *terms };
        let by = self.named_by(&naming, subjects.is_some(), raw.by.at);
        let (from, to) = (self.time(&by.dataset, from), self.time(&by.dataset, to));
        let (at_least, at_most) = self.amounts(raw.at_least.as_ref(), raw.at_most.as_ref());
        match (at_least, at_most, &raw.at_most) {
            (Some(0), None, _) => self.wrong(raw.by.at, "no-bound", "give `at_least` more than 0, or `at_most`", None),
            (None, Some(0), Some(at)) => {
                self.wrong(at.at, "wrong-bounds", "`at_most` is less than `at_least`, which is 1 where it is not given", None);
            }
            _ => {}
        }
        let gap_minutes = raw.gap_minutes.as_ref().map_or(0, |minutes| self.whole(minutes));
        let over_period = mode == Mode::Period;
        WithoutGap { expected, subjects, window, by, from, to, at_least: at_least.unwrap_or(1), at_most, gap_minutes, over_period }
    }

    /// A field that holds dates and times.
    fn time(&mut self, dataset: &str, field: &Spanned<String>) -> String {
        let (name, kind) = self.field(dataset, field);
        if kind != FieldKind::Date && self.scope.kinds.kind(dataset, &name).is_some() {
            self.wrong(field.at, "no-date", format!("`{name}` is no date"), None);
        }
        name
    }
}
