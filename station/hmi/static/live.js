// Keeps the live page fresh: the station says that something changed, the server renders it, this puts it in place.

const HEARTBEAT_LIMIT_MS = 25_000; // the station speaks at least every 10 s
const RETRY_MS = 3_000;
const PICTURE_LIMIT_MS = 1_500;

const main = document.querySelector("main[data-live]");
const lost = document.getElementById("lost");
const announcer = document.getElementById("announcer");

let busy = false;
let again = false;
let silence = 0;

function connection(alive) {
  lost.hidden = alive;
  clearTimeout(silence);
  if (alive) silence = setTimeout(() => connection(false), HEARTBEAT_LIMIT_MS);
}

// Load a new picture before it is shown, so that the old one does not blink away.
async function loaded(section) {
  const source = section.querySelector("a[data-zoom]")?.href;
  if (!source) return;
  const image = new Image();
  image.src = source;
  const limit = new Promise((resolve) => setTimeout(resolve, PICTURE_LIMIT_MS));
  await Promise.race([image.decode().catch(() => {}), limit]);
}

async function replace(fresh) {
  const shown = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
  if (!shown || shown.isEqualNode(fresh)) return;
  // What was opened for a second touch stays open as long as it is about the same.
  if (fresh.dataset.key === shown.dataset.key && shown.querySelector("details[open]"))
    fresh.querySelector("details")?.setAttribute("open", "");
  await loaded(fresh);
  if (fresh.dataset.key && fresh.dataset.key !== shown.dataset.key) announcer.textContent = fresh.dataset.announce;
  shown.replaceWith(fresh);
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      const answer = await fetch(main.dataset.live, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const fresh of [...page.querySelectorAll("[data-part]")]) await replace(document.adoptNode(fresh));
    } while (again);
  } catch {
    connection(false);
    setTimeout(refresh, RETRY_MS);
  } finally {
    busy = false;
  }
}

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("snapshot", () => {
    connection(true);
    refresh();
  });
  events.addEventListener("heartbeat", () => connection(true));
  events.addEventListener("error", () => {
    connection(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
  addEventListener("pagehide", () => events.close(), { once: true });
}

// The second key may lie below a small screen.
addEventListener("toggle", (event) => event.target.open && event.target.scrollIntoView({ block: "nearest" }), true);

addEventListener("pageshow", (event) => event.persisted && location.reload());
listen();
