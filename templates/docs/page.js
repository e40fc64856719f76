// What a page can do beyond being read: search, a choice of light or dark, copying, opening what a link leads to.
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
    const entries = window.tidingsIndex || [];
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

  const tools = () => {
    const nav = document.getElementById("contents");
    if (!nav) return;
    const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = () => (dark() ? "Light" : "Dark");
    const toggle = make("button", { type: "button", textContent: label() });
    toggle.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      toggle.textContent = label();
    });
    const all = make("button", { type: "button", textContent: "Unfold all" });
    let open = false;
    all.addEventListener("click", () => {
      open = !open;
      document.querySelectorAll("main details").forEach((part) => (part.open = open));
      all.textContent = open ? "Fold all" : "Unfold all";
    });
    const input = make("input", { type: "search", id: "search", placeholder: "Search  /", autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", "Search");
    const status = make("p", { className: "hidden" });
    status.setAttribute("role", "status");
    const results = make("ul", { className: "results", hidden: true });
    const show = () => {
      const found = search(input.value);
      results.replaceChildren(...found.map(([title, kind, href, about]) => {
        const link = make("a", { href }, make("span", { textContent: title }), make("span", { className: "badge", textContent: kind }));
        if (about) link.title = about;
        return make("li", {}, link);
      }));
      results.hidden = !found.length;
      status.textContent = input.value ? `${found.length} results` : "";
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
    const box = make("search", { className: "tools" }, input, status, results, make("div", { className: "buttons" }, toggle, all));
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") move(event, 1);
      if (event.key === "ArrowUp") move(event, -1);
      if (event.key === "Enter" && document.activeElement === input) results.querySelector("a")?.click();
      if (event.key === "Escape") {
        close();
        input.focus();
      }
    });
    results.addEventListener("click", (event) => event.target.closest("a") && close());
    nav.prepend(box);
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
      }
    });
  };

  // Shows what has a tag or is spoken in a protocol, where there is more than one to choose from.
  const filters = () => {
    const box = document.querySelector(".tools");
    const articles = [...document.querySelectorAll("main section > article")];
    const kinds = [
      ["tag", (article) => [...article.querySelectorAll(".tag")].map((tag) => tag.textContent)],
      ["protocol", (article) => (article.dataset.protocols || "").split(" ").filter(Boolean)],
    ];
    const chosen = new Map();
    const apply = () => {
      const hidden = new Set();
      for (const article of articles) {
        // A section in which nothing has a tag has nothing to say about tags.
        const fits = [...chosen].every(([values, value]) => !value || values(article).includes(value) || !articles.some((other) => other.parentElement === article.parentElement && values(other).length));
        article.hidden = !fits;
        if (!fits) hidden.add(`#${article.id}`);
      }
      document.querySelectorAll("nav li").forEach((item) => (item.hidden = hidden.has(item.querySelector("a")?.hash)));
    };
    for (const [name, values] of kinds) {
      const all = [...new Set(articles.flatMap(values))].sort();
      if (!box || all.length < 2) continue;
      const select = make("select", {}, make("option", { value: "", textContent: `Any ${name}` }), ...all.map((value) => make("option", { value, textContent: value })));
      select.setAttribute("aria-label", `Show one ${name}`);
      select.addEventListener("change", () => {
        chosen.set(values, select.value);
        apply();
      });
      box.append(select);
    }
    // A link leads to what it names, whatever was chosen.
    addEventListener("hashchange", () => {
      if (!document.getElementById(location.hash.slice(1))?.closest("article[hidden]")) return;
      chosen.clear();
      box.querySelectorAll("select").forEach((select) => (select.value = ""));
      apply();
      reveal();
    });
  };

  const copying = () => {
    if (!navigator.clipboard) return;
    document.querySelectorAll("main pre").forEach((pre) => {
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
    });
  };

  addEventListener("DOMContentLoaded", () => {
    tools();
    filters();
    copying();
    reveal();
  });
  addEventListener("hashchange", reveal);
})();
