import { byId, explain, field, formControls, leave, say, takeFragment, text, whileBusy } from "./dom";
import { Ended, heldGeneration, resume, signIn } from "./session";

// The codes that another page may bring along in the fragment.
const notices: ReadonlySet<string> = new Set([
  "expired",
  "reuse",
  "revoked",
  "invalid",
  "signed_out",
  "everywhere",
  "created",
]);

export function login(): void {
  const controls = formControls();
  const code = takeFragment();
  if (notices.has(code)) {
    say(byId("notice"), text(`notice.${code}`));
  } else if (heldGeneration() !== "") {
    void goOn(controls.form);
  }
  controls.form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(controls, text("signing-in"), () => submit(controls.form));
  });
}

async function submit(form: HTMLFormElement): Promise<void> {
  await signIn({
    username: field(form, "username"),
    password: field(form, "password"),
    remember: field(form, "remember") === "on",
  });
  leave("/dashboard");
}

// goOn takes a person who is signed in to the dashboard. The form keeps its
// place meanwhile, so that nothing jumps should it be needed after all.
async function goOn(form: HTMLFormElement): Promise<void> {
  const notice = byId("notice");
  form.classList.add("waiting");
  form.inert = true;
  say(notice, text("checking"));
  try {
    if (await resume()) {
      leave("/dashboard");
      return;
    }
    say(notice, "");
  } catch (cause) {
    say(notice, cause instanceof Ended ? text(`notice.${cause.reason}`) : explain(cause));
  }
  form.classList.remove("waiting");
  form.inert = false;
  byId("username").focus();
}
