// One call of the API of this origin: JSON in, JSON or a problem out.

// A Problem is an answer that is not the one asked for: what RFC 9457 describes,
// or no usable answer at all (code "network" or "unexpected").
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retryAfterMs: number,
  ) {
    super(`${status} ${code}`);
  }
}

export interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export interface Answer {
  body: unknown;
  date: number; // the server's time, in milliseconds since 1970
}

// call sends JSON and returns the answer's JSON, undefined for an empty one. It
// throws a Problem for everything else. Requests are kept alive: a page that
// goes away must not lose the cookie that an answer sets.
export async function call(path: string, c: Call = {}): Promise<Answer> {
  const init: RequestInit = {
    method: c.method ?? "GET",
    headers: { "X-Renewd-Client": "web", Accept: "application/json, application/problem+json", ...c.headers },
    keepalive: true,
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(c.timeoutMs ?? 30_000),
  };
  if (c.body !== undefined) {
    init.body = JSON.stringify(c.body);
    init.headers = { ...init.headers, "Content-Type": "application/json" };
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch {
    throw new Problem(0, "network", "", 0);
  }
  return read(response, text);
}

function read(response: Response, text: string): Answer {
  let body: unknown;
  try {
    body = text === "" ? undefined : JSON.parse(text);
  } catch {
    throw new Problem(response.status, "unexpected", "", 0);
  }
  if (response.ok) {
    return { body, date: Date.parse(response.headers.get("Date") ?? "") || Date.now() };
  }
  const problem = (body ?? {}) as { code?: unknown; detail?: unknown };
  throw new Problem(
    response.status,
    typeof problem.code === "string" ? problem.code : "unexpected",
    typeof problem.detail === "string" ? problem.detail : "",
    1000 * (Number(response.headers.get("Retry-After")) || 0),
  );
}
