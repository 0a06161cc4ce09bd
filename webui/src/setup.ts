import { byId, field, formControls, leave, refuse, takeFragment, text, whileBusy } from "./dom";
import { setUp, signIn } from "./session";

export function setup(): void {
  const secret = takeFragment();
  const section = byId(secret ? "create" : "no-link");
  section.hidden = false;
  document.title = `${section.querySelector("h1")?.textContent ?? ""} · ${document.title.split(" · ").slice(1).join(" · ")}`;
  if (!secret) {
    return;
  }
  const controls = formControls();
  byId("username").focus();
  controls.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field(controls.form, "password") !== field(controls.form, "repeat")) {
      refuse(controls, text("mismatch"));
      return;
    }
    void whileBusy(controls, text("creating"), () => create(controls.form, secret));
  });
}

async function create(form: HTMLFormElement, secret: string): Promise<void> {
  const username = field(form, "username");
  const password = field(form, "password");
  await setUp(secret, username, password);
  try {
    await signIn({ username, password, remember: false });
  } catch {
    leave("/login", "created");
    return;
  }
  leave("/dashboard");
}
