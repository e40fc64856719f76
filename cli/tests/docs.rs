//! `tidings docs`, `model` and `render` as their users call them.

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    const OLD: &str = "\
asyncapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
servers:
  live: { host: 'broker.example.com', protocol: mqtt }
channels:
  notes:
    address: notes/{desk}
    parameters: { desk: {} }
    messages:
      note:
        payload: { type: string, maxLength: 20 }
        examples: [{ payload: a note }, { payload: 7 }]
operations:
  sendNote: { action: send, channel: { $ref: '#/channels/notes' } }
  readNote: { action: receive, channel: { $ref: '#/channels/notes' } }
";

    /// A folder of its own for each test, with an old and a new document in it.
    fn folder(test: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs").join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("old.yaml"), OLD).unwrap();
        std::fs::write(
            folder.join("new.yaml"),
            OLD.replace("maxLength: 20", "maxLength: 30").replace("1.0.0", "2.0.0"),
        )
        .unwrap();
        folder
    }

    /// The exit status, and both outputs.
    fn tidings(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_tidings")).current_dir(folder).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn read(folder: &Path, file: &str) -> String {
        std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    #[test]
    fn a_page_has_commands_code_and_what_is_wrong_with_examples() {
        let folder = folder("page");
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "-o", "site"]);
        assert_eq!(status, 0, "{said}");
        let page = read(&folder, "site/index.html");
        for expected in [
            "mosquitto_sub -h broker.example.com -p 1883 \\\n  -t notes/+ -v",
            "mosquitto_pub -h broker.example.com -p 1883 \\\n  -t &#39;notes/{desk}&#39; \\\n  -m &#39;a note&#39;",
            "SendNoteProducer::new(transport).send(parameters, message).await",
            "impl ReadNoteHandler for Printer",
            "This does not fit its schema:",
            "value is not of type",
        ] {
            assert!(page.contains(expected), "{expected} is not on the page");
        }
        assert!(read(&folder, "site/index.md").starts_with("# Notes 2.0.0\n"));
        assert!(read(&folder, "site/llms.txt").contains("[Notes](index.md)"));
        let resolved: serde_json::Value = serde_json::from_str(&read(&folder, "site/asyncapi.json")).unwrap();
        assert_eq!(resolved["operations"]["sendNote"]["channel"]["address"], "notes/{desk}");
    }

    /// The bytes that a page with what it loads at once takes on the wire.
    fn weight(folder: &Path, files: &[&str]) -> usize {
        let packed = |file: &&str| miniz_oxide::deflate::compress_to_vec(read(folder, file).as_bytes(), 9).len() + 18;
        files.iter().map(packed).sum()
    }

    #[test]
    fn pages_are_light() {
        let folder = folder("weight");
        let lights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/street-lights.yaml");
        let lights = lights.to_str().unwrap();
        // A document of seventy messages, as people write them.
        let mut many = "asyncapi: 3.0.0\ninfo: { title: Chat events, version: 1.0.0 }\nchannels:\n  events:\n    address: /events\n    messages:\n".to_owned();
        for number in 0..70 {
            many.push_str(&format!(
                "      messageNumber{number}:\n        summary: Something of the kind {number} has happened in a channel.\n        payload:\n          type: object\n          \
                 properties:\n            type: {{ type: string, enum: [kind_{number}] }}\n            channel: {{ type: string }}\n            \
                 user_{number}: {{ type: object, properties: {{ id: {{ type: string }} }} }}\n"
            ));
        }
        many.push_str("operations: { event: { action: send, channel: { $ref: '#/channels/events' } } }\n");
        assert!((20_000..30_000).contains(&many.len()), "{} bytes", many.len());
        std::fs::write(folder.join("many.yaml"), &many).unwrap();
        let loaded = ["index.html", "style.css", "page.js", "search.js"];
        for (document, site, most) in [(lights, "lights", 40_000), ("many.yaml", "many", 80_000)] {
            assert_eq!(tidings(&folder, &["docs", document, "-o", site]).0, 0);
            let all = weight(&folder.join(site), &loaded);
            let index = weight(&folder.join(site), &["search.js"]);
            let text = weight(&folder.join(site), &["index.md"]);
            println!("{site}: {all} bytes, {index} of the index, {text} as text");
            assert!(all <= most && index <= 8_000, "{site}: {all} bytes, {index} of the index");
        }
        assert_eq!(tidings(&folder, &["docs", lights, "-o", "single", "--single-file"]).0, 0);
        let single = weight(&folder.join("single"), &["index.html"]);
        assert!(single <= 60_000, "{single} bytes");
        let samples = weight(&folder.join("lights"), &["page.js"]);
        assert!(samples <= 6_000, "{samples} bytes of script, the generator of samples among them");
        for (document, site) in [(std::fs::read_to_string(lights).unwrap(), "lights"), (many, "many")] {
            let text = read(&folder.join(site), "index.md");
            assert!(
                text.len() * 2 <= document.len() * 3,
                "{site}: {} bytes of text for {}",
                text.len(),
                document.len()
            );
        }
    }

    #[test]
    fn a_port_in_use_and_a_broken_template_are_said() {
        let folder = folder("failures");
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "--serve", "--port", &port]);
        assert_eq!(status, 2);
        assert!(said.contains(&format!("error: port {port}: ")), "{said}");
        std::fs::create_dir(folder.join("theme")).unwrap();
        std::fs::write(folder.join("theme/page.html"), "<p>\n{% if title }").unwrap();
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "-o", "site", "--templates", "theme"]);
        assert_eq!(status, 2);
        assert!(said.contains("page.html") && !folder.join("site").exists(), "{said}");
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "-o", "site", "--templates", "nowhere"]);
        assert_eq!(status, 2);
        assert!(said.contains("nowhere"), "{said}");
    }

    #[test]
    fn changes_have_a_page_with_a_witness() {
        let folder = folder("against");
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "-o", "site", "--against", "old.yaml"]);
        assert_eq!(status, 0, "{said}");
        assert!(read(&folder, "site/index.html").contains("href=\"changes.html\""));
        let changes = read(&folder, "site/changes.html");
        for expected in [
            "Since 1.0.0: 1 change breaks somebody, 1 is safe.",
            "Breaking",
            "for consumers",
            "only one of the two versions accepts this",
            "old.yaml:",
        ] {
            assert!(changes.contains(expected), "{expected} is not in {changes}");
        }
        let (status, _, _) = tidings(&folder, &["docs", "new.yaml", "old.yaml", "-o", "b", "--against", "old.yaml"]);
        assert_eq!(status, 2, "one document is compared with one");
        let (status, _, _) = tidings(&folder, &["docs", "new.yaml"]);
        assert_eq!(status, 2, "a site is written or served");
    }

    /// A program that is ended with its test.
    struct Running(std::process::Child);

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// The next line that holds a text, of a stream that goes on.
    fn line(stream: &mut impl BufRead, wanted: &str) -> String {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            assert_ne!(stream.read_line(&mut line).unwrap(), 0, "the stream ended before {wanted}");
        }
        line
    }

    fn get(address: &str, path: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        BufReader::new(stream)
    }

    #[test]
    fn a_served_site_follows_its_document() {
        let folder = folder("serve");
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .current_dir(&folder)
            .args(["docs", "new.yaml", "--serve", "--port", "0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let _running = Running(child);
        let line_said = line(&mut said, "serving at");
        let address = line_said.trim().trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        let mut events = get(&address, "/-/events");
        let mut version = line(&mut events, "data:");
        while version.trim() != "data: 1" {
            version = line(&mut events, "data:");
        }
        // The best of three, since other tests run at the same time.
        let mut best = Duration::MAX;
        for number in 2..5 {
            let text = OLD.replace("Notes", &format!("Notes {number}"));
            let saved = Instant::now();
            std::fs::write(folder.join("new.yaml"), text).unwrap();
            line(&mut events, &format!("data: {number}"));
            best = best.min(saved.elapsed());
            let mut page = String::new();
            get(&address, "/").read_to_string(&mut page).unwrap();
            assert!(page.contains(&format!("<h1>Notes {number}")), "{page}");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(best < Duration::from_millis(200), "{best:?} from saving to the event");
        // A save that changes nothing is no news: the next number follows the next change.
        let text = std::fs::read_to_string(folder.join("new.yaml")).unwrap();
        std::fs::write(folder.join("new.yaml"), &text).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        std::fs::write(folder.join("new.yaml"), text.replace("action: send", "action: shout")).unwrap();
        line(&mut events, "data: 5");
        let mut page = String::new();
        get(&address, "/").read_to_string(&mut page).unwrap();
        assert!(page.contains("class=\"problems\"") && page.contains("live.js"), "{page}");
    }

    #[test]
    fn two_versions_know_each_other() {
        let folder = folder("versions");
        let (status, _, said) = tidings(&folder, &["docs", "new.yaml", "old.yaml", "-o", "site"]);
        assert_eq!(status, 0, "{said}");
        assert!(read(&folder, "site/new.html").contains("href=\"old.html\">1.0.0</a>"));
        assert!(read(&folder, "site/index.html").contains("href=\"new.html#operation:sendNote\""));
    }

    #[test]
    fn the_schema_of_the_model_is_up_to_date() {
        let folder = folder("model");
        let (status, schema, _) = tidings(&folder, &["config", "schema", "model"]);
        assert_eq!(status, 0);
        let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/model.json");
        assert_eq!(
            std::fs::read_to_string(known).unwrap(),
            schema,
            "`tidings config schema model > schemas/model.json`"
        );
        let (status, model, _) = tidings(&folder, &["model", "new.yaml"]);
        assert_eq!(status, 0);
        let model: serde_json::Value = serde_json::from_str(&model).unwrap();
        assert_eq!(model["channels"][0]["address"], "notes/{desk}");
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert!(model.as_object().unwrap().keys().all(|key| named.contains(&key)), "{named:?}");
    }

    #[test]
    fn templates_make_files() {
        let folder = folder("render");
        std::fs::create_dir_all(folder.join("theme/below")).unwrap();
        std::fs::write(
            folder.join("theme/below/list.txt.tera"),
            "{% for one in channels %}{{ one.address }}{% endfor %}",
        )
        .unwrap();
        let (status, _, said) = tidings(&folder, &["render", "new.yaml", "--templates", "theme", "-o", "out"]);
        assert_eq!(status, 0, "{said}");
        assert_eq!(read(&folder, "out/below/list.txt"), "notes/{desk}");
        std::fs::write(folder.join("theme/broken.tera"), "{{ nothing }}").unwrap();
        let (status, _, said) = tidings(&folder, &["render", "new.yaml", "--templates", "theme", "-o", "other"]);
        assert_eq!(status, 2, "{said}");
        assert!(!folder.join("other").exists(), "nothing is half written");
    }
}
