//! Groups in groups: who is in a group in the end.
//!
//! Groups may hold each other in circles and by many ways; each is walked
//! without recursion, every group and member once, and no further than the
//! steps that are left.

use std::collections::{BTreeSet, HashMap};

use super::names::{Names, System, Whose, in_system};
use super::{At, Exceeded, Steps, number};
use crate::evidence::batch::{RejectReason, Value};

/// A group, by number.
pub(super) type Group = u32;

/// What a kind of member or principal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A group.
    Group,
    /// Somebody, or an account.
    Person,
    /// It says nothing: a group where one of that name is known, else nobody knows what.
    Open,
    /// It is absent or cannot be read.
    Untold,
}

impl Kind {
    /// What the value of `member_kind` or `principal_kind` says: a kind of
    /// group has the word in its name (`group`, `Security Group`, `#microsoft.graph.group`).
    pub fn of(value: Value<'_>) -> Self {
        match value {
            Value::Bytes(kind) if kind.to_ascii_lowercase().windows(5).any(|part| part == b"group") => Self::Group,
            Value::Bytes(_) => Self::Person,
            Value::Empty => Self::Open,
            Value::Absent | Value::Invalid => Self::Untold,
        }
    }
}

/// A membership as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership<'m> {
    pub at: At,
    pub whose: Whose,
    pub group: Value<'m>,
    pub member: Value<'m>,
    pub kind: Value<'m>,
}

/// Somebody in a group.
#[derive(Debug, Clone)]
struct Edge {
    /// The number of the name.
    name: u32,
    roster: bool,
    /// As exported.
    spelled: Box<[u8]>,
    at: At,
}

#[derive(Debug)]
struct Node {
    system: System,
    /// The least spelling of its name.
    spelled: Box<[u8]>,
    /// The first membership of this group; without one nobody tells who is in it.
    first: Option<At>,
    people: Vec<Edge>,
    groups: Vec<Group>,
    /// A membership of it cannot be told.
    untold: bool,
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    names: Names,
    /// By the number of the name.
    by_name: HashMap<u32, Group, foldhash::fast::RandomState>,
    nodes: Vec<Node>,
    /// By group: its place among all of them by spelling.
    ranks: Vec<u32>,
    /// The systems that have groups.
    systems: BTreeSet<System>,
    /// Memberships of nobody knows which group.
    pub lost: u64,
}

/// Who is in a group, each once.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// The membership by which somebody is in it, whose names these are, and the innermost group.
    pub people: Vec<Inside>,
    /// Why there may be others: the innermost group, and what of it cannot be told.
    pub open: Vec<(Group, RejectReason)>,
}

/// Somebody in a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inside {
    pub at: At,
    pub whose: Whose,
    pub via: Group,
}

impl Groups {
    /// Takes in all memberships, in their order. Those that say not what they hold are looked at last.
    pub fn new<'m>(memberships: impl Iterator<Item = Membership<'m>>) -> Self {
        let (mut all, mut open) = (Self::default(), Vec::new());
        for membership in memberships {
            let Value::Bytes(group) = membership.group else {
                all.lost += 1;
                continue;
            };
            let group = all.node(membership.whose.system, group);
            all.nodes[group as usize].first.get_or_insert(membership.at);
            all.systems.insert(membership.whose.system);
            match (membership.member, Kind::of(membership.kind)) {
                (Value::Bytes(_), Kind::Open) => open.push((group, membership)),
                (Value::Bytes(member), Kind::Group) => all.nest(group, membership.whose.system, member),
                (Value::Bytes(member), Kind::Person) => all.join(group, &membership, member),
                _ => all.nodes[group as usize].untold = true,
            }
        }
        for (group, membership) in open {
            let Value::Bytes(member) = membership.member else { continue };
            if all.group(membership.whose.system, member).is_some() {
                all.nest(group, membership.whose.system, member);
            } else {
                // An export that left out what makes it a group would look the same.
                all.nodes[group as usize].untold = true;
            }
        }
        for node in &mut all.nodes {
            node.groups.sort_unstable();
            node.groups.dedup();
            // The least spelling stays: the name of a file must not change whom a finding names.
            node.people.sort_unstable_by(|left, right| {
                (left.name, left.roster, &left.spelled, left.at).cmp(&(right.name, right.roster, &right.spelled, right.at))
            });
            node.people.dedup_by(|left, right| (left.name, left.roster) == (right.name, right.roster));
        }
        let mut order: Vec<Group> = (0..number(all.nodes.len())).collect();
        order.sort_by(|left, right| all.key(*left).cmp(&all.key(*right)));
        all.ranks = vec![0; order.len()];
        (0..).zip(order).for_each(|(rank, group)| all.ranks[group as usize] = rank);
        all
    }

    fn key(&self, group: Group) -> (&[u8], System) {
        self.nodes.get(group as usize).map_or((&[], 0), |node| (&node.spelled, node.system))
    }

    fn node(&mut self, system: System, name: &[u8]) -> Group {
        let named = self.names.number(system, name);
        let next = number(self.nodes.len());
        let group = *self.by_name.entry(named).or_insert(next);
        if group == next {
            let (people, groups) = (Vec::new(), Vec::new());
            self.nodes.push(Node { system, spelled: name.into(), first: None, people, groups, untold: false });
        } else if *name < *self.nodes[group as usize].spelled {
            self.nodes[group as usize].spelled = name.into();
        }
        group
    }

    fn nest(&mut self, outer: Group, system: System, inner: &[u8]) {
        let inner = self.node(system, inner);
        self.nodes[outer as usize].groups.push(inner);
    }

    fn join(&mut self, group: Group, membership: &Membership<'_>, member: &[u8]) {
        let Whose { system, roster } = membership.whose;
        let name = self.names.number(system, member);
        self.nodes[group as usize].people.push(Edge { name, roster, spelled: member.into(), at: membership.at });
    }

    /// The group of that name in a system.
    fn group(&self, system: System, name: &[u8]) -> Option<Group> {
        self.by_name.get(&self.names.find(system, name)?).copied()
    }

    /// The group of that name that is meant.
    pub fn find(&self, system: System, name: &[u8]) -> Option<Group> {
        in_system(system, &self.systems, |system| self.group(system, name))
    }

    /// All groups of which some membership tells.
    pub fn expanded(&self) -> impl Iterator<Item = Group> {
        (0..).zip(&self.nodes).filter(|(_, node)| node.first.is_some()).map(|(group, _)| group)
    }

    /// The first membership of a group.
    pub fn first(&self, group: Group) -> Option<At> {
        self.nodes.get(group as usize)?.first
    }

    /// A group's name.
    pub fn spelled(&self, group: Group) -> &[u8] {
        self.key(group).0
    }

    /// Who is in a group, through all groups in it.
    pub fn members(&self, group: Group, walked: &mut Walked, steps: &mut Steps) -> Result<Members, Exceeded> {
        walked.begin(self.nodes.len());
        let (mut queue, mut next, mut found) = (vec![group], 0, Vec::new());
        let mut members = Members::default();
        walked.enter(group);
        while let Some(inner) = queue.get(next).copied() {
            next += 1;
            let Some(node) = self.nodes.get(inner as usize) else { continue };
            steps.take(1 + node.groups.len() + node.people.len())?;
            if node.first.is_none() {
                members.open.push((inner, RejectReason::GroupNotExpanded));
            }
            if node.untold {
                members.open.push((inner, RejectReason::FieldUntold));
            }
            // Whoever is in the group itself needs no other; of several ways the first by name is told.
            let way = (inner != group, self.ranks.get(inner as usize).copied());
            found.extend(node.people.iter().map(|edge| (edge.name, edge.roster, way, edge, inner)));
            queue.extend(node.groups.iter().copied().filter(|inner| walked.enter(*inner)));
        }
        if found.is_empty() && members.open.is_empty() {
            // Groups that hold each other and nobody else: an export that left people out would look the same.
            members.open.push((group, RejectReason::GroupNotExpanded));
        }
        found.sort_unstable_by_key(|(name, roster, way, ..)| (*name, *roster, *way));
        found.dedup_by_key(|(name, roster, ..)| (*name, *roster));
        members.people = found
            .into_iter()
            .map(|(_, roster, _, edge, via)| Inside { at: edge.at, whose: Whose { system: self.key(via).1, roster }, via })
            .collect();
        members.open.sort_unstable_by_key(|(group, reason)| (self.ranks.get(*group as usize).copied(), *reason));
        Ok(members)
    }
}

/// Which groups a walk has seen; used again from walk to walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    walk: u32,
    seen: Vec<u32>,
}

impl Walked {
    fn begin(&mut self, groups: usize) {
        self.seen.resize(groups, 0);
        self.walk += 1;
    }

    /// Whether it is seen for the first time.
    fn enter(&mut self, group: Group) -> bool {
        let walk = self.walk;
        self.seen.get_mut(group as usize).is_some_and(|seen| std::mem::replace(seen, walk) != walk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derived::names::UNNAMED;

    type Row<'r> = (&'r str, &'r str, &'r str);

    fn of(rows: &[Row<'_>]) -> Groups {
        of_systems(&rows.iter().map(|(group, member, kind)| (UNNAMED, *group, *member, *kind)).collect::<Vec<_>>())
    }

    fn of_systems(rows: &[(System, &str, &str, &str)]) -> Groups {
        fn value(text: &str) -> Value<'_> {
            match text {
                "" => Value::Empty,
                "?" => Value::Absent,
                text => Value::Bytes(text.as_bytes()),
            }
        }
        Groups::new((0..).zip(rows).map(|(record, (system, group, member, kind))| Membership {
            at: At { batch: 0, record },
            whose: Whose { system: *system, roster: false },
            group: value(group),
            member: value(member),
            kind: value(kind),
        }))
    }

    type Told = (Vec<(u32, String)>, Vec<(String, RejectReason)>);

    /// The rows by which somebody is in a group, with the innermost group; and what is open.
    fn inside(groups: &Groups, name: &str) -> Told {
        let group = groups.find(UNNAMED, name.as_bytes()).unwrap();
        let members = groups.members(group, &mut Walked::default(), &mut Steps::default()).unwrap();
        let spelled = |group: Group| String::from_utf8_lossy(groups.spelled(group)).into_owned();
        let mut people: Vec<_> = members.people.iter().map(|inside| (inside.at.record, spelled(inside.via))).collect();
        people.sort();
        (people, members.open.iter().map(|(group, reason)| (spelled(*group), *reason)).collect())
    }

    fn rows(groups: &Groups, name: &str) -> Vec<u32> {
        inside(groups, name).0.into_iter().map(|(row, _)| row).collect()
    }

    #[test]
    fn members_of_groups_in_a_group_are_in_it_and_groups_are_no_members() {
        let groups = of(&[("all", "team", "group"), ("team", "anna", "user"), ("all", "bo", "user"), ("team", "robot", "service")]);
        assert_eq!(inside(&groups, "all").0, [(1, "team".to_owned()), (2, "all".to_owned()), (3, "team".to_owned())]);
        assert_eq!(rows(&groups, "team"), [1, 3]);
        assert_eq!(inside(&groups, "all").1, []);
    }

    #[test]
    fn circles_end_and_whoever_comes_by_several_ways_comes_once() {
        let circle = of(&[("a", "b", "group"), ("b", "c", "group"), ("c", "a", "group"), ("c", "anna", "user"), ("a", "a", "group")]);
        for name in ["a", "b", "c"] {
            assert_eq!(inside(&circle, name), (vec![(3, "c".to_owned())], vec![]), "{name}");
        }
        let diamond = of(&[("top", "right", "group"), ("top", "left", "group"), ("right", "anna", "user"), ("left", "Anna", "user")]);
        assert_eq!(inside(&diamond, "top").0, [(3, "left".to_owned())], "by the first way in the order of names");
        let direct = of(&[("top", "a", "group"), ("a", "anna", "user"), ("top", "anna", "user")]);
        assert_eq!(inside(&direct, "top").0, [(2, "top".to_owned())], "whoever is in the group itself needs no other");
    }

    #[test]
    fn a_group_however_it_is_spelled_is_one_group() {
        let groups = of(&[("ALL", "anna", "user"), ("all", "Bo", "user"), ("All ", "bo", "user"), ("top", "aLL", "GROUP")]);
        assert_eq!(rows(&groups, "top"), [0, 1], "of two spellings of a member the least stays");
        assert_eq!(groups.expanded().count(), 2);
        assert_eq!(groups.spelled(groups.find(UNNAMED, b"all").unwrap()), b"ALL");
    }

    #[test]
    fn a_group_of_one_system_is_not_anothers() {
        let groups = of_systems(&[(1, "all", "anna", "user"), (2, "all", "bo", "user"), (2, "top", "all", "group")]);
        let members = |system: System, name: &[u8]| {
            let group = groups.find(system, name)?;
            let members = groups.members(group, &mut Walked::default(), &mut Steps::default()).unwrap();
            Some(members.people.iter().map(|inside| (inside.at.record, inside.whose.system)).collect::<Vec<_>>())
        };
        assert_eq!(members(1, b"all"), Some(vec![(0, 1)]));
        assert_eq!(members(2, b"top"), Some(vec![(1, 2)]));
        assert_eq!(members(1, b"top"), None);
        assert_eq!(members(UNNAMED, b"all"), None, "which of the two is meant cannot be told");
    }

    #[test]
    fn what_cannot_be_told_stays_open() {
        for (rows, open) in [
            (&[("a", "b", "group")][..], ("b", RejectReason::GroupNotExpanded)),
            (&[("a", "anna", "?")], ("a", RejectReason::FieldUntold)),
            (&[("a", "?", "user")], ("a", RejectReason::FieldUntold)),
            (&[("a", "", "user")], ("a", RejectReason::FieldUntold)),
            // That a group is empty no export tells.
            (&[("a", "a", "group")], ("a", RejectReason::GroupNotExpanded)),
            (&[("a", "b", "group"), ("b", "a", "group")], ("a", RejectReason::GroupNotExpanded)),
        ] {
            assert_eq!(inside(&of(rows), "a"), (vec![], vec![(open.0.to_owned(), open.1)]), "{rows:?}");
        }
        assert_eq!(of(&[("?", "anna", "user"), ("", "anna", "user")]).lost, 2);
    }

    #[test]
    fn a_kind_that_says_nothing_is_a_group_where_one_is_known() {
        let groups = of(&[("top", "team", ""), ("top", "anna", ""), ("team", "bo", "user")]);
        // Of `anna` nobody knows whether she is a group that this export does not show.
        assert_eq!(inside(&groups, "top"), (vec![(2, "team".to_owned())], vec![("top".to_owned(), RejectReason::FieldUntold)]));
        for (kind, expected) in
            [("group", Kind::Group), ("Security Group", Kind::Group), ("#microsoft.graph.group", Kind::Group), ("user", Kind::Person)]
        {
            assert_eq!(Kind::of(Value::Bytes(kind.as_bytes())), expected, "{kind}");
        }
    }

    #[test]
    fn deep_and_wide_groups_are_walked_and_entangled_ones_are_given_up() {
        let (depth, width) = (1000, 100_000);
        let names: Vec<String> = (0..=depth).map(|number| format!("g{number}")).collect();
        let mut chain: Vec<Row<'_>> = names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str(), "group")).collect();
        chain.push((&names[depth], "anna", "user"));
        assert_eq!(rows(&of(&chain), "g0"), [1000]);
        let members: Vec<String> = (0..width).map(|number| format!("m{number}")).collect();
        let wide: Vec<Row<'_>> = members.iter().map(|member| ("all", member.as_str(), "user")).collect();
        assert_eq!(rows(&of(&wide), "all").len(), width);
        // Each of a thousand groups holds all others: a million ways, and a walk for each group.
        let entangled: Vec<Row<'_>> =
            names.iter().flat_map(|outer| names.iter().map(move |inner| (outer.as_str(), inner.as_str(), "group"))).take(400_000).collect();
        let (groups, mut walked, mut steps) = (of(&entangled), Walked::default(), Steps::default());
        let all: Result<Vec<Members>, Exceeded> = groups.expanded().map(|group| groups.members(group, &mut walked, &mut steps)).collect();
        assert!(all.is_err());
    }
}
