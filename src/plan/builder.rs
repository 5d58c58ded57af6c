//! Datasets, columns, look-ups and predicates of a plan, as checks ask for them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Frame, Plan, PlanError, PlannedCheck, PlannedDataset, PlannedLookup, sharing};
use crate::calendar::Day;
use crate::check::KeyColumn;
use crate::check::members::Membership;
use crate::check::narrowing::Narrowing;
use crate::check::span::SpanColumns;
use crate::dataset::{self, FieldKind, derived};
use crate::inventory::PlannedInventory;
use crate::key::Compare;
use crate::pack::{Carrier, Claim, Lookup, Narrowed};
use crate::predicate::compiled::{Compared, Compiled, FoundWith, Leaf, LeafTest, Shared};
use crate::predicate::elements::{OfElements, OfSet, Wanted};
use crate::predicate::values::Values;
use crate::predicate::{DateBound, FieldTest, Predicate, Test, WantedSet};

/// Collects what checks need.
pub(super) struct Builder<'f> {
    frame: Frame<'f>,
    datasets: Vec<PlannedDataset>,
    lookups: Vec<Made<PlannedLookup>>,
    memberships: Vec<Made<Membership>>,
    inventories: Vec<PlannedInventory>,
    used: Columns,
    /// The datasets that were asked for themselves, and not only to make others of them.
    direct: BTreeSet<u16>,
    /// A dataset is asked for because another is made of it.
    as_base: bool,
    problem: Option<String>,
}

/// Columns by dataset.
type Columns = BTreeMap<u16, BTreeSet<u16>>;

/// What a check uses: columns by dataset, and the datasets that it reads themselves.
type Used = (Columns, BTreeSet<u16>);

/// What was made of a look-up, for every check that has the same.
struct Made<T> {
    lookup: Lookup,
    compare: Compare,
    /// The fields that say when a record counts, where that is asked.
    window: Option<(String, String)>,
    /// What it reads, for the excerpts of each of those checks.
    columns: Columns,
    /// The dataset.
    direct: BTreeSet<u16>,
    planned: T,
}

impl<'f> Builder<'f> {
    pub(super) fn new(frame: Frame<'f>) -> Self {
        Self {
            frame,
            datasets: Vec::new(),
            lookups: Vec::new(),
            memberships: Vec::new(),
            inventories: Vec::new(),
            used: BTreeMap::new(),
            direct: BTreeSet::new(),
            as_base: false,
            problem: None,
        }
    }

    pub(super) fn finish(self, mut checks: Vec<PlannedCheck>) -> Result<Plan, PlanError> {
        if let Some(problem) = self.problem {
            return Err(PlanError(problem));
        }
        let units = sharing::units(&checks);
        sharing::tests(&mut checks, &units);
        sharing::subjects(&mut checks);
        Ok(Plan {
            as_of: self.frame.as_of,
            seed: self.frame.seed,
            list_max: self.frame.list_max,
            datasets: self.datasets,
            lookups: self.lookups.into_iter().map(|made| made.planned).collect(),
            memberships: self.memberships.into_iter().map(|made| made.planned).collect(),
            inventories: self.inventories,
            checks,
            units,
        })
    }

    /// The frame, for terms.
    pub(super) const fn frame(&self) -> Frame<'f> {
        self.frame
    }

    /// What was asked for since the last call: the datasets, and their columns
    /// with those of what they are made of.
    pub(super) fn used(&mut self) -> (BTreeSet<u16>, Columns) {
        (std::mem::take(&mut self.direct), std::mem::take(&mut self.used))
    }

    fn index(&mut self, at: usize) -> u16 {
        u16::try_from(at).unwrap_or_else(|_| {
            self.problem = Some("they use more than 65,535 datasets, fields or look-ups".to_owned());
            u16::MAX
        })
    }

    /// The index of a dataset.
    pub(super) fn dataset(&mut self, name: &str) -> u16 {
        let at = if let Some(at) = self.datasets.iter().position(|dataset| dataset.name == name) {
            at
        } else {
            self.datasets.push(PlannedDataset { name: name.to_owned(), fields: Vec::new(), act: None, unit: None, site: None, system: None });
            let at = self.datasets.len() - 1;
            self.frame_columns(at, name);
            if name == derived::EFFECTIVE_PERMISSIONS {
                self.whole(at);
            }
            at
        };
        let index = self.index(at);
        self.used.entry(index).or_default();
        if !self.as_base {
            self.direct.insert(index);
        }
        if let Some(derived) = derived::find(name) {
            for base in derived.bases {
                self.of_base(base.dataset, base.decides);
                let of = self.datasets.iter().position(|dataset| dataset.name == base.dataset);
                of.into_iter().for_each(|of| base.reads.iter().for_each(|field| _ = self.field(of, field)));
            }
        }
        index
    }

    /// All fields of a derived dataset, which the report's annex lists.
    fn whole(&mut self, at: usize) {
        let Some(derived) = derived::find(&self.datasets[at].name) else { return };
        for field in derived.dataset.fields {
            self.field(at, field.name);
            for (base, from) in derived.made_of(field.name) {
                self.of_base(base, &[]);
                if let Some(base) = self.datasets.iter().position(|dataset| dataset.name == base) {
                    self.field(base, from);
                }
            }
        }
    }

    /// Fields of a dataset that another is made of.
    fn of_base(&mut self, dataset: &str, fields: &[&str]) {
        let before = std::mem::replace(&mut self.as_base, true);
        let base = self.dataset(dataset);
        for field in fields {
            self.column(base, field);
        }
        self.as_base = before;
    }

    /// The columns that decide whether a record is in scope at all, and whose names it holds.
    fn frame_columns(&mut self, at: usize, name: &str) {
        let act = dataset::find(name).and_then(|dataset| dataset.act).map(|field| self.field(at, field));
        let scope = self.frame.engagement.and_then(|engagement| engagement.scope.as_ref());
        let site_field = if name == "sites" { "site_id" } else { "site" };
        let by_unit = scope.is_some_and(|scope| !scope.units.is_empty()) && self.frame.kinds.kind(name, "department").is_some();
        let by_site = scope.is_some_and(|scope| !scope.sites.is_empty());
        let unit = by_unit.then(|| self.field(at, "department"));
        let site = by_site.then(|| self.field(at, site_field));
        let system = self.frame.kinds.kind(name, "system").map(|_| self.field(at, "system"));
        if derived::find(name).is_some() {
            self.field(at, derived::NAMES);
        }
        let dataset = &mut self.datasets[at];
        (dataset.act, dataset.unit, dataset.site, dataset.system) = (act, unit, site, system);
    }

    fn field(&mut self, dataset: usize, field: &str) -> u16 {
        let fields = &mut self.datasets[dataset].fields;
        let at = fields.iter().position(|known| known == field).unwrap_or_else(|| {
            fields.push(field.to_owned());
            fields.len() - 1
        });
        self.index(at)
    }

    /// The column of a field, which an excerpt will show.
    pub(super) fn column(&mut self, dataset: u16, field: &str) -> u16 {
        let column = self.field(usize::from(dataset), field);
        self.used.entry(dataset).or_default().insert(column);
        if let Some(derived) = derived::find(&self.datasets[usize::from(dataset)].name) {
            derived.made_of(field).for_each(|(base, from)| self.of_base(base, &[from]));
        }
        column
    }

    /// What a field's values are.
    pub(super) fn kind(&self, dataset: u16, field: &str) -> FieldKind {
        let name = &self.datasets[usize::from(dataset)].name;
        self.frame.kinds.kind(name, field).unwrap_or(FieldKind::Text)
    }

    /// How a field's values compare.
    pub(super) fn compare(&self, dataset: u16, field: &str) -> Compare {
        if self.kind(dataset, field) == FieldKind::Person { Compare::Person } else { Compare::Exact }
    }

    /// As what a field's values are sought among the keys of a look-up: whoever
    /// is sought among persons is one, also where a roster's own field names them.
    pub(super) fn kind_among(&self, dataset: u16, field: &str, lookup: &Lookup) -> FieldKind {
        match self.kind(dataset, field) {
            FieldKind::Text if self.frame.kinds.kind(&lookup.dataset, &lookup.key) == Some(FieldKind::Person) => FieldKind::Person,
            kind => kind,
        }
    }

    /// A field as a part of a key.
    pub(super) fn key_column(&mut self, dataset: u16, field: &str) -> KeyColumn {
        KeyColumn {
            column: self.column(dataset, field),
            compare: self.compare(dataset, field),
            elements: self.kind(dataset, field) == FieldKind::List,
        }
    }

    /// As [`Self::key_column`]; persons compare as they are written where that is asked.
    pub(super) fn key_column_as(&mut self, dataset: u16, field: &str, exact: bool) -> KeyColumn {
        let column = self.key_column(dataset, field);
        if exact { KeyColumn { compare: Compare::Exact, ..column } } else { column }
    }

    /// The key set of a look-up.
    pub(super) fn lookup(&mut self, lookup: &Lookup, compare: Compare) -> u16 {
        self.key_set(lookup, compare, false)
    }

    /// What claims the rows of a table.
    pub(super) fn narrowing(&mut self, narrowed: &Narrowed) -> Narrowing {
        let listed = narrowed.any_of.iter().filter_map(|claim| if let Claim::List(list) = claim { Some(list) } else { None });
        let listed = Values::new(&listed.flatten().cloned().collect::<Vec<_>>());
        let sets = narrowed.lookups().map(|lookup| self.key_set(lookup, Compare::Exact, true)).collect();
        Narrowing { rows: narrowed.rows.clone(), listed, sets }
    }

    fn key_set(&mut self, lookup: &Lookup, compare: Compare, in_scope: bool) -> u16 {
        let known = |made: &Made<PlannedLookup>| made.compare == compare && made.planned.in_scope == in_scope && made.lookup == *lookup;
        let at = self.lookups.iter().position(known).unwrap_or_else(|| {
            let ((columns, direct), (dataset, key, filter, same)) = self.keyed(lookup);
            let planned = PlannedLookup { dataset, column: key.column, compare, elements: key.elements, same, filter, in_scope };
            self.lookups.push(Made { lookup: lookup.clone(), compare, window: None, columns, direct, planned });
            self.lookups.len() - 1
        });
        let (columns, direct) = (self.lookups[at].columns.clone(), self.lookups[at].direct.clone());
        self.note(columns, direct);
        self.index(at)
    }

    /// The members that a look-up's records make.
    pub(super) fn membership(&mut self, lookup: &Lookup, compare: Compare) -> usize {
        self.membership_over(lookup, compare, None)
    }

    /// As [`Self::membership`], with the fields that say from when to when each is one.
    pub(super) fn membership_over(&mut self, lookup: &Lookup, compare: Compare, window: Option<&(String, String)>) -> usize {
        let same = |known: &Made<Membership>| known.compare == compare && known.lookup == *lookup && known.window.as_ref() == window;
        let at = self.memberships.iter().position(same).unwrap_or_else(|| {
            let ((mut columns, direct), (dataset, key, filter, _)) = self.keyed(lookup);
            let over = window.map(|(from, to)| SpanColumns { from: self.column(dataset, from), to: self.column(dataset, to) });
            columns.entry(dataset).or_default().extend(over.iter().flat_map(|over| [over.from, over.to]));
            let planned = Membership { dataset, filter, key: KeyColumn { compare, ..key }, window: over };
            self.memberships.push(Made { lookup: lookup.clone(), compare, window: window.cloned(), columns, direct, planned });
            self.memberships.len() - 1
        });
        let (columns, direct) = (self.memberships[at].columns.clone(), self.memberships[at].direct.clone());
        self.note(columns, direct);
        at
    }

    /// Plans an inventory of the codes that a dataset carries, for this pack and migration.
    pub(super) fn inventory(&mut self, (pack, migration): (usize, usize), carrier: &Carrier) {
        let dataset = self.dataset(&carrier.dataset);
        let value = KeyColumn { compare: Compare::Exact, ..self.key_column(dataset, &carrier.field) };
        let key = self.column(dataset, &carrier.key);
        let filter = self.condition(dataset, carrier.filter.as_ref());
        self.inventories.push(PlannedInventory { pack, migration, dataset, value, key, filter });
        // No check reads it for that.
        self.used();
    }

    /// Plans a look-up's dataset, key, condition and further columns, and tells which columns these are.
    fn keyed(&mut self, lookup: &Lookup) -> (Used, (u16, KeyColumn, Option<Compiled>, Vec<u16>)) {
        let before = (std::mem::take(&mut self.used), std::mem::take(&mut self.direct));
        let dataset = self.dataset(&lookup.dataset);
        let key = self.key_column(dataset, &lookup.key);
        let filter = lookup.filter.as_ref().map(|filter| self.predicate(dataset, filter));
        let same = lookup.same.iter().map(|(field, _)| self.column(dataset, field)).collect();
        let used = (std::mem::replace(&mut self.used, before.0), std::mem::replace(&mut self.direct, before.1));
        (used, (dataset, key, filter, same))
    }

    fn note(&mut self, columns: Columns, direct: BTreeSet<u16>) {
        self.direct.extend(direct);
        for (dataset, more) in columns {
            self.used.entry(dataset).or_default().extend(more);
        }
    }

    /// Compiles a condition over a dataset's records.
    pub(super) fn condition(&mut self, dataset: u16, predicate: Option<&Predicate>) -> Option<Compiled> {
        predicate.map(|predicate| self.predicate(dataset, predicate))
    }

    /// Compiles a predicate over a dataset's records.
    pub(super) fn predicate(&mut self, dataset: u16, predicate: &Predicate) -> Compiled {
        match predicate {
            Predicate::All(parts) => Compiled::All(parts.iter().map(|part| self.predicate(dataset, part)).collect()),
            Predicate::Any(parts) => Compiled::Any(parts.iter().map(|part| self.predicate(dataset, part)).collect()),
            Predicate::Not(part) => Compiled::Not(Box::new(self.predicate(dataset, part))),
            Predicate::Field(test) => self.leaf(dataset, test),
        }
    }

    fn leaf(&mut self, dataset: u16, FieldTest { field, test, exact, .. }: &FieldTest) -> Compiled {
        let column = self.column(dataset, field);
        let kind = match test {
            Test::Found { lookup, .. } => self.kind_among(dataset, field, lookup),
            _ => self.kind(dataset, field),
        };
        let compared = match kind {
            FieldKind::Person if !exact => Compared::AsPersons,
            FieldKind::List => Compared::AnyElement,
            _ => Compared::Exactly,
        };
        let test = match test {
            Test::Present(wanted) => LeafTest::Present(*wanted),
            Test::In(values) | Test::InTable { values, .. } => LeafTest::OneOf(Values::new(values), true),
            Test::NotIn(values) => LeafTest::OneOf(Values::new(values), false),
            Test::StartsWith(prefix) => LeafTest::StartsWith(prefix.as_bytes().into()),
            Test::Contains(element) => LeafTest::Contains(element.as_bytes().into()),
            Test::Matches(pattern) => LeafTest::Matches(pattern.clone()),
            Test::Length { at_least, at_most } => LeafTest::Length(at_least.unwrap_or(0), at_most.unwrap_or(u64::MAX)),
            Test::Number { at_least, at_most } => LeafTest::Number(at_least.unwrap_or(f64::NEG_INFINITY), at_most.unwrap_or(f64::INFINITY)),
            Test::Date { order, bound: DateBound::AsOf { plus_days } } => LeafTest::Day(*order, self.frame.as_of.plus(*plus_days)),
            Test::Date { order, bound: DateBound::Day { date, plus_days } } => match Day::parse(date.as_bytes()) {
                Some(day) => LeafTest::Day(*order, day.plus(*plus_days)),
                None => {
                    self.problem = Some(format!("`{date}` is no date"));
                    LeafTest::Present(false)
                }
            },
            Test::Date { order, bound: DateBound::Field { field, plus_days } } => {
                LeafTest::DateColumn(*order, self.column(dataset, field), *plus_days)
            }
            Test::WithinDays(days) => LeafTest::Between(self.frame.as_of.plus(days.saturating_neg()), self.frame.as_of),
            Test::SameAs(other) => LeafTest::Same(self.column(dataset, other), true),
            Test::DiffersFrom(other) => LeafTest::Same(self.column(dataset, other), false),
            Test::Found { lookup, wanted } => {
                let compare = if compared == Compared::AsPersons { Compare::Person } else { Compare::Exact };
                let set = self.lookup(lookup, compare);
                if lookup.same.is_empty() {
                    LeafTest::Found(set, *wanted)
                } else {
                    let own = lookup.same.iter().map(|(_, own)| self.column(dataset, own)).collect();
                    LeafTest::FoundWith(Box::new(FoundWith { set, wanted: *wanted, own }))
                }
            }
            Test::Elements { of, which } => LeafTest::Elements(Box::new(OfElements { of: *of, which: self.of_element(dataset, which) })),
            Test::Set { order, wanted } => LeafTest::Set(Box::new(OfSet { order: *order, wanted: self.wanted_set(dataset, wanted) })),
        };
        Compiled::Leaf(Leaf { dataset, column, compared, test, shared: Shared::default() })
    }

    /// What must hold of an element: a test of the column as of one value.
    fn of_element(&mut self, dataset: u16, which: &Predicate) -> Compiled {
        let mut which = self.predicate(dataset, which);
        which.leaves_mut(&mut |leaf| {
            if leaf.compared == Compared::AnyElement {
                leaf.compared = Compared::Exactly;
            }
        });
        which
    }

    /// What the set of a list's elements is compared with.
    fn wanted_set(&mut self, dataset: u16, wanted: &WantedSet) -> Wanted {
        match wanted {
            WantedSet::List(values) => Wanted::Fixed(Values::new(values)),
            WantedSet::Table { rows, values, .. } if rows.is_empty() => {
                Wanted::Fixed(Values::new(&values.values().flatten().cloned().collect::<Vec<_>>()))
            }
            WantedSet::Table { rows, values, .. } => {
                let columns = rows.iter().map(|(_, field)| self.column(dataset, field)).collect();
                let key = |of: &Vec<String>| of.iter().map(|cell| cell.as_bytes().into()).collect();
                Wanted::Rows(columns, values.iter().map(|(of, values)| (key(of), Values::new(values))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_that_is_known_already_is_read_by_the_second_check_too() {
        let kinds = crate::source::kinds::FieldKinds::default();
        let mut builder = Builder::new(Frame { as_of: Day(0), period: None, engagement: None, kinds: &kinds, seed: 0, list_max: 1 });
        let filter = |pattern: &str| {
            let test = Test::Matches(crate::predicate::Pattern(regex::bytes::Regex::new(pattern).unwrap()));
            Some(Box::new(Predicate::Field(FieldTest { field: "title".to_owned(), list: false, test, exact: false })))
        };
        let lookup = |pattern: &str| Lookup {
            dataset: "people".to_owned(),
            key: "person_id".to_owned(),
            list: false,
            filter: filter(pattern),
            same: Vec::new(),
        };
        let first = builder.lookup(&lookup("a"), Compare::Exact);
        let used = builder.used();
        assert_eq!(used.1.values().map(BTreeSet::len).collect::<Vec<_>>(), [2]);
        assert_eq!((builder.lookup(&lookup("a"), Compare::Exact), builder.used()), (first, used.clone()));
        assert_ne!(builder.lookup(&lookup("b"), Compare::Exact), first);
        assert_ne!(builder.lookup(&lookup("a"), Compare::Person), first);
        let members = builder.membership(&lookup("a"), Compare::Exact);
        builder.used();
        assert_eq!((builder.membership(&lookup("a"), Compare::Exact), builder.used()), (members, used));
    }
}
