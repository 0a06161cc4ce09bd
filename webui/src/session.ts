// The browser's side of a session: the access token, kept in memory only, and
// its renewal. It knows the API of the same origin and nothing of the page.

import { attemptKey, replaceAttempts } from "./attempt";
import { type Answer, type Call, call, Problem } from "./call";

// A session ends for one of these reasons, and for no other: a network that
// fails or a server that is busy ends nothing.
export type EndReason = "expired" | "reuse" | "revoked" | "invalid" | "signed_out";

const endReasons: Readonly<Record<string, EndReason>> = {
  refresh_expired: "expired",
  refresh_reused: "reuse",
  session_revoked: "revoked",
  invalid_token: "invalid",
  // The server holds nothing against us; we hold no token.
  missing_token: "signed_out",
};

export interface SessionInfo {
  id: string;
  generation: number;
  username: string;
  created_at: string;
  expires_at: string;
  idle_expires_at: string;
}

export interface Credentials {
  username: string;
  password: string;
  remember: boolean;
}

export interface Tokens {
  accessToken: string;
  lifetimeMs: number;
  session: SessionInfo;
  requestedAt: Instant;
}

// An Ended says that there is no session any more.
export class Ended extends Error {
  constructor(readonly reason: EndReason) {
    super(reason);
  }
}

// An Instant is a time on both clocks: the monotonic one, which nobody can set,
// and the wall clock, which goes on while the machine sleeps.
interface Instant {
  monotonicMs: number;
  wallMs: number;
}

function now(): Instant {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

// sinceMs is the longer of the two: a token thought too old costs one renewal, a
// token thought too young costs a refused request.
function sinceMs(t: Instant): number {
  return Math.max(performance.now() - t.monotonicMs, Date.now() - t.wallMs);
}

export function remainingMs(t: Tokens): number {
  return Math.max(0, t.lifetimeMs - sinceMs(t.requestedAt));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// heldGeneration is the generation of the refresh token in the HttpOnly cookie,
// told by the cookie beside it; "" says that there is none.
export function heldGeneration(): string {
  return /(?:^|; )__Host-renewd_hint=(\d+)/.exec(document.cookie)?.[1] ?? "";
}

// isTokens guards against a stranger's answer, such as that of a network which
// wants its terms accepted first.
function isTokens(body: unknown): body is { access_token: string; expires_in: number; session: SessionInfo } {
  const b = body as { access_token?: unknown; expires_in?: unknown; session?: { id?: unknown } } | undefined;
  return typeof b?.access_token === "string" && typeof b.expires_in === "number" && typeof b.session?.id === "string";
}

async function tokensFrom(path: string, c: Call): Promise<Tokens> {
  const requestedAt = now();
  const { body } = await call(path, { method: "POST", ...c });
  if (!isTokens(body)) {
    throw new Problem(200, "unexpected", "", 0);
  }
  return { accessToken: body.access_token, lifetimeMs: 1000 * body.expires_in, session: body.session, requestedAt };
}

const lockWaitMs = 2500;

// locked runs f with the lock that every tab of this origin takes for what
// changes the cookie. A tab that was frozen may hold it for ever, so the wait is
// bounded; asking a second time frees the lock of a page in the back cache. The
// server keeps things right without it: the lock only saves requests.
async function locked<T>(f: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 2; tries++) {
    let granted = false;
    try {
      return await navigator.locks.request("renewd", { signal: AbortSignal.timeout(lockWaitMs) }, () => {
        granted = true;
        return f();
      });
    } catch (cause) {
      if (granted) {
        throw cause;
      }
    }
  }
  return f();
}

// The first try is given up after a quarter of the server's usual reuse
// interval; the next ones, with the same key, wait longer for a slow network.
const tryTimeoutsMs: readonly number[] = [2500, 5000, 10_000, 20_000];
const maxConflicts = 5;

// refresh asks for a new access token. An answer of "conflict" means that another
// tab was faster: what it got is in the cookie in a moment. A session that ended
// while a cookie stays is asked for once more: somebody may have signed in over it.
async function refresh(failures: number): Promise<Tokens> {
  const timeoutMs = tryTimeoutsMs[Math.min(failures, tryTimeoutsMs.length - 1)]!;
  let conflicts = 0;
  let endings = 0;
  for (;;) {
    const generation = heldGeneration();
    if (generation === "") {
      throw new Ended("signed_out");
    }
    const key = await attemptKey(generation);
    try {
      return await tokensFrom("/auth/refresh", { body: {}, timeoutMs, headers: key ? { "Idempotency-Key": key } : {} });
    } catch (cause) {
      const end = endOf(cause);
      if (end && (heldGeneration() === "" || ++endings > 1)) {
        throw end;
      }
      if (!end && !(isConflict(cause) && ++conflicts <= maxConflicts)) {
        throw cause;
      }
      await pause(200 + 300 * Math.random());
    }
  }
}

function isConflict(cause: unknown): boolean {
  return cause instanceof Problem && cause.code === "conflict";
}

function endOf(cause: unknown): Ended | undefined {
  if (cause instanceof Problem && cause.status === 401) {
    const reason = endReasons[cause.code];
    return reason && new Ended(reason);
  }
  return undefined;
}

// signIn starts a session in this browser. It throws a Problem.
export async function signIn(credentials: Credentials): Promise<void> {
  await locked(async () => {
    const tokens = await tokensFrom("/auth/login", { body: credentials });
    await replaceAttempts(String(tokens.session.generation));
  });
}

// setUp creates the first account. It throws a Problem.
export async function setUp(secret: string, username: string, password: string): Promise<void> {
  await call("/auth/setup", { method: "POST", body: { secret, username, password } });
}

// resume reports whether this browser still holds a session. It throws Ended, or
// a Problem when that cannot be known now.
export async function resume(): Promise<boolean> {
  if (heldGeneration() === "") {
    return false;
  }
  await locked(() => refresh(0));
  return true;
}

// Listeners are told what happens to a session. None of them runs inside the
// lock.
export interface Listeners {
  renewed(tokens: Tokens): void;
  failed(problem: Problem): void;
  ended(reason: EndReason): void;
}

const minRenewalMs = 1000;
const maxBackoffMs = 30_000;

// A Session keeps an access token fresh while the page is visible.
export class Session {
  #held: Tokens | undefined;
  #inFlight: Promise<Tokens> | undefined;
  #timer = 0;
  #dueAtMs = 0; // on the monotonic clock; a hint, the token's age decides
  #share = 0.75; // of the lifetime, after which to renew
  #failures = 0;
  #over = false;

  constructor(private readonly listeners: Listeners) {}

  // start gets the first access token and keeps on renewing it.
  start(): void {
    document.addEventListener("visibilitychange", () => this.check());
    window.addEventListener("pageshow", () => this.check());
    window.addEventListener("online", () => {
      this.#dueAtMs = 0;
      this.check();
    });
    document.addEventListener("resume", () => this.check());
    this.check();
  }

  get tokens(): Tokens | undefined {
    return this.#held;
  }

  // failing says that the last renewal failed and will be repeated.
  get failing(): boolean {
    return this.#failures > 0;
  }

  get over(): boolean {
    return this.#over;
  }

  // watch notices a sign-out in another tab. A refresh that is under way finds out
  // by itself, and knows the reason.
  watch(): void {
    if (!this.#over && !this.#inFlight && heldGeneration() === "") {
      this.#end(this.#ranOut() ? "expired" : "signed_out");
    }
  }

  // check renews the token if it is time to. Timers come late or not at all while
  // a page is hidden or a machine sleeps, so it is called whenever the page comes
  // back.
  check(): void {
    this.watch();
    if (this.#over || this.#inFlight || document.visibilityState !== "visible") {
      return;
    }
    if (this.#waitMs() <= 0) {
      this.renew().catch(() => {});
    } else {
      this.#schedule();
    }
  }

  // renew returns a new access token. Calls at the same time share one request.
  // It throws Ended, or a Problem that leaves the session as it was.
  renew(): Promise<Tokens> {
    if (this.#over) {
      return Promise.reject(new Ended("signed_out"));
    }
    this.#inFlight ??= this.#renew().finally(() => {
      this.#inFlight = undefined;
      this.#schedule();
    });
    return this.#inFlight;
  }

  async #renew(): Promise<Tokens> {
    try {
      const tokens = await locked(() => refresh(this.#failures));
      this.#adopt(tokens);
      return tokens;
    } catch (cause) {
      this.#fail(cause);
      throw cause;
    }
  }

  #adopt(tokens: Tokens): void {
    if (this.#over) {
      throw new Ended("signed_out");
    }
    this.#held = tokens;
    this.#failures = 0;
    this.#share = 0.7 + 0.1 * Math.random();
    queueMicrotask(() => this.listeners.renewed(tokens));
  }

  #fail(cause: unknown): void {
    if (cause instanceof Ended) {
      this.#end(cause.reason);
      return;
    }
    const problem = cause instanceof Problem ? cause : new Problem(0, "unexpected", String(cause), 0);
    const backoffMs = Math.min(maxBackoffMs, 1000 * 2 ** this.#failures++) * (0.5 + 0.5 * Math.random());
    this.#dueAtMs = performance.now() + Math.max(backoffMs, problem.retryAfterMs);
    queueMicrotask(() => this.listeners.failed(problem));
  }

  #end(reason: EndReason): void {
    if (!this.#over) {
      this.stop();
      queueMicrotask(() => this.listeners.ended(reason));
    }
  }

  // stop forgets the token and renews no more.
  stop(): void {
    this.#over = true;
    this.#held = undefined;
    clearTimeout(this.#timer);
  }

  #ranOut(): boolean {
    const s = this.#held?.session;
    return s !== undefined && Date.now() >= Math.min(Date.parse(s.idle_expires_at), Date.parse(s.expires_at));
  }

  #waitMs(): number {
    if (this.#failures > 0) {
      return this.#dueAtMs - performance.now();
    }
    if (!this.#held) {
      return 0;
    }
    return Math.max(minRenewalMs, this.#share * this.#held.lifetimeMs) - sinceMs(this.#held.requestedAt);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#over) {
      this.#timer = setTimeout(() => this.check(), Math.max(0, this.#waitMs()));
    }
  }

  // request calls the API with the access token.
  request(path: string, c: Call = {}): Promise<Answer> {
    return this.#withToken((t) => send(path, c, t));
  }

  // A 401 renews the token once and repeats the call once; a token that was
  // renewed meanwhile is used at once.
  async #withToken<T>(f: (t: Tokens) => Promise<T>): Promise<T> {
    const used = this.#held && remainingMs(this.#held) > 0 ? this.#held : await this.renew();
    try {
      return await f(used);
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.status !== 401) {
        throw cause;
      }
      const held = this.#held && this.#held !== used ? this.#held : await this.renew();
      if (held.session.id !== used.session.id) {
        throw cause; // somebody signed in over the session: what was asked for was asked in another name
      }
      return await f(held);
    }
  }

  // signOut ends this session, or all of the person. It waits for a refresh that
  // is under way, whose cookie would come back otherwise. It throws a Problem
  // when the server did not do it; the session then goes on.
  async signOut(scope: "session" | "all"): Promise<void> {
    await this.#inFlight?.catch(() => {});
    const c: Call = { method: "POST", body: { scope } };
    if (scope === "all") {
      await this.#withToken((t) => locked(() => send("/auth/logout", c, t)));
    } else {
      await locked(() => call("/auth/logout", c));
    }
    this.stop();
  }
}

function send(path: string, c: Call, t: Tokens): Promise<Answer> {
  return call(path, { ...c, headers: { ...c.headers, Authorization: `Bearer ${t.accessToken}` } });
}
