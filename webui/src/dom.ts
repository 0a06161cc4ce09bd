// What every page needs: its texts, its elements, and messages.

import { Problem } from "./call";

const texts = JSON.parse(byId("texts").textContent ?? "{}") as Record<string, string>;

export const lang = document.documentElement.lang;

// text returns a text of the page's language with its blanks filled in.
export function text(key: string, values: Record<string, string> = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (blank, name: string) => values[name] ?? blank);
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`no element ${id}`);
  }
  return element as T;
}

export function within<T extends HTMLElement = HTMLElement>(parent: ParentNode, selector: string): T {
  const element = parent.querySelector<T>(selector);
  if (!element) {
    throw new Error(`no element ${selector}`);
  }
  return element;
}

// say puts a message into a live region. An unchanged one stays, so that it is
// not read out twice.
export function say(region: HTMLElement, message: string): void {
  if (region.textContent !== message) {
    region.textContent = message;
  }
}

// explain returns what to tell a person about a failure: the server's own words
// where it has some.
export function explain(cause: unknown): string {
  if (!(cause instanceof Problem)) {
    return text("server");
  }
  if (cause.code === "network") {
    return text("network");
  }
  return cause.detail || text("server");
}

// leave goes to another page of ours and takes this one out of the history.
export function leave(path: "/login" | "/dashboard", code = ""): void {
  location.replace(code ? `${path}#${code}` : path);
}

// takeFragment returns the fragment and removes it from the address bar.
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment) {
    history.replaceState(null, "", location.pathname);
  }
  return fragment;
}

export interface FormControls {
  form: HTMLFormElement;
  submit: HTMLButtonElement;
  error: HTMLElement;
}

// formControls also makes the buttons work that show what is typed.
export function formControls(): FormControls {
  const form = byId<HTMLFormElement>("form");
  for (const button of form.querySelectorAll<HTMLButtonElement>(".reveal")) {
    button.addEventListener("click", () => reveal(form, button));
  }
  return { form, submit: byId<HTMLButtonElement>("submit"), error: byId("error") };
}

function reveal(form: HTMLFormElement, button: HTMLButtonElement): void {
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  for (const input of form.querySelectorAll<HTMLInputElement>("input[autocomplete$=password]")) {
    input.type = shown ? "text" : "password";
  }
}

// whileBusy runs f once at a time, with the form's button disabled and saying so.
export async function whileBusy(c: FormControls, message: string, f: () => Promise<void>): Promise<void> {
  if (c.submit.disabled) {
    return;
  }
  const label = c.submit.textContent ?? "";
  c.submit.disabled = true;
  c.submit.textContent = message;
  say(c.error, "");
  try {
    await f();
  } catch (cause) {
    refuse(c, explain(cause));
  } finally {
    c.submit.disabled = false;
    c.submit.textContent = label;
  }
}

// refuse shows an error and brings the person back to the password.
export function refuse(c: FormControls, message: string): void {
  say(c.error, message);
  const password = within<HTMLInputElement>(c.form, "#password");
  password.setAttribute("aria-invalid", "true");
  password.addEventListener("input", () => password.removeAttribute("aria-invalid"), { once: true });
  password.focus();
  password.select();
  c.error.scrollIntoView({ block: "nearest" });
}

export function field(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "");
}
