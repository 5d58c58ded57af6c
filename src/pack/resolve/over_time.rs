//! The check kinds that look at time.

use super::checks::Naming;
use super::scope::Writing;
use crate::dataset::FieldKind;
use crate::pack::raw::{RawActs, RawRecurs};
use crate::pack::{Mode, Recurs};
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

    /// A field that holds dates and times.
    fn time(&mut self, dataset: &str, field: &Spanned<String>) -> String {
        let (name, kind) = self.field(dataset, field);
        if kind != FieldKind::Date && self.scope.kinds.kind(dataset, &name).is_some() {
            self.wrong(field.at, "no-date", format!("`{name}` is no date"), None);
        }
        name
    }
}
