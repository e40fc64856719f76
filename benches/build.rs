//! Makes the types that are measured.

fn main() -> Result<(), tidings::Error> {
    tidings::Build::new().types_only(true).compile(&["payloads.yaml"])
}
