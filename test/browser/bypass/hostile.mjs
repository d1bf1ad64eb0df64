// A hostile server in two roles: a neighbour below the tenant's domain that no gateway has anything
// to do with (cookies know no ports, so what it sets for the domain reaches the mapped hosts), and an
// app that the company has put behind the gateway beside the other.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newAuthority } from '../lib/authority.mjs';

const app = 'evil.hostile.localhost';
const neighbour = 'evil.demo.gate.localhost';
/** Names that belong to Referee or to the other app. */
export const ours = ['__Host-referee', '__Secure-referee', '__Host-referee-nonce', '__host-referee', 'referee-lookup', 'files_cdn', '__Host-files_session', 'files_form'];

export async function openHostile() {
  const dir = mkdtempSync(join(tmpdir(), 'referee-hostile-'));
  const authority = newAuthority(dir);
  const pair = authority.server('evil', [neighbour, app]);
  const asked = [];
  const server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (q, s) => {
    asked.push({ host: q.headers.host, url: q.url, headers: q.headers });
    const headers = { 'Content-Type': 'text/html' };
    if (q.url.startsWith('/toss'))
      headers['Set-Cookie'] = ours.flatMap((n) => ['demo.gate.localhost', 'gate.localhost', 'localhost'].map((d) => `${n}=tossed; Domain=${d}; Path=/; Secure`));
    s.writeHead(200, headers);
    s.end('<!doctype html><title>hostile</title><h1>Hostile</h1>');
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address();
  return {
    authority: authority.file,
    origin: `https://${neighbour}:${port}`,
    /** Requests that came: { host, url, headers }. */
    asked,
    /** Puts the app behind a world's gateway; gives its mapped origin. */
    async attach(world) {
      const file = join(dir, 'app.json');
      const host = `${app}:${port}`;
      writeFileSync(join(dir, 'secret'), 'a secret that this app never uses\n');
      writeFileSync(
        file,
        JSON.stringify({
          id: 'evil',
          app: 'custom',
          name: 'Hostile app',
          route: 'federated',
          evidence: 'demo',
          hosts: [{ name: host, role: 'app' }],
          federation: { protocol: 'oidc', clientId: 'evil', clientSecretFile: 'secret', redirectUris: [`https://${host}/callback`] },
          origins: { [host]: `127.0.0.1:${port}` },
          caFile: authority.file,
        }),
      );
      await world.must('app', 'add', file);
      const gate = new URL(world.mapped);
      return `https://${app.replaceAll('.', '-')}---${port}.${gate.host.slice(gate.host.indexOf('.') + 1)}`;
    },
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
