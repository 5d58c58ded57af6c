//! Ledgers that people attack, that crash, and that several write at once.

mod attacks;
mod checkpoints;
mod crash;
mod flips;
mod fixture;
mod lines;
mod program;
mod writers;
