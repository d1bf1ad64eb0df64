// The app of the matrix: one server that plays three hosts, two of a site and one elsewhere. It is reached through the
// gateway alone: nothing listens where a browser that leaves the gateway would ask.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newAuthority } from '../lib/authority.mjs';
import { families } from './families.mjs';
import { helpers, named, names } from './page.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A page with a family's cases. */
function page(f) {
  const cases = Object.entries(f.cases).map(([title, run]) => `${JSON.stringify(title)}: ${run}`).join(',\n');
  const nonce = f.nonce ? ` nonce="${f.nonce}"` : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${f.id}</title><script src="/h.js"${nonce}></script>${f.head || ''}</head>
<body><h1>${f.title}</h1>${f.body || ''}<script${nonce}>run({${cases}})</script></body></html>`;
}

export async function openApp() {
  const dir = mkdtempSync(join(tmpdir(), 'referee-matrix-'));
  const authority = newAuthority(dir);
  const pair = authority.server('matrix', Object.values(names));
  const requests = [];
  const routes = Object.assign({}, ...families.map((f) => f.routes));

  function answer(q, s, body) {
    const url = new URL(q.url, `https://${q.headers.host}`);
    const cors = q.headers.origin
      ? { 'Access-Control-Allow-Origin': q.headers.origin, 'Access-Control-Allow-Credentials': 'true', 'Access-Control-Allow-Headers': q.headers['access-control-request-headers'] || '*', 'Access-Control-Allow-Methods': 'GET, POST, PUT', Vary: 'Origin' }
      : {};
    const send = (type, text, headers = {}, status = 200) => {
      s.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...cors, ...headers });
      s.end(text);
    };
    if (q.method === 'OPTIONS') return send('text/plain', '', {}, 204);
    const request = { host: q.headers.host, url: q.url, method: q.method, headers: q.headers, body: body.toString('latin1'), sha256: createHash('sha256').update(body).digest('hex') };
    if (url.pathname === '/seen') return send('application/json', JSON.stringify(requests.filter((r) => r.url.split('?')[0] === url.searchParams.get('path'))));
    if (url.pathname !== '/h.js') requests.push(request);
    const family = url.pathname.startsWith('/f/') && families.find((f) => f.id === url.pathname.slice(3));
    if (family) return send('text/html; charset=utf-8', named(page(family)), Object.fromEntries(Object.entries(family.headers || {}).map(([k, v]) => [k, named(v)])));
    const route = routes[url.pathname];
    if (route) {
      const r = typeof route === 'function' ? route({ ...request, query: url.searchParams, socket: s, raw: body, named }) : route;
      if (!r) return undefined; // it writes by itself
      const text = typeof r.body === 'string' ? named(r.body) : r.body;
      const headers = Object.fromEntries(Object.entries(r.headers || {}).map(([k, v]) => [k, named(v)]));
      return send(r.type || 'text/html; charset=utf-8', r.encode ? r.encode(text) : text, headers, r.status);
    }
    if (url.pathname === '/h.js') return send('text/javascript', named(helpers));
    if (url.pathname === '/echo') return send('application/json', JSON.stringify(request));
    if (url.pathname.endsWith('.png')) return send('image/png', png, { 'Timing-Allow-Origin': named('https://ONE') });
    if (url.pathname.endsWith('.js')) return send('text/javascript', `(globalThis.ran ||= []).push(${JSON.stringify(url.pathname)});`);
    if (url.pathname.endsWith('.css')) return send('text/css', `.sheet { color: rgb(1, 2, 3) }`);
    if (url.pathname.endsWith('.svg')) return send('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><g id="a"/></svg>');
    if (url.pathname.startsWith('/land')) return send('text/html', named(`<!doctype html><title>land</title><p id="at">landed</p><script>parent !== self && parent.postMessage({ landed: location.href, referrer: document.referrer }, '*')</script>`));
    return send('text/plain', 'not here', {}, 404);
  }

  const server = createServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert) }, (q, s) => {
    const chunks = [];
    q.on('data', (c) => chunks.push(c));
    q.on('end', () => answer(q, s, Buffer.concat(chunks)));
  });
  server.on('upgrade', (q, socket) => {
    requests.push({ host: q.headers.host, url: q.url, method: 'UPGRADE', headers: q.headers, body: '' });
    const accept = createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    const protocol = q.headers['sec-websocket-protocol'] ? `Sec-WebSocket-Protocol: ${q.headers['sec-websocket-protocol'].split(',')[0].trim()}\r\n` : '';
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', (d) => { // one short frame at a time: sends it back unmasked
      const opcode = d[0] & 15;
      if (opcode === 8) return socket.end(Buffer.from([0x88, 0]));
      if (opcode > 2) return undefined;
      const length = d[1] & 127;
      const mask = d.subarray(2, 6);
      const data = Buffer.from(d.subarray(6, 6 + length)).map((b, i) => b ^ mask[i % 4]);
      socket.write(Buffer.concat([Buffer.from([0x80 | opcode, data.length]), data]));
    });
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address();
  return {
    authority: authority.file,
    requests,
    /** Puts the app behind a world's gateway; gives the mapped origin of its first host. */
    async attach(world) {
      const file = join(dir, 'app.json');
      const origin = `127.0.0.1:${port}`;
      writeFileSync(join(dir, 'secret'), 'a secret that this app never uses\n');
      writeFileSync(
        file,
        JSON.stringify({
          id: 'matrix', app: 'custom', name: 'Matrix', route: 'federated', evidence: 'demo',
          hosts: [{ name: names.ONE, role: 'app' }, { name: names.TWO, role: 'app' }, { name: names.CDN, role: 'static' }],
          profile: { jsonFields: ['downloadUrl'] },
          federation: { protocol: 'oidc', clientId: 'matrix', clientSecretFile: 'secret', redirectUris: [`https://${names.ONE}/callback`] },
          origins: Object.fromEntries(Object.values(names).map((n) => [n, origin])),
          caFile: authority.file,
        }),
      );
      await world.must('app', 'add', file);
      const gate = new URL(world.mapped);
      return `https://${names.ONE.replaceAll('.', '-')}.${gate.host.slice(gate.host.indexOf('.') + 1)}`;
    },
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
