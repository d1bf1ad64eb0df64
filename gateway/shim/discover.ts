// Tells the gateway which hosts the page asked that the app's table doesn't have: an administrator may have forgotten them.
// What a page asked is read off Resource Timing, so that hosts count that scripts make up.

import type { Context } from './context';
import { NativePerformance, entriesOf, entryKind, entryName, exec, map, watchEntries } from './natives';

const hostOf = /^(?:https|wss):\/\/([a-z0-9._-]+(?::\d+)?)(?:[/?#]|$)/;
const most = 50; // hosts a document tells of

/** Watches what the document asks. */
export function installDiscover(ctx: Context): void {
  if (!NativePerformance) return;
  const told = new Map<string, boolean>();
  const seen = (list: unknown) => {
    const entries = entriesOf(list);
    for (let i = 0; i < entries.length; i++) {
      const m = exec(hostOf, entryName(entries[i]));
      if (!m || map.has(told, m[1]) || ctx.urls.known(m[1]) || map.size(told) >= most) continue;
      map.set(told, m[1], true);
      ctx.report.add({ type: 'host', detail: { name: m[1], via: entryKind(entries[i]) } });
    }
  };
  try {
    watchEntries(new NativePerformance(seen), { type: 'resource', buffered: true });
  } catch {
    // A browser without Resource Timing tells nothing.
  }
}
