//! Names as numbers: systems, and what they call groups and members.

use std::collections::{BTreeSet, HashMap};

use crate::evidence::batch::{Batch, Value};
use crate::identity::{Home, normalise};

/// A system, by number; number 0 stands for one that nothing names.
pub(super) type System = u32;

/// The system that nothing names.
pub(super) const UNNAMED: System = 0;

/// Whose names the persons of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Whose {
    /// The system in which groups are looked for.
    pub system: System,
    /// The names are the roster's, whatever system the record is about.
    pub roster: bool,
}

/// Systems by number, and back.
#[derive(Debug)]
pub(super) struct Systems {
    numbers: HashMap<Box<[u8]>, System, foldhash::fast::RandomState>,
    names: Vec<Box<[u8]>>,
}

impl Default for Systems {
    fn default() -> Self {
        Self { numbers: HashMap::default(), names: vec![Box::default()] }
    }
}

impl Systems {
    /// The number of a system.
    pub fn number(&mut self, name: Option<&[u8]>) -> System {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return UNNAMED };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = super::number(self.names.len());
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// A system's name; empty where nothing names it.
    pub fn name(&self, system: System) -> &[u8] {
        self.names.get(system as usize).map_or(&[], |name| name)
    }

    /// Whose names these are.
    pub fn home(&self, whose: Whose) -> Home<'_> {
        if whose.roster {
            return Home::Roster;
        }
        Home::System((whose.system != UNNAMED).then(|| self.name(whose.system)))
    }

    /// Whose names a record's persons are: where these are the roster's, its
    /// groups are those of the system that the record, or its table, names.
    pub fn whose(&mut self, home: Home<'_>, own: System) -> Whose {
        match home {
            Home::System(system) => Whose { system: self.number(system), roster: false },
            Home::Roster | Home::People(_) => Whose { system: own, roster: true },
        }
    }
}

/// The system that a record names, else that of its table.
pub(super) fn stated<'b>(batch: &Batch<'b>, record: usize, column: Option<u16>, table: Option<&'b [u8]>) -> Option<&'b [u8]> {
    match column.map(|column| batch.get(column.into(), record)) {
        Some(Value::Bytes(system)) => Some(system),
        _ => table,
    }
}

/// Looks something up in the system that is meant. Where a side names none,
/// it is the only one that the other side names.
pub(super) fn in_system<R>(system: System, known: &BTreeSet<System>, find: impl Fn(System) -> Option<R>) -> Option<R> {
    find(system).or_else(|| {
        let only = || known.iter().next().copied().filter(|_| known.len() == 1);
        match only() {
            Some(other) if system == UNNAMED || other == UNNAMED => find(other),
            _ => None,
        }
    })
}

/// What systems call groups and members, by number.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<(System, Box<[u8]>), u32, foldhash::fast::RandomState>);

impl Names {
    /// The number of a name, however it is spelled.
    pub fn number(&mut self, system: System, name: &[u8]) -> u32 {
        let next = super::number(self.0.len());
        normalise(name, |name| *self.0.entry((system, name.into())).or_insert(next))
    }

    /// The number of a name that is known.
    pub fn find(&self, system: System, name: &[u8]) -> Option<u32> {
        normalise(name, |name| self.0.get(&(system, name.into())).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_systems_and_has_one_number_however_it_is_spelled() {
        let (mut systems, mut names) = (Systems::default(), Names::default());
        let (a, b) = (systems.number(Some(b"a")), systems.number(Some(b"b")));
        assert_eq!((systems.number(None), systems.number(Some(b"")), systems.number(Some(b"a"))), (UNNAMED, UNNAMED, a));
        let number = names.number(a, b"Admins");
        assert_eq!(names.number(a, b" ADMINS "), number);
        assert_ne!(names.number(b, b"Admins"), number);
        assert_eq!((names.find(a, b"admins"), names.find(UNNAMED, b"admins")), (Some(number), None));
        assert_eq!((systems.name(b), systems.name(UNNAMED)), (&b"b"[..], &b""[..]));
    }

    #[test]
    fn a_system_that_nothing_names_is_the_only_one_and_never_one_of_several() {
        let find = |wanted: System| move |system: System| (system == wanted).then_some(system);
        let known = |systems: &[System]| systems.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(in_system(1, &known(&[1, 2]), find(1)), Some(1));
        assert_eq!(in_system(1, &known(&[2]), find(2)), None, "a group of one system is not another's");
        assert_eq!(in_system(UNNAMED, &known(&[2]), find(2)), Some(2));
        assert_eq!(in_system(1, &known(&[UNNAMED]), find(UNNAMED)), Some(UNNAMED));
        assert_eq!(in_system(UNNAMED, &known(&[1, 2]), find(2)), None);
        assert_eq!(in_system(1, &known(&[UNNAMED, 2]), find(UNNAMED)), None);
    }
}
