//! `weighted_round_robin`: servers say with each answer how busy they are, and have calls by that.
//!
//! ```text
//! trailers ──► load report ──► weight of its server, kept as two numbers
//!                                        │ each update period
//!                                        ▼
//!                     those that are usable ──► stride: whose turn it is, one number a call
//! ```
//!
//! A [report](report::LoadReport) is read where the call ends. What is kept of it the policy looks at when it is its turn, and
//! it has the clock: there is nothing to be locked between them.

mod policy;
mod report;
mod stride;
#[cfg(test)]
mod tests;
mod weights;

pub use policy::WeightedRoundRobin;
