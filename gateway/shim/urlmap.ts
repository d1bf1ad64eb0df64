// Real addresses to mapped addresses. Only absolute addresses whose host is in the app's table
// change; relative ones are right already, because every host of the app keeps an origin of its own.

import { NativeURL, apply, exec, map, str, url as u } from './natives';

export interface URLMap {
  /** The address mapped, or the very string it was given when there is nothing to map. */
  url(value: string): string;
  srcset(value: string): string;
  /** Whether an address (mapped already) is on another host of the same app. */
  sibling(value: string): boolean;
  /** Whether a host, mapped or real, is one of the app's. */
  known(host: string): boolean;
  /** Whether an address (mapped already) is on the document's own host. */
  own(value: string): boolean;
}

// Relative to the host beyond doubt: no parsing needed. Tabs and line ends are dropped by URL
// parsers, hence "/\t/host" must not pass for a path.
const surelyRelative = /^(?:[#?]|\/[^/\\\t\n\r]|\.\.?\/|$)/;
// An address written plainly, its host as a parser would write it. Default ports are left to the parser.
const plain = /^(?:https?|wss?):\/\/([a-z0-9.-]+(?::(?!0|80(?:\D|$)|443(?:\D|$))\d+)?)(?:[/?#]|$)/;
const sigil = /^(https?|wss?):$/;
const candidate = /([^\s,]\S*[^\s,]|[^\s,])(\s+[^,]+)?(\s*,\s*|\s*$)/g;
const replace = String.prototype.replace;

/** Makes the mapping of a document. `base` gives the address that relative ones resolve against. */
export function newURLMap(hosts: Record<string, string>, base: () => string, own: string): URLMap {
  const table = new Map<string, string>();
  const mapped = new Map<string, boolean>();
  for (const real of Object.keys(hosts)) {
    map.set(table, real, hosts[real]);
    map.set(mapped, hosts[real], true);
  }

  function read(value: string): URL | undefined {
    try {
      return new NativeURL(value, base());
    } catch {
      return undefined; // not an address: the browser will say so itself
    }
  }

  function one(value: string): string {
    if (exec(surelyRelative, value)) return value;
    const quick = exec(plain, value);
    if (quick && !map.has(table, quick[1])) return value;
    const parsed = read(value);
    const to = parsed && map.get(table, u.host(parsed));
    if (!to) return value;
    const m = exec(sigil, u.protocol(parsed));
    if (!m) return value;
    const href: string = u.href(parsed);
    const start = str.indexOf(href, '//') + 2;
    const path = str.indexOf(href, '/', start);
    const at = str.indexOf(str.slice(href, start, path), '@');
    const user = at < 0 ? '' : str.slice(href, start, start + at + 1);
    return (m[1][0] === 'w' ? 'wss://' : 'https://') + user + to + str.slice(href, path);
  }

  return {
    url: one,
    srcset: (value) =>
      apply(replace, value, [
        candidate,
        (_: string, address: string, descriptor = '', rest: string) => one(address) + descriptor + rest,
      ]),
    sibling(value) {
      if (exec(surelyRelative, value)) return false;
      const quick = exec(plain, value);
      if (quick && !map.has(mapped, quick[1])) return false;
      const parsed = read(value);
      return !!parsed && u.origin(parsed) !== own && map.has(mapped, u.host(parsed));
    },
    known: (host) => map.has(table, host) || map.has(mapped, host) || own === 'https://' + host,
    own(value) {
      const parsed = read(value);
      return !!parsed && u.origin(parsed) === own;
    },
  };
}
