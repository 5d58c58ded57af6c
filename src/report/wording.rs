//! How publishers word what findings are about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The publisher's words for an entry of an edition, from the file that the user imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Worded {
    /// The edition: `nice-2017`.
    pub framework: String,
    /// The entry: `T0264`.
    pub id: String,
    /// Its words.
    pub text: String,
    /// The imported pack that they stand in.
    pub pack: String,
    /// The checks, `control/check`, whose findings are about it.
    pub checks: Vec<String>,
}
