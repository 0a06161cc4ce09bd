// The list of a person's sessions.

import { byId, lang, text, within } from "./dom";

export interface Entry {
  id: string;
  current: boolean;
  created_at: string;
  used_at: string;
  device: string;
  address: string;
}

interface Row {
  id: string;
  current: boolean;
  device: string;
  address: string;
  used: string;
  created: string;
}

// The server tells times of use in steps of a quarter of an hour.
const stepMs = 15 * 60_000;

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 24 * 3_600_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

const relative = new Intl.RelativeTimeFormat(lang);
let last = "";

function ago(iso: string, nowMs: number): string {
  const ms = nowMs - Date.parse(iso);
  const found = units.find(([, unitMs]) => ms >= unitMs);
  return found ? relative.format(-Math.floor(ms / found[1]), found[0]) : text("now");
}

function rowOf(e: Entry, nowMs: number): Row {
  const fresh = nowMs - Date.parse(e.used_at) < 2 * stepMs;
  return {
    id: e.id,
    current: e.current,
    device: e.device || text("device"),
    address: e.address,
    used: fresh ? text("used.now") : text("used", { time: ago(e.used_at, nowMs) }),
    created: text("signed-in", { time: ago(e.created_at, nowMs) }),
  };
}

// showSessions shows the sessions, this one first; nowMs is the server's time.
// What did not change stays untouched, for the sake of focus and screen readers.
export function showSessions(entries: Entry[], nowMs: number, revoke: (entry: Entry) => void): void {
  const sorted = [...entries].sort((a, b) => Number(b.current) - Number(a.current));
  const rows = sorted.map((e) => rowOf(e, nowMs));
  const state = JSON.stringify(rows);
  if (state === last) {
    return;
  }
  last = state;
  const focused = document.activeElement?.closest<HTMLElement>("#sessions li")?.dataset["id"];
  byId("sessions").replaceChildren(...rows.map((row, i) => render(row, () => revoke(sorted[i]!))));
  if (focused) {
    document.querySelector<HTMLElement>(`#sessions li[data-id="${CSS.escape(focused)}"] button`)?.focus();
  }
}

function render(row: Row, revoke: () => void): Node {
  const item = byId<HTMLTemplateElement>("session").content.cloneNode(true) as DocumentFragment;
  within(item, "li").dataset["id"] = row.id;
  within(item, "strong").textContent = row.device;
  within(item, ".address").textContent = row.address;
  within(item, ".used").textContent = row.used;
  within(item, ".created").textContent = row.created;
  const button = within<HTMLButtonElement>(item, "button");
  if (row.current) {
    button.remove();
    return item;
  }
  within(item, ".badge").remove();
  button.ariaLabel = text("sign-out", { device: row.device, address: row.address });
  button.addEventListener("click", () => {
    button.disabled = true;
    revoke();
  });
  return item;
}
