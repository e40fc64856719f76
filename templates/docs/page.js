// What a page can do beyond being read: search, a choice of light or dark, copying, samples, opening what a link leads to.
(() => {
  "use strict";
  const root = document.documentElement;
  const KEY = "tidings-theme";
  const stored = (value) => {
    try {
      return value === undefined ? localStorage.getItem(KEY) : localStorage.setItem(KEY, value);
    } catch {
      return null;
    }
  };
  const chosen = stored();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  // Before anything is drawn, so that nothing moves afterwards.
  root.classList.add("js");
  // What a page that is complete in itself knows of itself.
  let data = {};
  addEventListener("DOMContentLoaded", () => {
    const kept = document.getElementById("tidings-data");
    if (kept) data = JSON.parse(kept.textContent);
  });

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // `orderPlaced_v2` is three words, and one.
  const words = (text) => {
    const parts = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").toLowerCase().match(/[\p{L}\d]+/gu) || [];
    return new Set([...parts, ...(text.toLowerCase().match(/[\p{L}\d]+/gu) || [])]);
  };

  // Is one word the other but for a letter more, less or different?
  const near = (a, b) => {
    if (Math.abs(a.length - b.length) > 1) return false;
    let at = 0;
    while (at < a.length && a[at] === b[at]) at += 1;
    const rests = [[a.slice(at + 1), b.slice(at)], [a.slice(at), b.slice(at + 1)], [a.slice(at + 1), b.slice(at + 1)]];
    return rests.some(([x, y]) => x === y) || (a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2));
  };

  let index = null;
  const search = (query) => {
    const entries = window.tidingsIndex || data.index || [];
    if (!index) {
      index = new Map();
      entries.forEach((entry, at) => {
        const add = (word, weight) => {
          const list = index.get(word) || index.set(word, new Map()).get(word);
          list.set(at, Math.max(weight, list.get(at) || 0));
        };
        words(entry[0]).forEach((word) => add(word, 4));
        words(entry[3] || "").forEach((word) => add(word, 1));
      });
    }
    const find = (term, fits) => {
      const found = new Map();
      index.forEach((list, word) => {
        const rank = fits(word);
        if (rank) list.forEach((weight, at) => found.set(at, Math.max(found.get(at) || 0, rank * weight)));
      });
      return found;
    };
    let hits = null;
    for (const term of words(query)) {
      let found = find(term, (word) => (word === term ? 3 : word.startsWith(term) ? 2 : 0));
      if (!found.size && term.length > 3) found = find(term, (word) => (near(term, word) || near(term, word.slice(0, term.length)) ? 1 : 0));
      // Words of one camelCase term may stand for each other; terms that match nothing are passed over.
      if (!found.size) continue;
      const both = new Map();
      found.forEach((rank, at) => {
        if (!hits || hits.has(at)) both.set(at, rank + (hits ? hits.get(at) : 0));
      });
      hits = both;
    }
    return [...(hits || [])].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 12).map(([at]) => entries[at]);
  };

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    target.scrollIntoView();
  };

  // The search, the two buttons and the choices stand in the page; without this script they are not shown.
  const tools = () => {
    const box = document.querySelector(".tools");
    if (!box) return;
    const [input, status, results] = ["input", "[role=status]", ".results"].map((part) => box.querySelector(part));
    const on = (name, act) => box.querySelector(`[data-do=${name}]`)?.addEventListener("click", (event) => act(event.currentTarget));
    on("theme", () => {
      const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
      stored(root.dataset.theme);
    });
    let open = false;
    on("unfold", (button) => {
      open = !open;
      document.querySelectorAll("main details").forEach((part) => (part.open = open));
      button.textContent = open ? "Fold all" : "Unfold all";
    });
    const show = () => {
      const found = search(input.value);
      results.replaceChildren(...found.map(([title, kind, href, about]) => {
        const link = make("a", { href }, make("span", { textContent: title }), make("span", { className: "badge", textContent: kind }));
        if (about) link.append(make("span", { className: "about", textContent: about }));
        return make("li", {}, link);
      }));
      const said = found.length ? `${found.length} results` : "Nothing found";
      if (input.value && !found.length) results.append(make("li", { className: "dim", textContent: said }));
      results.hidden = !input.value;
      status.textContent = input.value ? said : "";
    };
    input.addEventListener("input", show);
    const close = () => {
      input.value = "";
      show();
    };
    const move = (event, by) => {
      const links = [input, ...results.querySelectorAll("a")];
      const next = links[links.indexOf(document.activeElement) + by];
      if (next) next.focus();
      event.preventDefault();
    };
    box.addEventListener("keydown", (event) => {
      if (event.target.closest("select, button")) return;
      if (event.key === "ArrowDown") move(event, 1);
      if (event.key === "ArrowUp") move(event, -1);
      if (event.key === "Enter" && document.activeElement === input) results.querySelector("a")?.click();
      if (event.key === "Escape") {
        close();
        input.focus();
      }
    });
    results.addEventListener("click", (event) => event.target.closest("a") && close());
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
      }
    });
  };

  // Shows what has a tag or is spoken in a protocol.
  const filters = () => {
    const articles = [...document.querySelectorAll("main section > article")];
    const selects = [...document.querySelectorAll(".tools select")];
    const kinds = {
      tag: (article) => [...article.querySelectorAll(".tag")].map((tag) => tag.textContent),
      protocol: (article) => (article.dataset.protocols || "").split(" ").filter(Boolean),
    };
    const apply = () => {
      const hidden = new Set();
      for (const article of articles) {
        // A section in which nothing has a tag has nothing to say about tags.
        const fits = selects.every(({ value, dataset }) => {
          const values = kinds[dataset.kind];
          return !value || values(article).includes(value) || !articles.some((other) => other.parentElement === article.parentElement && values(other).length);
        });
        article.hidden = !fits;
        if (!fits) hidden.add(`#${article.id}`);
      }
      document.querySelectorAll("nav li").forEach((item) => (item.hidden = hidden.has(item.querySelector("a")?.hash)));
    };
    selects.forEach((select) => select.addEventListener("change", apply));
    // A link leads to what it names, whatever was chosen.
    addEventListener("hashchange", () => {
      if (!document.getElementById(location.hash.slice(1))?.closest("article[hidden]")) return;
      selects.forEach((select) => (select.value = ""));
      apply();
      reveal();
    });
  };

  // Marks in the contents what is being read.
  const following = () => {
    const links = new Map([...document.querySelectorAll("nav li a")].filter((link) => link.pathname === location.pathname).map((link) => [link.hash.slice(1), link]));
    let current = null;
    const observer = new IntersectionObserver((seen) => {
      const top = seen.filter((one) => one.isIntersecting).map((one) => links.get(one.target.id))[0];
      if (!top || top === current) return;
      current?.removeAttribute("aria-current");
      current = top;
      current.setAttribute("aria-current", "true");
    }, { rootMargin: "0px 0px -75% 0px" });
    document.querySelectorAll("main article").forEach((article) => {
      const target = links.has(article.id) ? article : article.querySelector("[id]");
      if (target && links.has(target.id)) observer.observe(target);
    });
  };

  // A value in as many lines as it needs, with the marks that the page gives to JSON.
  const paint = (value, depth = 0) => {
    const mark = (className, textContent) => make("span", { className, textContent });
    if (value === null || typeof value !== "object") return [mark(typeof value === "string" ? "s" : "n", JSON.stringify(value))];
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    const keys = Object.keys(value);
    if (!keys.length) return [open + close];
    const line = (by) => `\n${"  ".repeat(depth + by)}`;
    const members = keys.map((key, at) => [
      (at ? "," : "") + line(1),
      ...(open === "{" ? [mark("k", JSON.stringify(key)), ": "] : []),
      ...paint(value[key], depth + 1),
    ]);
    return [open, ...members.flat(), line(0) + close];
  };

  // Numbers from 0 to 1, the same for the same seed.
  const random = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const WORDS = "amber birch cedar delta ember fjord grove hazel inlet jade kelp lumen maple north ocean pearl quartz river slate tidal umber vale willow".split(" ");
  // A value by a plan, which says what may vary: the generator of the page describes it.
  const sample = ([kind, first, second, third], next) => {
    const below = (count) => Math.floor(next() * count);
    const parts = {
      c: () => first[below(first.length)],
      i: () => first + third * below(Math.floor((second - first) / third) + 1),
      n: () => {
        const exact = first + (second - first) * (0.01 + 0.98 * next());
        const short = Math.round(exact * 100) / 100;
        return short > first && short < second ? short : exact;
      },
      s: () => {
        let text = WORDS[below(WORDS.length)];
        while (text.length < first || (text.length < second && next() < 0.4)) text += ` ${WORDS[below(WORDS.length)]}`;
        return text.slice(0, second);
      },
      f: () => {
        if (first === "uuid") return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => below(16).toString(16));
        const time = new Date(Date.UTC(2026, below(12), 1 + below(28), below(24), below(60), below(60))).toISOString().replace(".000", "");
        return first === "date" ? time.slice(0, 10) : first === "time" ? time.slice(11) : time;
      },
      a: () => Array.from({ length: second + below(third - second + 1) }, () => sample(first, next)),
      o: () => Object.fromEntries(first.filter(([, required]) => required || next() < 0.8).map(([name, , plan]) => [name, sample(plan, next)])),
    };
    return parts[kind]();
  };

  const samples = () => {
    let seed = 0;
    const plans = () => (window.tidingsSamples ||= data.samples) || new Promise((done) => {
      const script = make("script", { src: "samples.js" });
      script.addEventListener("load", () => done(window.tidingsSamples));
      script.addEventListener("error", () => done({}));
      document.head.append(script);
    });
    document.querySelectorAll("[data-sample]").forEach((button) => {
      button.addEventListener("click", async () => {
        const plan = (await plans())[button.dataset.sample];
        if (!plan) return;
        const place = button.parentElement;
        if (!place.nextElementSibling) {
          const made = make("pre", { tabIndex: 0 }, make("code", {}));
          place.after(made);
          copyable(made);
        }
        seed += 1;
        place.nextElementSibling.querySelector("code").replaceChildren(...paint(sample(plan, random(seed))));
        button.textContent = "Another sample";
      });
    });
  };

  const copyable = (pre) => {
    if (!navigator.clipboard) return;
    const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.innerText);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    const box = make("div", { className: "code" });
    pre.replaceWith(box);
    box.append(pre, button);
  };

  addEventListener("DOMContentLoaded", () => {
    tools();
    filters();
    following();
    samples();
    document.querySelectorAll("main pre").forEach(copyable);
    reveal();
  });
  addEventListener("hashchange", reveal);
})();
