// While a site is served: loads the page anew when its document changes, and keeps what was open and where it was read.
(() => {
  "use strict";
  const KEY = `tidings-live ${location.pathname}`;
  // A part is known by the anchor it stands in, and its number there.
  const parts = () => {
    const count = new Map();
    return [...document.querySelectorAll("details")].map((part) => {
      const anchor = part.closest("[id]")?.id || "";
      const number = count.get(anchor) || 0;
      count.set(anchor, number + 1);
      return [`${anchor} ${number}`, part];
    });
  };
  const keep = () => {
    try {
      const open = parts().map(([name, part]) => [name, part.open]);
      sessionStorage.setItem(KEY, JSON.stringify({ y: scrollY, open }));
    } catch {
      // Then the page begins at its top.
    }
  };
  const restore = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      sessionStorage.removeItem(KEY);
      if (!kept) return;
      const open = new Map(kept.open);
      parts().forEach(([name, part]) => open.has(name) && (part.open = open.get(name)));
      scrollTo({ top: kept.y, behavior: "instant" });
    } catch {
      // Likewise.
    }
  };
  const overlay = () => {
    const panel = document.querySelector(".problems ol");
    if (!panel) return;
    const box = document.createElement("aside");
    box.className = "overlay";
    box.setAttribute("aria-label", "Errors in the document");
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "Hide";
    close.addEventListener("click", () => box.remove());
    box.append(close, panel.cloneNode(true));
    document.body.append(box);
  };
  addEventListener("DOMContentLoaded", () => {
    restore();
    overlay();
  });
  const events = new EventSource("/-/events");
  let version = null;
  events.addEventListener("version", (event) => {
    if (version !== null && version !== event.data) {
      keep();
      location.reload();
    }
    version = event.data;
  });
})();
