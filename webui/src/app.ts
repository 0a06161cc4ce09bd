import { dashboard } from "./dashboard";
import { login } from "./login";
import { setup } from "./setup";

const pages: Readonly<Record<string, () => void>> = { dashboard, login, setup };

pages[document.body.dataset["page"] ?? ""]?.();
