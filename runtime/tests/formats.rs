//! Texts that have a format, and texts that nearly do.

use tidings_runtime::codegen::Format;

fn examine(format: Format, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(format.accepts(text), "{}: {text:?}", format.name());
    }
    for text in bad.iter().chain(&["\0"]) {
        assert!(!format.accepts(text), "{}: {text:?}", format.name());
    }
}

#[test]
fn date_time() {
    examine(
        Format::DateTime,
        &[
            "1963-06-19T08:30:06.283185Z",
            "1963-06-19T08:30:06Z",
            "1937-01-01T12:00:27.87+00:20",
            "1990-12-31T15:59:50.123-08:00",
            "1998-12-31T23:59:60Z",
            "1998-12-31T15:59:60.123-08:00",
            "1963-06-19t08:30:06.283185z",
            "2024-02-29T00:00:00-00:00",
        ],
        &[
            "",
            "1998-12-31T23:59:61Z",
            "1998-12-31T23:58:60Z",
            "1998-12-31T22:59:60Z",
            "1990-02-31T15:59:59.123-08:00",
            "1990-12-31T15:59:59-24:00",
            "1963-06-19T08:30:06.28123+01:00Z",
            "06/19/1963 08:30:06 PST",
            "2013-350T01:01:01",
            "1963-6-19T08:30:06.283185Z",
            "1963-06-1T08:30:06.283185Z",
            "1963-06-1৪T00:00:00Z",
            "1963-06-11T0৪:00:00Z",
            "2026-11-21 08:30:00Z",
            "2026-11-21T08:30:00",
            "2026-11-21T08:30:00.Z",
            "2026-11-21T24:00:00Z",
            "+2026-11-21T08:30:00Z",
            "2026-11-21T08:30:00+0100",
        ],
    );
}

#[test]
fn date() {
    examine(
        Format::Date,
        &["1963-06-19", "2020-01-31", "2020-02-29", "2000-02-29", "2021-12-31", "0000-01-01"],
        &[
            "",
            "2021-02-29",
            "1900-02-29",
            "2020-04-31",
            "2020-13-01",
            "2020-00-01",
            "2020-01-00",
            "06/19/1963",
            "2013-350",
            "1998-1-20",
            "1998-01-1",
            "19980120",
            "2023-W01",
            "1963-06-19Z",
            "1963-06-1৪",
            "-963-06-19",
        ],
    );
}

#[test]
fn time() {
    examine(
        Format::Time,
        &[
            "08:30:06Z",
            "08:30:06.283185Z",
            "08:30:06+00:20",
            "23:59:60Z",
            "23:59:60+00:00",
            "01:29:60+01:30",
            "15:59:60-08:00",
            "00:29:60+00:30",
            "08:30:06z",
        ],
        &[
            "",
            "08:30:06",
            "22:59:60Z",
            "23:58:60Z",
            "23:59:60+01:00",
            "24:00:00Z",
            "00:60:00Z",
            "00:00:61Z",
            "01:02:03+24:00",
            "01:02:03+00:60",
            "01:02:03Z+00:30",
            "08:30:06 PST",
            "01:01:01,1111",
            "12:00:00.৪Z",
            "8:3:6Z",
            "08:30:06#00:20",
        ],
    );
}

#[test]
fn duration() {
    examine(
        Format::Duration,
        &["P4DT12H30M5S", "P4Y", "PT0S", "P0D", "P1M", "PT1M", "PT36H", "P1DT12H", "P2W", "P1Y2M3D"],
        &[
            "",
            "P",
            "PT",
            "P1",
            "4DT12H30M5S",
            "P1YT",
            "PT1D",
            "P2D1Y",
            "P2S",
            "P1D2H",
            "P1Y2W",
            "P২Y",
            "P1W2D",
            "PT1H5S",
            "P1Y1D",
            "P1.5D",
            "p1d",
            "P1D ",
            "-P1D",
            "P1DT1HT1M",
        ],
    );
}

#[test]
fn uuid() {
    examine(
        Format::Uuid,
        &[
            "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
            "00000000-0000-0000-0000-000000000000",
        ],
        &[
            "",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
            "2eb8aa08-aa98-11ea-73b441d16380",
            "2eb8aa08aa9811eab4aa73b441d16380",
            "2eb8aa08aa98-11ea-b4aa73b441d16380",
            "2eb8aa08-aa98-11ea-b4ga-73b441d16380",
            "{2eb8aa08-aa98-11ea-b4aa-73b441d163}",
        ],
    );
}

#[test]
fn email() {
    examine(
        Format::Email,
        &[
            "joe.bloggs@example.com",
            "te~st@example.com",
            "~test@example.com",
            "test~@example.com",
            "\"joe bloggs\"@example.com",
            "\"joe..bloggs\"@example.com",
            "\"joe@bloggs\"@example.com",
            "\"a\\\"b\"@example.com",
            "joe.bloggs@[127.0.0.1]",
            "joe.bloggs@[IPv6:::1]",
            "te.s.t@example.com",
            "a@b",
        ],
        &[
            "",
            "2962",
            "@example.com",
            "joe@",
            ".test@example.com",
            "test.@example.com",
            "te..st@example.com",
            "joe.bloggs@invalid=domain.com",
            "joe.bloggs@[127.0.0.300]",
            "joe bloggs@example.com",
            "\"a\"b\"@example.com",
            "\"@example.com",
            "user1@oceania.org, user2@oceania.org",
        ],
    );
}

#[test]
fn hostname() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    examine(
        Format::Hostname,
        &["www.example.com", "xn--4gbwdl.xn--wgbh1c", "h0stn4me", "1host", "a-b", &label, &longest],
        &[
            "",
            ".",
            ".example",
            "example.",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "a b",
            "exa\u{3002}mple.com",
            &format!("{label}a"),
            &format!("{longest}a"),
        ],
    );
}

#[test]
fn addresses() {
    examine(
        Format::Ipv4,
        &["192.168.0.1", "0.0.0.0", "255.255.255.255"],
        &[
            "",
            "127.0.0.0.1",
            "256.1.1.1",
            "127.0",
            "0x7f000001",
            "087.10.0.1",
            "1২7.0.0.1",
            "192.168.1.0/24",
            " 1.1.1.1",
        ],
    );
    examine(
        Format::Ipv6,
        &["::1", "::", "::abef", "1:2:3:4:5:6:7:8", "::ffff:192.168.0.1", "1:d6::42", "0:0:0:0:0:0:13.1.68.3"],
        &[
            "",
            "12345::",
            "1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1",
            "::laptop",
            ":2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:",
            "1::d6::42",
            "1:2::192.168.256.1",
            "fe80::a%eth1",
            "  ::1",
            "fe80::/64",
            "100:100:100:100:100:100:255.255.255.255.255",
        ],
    );
}

#[test]
fn uris() {
    examine(
        Format::Uri,
        &[
            "http://foo.bar/?baz=qux#quuz",
            "http://foo.com/blah_(wikipedia)_blah#cite-1",
            "http://foo.bar/?q=Test%20URL-encoded%20stuff",
            "http://xn--nw2a.xn--j6w193g/",
            "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
            "http://223.255.255.254",
            "ftp://ftp.is.co.za/rfc/rfc1808.txt",
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            "mailto:John.Doe@example.com",
            "news:comp.infosystems.www.servers.unix",
            "tel:+1-816-555-1212",
            "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
            "http://[v1.a:b]/",
            "http://localhost:8080",
            "file:///etc/hosts",
            "a:",
        ],
        &[
            "",
            "//foo.bar/?baz=qux#quuz",
            "/abc",
            "\\\\WINDOWS\\fileshare",
            "abc",
            "http:// shouldfail.com",
            ":// should fail",
            "bar,baz:foo",
            "1http://a",
            "http://a/%zz",
            "http://a/%2",
            "http://a#b#c",
            "http://[::1",
            "http://[::1]x/",
            "http://a:b/",
            "http://a/[b]",
            "http://é.example/",
            "http://a/b{c}",
            "http://a/\"b\"",
            "https://[@example.org/test.txt",
        ],
    );
    examine(
        Format::UriReference,
        &[
            "http://foo.bar/?baz=qux#quuz",
            "//foo.bar/?baz=qux#quuz",
            "/abc",
            "abc",
            "",
            "#fragment",
            "?query",
            "./a:b",
            "a/b:c",
        ],
        &["\\\\WINDOWS\\fileshare", "#frag\\ment", "1a:b", "a b", "%"],
    );
}

/// Moments are read in a way of their own, and as the library for them reads them.
#[cfg(feature = "chrono")]
#[test]
fn moments_are_those_of_the_library() {
    use tidings_runtime::codegen::{FromValue, Value, chrono};
    for text in [
        "2026-01-31T12:00:00Z",
        "2026-01-31t23:59:59.9z",
        "1996-12-19T16:39:57-08:00",
        "2000-02-29T00:00:00.123456789+05:30",
        "1990-12-31T23:59:60Z",
        "0001-01-01T00:00:00-00:00",
        "9999-12-31T23:59:59.9999999999999Z",
        "2026-06-30T15:59:60.5-08:00",
        "2026-01-31T12:00:00+23:59",
    ] {
        let read = chrono::DateTime::<chrono::FixedOffset>::from_value(Value::String(text.into())).unwrap();
        let expected = chrono::DateTime::parse_from_rfc3339(text).unwrap();
        assert_eq!((read, read.offset()), (expected, expected.offset()), "{text}");
    }
}
