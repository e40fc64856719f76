//! Makes the producer and the consumer that are measured.

fn main() -> Result<(), tidings::Error> {
    tidings::compile("orders.yaml")
}
