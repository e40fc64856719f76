//! Texts with a format: typed where there is a type, refused where they do not have it, kept as they were written.

#[cfg(test)]
mod tests {
    use goldens::formats::Visit;
    use serde_json::{Value, json};
    use tidings_runtime::{DecodeError, Payload};

    const ID: &str = "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a";

    fn visit(member: &str, value: &str) -> Value {
        let mut visit = json!({ "id": ID, "at": "2026-01-31T12:00:00.500+01:00", "on": "2026-01-31" });
        visit[member] = value.into();
        visit
    }

    #[test]
    fn values_that_have_their_format_come_back_as_they_were() {
        for (member, value) in [
            ("at", "2026-01-31T12:00:00.125-05:30"),
            ("mail", "someone@example.com"),
            ("clock", "08:30:00.25+01:00"),
            ("lasts", "P1DT12H"),
            ("page", "https://example.com/A?b=%20#C"),
            ("from", "192.0.2.1"),
            ("from6", "2001:db8::1"),
            ("photo", "aGVsbG8="),
            ("fee", "-012.500"),
        ] {
            let value = visit(member, value);
            let read = Visit::from_slice(value.to_string().as_bytes()).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&read.to_vec().unwrap()).unwrap(), value, "{member}");
        }
    }

    #[test]
    fn values_that_do_not_are_refused_by_name() {
        for (member, value) in [
            ("at", "2026-01-31T12:00:00"),
            ("on", "2026-02-30"),
            ("id", "7"),
            ("mail", "someone"),
            ("clock", "25:00:00Z"),
            ("lasts", "1 day"),
            ("page", "example.com/ a"),
            ("from", "192.0.2.256"),
            ("from6", "::g"),
            ("photo", "a"),
            ("fee", "1,50"),
        ] {
            match Visit::from_slice(visit(member, value).to_string().as_bytes()) {
                Err(DecodeError::Invalid(faults)) => {
                    let told: Vec<(&str, &str)> =
                        faults.iter().map(|fault| (fault.pointer(), fault.keyword())).collect();
                    assert_eq!(told, [(format!("/{member}").as_str(), "format")]);
                }
                other => panic!("{member}: {other:?}"),
            }
        }
    }

    #[test]
    fn types_say_what_they_hold() {
        let read = Visit::from_slice(visit("photo", "aGVsbG8=").to_string().as_bytes()).unwrap();
        assert_eq!(read.photo.as_deref(), Some(b"hello".as_slice()));
        assert_eq!(read.at.offset().local_minus_utc(), 3600);
        let read = Visit::from_slice(visit("fee", "1e3").to_string().as_bytes()).unwrap();
        assert_eq!(read.fee.unwrap().as_str().parse::<f64>(), Ok(1000.0));
    }
}
