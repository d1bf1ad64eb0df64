// A hostile neighbour: a server under the tenant's domain that no gateway has anything to do with.
// Cookies know no ports, so what it sets for the domain reaches the mapped hosts.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newAuthority } from '../lib/authority.mjs';

export async function openHostile() {
  const dir = mkdtempSync(join(tmpdir(), 'referee-hostile-'));
  const authority = newAuthority(dir);
  const pair = authority.server('evil', ['evil.demo.gate.localhost']);
  const server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (q, s) => {
    s.writeHead(200, { 'Content-Type': 'text/html' });
    s.end('<!doctype html><title>hostile</title><h1>Hostile</h1>');
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  return {
    authority: authority.file,
    origin: `https://evil.demo.gate.localhost:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
