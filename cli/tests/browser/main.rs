//! Sites in a real browser: readable for everybody, under the strictest policy, and deaf to hostile text.
//!
//! In: documents of the project. Out: what Chromium and axe-core find in their pages. `cargo xtask test` provides both;
//! `cargo xtask nightly docs` loads hostile pages a thousand times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod server;

/// Tests that need the browser; `cargo xtask test --without chromium` leaves them out.
mod needs_chromium {
    use super::client::{Browser, Page};
    use super::server::{STRICT, Server};
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use std::io::{BufRead, BufReader};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use tidings::docs::{self, Settings, Subject};
    use tidings::reference::{Files, Policy};
    use tidings::source::Diagnostics;

    /// A program that is ended with its test.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    const EVERYTHING: &str = include_str!("../../../tests/docs/everything.json");

    type Site = Vec<(PathBuf, String)>;

    fn project() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    /// The site that the program makes of documents of the project.
    fn site(test: &str, arguments: &[&str]) -> Site {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(test);
        let _ = std::fs::remove_dir_all(&folder);
        let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .current_dir(project())
            .arg("docs")
            .args(arguments)
            .arg("-o")
            .arg(&folder)
            .output()
            .unwrap();
        assert!(output.status.code() < Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        let files = std::fs::read_dir(&folder).unwrap().flatten();
        let mut files: Site = files
            .map(|file| (PathBuf::from(file.file_name()), std::fs::read_to_string(file.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    /// The site of a text, made in this process.
    fn site_of(text: String) -> Site {
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let source = files.add("a.json", None, text, &mut diagnostics);
        let document = tidings::read_with_errors(&mut files, source, &mut diagnostics);
        let subject = Subject::new(&files, source, document.as_ref(), &diagnostics);
        docs::render(docs::pages(&[subject]), &Settings::default()).unwrap()
    }

    fn pages(site: &Site) -> Vec<String> {
        let names = site.iter().map(|(path, _)| path.display().to_string());
        names.filter(|name| name.ends_with(".html")).collect()
    }

    /// A document of 70 messages, as people write them.
    fn large() -> String {
        let mut text = "asyncapi: 3.0.0\ninfo: { title: Warehouse events, version: 2.0.0 }\n".to_owned();
        text.push_str("servers: { live: { host: 'broker.example.com:9092', protocol: kafka } }\nchannels:\n");
        let names = (1..=70).map(|number| format!("stockLevel{number}Changed"));
        let names: Vec<String> = names.collect();
        for name in &names {
            text.push_str(&format!(
                "  {name}:\n    address: warehouse.stock.{name}\n    messages:\n      {name}:\n        title: Stock changed\n        \
                 payload:\n          type: object\n          required: [article]\n          properties:\n            \
                 article: {{ type: string }}\n            count: {{ type: integer, minimum: 0 }}\n"
            ));
        }
        text.push_str("operations:\n");
        for name in &names {
            text.push_str(&format!("  send{name}: {{ action: send, channel: {{ $ref: '#/channels/{name}' }} }}\n"));
        }
        text
    }

    /// The sites that every look is at, by name.
    fn sites() -> Vec<(&'static str, Site)> {
        let everything = project().join("tests/docs/everything.json");
        let everything = everything.to_str().unwrap();
        let hostile: Value = serde_json::from_str(EVERYTHING).unwrap();
        let mut number = 0;
        let hostile = each_text(&hostile, "", &mut |_, text| {
            number += 1;
            format!("{text} {}", PAYLOADS[number % PAYLOADS.len()])
        });
        vec![
            ("lights", site("lights", &["specs/street-lights.yaml"])),
            ("orders", site("orders", &["specs/orders.yaml"])),
            ("everything", site("everything", &[everything])),
            ("single", site("single", &["specs/orders.yaml", "--single-file"])),
            ("catalogue", site("catalogue", &["specs/orders.yaml", "specs/street-lights.yaml", everything])),
            (
                "changes",
                site(
                    "changes",
                    &[
                        "tests/documents/valid/orders-3.1.0.yaml",
                        "--against",
                        "tests/documents/valid/orders-2.6.0.yaml",
                    ],
                ),
            ),
            ("large", site_of(large())),
            ("hostile", site_of(hostile.to_string())),
            ("invalid", site_of("{\"asyncapi\": \"3.0.0\", \"channels\": 7}".to_owned())),
        ]
    }

    /// A value with every text in it changed but for those that lead elsewhere or say what the document is.
    fn each_text(value: &Value, key: &str, change: &mut impl FnMut(&str, &str) -> String) -> Value {
        match value {
            Value::String(text) if key != "$ref" && key != "asyncapi" => json!(change(key, text)),
            Value::Array(list) => list.iter().map(|item| each_text(item, key, change)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(key, item)| (key.clone(), each_text(item, key, change)));
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }

    /// Notes every breach of the page's policy before anything else runs.
    fn watch_policy(page: &mut Page<'_>) {
        let source = "window.breaches = []; addEventListener('securitypolicyviolation', (event) => \
                      breaches.push(`${event.effectiveDirective} ${event.blockedURI}`), true);";
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": source}));
    }

    /// Everything that a reader could lose: text that is cut, targets that a finger misses, what only a mouse reaches.
    const LOSSES: &str = r#"(() => {
        const shown = (element) => element.checkVisibility() && !element.closest(".hidden, .skip");
        const losses = [];
        if (document.documentElement.scrollWidth > innerWidth) losses.push(`page is ${document.documentElement.scrollWidth} wide`);
        for (const element of document.querySelectorAll("body *")) {
            if (!shown(element)) continue;
            const style = getComputedStyle(element);
            const name = `${element.tagName} ${element.className} ${element.textContent.slice(0, 40)}`;
            const cuts = ["hidden", "clip"].includes(style.overflowX);
            if (cuts && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) losses.push(`cut: ${name}`);
            if (element.getBoundingClientRect().right > innerWidth + 1 && !element.closest("pre, .drawing, .examples")) losses.push(`off the page: ${name}`);
            if (style.cursor === "pointer" && !element.closest("a, button, summary, select, input, label")) losses.push(`for mice alone: ${name}`);
        }
        const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((one) => !one.closest("nav")).map((one) => +one.tagName[1]);
        if (levels.filter((level) => level === 1).length !== 1) losses.push("not one h1");
        levels.forEach((level, at) => at && level > levels[at - 1] + 1 && losses.push(`h${levels[at - 1]} is followed by h${level}`));
        if (!document.querySelector("main")) losses.push("no main");
        for (const text of document.querySelectorAll(".flow text")) {
            const { left, right, top, bottom } = text.getBoundingClientRect();
            const within = [...document.querySelectorAll(".flow rect")].map((one) => one.getBoundingClientRect());
            if (right > left && !within.some((box) => box.left <= left && box.right >= right && box.top <= top + 2 && box.bottom >= bottom - 2)) losses.push(`out of its box: ${text.textContent}`);
        }
        return losses;
    })()"#;

    /// What axe-core judges, too; `--without axe` leaves it out.
    mod needs_axe {
        use super::*;

        #[test]
        #[ignore = "cargo xtask test"]
        fn nothing_is_lost_on_anybody() {
            let axe =
                std::fs::read_to_string(std::env::var_os("TIDINGS_AXE").expect("`cargo xtask test` fetches axe-core"));
            let axe = axe.unwrap();
            let mut browser = Browser::start();
            let server = Server::start();
            for (name, site) in sites() {
                let names = pages(&site);
                // The pages of a large document are alike.
                for file in names.iter().take(4) {
                    server.show(site.clone(), Some(STRICT).filter(|_| name != "single"));
                    for (width, height) in [(1440, 900), (390, 844), (320, 700)] {
                        for dark in [false, true] {
                            let mut page = browser.page();
                            page.look(width, height, dark);
                            watch_policy(&mut page);
                            page.open(&format!("{}/{file}", server.origin));
                            let what = format!("{name}/{file} at {width}, dark: {dark}");
                            page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
                            assert_eq!(page.evaluate(LOSSES), json!([]), "{what}");
                            assert_eq!(page.evaluate("breaches"), json!([]), "{what}");
                            assert_eq!(outside(&page, &server.origin), BTreeSet::new(), "{what}");
                            if width == 320 {
                                continue;
                            }
                            page.evaluate(&axe);
                            let found = page.evaluate(
                                "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
                                 .then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map((node) => node.html).slice(0, 3)]))",
                            );
                            assert_eq!(found, json!([]), "{what}");
                        }
                    }
                }
            }
        }
    }

    /// Requests that leave the site.
    fn outside(page: &Page<'_>, origin: &str) -> BTreeSet<String> {
        let urls = page.events("Network.requestWillBeSent").into_iter().map(|event| event["request"]["url"].clone());
        let urls = urls.filter_map(|url| url.as_str().map(str::to_owned));
        urls.filter(|url| !url.starts_with(origin) && !url.starts_with("data:") && !url.ends_with("/favicon.ico"))
            .collect()
    }

    const TEXT: &str = "document.body.innerText.split(/\\s+/).filter(Boolean)";

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_page_reads_without_script_and_on_paper() {
        let mut browser = Browser::start();
        let server = Server::start();
        for (name, site) in sites() {
            server.show(site.clone(), None);
            for file in pages(&site).iter().take(4) {
                let url = format!("{}/{file}", server.origin);
                let mut words = |script: bool, media: &str| {
                    let mut page = browser.page();
                    page.call("Emulation.setScriptExecutionDisabled", json!({"value": !script}));
                    page.call("Emulation.setEmulatedMedia", json!({"media": media}));
                    page.open(&url);
                    if media == "screen" {
                        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
                    }
                    // What the script adds is nothing that a document says.
                    page.evaluate("document.querySelectorAll('.copy, .again, .tools').forEach((one) => one.remove())");
                    let words = page.evaluate(TEXT);
                    words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>()
                };
                let (with, without, paper) = (words(true, "screen"), words(false, "screen"), words(true, "print"));
                assert_eq!(without, with, "{name}/{file} without script");
                // What is in `main` is on paper, too, folded or not; the contents are not.
                let printed: BTreeSet<&String> = paper.iter().collect();
                let mut page = browser.page();
                page.open(&url);
                page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
                page.evaluate("document.querySelectorAll('.copy, .again, .tools, nav, .bar, .skip, .hidden').forEach((one) => one.remove())");
                let main = page.evaluate(TEXT);
                let missing: Vec<&str> = main
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|word| !printed.contains(&(*word).to_owned()))
                    .collect();
                assert_eq!(missing, Vec::<&str>::new(), "{name}/{file} on paper");
            }
        }
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_single_file_lives_under_a_policy_of_its_host() {
        let mut browser = Browser::start();
        let server = Server::start();
        let mut policies = BTreeSet::new();
        for document in ["specs/orders.yaml", "specs/street-lights.yaml"] {
            let site = site("policy", &[document, "--single-file"]);
            let html = &site.iter().find(|(path, _)| path == Path::new("index.html")).unwrap().1;
            let policy = html.split("content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let policy = policy.replace("&#39;", "'").replace("&#x27;", "'");
            policies.insert(policy.clone());
            for (sent, breaches) in [(policy.as_str(), false), (STRICT, true)] {
                server.show(site.clone(), Some(sent));
                let mut page = browser.page();
                watch_policy(&mut page);
                page.open(&server.origin);
                assert_eq!(page.evaluate("breaches.length > 0"), json!(breaches), "{sent}");
                // A host that allows nothing in the page leaves it without looks, and yet whole.
                assert_eq!(page.evaluate("document.body.innerText.includes('Who sends what')"), json!(true));
            }
        }
        assert_eq!(policies.len(), 1, "a host can allow every page that this version makes: {policies:?}");
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn keys_and_search_lead_everywhere() {
        let mut browser = Browser::start();
        let server = Server::start();
        server.show(site("keys", &["specs/orders.yaml", "specs/street-lights.yaml"]), Some(STRICT));
        let mut page = browser.page();
        page.look(1440, 900, false);
        page.open(&format!("{}/orders.html", server.origin));
        page.press("Tab", "");
        assert_eq!(page.evaluate("document.activeElement.className"), json!("skip"));
        assert_ne!(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), json!("none"));
        page.press("/", "/");
        assert_eq!(page.evaluate("document.activeElement.id"), json!("search"));
        for (typed, first) in [
            ("placeOrder", "Place an order"),
            ("dead lett", "dead"),
            ("paymnt", "ayment"),
            ("shipped", "hipped"),
            ("turnOn", "urn"),
            ("lumens", "lumens"),
        ] {
            let script = format!(
                "(() => {{ const input = document.getElementById('search'); input.value = {}; const took = []; \
                 for (let again = 0; again < 5; again++) {{ const begun = performance.now(); \
                 input.dispatchEvent(new Event('input')); took.push(performance.now() - begun); }} \
                 return [Math.min(...took), document.querySelector('.results a')?.innerText]; }})()",
                json!(typed)
            );
            let found = page.evaluate(&script);
            assert!(found[1].as_str().is_some_and(|text| text.contains(first)), "{typed}: {found}");
            // The fastest of some, since other tests run beside it; sixteen milliseconds on a quiet machine.
            assert!(found[0].as_f64().unwrap() < 100.0, "{typed}: {found}");
        }
        page.press("ArrowDown", "");
        assert_eq!(page.evaluate("document.activeElement.closest('.results') !== null"), json!(true));
        page.press("Escape", "");
        assert_eq!(
            page.evaluate("[document.activeElement.id, document.querySelector('.results').hidden]"),
            json!(["search", true])
        );
        // Every target that a mouse reaches is reached by the keyboard, and none keeps it.
        let count = page.evaluate("document.querySelectorAll('a[href], button, input, select, summary, pre[tabindex], [tabindex=\"0\"]').length");
        let mut visited = BTreeSet::new();
        page.evaluate("document.activeElement.blur(); document.querySelectorAll('body *').forEach((one, at) => (one.dataset.at = at))");
        for _ in 0..count.as_u64().unwrap() {
            page.press("Tab", "");
            visited.insert(page.evaluate("document.activeElement.dataset.at ?? ''").to_string());
        }
        assert!(visited.len() as u64 * 10 > count.as_u64().unwrap() * 8, "{} of {count}", visited.len());
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_link_opens_what_it_leads_to_and_nothing_moves() {
        let mut browser = Browser::start();
        let server = Server::start();
        let everything = project().join("tests/docs/everything.json");
        server.show(site("link", &[everything.to_str().unwrap()]), Some(STRICT));
        let mut page = browser.page();
        page.look(1440, 900, false);
        // A blank that moves is not seen.
        let source = "window.shifts = []; new PerformanceObserver((list) => shifts.push(...list.getEntries().filter(({sources}) => !sources.length || sources.some(({node}) => node?.nodeType !== 3 || node.data.trim()))\
                      .map((one) => ({value: one.value, \
                      moved: one.sources.map(({node, previousRect, currentRect}) => [(node?.outerHTML ?? node?.parentNode?.outerHTML ?? '').slice(0, 300), previousRect.toJSON(), currentRect.toJSON()])}))))\
                      .observe({type: 'layout-shift', buffered: true}); localStorage.setItem('tidings-theme', 'dark');\
                      new MutationObserver(() => document.body && (window.themeAtFirst ??= document.documentElement.dataset.theme ?? 'none'))\
                      .observe(document, {childList: true, subtree: true});";
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": source}));
        page.call("Emulation.setCPUThrottlingRate", json!({"rate": 4}));
        page.open(&server.origin);
        let waited = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))";
        page.evaluate(waited);
        assert_eq!(page.evaluate("shifts"), json!([]), "nothing moves while the page is loaded");
        assert_eq!(page.evaluate("themeAtFirst"), json!("dark"), "the choice of the reader is there before the page");
        let load = page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart");
        eprintln!("browser: loaded in {load} ms at a quarter of the speed");
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = false))");
        page.evaluate("location.hash = 'message:Order:payload:pay:oneOf=Card:number'");
        page.evaluate(waited);
        let seen = "(() => { const place = document.getElementById(location.hash.slice(1)).getBoundingClientRect(); return place.height > 0 && place.top >= 0 && place.top < innerHeight; })()";
        assert_eq!(page.evaluate(seen), json!(true), "a folded property is shown to whoever follows a link to it");
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_served_page_stays_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("orders.yaml");
        let text = std::fs::read_to_string(project().join("specs/orders.yaml")).unwrap();
        std::fs::write(&document, &text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(["docs", "orders.yaml", "--serve", "--port", "0"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let _running = Running(child);
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("serving at ").map(str::to_owned));
        std::thread::spawn(move || lines.for_each(drop));
        let mut browser = Browser::start();
        let mut page = browser.page();
        page.open(&address.unwrap());
        let state = "[Math.round(scrollY), [...document.querySelectorAll('details')].map((one) => one.open).join()]";
        page.evaluate(
            "document.querySelectorAll('details').forEach((one, at) => (one.open = at % 2 === 0)); scrollTo(0, 1500)",
        );
        let before = page.evaluate(state);
        std::fs::write(&document, text.replace("title: Orders", "title: Orders again")).unwrap();
        page.forget();
        page.wait_for("Page.loadEventFired");
        assert_eq!(page.evaluate("document.querySelector('h1').innerText.startsWith('Orders again')"), json!(true));
        assert_eq!(page.evaluate(state), before, "scroll and open parts are kept");
        std::fs::write(&document, text.replace("action: send", "action: shout")).unwrap();
        page.forget();
        page.wait_for("Page.loadEventFired");
        assert_eq!(page.evaluate("document.querySelector('.overlay').innerText.includes('shout')"), json!(true));
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn samples_that_a_page_makes_fit() {
        let mut browser = Browser::start();
        let server = Server::start();
        let everything = project().join("tests/docs/everything.json");
        let (mut messages, mut several) = (0, 0);
        for arguments in [
            vec!["specs/orders.yaml"],
            vec!["specs/street-lights.yaml", "--single-file"],
            vec![everything.to_str().unwrap()],
        ] {
            let site = site("samples", &arguments);
            let resolved = &site.iter().find(|(path, _)| path == Path::new("asyncapi.json")).unwrap().1;
            let resolved: Value = serde_json::from_str(resolved).unwrap();
            server.show(site, None);
            let mut page = browser.page();
            page.open(&server.origin);
            let made = page.evaluate(
                "(async () => { const made = {}; for (const button of document.querySelectorAll('[data-sample]')) { \
                 const list = made[button.dataset.sample] = []; for (let at = 0; at < 100; at += 1) { button.click(); \
                 await new Promise((done) => setTimeout(done)); \
                 while (!button.parentElement.nextElementSibling) await new Promise((done) => setTimeout(done, 10)); \
                 list.push(button.parentElement.nextElementSibling.querySelector('code').textContent); } } return made; })()",
            );
            for (place, samples) in made.as_object().unwrap() {
                let pointer = match place.split_once("#message:").unwrap().1.split_once(':') {
                    Some((channel, message)) => format!("/channels/{channel}/messages/{message}/payload"),
                    None => format!("/components/messages/{}/payload", place.rsplit(':').next().unwrap()),
                };
                let mut schema = resolved.clone();
                assert!(schema.pointer(&pointer).is_some(), "{place}");
                schema["$ref"] = json!(format!("#{pointer}"));
                let validator = jsonschema::draft7::options().build(&schema).unwrap();
                let samples: BTreeSet<&str> = samples.as_array().unwrap().iter().filter_map(Value::as_str).collect();
                for sample in &samples {
                    let value: Value = serde_json::from_str(sample).unwrap();
                    let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
                    assert_eq!(faults, Vec::<String>::new(), "{place}: {sample}");
                }
                messages += 1;
                several += usize::from(samples.len() > 1);
            }
        }
        assert!(messages > 5 && several == messages, "{several} of {messages} messages have different samples");
    }

    /// Text that runs if it is taken for anything but text.
    const PAYLOADS: [&str; 30] = [
        "<script>window.ran=1</script>",
        "</script><script>window.ran=1</script>",
        "<img src=x onerror=window.ran=1>",
        "<svg onload=window.ran=1>",
        "<svg><script>window.ran=1</script></svg>",
        "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
        "<iframe src=javascript:parent.ran=1></iframe>",
        "<body onload=window.ran=1>",
        "<details open ontoggle=window.ran=1>",
        "<input autofocus onfocus=window.ran=1>",
        "<video><source onerror=window.ran=1></video>",
        "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=1></style></mglyph></table></mtext></math>",
        "<a href=javascript:window.ran=1>x</a>",
        "[x](javascript:window.ran=1)",
        "[x](JaVaScRiPt:window.ran=1)",
        "[x](data:text/html,<script>window.ran=1</script>)",
        "![x](https://outside.example/x.png)",
        "<javascript:window.ran=1>",
        "[x]: javascript:window.ran=1\n\n[x]",
        "javascript:window.ran=1",
        "data:text/html,<script>window.ran=1</script>",
        "vbscript:window.ran=1",
        "\" onmouseover=\"window.ran=1\" x=\"",
        "' onfocus='window.ran=1' autofocus='",
        "--></style></title></textarea><script>window.ran=1</script>",
        "]]><script>window.ran=1</script>",
        "\u{2028}window.ran=1//",
        "\\\";window.ran=1;//",
        "{{ 617 * 823 }}{% raw %}",
        "`<script>window.ran=1</script>`\n\n```html\n</code></pre><script>window.ran=1</script>\n```",
    ];

    /// What hostile text has done to a page.
    const HARM: &str = r#"(() => {
        const links = [...document.querySelectorAll("[href], [src], [action], [formaction], [xlink\\:href]")];
        const bad = links.filter((one) => [...one.attributes].some(({ value }) => /^\s*(javascript|vbscript|data:text)/i.test(value)));
        const handlers = [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some(({ name }) => name.startsWith("on")));
        const foreign = document.querySelectorAll("img, iframe, object, embed, video, audio, form, base, math, svg script, main script").length;
        return [window.ran ? 1 : 0, bad.length, handlers.length, foreign, document.body.innerText.includes("507791") ? 1 : 0];
    })()"#;

    /// How many pages are loaded with hostile text; `cargo xtask nightly docs` asks for more.
    fn loads() -> usize {
        std::env::var("TIDINGS_DOCS_LOADS").ok().and_then(|number| number.parse().ok()).unwrap_or(60)
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn hostile_text_does_nothing() {
        let document: Value = serde_json::from_str(EVERYTHING).unwrap();
        let mut fields = 0;
        each_text(&document, "", &mut |_, text| {
            fields += 1;
            text.to_owned()
        });
        let mut browser = Browser::start();
        let server = Server::start();
        let mut page = browser.page();
        let (mut ran, mut links, mut requests) = (0, 0, BTreeSet::new());
        let loads = loads();
        for load in 0..loads {
            // Every field meets every payload before any meets one for the second time.
            let (target, payload) = (load % fields, PAYLOADS[(load + load / fields) % PAYLOADS.len()]);
            let mut at = 0;
            let hostile = each_text(&document, "", &mut |_, text| {
                at += 1;
                if at == target + 1 { payload.to_owned() } else { text.to_owned() }
            });
            // The policy of the page would stop what gets through: without it nothing may, either.
            let site = site_of(hostile.to_string())
                .into_iter()
                .map(|(path, text)| (path, text.replace("http-equiv", "data-equiv")));
            server.show(site.collect(), None);
            page.open(&server.origin);
            let harm = page.evaluate(HARM);
            assert_eq!(harm, json!([0, 0, 0, 0, 0]), "{payload} in field {target}");
            ran += harm[0].as_u64().unwrap();
            links += harm[1].as_u64().unwrap();
            requests.extend(outside(&page, &server.origin));
        }
        assert_eq!(requests, BTreeSet::new());
        println!(
            "docs: {loads} loads, {fields} fields, {} payloads: {ran} scripts ran, {links} links could run",
            PAYLOADS.len()
        );
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_page_from_a_file_works() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in site("file", &["specs/orders.yaml"]) {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let mut browser = Browser::start();
        let mut page = browser.page();
        page.open(&format!("file://{}/index.html", folder.path().display()));
        page.evaluate("(() => { const input = document.getElementById('search'); input.value = 'order'; input.dispatchEvent(new Event('input')); })()");
        assert_eq!(page.evaluate("document.querySelectorAll('.results a').length > 3"), json!(true));
        let sample = page.evaluate(
            "(async () => { const button = document.querySelector('[data-sample]'); button.click(); \
             for (let at = 0; at < 100 && !button.parentElement.nextElementSibling; at += 1) await new Promise((done) => setTimeout(done, 20)); \
             return button.parentElement.nextElementSibling?.textContent ?? ''; })()",
        );
        assert!(sample.as_str().unwrap().contains('{'), "{sample}");
    }
}
