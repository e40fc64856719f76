//! Generates the Rust of the shop's document, and what its tests need.

fn main() -> Result<(), tidings::Error> {
    tidings::Build::new().testing(true).compile(&["../../specs/orders.yaml"])
}
