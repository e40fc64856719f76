//! Generates the Rust of both sides of the document: the control centre, and the lights.

fn main() -> Result<(), tidings::Error> {
    tidings::Build::new().role(tidings::Role::Both).compile(&["../../specs/street-lights.yaml"])
}
