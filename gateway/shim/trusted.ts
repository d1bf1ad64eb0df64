// Trusted Types: a page that demands them refuses a plain string where a script's address goes.

let policy: { createScriptURL(s: string): unknown } | null | undefined;

/**
 * Maps the address of a script. An object the page made (TrustedScriptURL, URL) goes on as it is
 * when nothing changes; else it becomes text, blessed by our own policy where objects were given.
 */
export function trusted(win: Window, value: unknown, mapURL: (s: string) => string): unknown {
  const text = '' + value;
  const mapped = mapURL(text);
  if (typeof value === 'string') return mapped;
  if (mapped === text) return value;
  const factory = (win as any).trustedTypes;
  if (!factory || !factory.isScriptURL(value)) return mapped;
  if (policy === undefined) {
    try {
      policy = factory.createPolicy('referee', { createScriptURL: (s: string) => s });
    } catch {
      policy = null; // the page's policy list lacks ours: the browser refuses the plain address
    }
  }
  return policy ? policy.createScriptURL(mapped) : mapped;
}
