//! No code: it has a checkpoint and its benchmarks agree on the features of what both are built from. Its manifest says
//! which, and why.
