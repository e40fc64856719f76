//! `tidings` turns an AsyncAPI document into working Rust.
