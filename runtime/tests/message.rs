//! Addresses and headers.

use tidings_runtime::message::{AddressError, AddressTemplate, Headers};

#[test]
fn expand_and_extract_are_inverse() {
    for (template, values, address) in [
        ("orders/{orderId}/created", &[("orderId", "7")][..], "orders/7/created"),
        ("{a}.{b}", &[("b", "y"), ("a", "x")], "x.y"),
        ("{whole}", &[("whole", "ü:1")], "ü:1"),
        ("urn:{tenant}:events", &[("tenant", "t-1")], "urn:t-1:events"),
        ("r-{region}-x/{id}", &[("region", "a-x"), ("id", "-")], "r-a-x-x/-"),
        ("{a}-{b}/z", &[("a", "x"), ("b", "y-z")], "x-y-z/z"),
        ("{a}--{b}", &[("a", "-"), ("b", "y")], "---y"),
        ("plain", &[], "plain"),
    ] {
        let template = AddressTemplate::new(template);
        assert_eq!(template.expand(values).as_deref(), Ok(address), "{template}");
        let mut extracted = template.extract(address).unwrap();
        let mut expected = values.to_vec();
        extracted.sort();
        expected.sort();
        assert_eq!(extracted, expected, "{template}");
    }
}

#[test]
fn other_shapes_do_not_match() {
    for (template, address) in [
        ("orders/{id}", "orders/"),
        ("orders/{id}", "orders/1/2"),
        ("orders/{id}", "orders/1.2"),
        ("orders/{id}", "orders/*"),
        ("orders/{id}", "order/1"),
        ("orders/{id}/x", "orders/1/x/"),
        ("orders/{id}/x", "orders/1/y"),
        ("{a}-{b}", "x/-y"),
        ("{a}-{b}", "x-"),
        ("{a}-{b}", "-y"),
        ("urn:{a}", "urn:x:y"),
        ("plain", "plain/"),
        ("{open", "{open"),
    ] {
        assert!(AddressTemplate::new(template).extract(address).is_none(), "{template} {address}");
    }
    assert!(!AddressTemplate::new("{a}{b}").matches("xy"));
}

#[test]
fn hostile_values_are_refused() {
    let template = AddressTemplate::new("orders/{id}");
    for value in
        ["a/b", "a.b", "..", "*", "#", "+", ">", "a b", "a\n", "\0", "\u{a0}", "?x", "%2f", "\\", "$SYS", "{id}"]
    {
        let refused = template.expand(&[("id", value)]);
        assert!(matches!(refused, Err(AddressError::Character { .. })), "{value:?}: {refused:?}");
    }
    assert_eq!(template.expand(&[("id", "")]), Err(AddressError::Empty("id".into())));
    assert_eq!(template.expand(&[]), Err(AddressError::Missing("id".into())));
    assert_eq!(template.expand(&[("id", "1"), ("x", "1")]), Err(AddressError::Unknown("x".into())));
    assert_eq!(template.expand(&[("id", "a:b")]).as_deref(), Ok("orders/a:b"));
    let colons = AddressTemplate::new("orders:{id}").expand(&[("id", "a:b")]);
    assert!(matches!(colons, Err(AddressError::Character { character: ':', .. })));
    let two = AddressTemplate::new("{a}-{b}").expand(&[("a", "x-y"), ("b", "z")]);
    assert_eq!(two, Err(AddressError::Ambiguous("x-y-z".into())));
}

#[test]
fn malformed_templates_are_told() {
    for template in ["{", "}", "{}", "a{b", "a}b", "{a{b}}", "{a}{b}"] {
        let refused = AddressTemplate::new(template).expand(&[("a", "1"), ("b", "1")]);
        assert!(matches!(refused, Err(AddressError::Template { .. })), "{template}: {refused:?}");
    }
}

#[test]
fn headers_keep_order_and_repeat() {
    let mut headers: Headers = [("A", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
    assert_eq!(headers.get_str("a"), Some("1"));
    assert_eq!(headers.get_all("A").count(), 2);
    headers.append("c", vec![255]);
    assert_eq!((headers.get_str("c"), headers.get("C").map(|value| value.as_bytes())), (None, Some(&[255][..])));
    headers.insert("a", "4");
    let names: Vec<_> = headers.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["b", "c", "a"]);
}

#[test]
fn credentials_are_found_by_the_name_of_the_server() {
    use tidings_runtime::Server;
    use tidings_runtime::message::Credentials;
    static SERVER: Server =
        Server::new("eu-1", "kafka", "example.com", "", &[]).with_security(&["scramSha512", "X509"]);
    static OPEN: Server = Server::new("open", "kafka", "example.com", "", &[]);
    static OTHER: Server = Server::new("other", "kafka", "example.com", "", &[]).with_security(&["gssapi"]);
    let known = |names: &'static [&'static str]| move |name: &str| names.contains(&name).then(|| format!("of {name}"));
    let password = |user: &str| Credentials::Password {
        scheme: "scramSha512",
        user: user.to_owned(),
        password: "of EU_1_PASSWORD".to_owned(),
    };
    let found = SERVER.credentials(known(&["EU_1_USER", "EU_1_PASSWORD", "EU_1_CERTIFICATE"])).unwrap();
    assert_eq!(found, [password("of EU_1_USER")]);
    assert!(!format!("{found:?}").contains("PASSWORD"), "{found:?}");
    let both = SERVER.credentials(|name| Some(format!("of {name}"))).unwrap();
    assert_eq!(both.len(), 2);
    let missing = SERVER.credentials(known(&["EU_1_USER"])).unwrap_err();
    for name in ["EU_1_PASSWORD", "EU_1_CERTIFICATE and EU_1_CERTIFICATE_KEY"] {
        assert!(missing.contains(name), "{missing}");
    }
    assert!(!missing.contains("of EU_1_USER"), "{missing}");
    assert_eq!(OPEN.credentials(|_| None).unwrap(), []);
    assert!(OTHER.credentials(|_| None).unwrap_err().contains("gssapi"));
    assert_eq!(SERVER.tls_root(known(&["EU_1_TLS_ROOT"])).unwrap().to_str(), Some("of EU_1_TLS_ROOT"));
}

#[test]
fn the_url_of_a_server_has_its_variables_filled_in() {
    use tidings_runtime::Server;
    static SERVER: Server = Server::new(
        "broker",
        "nats",
        "{region}.example.com:{port}",
        "/v1",
        &[("region", None), ("port", Some("4222"))],
    );
    assert_eq!(SERVER.url(&[("region", "eu")]).as_deref(), Ok("nats://eu.example.com:4222/v1"));
    assert_eq!(SERVER.url(&[("region", "eu"), ("port", "1")]).as_deref(), Ok("nats://eu.example.com:1/v1"));
    assert_eq!(SERVER.url(&[]), Err(AddressError::Missing("region".to_owned())));
    assert_eq!(SERVER.url(&[("region", "eu"), ("other", "x")]), Err(AddressError::Unknown("other".to_owned())));
    for hostile in ["evil.org/", "user@evil", "a:1", "a#", "a?b", "a b", "{port}"] {
        assert!(SERVER.url(&[("region", hostile)]).is_err(), "{hostile}");
    }
}
