//! A tree -> structure checked by version -> one normalised AsyncAPI 3 model.

mod version;

pub use version::Version;
