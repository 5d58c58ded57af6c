//! The vendor's rules for the effective rights of one person in Intune.
//!
//! Source: Microsoft Learn, "Role-based access control (RBAC) with Microsoft
//! Intune", section on several role assignments of one user. Each rule is a
//! function of its own; nothing here knows records or persons.

use std::collections::{BTreeMap, BTreeSet};

/// The scope tags of an assignment, or of several together.
pub type Tags = BTreeSet<Box<[u8]>>;

/// Among which objects a right holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Inside the scope groups of its own assignment.
    ScopeGroups,
    /// For all objects of the type in any assignment of the person, as far as scope tags reach.
    AllObjects,
    /// For devices that have one of the scope tags, and no others.
    TaggedDevices,
}

impl Extent {
    /// The value of the field `extent`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ScopeGroups => "scope-groups",
            Self::AllObjects => "all-objects",
            Self::TaggedDevices => "tagged-devices",
        }
    }
}

/// The type of object and the action that a permission is about, from its
/// text: `Microsoft.Intune_<Object>_<Action>` or `<Object>/<Action>`. A text
/// of another form is an object without an action.
#[must_use]
pub fn parts(permission: &[u8]) -> (&[u8], &[u8]) {
    let at = |byte: u8| permission.iter().rposition(|own| *own == byte);
    if let Some(slash) = at(b'/') {
        return (&permission[..slash], &permission[slash + 1..]);
    }
    match (permission.iter().position(|byte| *byte == b'_'), at(b'_')) {
        (Some(first), Some(last)) if first < last => (&permission[first + 1..last], &permission[last + 1..]),
        _ => (permission, &[]),
    }
}

/// Whether an action gives objects to groups of users or devices.
#[must_use]
pub fn is_assign(action: &[u8]) -> bool {
    action.eq_ignore_ascii_case(b"assign")
}

/// Whether objects of a type are the managed devices themselves; settings
/// and policies for devices are not.
#[must_use]
pub fn are_devices(object: &[u8]) -> bool {
    let names: [&[u8]; 5] = [b"ManagedDevices", b"ManagedDevice", b"Managed devices", b"Devices", b"Device"];
    names.iter().any(|name| object.eq_ignore_ascii_case(name))
}

/// Whether permissions of two assignments on the same object add up as they
/// stand: where both assignments target the same scope tags. Somebody who may
/// read by one and write by the other then may do both.
#[must_use]
pub fn add_up(tags: &Tags, others: &Tags) -> bool {
    tags == others
}

/// What all assignments of a person together give on objects of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    first: Option<Tags>,
    tags: Tags,
    /// Two of the assignments do not add up.
    differ: bool,
    /// The tags of one of the assignments cannot be told.
    untold: bool,
}

impl Together {
    /// Takes in an assignment that permits something on objects of the type; `None`: its tags cannot be told.
    pub fn add(&mut self, tags: Option<&Tags>) {
        let Some(tags) = tags else {
            self.untold = true;
            return;
        };
        match &self.first {
            None => self.first = Some(tags.clone()),
            Some(first) => self.differ |= !add_up(first, tags),
        }
        self.tags.extend(tags.iter().cloned());
    }
}

/// What all assignments of a person together give, by the type of object.
/// Nothing goes from one type to another: a right to read policies, or the
/// tags with which it holds, say nothing of apps.
#[derive(Debug, Clone, Default)]
pub struct ByType<'o>(BTreeMap<&'o [u8], Together>);

impl<'o> ByType<'o> {
    /// Takes in an assignment that permits something on objects of a type.
    pub fn add(&mut self, object: &'o [u8], tags: Option<&Tags>) {
        self.0.entry(object).or_default().add(tags);
    }

    /// What holds on objects of a type.
    #[must_use]
    pub fn on(&self, object: &[u8]) -> Option<&Together> {
        self.0.get(object)
    }
}

/// The scope tags with which a permission holds. A right to assign keeps
/// those of its own assignment. Other rights (create, read, update, delete)
/// hold for all objects of the type in any assignment of the person, hence
/// with the tags of all of these. `None` where they cannot be told.
#[must_use]
pub fn tags<'t>(action: &[u8], own: Option<&'t Tags>, together: &'t Together) -> Option<&'t Tags> {
    if is_assign(action) {
        return own;
    }
    (!together.untold).then_some(&together.tags)
}

/// Among which objects a permission holds. Rights to assign hold inside the
/// scope groups of their assignment alone. Of devices, somebody without tags,
/// or with tags from assignments that differ, sees the tagged ones only.
/// `None` where it cannot be told.
#[must_use]
pub fn extent(object: &[u8], action: &[u8], together: &Together) -> Option<Extent> {
    if is_assign(action) {
        return Some(Extent::ScopeGroups);
    }
    if !are_devices(object) {
        return Some(Extent::AllObjects);
    }
    // What is already limited stays so, whatever the untold tags are.
    if together.differ {
        return Some(Extent::TaggedDevices);
    }
    if together.untold {
        return None;
    }
    Some(if together.tags.is_empty() { Extent::TaggedDevices } else { Extent::AllObjects })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(tags: &[&str]) -> Tags {
        tags.iter().map(|tag| tag.as_bytes().into()).collect()
    }

    fn together(all: &[Option<&[&str]>]) -> Together {
        let mut together = Together::default();
        all.iter().for_each(|tags| together.add(tags.map(set).as_ref()));
        together
    }

    const DEVICES: &[u8] = b"ManagedDevices";
    const APPS: &[u8] = b"MobileApps";

    #[test]
    fn a_permission_names_its_object_and_its_action() {
        for (permission, object, action) in [
            ("Microsoft.Intune_MobileApps_Read", "MobileApps", "Read"),
            ("Microsoft.Intune_Device_Settings_Update", "Device_Settings", "Update"),
            ("Managed devices/Wipe", "Managed devices", "Wipe"),
            ("microsoft.directory/users/create", "microsoft.directory/users", "create"),
            ("Read", "Read", ""),
            ("Intune_Read", "Intune_Read", ""),
            ("/", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(parts(permission.as_bytes()), (object.as_bytes(), action.as_bytes()), "{permission}");
        }
    }

    #[test]
    fn permissions_on_the_same_object_add_up_with_the_same_tags_and_not_with_others() {
        assert!(add_up(&set(&["a", "b"]), &set(&["b", "a"])));
        assert!(add_up(&set(&[]), &set(&[])));
        assert!(!add_up(&set(&["a"]), &set(&["a", "b"])));
        assert_eq!(extent(DEVICES, b"Read", &together(&[Some(&["a"]), Some(&["a"])])), Some(Extent::AllObjects));
        assert_eq!(extent(DEVICES, b"Read", &together(&[Some(&["a"]), Some(&["b"])])), Some(Extent::TaggedDevices));
    }

    #[test]
    fn a_right_to_assign_holds_inside_its_own_scope_groups_and_others_do_not_end_there() {
        let all = together(&[Some(&["a"]), Some(&["b"])]);
        let own = set(&["a"]);
        assert_eq!(extent(APPS, b"Assign", &all), Some(Extent::ScopeGroups));
        assert_eq!(tags(b"assign", Some(&own), &all), Some(&own), "the tags of another assignment do not help it");
        assert_eq!(extent(APPS, b"Update", &all), Some(Extent::AllObjects));
        assert_ne!(tags(b"Update", Some(&own), &all), Some(&own));
        assert_eq!(extent(DEVICES, b"Assign", &all), Some(Extent::ScopeGroups), "of devices, too");
    }

    #[test]
    fn create_read_update_and_delete_hold_with_the_tags_of_all_assignments_on_the_type() {
        let all = together(&[Some(&["a"]), Some(&["b"])]);
        for action in ["Create", "Read", "Update", "Delete", "Wipe"] {
            assert_eq!(tags(action.as_bytes(), Some(&set(&["a"])), &all), Some(&set(&["a", "b"])), "{action}");
        }
        let one = together(&[Some(&["a"])]);
        assert_eq!(tags(b"Read", Some(&set(&["a"])), &one), Some(&set(&["a"])), "with one assignment only its own");
    }

    #[test]
    fn what_is_said_of_one_type_of_object_says_nothing_of_another() {
        let mut by_type = ByType::default();
        by_type.add(APPS, Some(&set(&["a"])));
        by_type.add(DEVICES, Some(&set(&["b"])));
        by_type.add(APPS, Some(&set(&["c"])));
        let of = |object| tags(b"Read", None, by_type.on(object).unwrap()).cloned();
        assert_eq!((of(APPS), of(DEVICES)), (Some(set(&["a", "c"])), Some(set(&["b"]))));
        assert_eq!(by_type.on(b"ManagedApps"), None);
    }

    #[test]
    fn without_tags_or_with_tags_from_different_assignments_only_tagged_devices_are_seen() {
        assert_eq!(extent(DEVICES, b"Read", &together(&[Some(&[])])), Some(Extent::TaggedDevices));
        assert_eq!(extent(DEVICES, b"Read", &together(&[Some(&["a"]), Some(&[])])), Some(Extent::TaggedDevices));
        assert_eq!(extent(DEVICES, b"Read", &together(&[Some(&["a"])])), Some(Extent::AllObjects));
        assert_eq!(extent(APPS, b"Read", &together(&[Some(&[])])), Some(Extent::AllObjects), "apps are no devices");
        assert!(!are_devices(b"DeviceConfigurations") && are_devices(b"manageddevices"));
    }

    #[test]
    fn tags_that_cannot_be_told_leave_open_what_rests_on_them() {
        let all = together(&[Some(&["a"]), None]);
        assert_eq!(tags(b"Read", Some(&set(&["a"])), &all), None);
        assert_eq!(tags(b"Assign", Some(&set(&["a"])), &all), Some(&set(&["a"])));
        assert_eq!(extent(DEVICES, b"Read", &all), None);
        assert_eq!(extent(APPS, b"Read", &all), Some(Extent::AllObjects));
        let differ = together(&[Some(&["a"]), Some(&["b"]), None]);
        assert_eq!(extent(DEVICES, b"Read", &differ), Some(Extent::TaggedDevices));
    }
}
