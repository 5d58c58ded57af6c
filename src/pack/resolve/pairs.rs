//! What the kinds have in common that ask for pairs of entries and subjects.

use super::scope::Writing;
use crate::dataset::FieldKind;
use crate::pack::CoveredBy;
use crate::pack::raw::RawPredicate;
use crate::yaml::{Place, Spanned};

/// How records name entries and subjects, as kinds that ask for pairs write it.
pub(super) struct Naming<'r> {
    pub dataset: &'r Spanned<String>,
    pub filter: Option<&'r Spanned<RawPredicate>>,
    pub entry: &'r Spanned<String>,
    pub subject: Option<&'r Spanned<String>>,
    pub terms: bool,
}

impl Writing<'_, '_> {
    /// The records that name entries, and subjects where there are some.
    pub(super) fn named_by(&mut self, by: &Naming<'_>, subjects: bool, at: Place) -> CoveredBy {
        let dataset = self.dataset(by.dataset);
        let filter = self.condition(&dataset, by.filter);
        let (entry, kind) = self.field(&dataset, by.entry);
        let entry_list = kind == FieldKind::List;
        let subject = by.subject.map(|field| self.field(&dataset, field));
        let subject_list = subject.as_ref().is_some_and(|(_, kind)| *kind == FieldKind::List);
        let subject = subject.map(|(field, _)| field);
        if subjects != subject.is_some() {
            self.wrong(at, "wrong-subject", "`subjects` and `by.subject` go together", None);
        }
        CoveredBy { dataset, filter, entry, entry_list, subject, subject_list, terms: by.terms }
    }
}
