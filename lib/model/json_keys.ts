/**
 * What `JSON.parse` cannot tell: whether an object names a key twice.
 *
 * @module
 */

/** The first key that some object of the valid JSON text `json` holds twice, or `null`. */
export function duplicateKey(json: string): string | null {
  const scopes: (Set<string> | null)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  let expectKey = false;
  for (const [part] of json.matchAll(token)) {
    if (part === "{" || part === "[") {
      scopes.push(part === "{" ? new Set() : null);
      expectKey = part === "{";
    } else if (part === "}" || part === "]") {
      scopes.pop();
      expectKey = false;
    } else if (part === ",") {
      expectKey = scopes.at(-1) instanceof Set;
    } else if (expectKey) {
      const keys = scopes.at(-1)!;
      const key: string = JSON.parse(part);
      if (keys.has(key)) return key;
      keys.add(key);
      expectKey = false;
    }
  }
  return null;
}
