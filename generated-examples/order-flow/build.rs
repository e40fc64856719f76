//! Generates the Rust of the shop's document.

fn main() -> Result<(), tidings::Error> {
    tidings::compile("../../specs/orders.yaml")
}
