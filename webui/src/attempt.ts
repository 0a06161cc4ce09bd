// The Idempotency-Key of a refresh: one random value for each generation, kept
// in IndexedDB so that every tab, and the page after a reload, repeats the same
// attempt. Of the stores of a browser that tabs share, it is one that is
// coherent between processes at once.

const waitMs = 2000;

// A late answer can put the cookie back by one generation, whose own key is then
// needed: with another one the server would take the browser for a thief.
const keptGenerations = 2;

interface Attempt {
  generation: string;
  key: string;
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("renewd", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("attempt");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// update runs in one read-write transaction, which tabs enter one at a time.
// The attempt that is wanted stands first in what change returns.
async function update(change: (kept: Attempt[]) => [Attempt, ...Attempt[]]): Promise<string> {
  const db = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction("attempt", "readwrite");
      const store = transaction.objectStore("attempt");
      const get = store.get("last used first") as IDBRequest<Attempt[] | undefined>;
      let wanted: Attempt;
      get.onsuccess = () => {
        const kept = change(get.result ?? []);
        wanted = kept[0];
        store.put(kept.slice(0, keptGenerations), "last used first");
      };
      transaction.oncomplete = () => resolve(wanted.key);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

// bounded goes on without a key where there is no store or it does not answer:
// the server then judges by the time alone.
async function bounded(key: () => Promise<string>): Promise<string | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, waitMs));
  try {
    return await Promise.race([key(), late]);
  } catch {
    return undefined;
  }
}

// attemptKey returns the key of this generation, and makes it if need be.
export function attemptKey(generation: string): Promise<string | undefined> {
  return bounded(() =>
    update((kept) => {
      const found = kept.find((attempt) => attempt.generation === generation);
      const others = kept.filter((attempt) => attempt !== found);
      return [found ?? { generation, key: randomKey() }, ...others];
    }),
  );
}

// replaceAttempts forgets the keys of the session before: generations start again
// with every sign-in.
export function replaceAttempts(generation: string): Promise<string | undefined> {
  return bounded(() => update(() => [{ generation, key: randomKey() }]));
}
