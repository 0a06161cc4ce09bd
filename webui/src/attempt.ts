// The Idempotency-Key of a refresh: one random value for each generation, kept
// in IndexedDB so that every tab, and the page after a reload, repeats the same
// attempt. Of the stores of a browser that tabs share, it is one that is
// coherent between processes at once.

const waitMs = 2000;

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
async function update(change: (held: Attempt | undefined) => Attempt): Promise<string> {
  const db = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction("attempt", "readwrite");
      const store = transaction.objectStore("attempt");
      const get = store.get("current") as IDBRequest<Attempt | undefined>;
      let next: Attempt;
      get.onsuccess = () => {
        next = change(get.result);
        store.put(next, "current");
      };
      transaction.oncomplete = () => resolve(next.key);
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
    update((held) => (held?.generation === generation ? held : { generation, key: randomKey() })),
  );
}

// replaceAttempt forgets the key of the session before: generations start again
// with every sign-in.
export function replaceAttempt(generation: string): Promise<string | undefined> {
  return bounded(() => update(() => ({ generation, key: randomKey() })));
}
