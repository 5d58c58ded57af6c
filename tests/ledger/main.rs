//! Ledgers that people attack, that crash, and that several write at once.

mod attacks;
mod checkpoints;
mod crash;
mod fixture;
mod flips;
mod lines;
mod program;
mod writers;
