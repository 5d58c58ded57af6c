//! OSCAL, the language in which NIST publishes catalogs of controls: catalogs
//! and profiles become packs, packs become catalogs and mapping collections.
//!
//! The way in: [`document`] reads bytes into the types of [`model`] and
//! [`profile`]; [`check`] holds a catalog to what its schema cannot say;
//! [`resolve`] makes one catalog of a profile and what it imports; [`pack`]
//! makes a pack of that, whose tables ([`tables`]) keep the catalog as published.
//! The way out: [`export`].
//!
//! Nothing here reads a file or a network: whatever one document says of another,
//! it means one of those that the user gave.

pub mod check;
pub mod document;
pub mod export;
pub mod insert;
pub mod model;
pub mod pack;
pub mod pointer;
pub mod profile;
pub mod resolve;
pub mod tables;
pub mod uuid;

/// The version of OSCAL that is written.
pub const VERSION: &str = "1.2.3";

/// The namespace of our own properties.
pub const NS: &str = "https://github.com/rolecall/rolecall/ns/oscal";
