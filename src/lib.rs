//! `tidings` turns an AsyncAPI document into working Rust: typed messages, producers, consumers, and more.

pub mod document;
pub mod lint;
pub mod reference;
pub mod schema;
pub mod source;
pub mod syntax;
