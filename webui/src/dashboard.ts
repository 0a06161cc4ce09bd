import { Problem } from "./call";
import { byId, explain, lang, leave, say, text } from "./dom";
import { type EndReason, Ended, heldGeneration, remainingMs, Session, type Tokens } from "./session";
import { type Entry, showSessions } from "./sessions";

const tickMs = 500;
const confirmationMs = 6000;

const moment = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });

const session = new Session({ renewed, failed, ended });
let shown = ""; // the id of the session that the page shows
let renewals = -1; // the first token is not a renewal
let statusTimer = 0;
let loading = 0; // how many requests for the list of sessions are under way

export function dashboard(): void {
  if (heldGeneration() === "") {
    leave("/login"); // there was no session here: nothing has ended
    return;
  }
  const dialog = byId<HTMLDialogElement>("confirm");
  byId("sign-out").addEventListener("click", () => void guarded(() => signOut("session")));
  byId("sign-out-all").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "sign-out") {
      void guarded(() => signOut("all"));
    }
    dialog.returnValue = "";
  });
  byId("renew").addEventListener("click", () => void session.renew().catch(() => {}));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && session.tokens) {
      void guarded(loadSessions);
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && session.over) {
      location.reload();
    }
  });
  setInterval(tick, tickMs);
  session.start();
}

// renewed shows a new token. A session of another id means that somebody signed
// in anew in another tab: the page starts over rather than mix two people.
function renewed(tokens: Tokens): void {
  if (shown && shown !== tokens.session.id) {
    location.reload();
    return;
  }
  const first = shown === "";
  shown = tokens.session.id;
  renewals++;
  status("");
  showSession(tokens);
  tick();
  // A list that is refused renews the token: that must not ask for another list.
  if (loading === 0) {
    void guarded(loadSessions);
  }
  if (first) {
    void guarded(loadRoles);
  }
}

function failed(problem: Problem): void {
  status(problem.code === "network" ? text("offline") : text("unavailable"));
}

// ended takes everything personal off the page before it leaves.
function ended(reason: EndReason | "everywhere"): void {
  byId("board").replaceChildren();
  leave("/login", reason);
}

function showSession({ session: s }: Tokens): void {
  byId("who").textContent = s.username;
  showTime("created-at", s.created_at);
  showTime("idle-expires-at", s.idle_expires_at);
  showTime("expires-at", s.expires_at);
  const count = byId("renewals");
  count.dataset["count"] = String(renewals);
  count.textContent =
    renewals > 0
      ? text("renewed.times", { count: String(renewals), time: clock.format(new Date()) })
      : text("renewed.never");
}

function showTime(id: string, iso: string): void {
  const element = byId<HTMLTimeElement>(id);
  element.dateTime = iso;
  element.textContent = moment.format(new Date(iso));
}

// tick also looks whether another tab signed out.
function tick(): void {
  const tokens = session.tokens;
  if (tokens) {
    const leftMs = remainingMs(tokens);
    const life = byId<HTMLProgressElement>("life");
    life.max = tokens.lifetimeMs;
    life.value = leftMs;
    byId("left").textContent = leftMs > 0 ? countdown(Math.ceil(leftMs / 1000)) : text("expired");
  }
  session.watch();
}

function countdown(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

async function loadRoles(): Promise<void> {
  const { body } = await session.request("/auth/session");
  const { roles } = (body as { session: { roles?: string[] } }).session;
  byId("roles").textContent = roles?.join(", ") || "–";
}

async function loadSessions(): Promise<void> {
  loading++;
  try {
    const { body, date } = await session.request("/auth/sessions");
    showSessions((body as { sessions: Entry[] }).sessions, date, (entry) => void guarded(() => revoke(entry)));
    byId("board").ariaBusy = "false";
  } finally {
    loading--;
  }
}

async function revoke(entry: Entry): Promise<void> {
  try {
    await session.request(`/auth/sessions/${encodeURIComponent(entry.id)}`, { method: "DELETE" });
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status !== 404) {
      throw cause;
    }
  }
  await loadSessions();
  byId("sessions-title").focus();
  status(text("signed-out", { device: entry.device || text("device") }), confirmationMs);
}

async function signOut(scope: "session" | "all"): Promise<void> {
  await session.signOut(scope);
  ended(scope === "all" ? "everywhere" : "signed_out");
}

// guarded tells about a failure, unless the session is over, which ended does,
// or a renewal is repeated anyhow, which failed does.
async function guarded(f: () => Promise<void>): Promise<void> {
  try {
    await f();
  } catch (cause) {
    if (!(cause instanceof Ended) && !session.failing) {
      status(explain(cause), confirmationMs);
    }
  }
}

function status(message: string, forMs = 0): void {
  clearTimeout(statusTimer);
  say(byId("status"), message);
  if (forMs > 0) {
    statusTimer = setTimeout(() => say(byId("status"), ""), forMs);
  }
}
