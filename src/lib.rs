//! rolecall: who is responsible for what, and is it really so?
//!
//! The way of the data: [`evidence`] finds, recognises and reads exports;
//! [`pack`] holds what is demanded; [`plan`] turns names into indices;
//! [`scan`] runs the rounds; [`check`] decides; [`report`] is the result, and
//! everything that is rendered from it.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod atlas;
pub mod calendar;
pub mod catalogue;
pub mod check;
pub mod cli;
pub mod codes;
pub mod commands;
pub mod dataset;
pub mod derived;
pub mod diagnostic;
pub mod diff;
pub mod digest;
pub mod embedded;
pub mod engagement;
pub mod evidence;
pub mod exercise;
pub mod exit;
pub mod fault;
pub mod files;
pub mod finding;
pub mod followup;
pub mod identity;
pub mod import;
pub mod inventory;
pub mod key;
pub mod keyset;
pub mod ledger;
pub mod oscal;
pub mod pack;
pub mod parallel;
pub mod plan;
pub mod predicate;
pub mod report;
pub mod scan;
pub mod settings;
pub mod signing;
pub mod source;
pub mod suggest;
pub mod text;
pub mod verdict;
pub mod verify;
pub mod waiver;
pub mod why;
pub mod workbook;
pub mod yaml;
