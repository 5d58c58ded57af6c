//! The sequence of the keys of `report.json`, against the contract's.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// JSON that keeps the order of its keys.
pub enum Ordered {
    Map(Vec<(String, Ordered)>),
    List(Vec<Ordered>),
    Leaf,
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Ordered;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("JSON")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_str<E>(self, _: &str) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Leaf)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ordered, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Ordered::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered::Map(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Path and keys, as the contract has them; `[]` is each element of a list.
pub const CONTRACT: &[(&str, &str)] = &[
    ("", "schema tool as_of period audience selection inputs engagement packs evidence controls findings coverage summary followed_up"),
    ("tool", "name version renderer"),
    ("period", "from to"),
    ("inputs", "engagement waivers identities sources ledger options"),
    ("inputs.engagement", "sha256"),
    ("inputs.waivers", "sha256"),
    ("inputs.identities", "sha256"),
    ("inputs.sources[]", "id sha256"),
    ("inputs.frameworks[]", "id sha256"),
    ("inputs.ledger", "origin size root"),
    (
        "engagement",
        "id organisation client objective team as_of period packs criteria scope control_totals exported_at terms parameters tolerances \
         not_applicable unused waiver_policy",
    ),
    ("packs[]", "id title version edition sha256"),
    ("evidence[]", "path member sheet pointer sha256 bytes source system dataset records rejected exported_at span completeness problems"),
    ("evidence[].exported_at", "value basis"),
    ("evidence[].span", "from to"),
    ("evidence[].completeness", "basis expected"),
    ("evidence[].problems[]", "code message count first_record"),
    ("controls[]", "id pack ref title criterion applicability determination determination_reason grade statement checks"),
    ("controls[].answers[]", "framework name entry relation origin via"),
    ("controls[].criterion", "standard edition clause force adopted_by"),
    ("controls[].applicability", "applicable justification source"),
    ("controls[].grade", "proposed rule confirmed"),
    ("controls[].grade.confirmed", "grade by reason"),
    (
        "controls[].checks[]",
        "id title method mode covered severity procedure parameters outcome reason unit population excluded exclusions undecided undecided_by \
         evaluated exceptions findings_listed listed_through attestation",
    ),
    ("controls[].checks[].covered", "from to"),
    ("controls[].checks[].parameters[]", "name value set_by"),
    ("controls[].checks[].exclusions[]", "reason count"),
    ("controls[].checks[].undecided_by[]", "reason count"),
    ("controls[].checks[].attestation", "by role at expires statement sha256"),
    ("findings[]", "id control check also_controls severity subject statement evidence occurrences lifecycle waiver remediation"),
    ("findings[].evidence[]", "path member sheet pointer record row line offset excerpt"),
    ("findings[].waiver", "id approver approved expires reason compensating_measure ticket"),
    ("findings[].lifecycle", "state first_seen last_seen owner due"),
    ("followed_up[]", "id control check state first_seen last_seen owner due subject since changed"),
    (
        "coverage",
        "controls_total determined not_determined checks_total evaluated not_evaluated attested evidence_files evidence_unused scope_gaps \
         unresolved_identities unmapped_terms packs_not_selected",
    ),
    ("coverage.packs_not_selected[]", "id needs"),
    ("effective", "records undecided complete rights"),
    ("effective.rights[]", "system role_id assignment_id via_group scope scope_tags extent permissions persons"),
    ("migrations[]", "id pack title from to carried"),
    ("migrations[].carried[]", "dataset field key found incomplete population excluded undecided evaluated without_code complete codes"),
    ("migrations[].carried[].codes[]", "code title records named fate became origin note"),
    ("migrations[].carried[].codes[].became[]", "entry title"),
    ("wording[]", "framework id text pack checks"),
    ("inputs.frameworks[]", "id sha256"),
    ("summary", "by_determination by_outcome by_grade waived_by_grade findings limitations conclusion"),
    ("summary.by_determination", "satisfied other-than-satisfied not-determined"),
    ("summary.by_outcome", "pass fail not-applicable not-evaluated error"),
    ("summary.by_grade", "major minor ofi"),
    ("summary.waived_by_grade", "major minor ofi"),
    ("summary.findings", "total listed waived new reopened resolved not_reobserved subject_gone"),
];

/// Keys that stand behind the others, in this order, where they are there.
const OPTIONAL: [(&str, &str); 3] = [("", "effective migrations wording"), ("inputs", "frameworks"), ("controls[]", "answers attributes")];

/// Where keys are data, not names of the contract.
const FREE: [&str; 7] = [
    "inputs.options",
    "engagement.",
    "findings[].subject",
    "followed_up[].subject",
    "coverage.evidence_unused[]",
    "controls[].checks[].parameters[].value",
    "controls[].attributes",
];

/// Every object of the report has the contract's keys in the contract's order.
pub fn in_contract_order(bytes: &[u8]) {
    let report: Ordered = serde_json::from_slice(bytes).unwrap();
    walk(&report, "");
}

fn walk(value: &Ordered, path: &str) {
    match value {
        Ordered::Leaf => {}
        Ordered::List(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"))),
        Ordered::Map(members) => {
            if FREE.iter().any(|free| path.starts_with(free)) {
                return;
            }
            let (_, wanted) = CONTRACT.iter().find(|(known, _)| *known == path).unwrap_or_else(|| panic!("the contract has no object at `{path}`"));
            let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
            let optional = OPTIONAL.iter().find(|(known, _)| *known == path).map_or("", |(_, optional)| *optional);
            let last = optional.split_whitespace().filter(|key| keys.contains(key));
            assert_eq!(keys, wanted.split_whitespace().chain(last).collect::<Vec<_>>(), "keys of `{path}`");
            for (key, value) in members {
                walk(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") });
            }
        }
    }
}
