//! Kinds that hold two datasets, or acts, against each other.

use super::checks::Kind;
use super::scope::Writing;
use crate::check::reconcile::DIFFERENCE;
use crate::pack::raw::{RawKeyed, RawMissing, RawReconcile};
use crate::pack::{CheckKind, KeyedSide, Reconcile};
use crate::yaml::Spanned;

impl Writing<'_, '_> {
    pub(super) fn reconcile(&mut self, raw: &Spanned<RawReconcile>) -> Kind {
        let mut side = |raw: &RawKeyed| {
            let dataset = self.dataset(&raw.dataset);
            let filter = self.condition(&dataset, raw.filter.as_ref());
            let key = self.key(&dataset, &raw.key);
            KeyedSide { dataset, filter, key }
        };
        let sides = [side(&raw.left.value), side(&raw.right.value)];
        if sides[0].key.len() != sides[1].key.len() {
            self.wrong(raw.right.at, "wrong-sides", "both sides have keys of as many fields", None);
        }
        let mut agree: Vec<(String, String)> = Vec::new();
        for fields in &raw.agree {
            let (left, _) = self.field(&sides[0].dataset, &fields.left);
            let (right, _) = self.field(&sides[1].dataset, &fields.right);
            if agree.iter().any(|(known, _)| *known == left) {
                let message = format!("`{left}` is compared already; a finding is known by the left field's name");
                self.wrong(fields.left.at, "duplicate-id", message, None);
            }
            agree.push((left, right));
        }
        let whole = [raw.missing != RawMissing::Right, raw.missing != RawMissing::Left];
        let names: Vec<String> = sides[0].key.iter().cloned().chain([DIFFERENCE.to_owned()]).collect();
        Kind { kind: CheckKind::Reconcile(Reconcile { sides, agree, whole }), names: names.clone(), dataset: None, default: Some(names) }
    }
}
