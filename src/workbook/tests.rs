//! Workbooks from strangers.
