// A tap on everything that a client's sockets receive.
//
// It is a CONNECT proxy that passes bytes on unchanged and keeps them. TLS stays end to end, with
// the client's own certificate checks, fingerprint and client certificate; the client logs its
// secrets (SSLKEYLOGFILE), and with these the recording is read afterwards. Everything that arrived
// is decompressed, put together from ranges, and searched. What can't be read is reported as such.

import { readFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Http } from './http.mjs';
import { Pieces, Search, decoded } from './search.mjs';
import { Connection } from './tls13.mjs';

/**
 * Starts a tap. `keylog` is the file that the client writes; `marker` is what is looked for.
 * Only names below localhost are reached.
 */
export async function startTap({ keylog, marker }) {
  const recordings = [];
  const own = []; // logged by clients of this process
  const hits = [];
  const unread = [];
  const exchanges = [];
  const refused = [];
  const search = new Search(marker);
  const pieces = new Pieces();
  const sockets = new Set();

  function record(target, client, server) {
    const r = { target, queue: [], client: 0, server: 0, over: false, failed: undefined, seen: 0 };
    const mine = [];
    r.http = new Http(target, mine);
    r.exchanges = mine;
    r.tls = new Connection(
      (random) => r.secrets?.[random],
      (side, bytes) => r.http.push(side, bytes),
    );
    recordings.push(r);
    const keep = (side) => (b) => {
      r.queue.push([side, b]);
      r[side] += b.length;
    };
    client.on('data', keep('client'));
    server.on('data', keep('server'));
    server.on('close', () => (r.over = true));
  }

  const proxy = createServer((client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    let head = Buffer.alloc(0);
    client.on('data', function first(b) {
      head = Buffer.concat([head, b]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      client.off('data', first);
      client.pause();
      const m = /^CONNECT (([\w-]+\.)*localhost):(\d+) HTTP/.exec(head.toString('latin1'));
      if (!m) {
        refused.push(head.toString('latin1').split('\r\n')[0]);
        client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const server = dial(Number(m[3]), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        record(`${m[1]}:${m[3]}`, client, server);
        const rest = head.subarray(end + 4);
        if (rest.length) client.unshift(rest);
        client.pipe(server);
        server.pipe(client);
      });
      sockets.add(server);
      server.on('close', () => (sockets.delete(server), client.destroy()));
      server.on('error', () => client.destroy());
      client.on('close', () => server.destroy());
    });
  });
  await new Promise((r) => proxy.listen(0, '127.0.0.1', r));
  const { port } = proxy.address();

  function secrets() {
    let text = own.join('');
    try {
      text += `\n${readFileSync(keylog, 'utf8')}`;
    } catch (e) {
      if (e.code !== 'ENOENT') throw e; // the client has spoken to nobody yet
    }
    const known = {};
    for (const line of text.split('\n')) {
      const [label, random, secret] = line.trim().split(' ');
      if (secret && !label.startsWith('#')) (known[random] ||= {})[label] = secret;
    }
    return known;
  }

  function examine(r, e) {
    const whole = e.body.length === 1 ? e.body[0] : Buffer.concat(e.body);
    e.body = [whole];
    if (e.looked === whole.length) return;
    e.looked = whole.length;
    const add = (list, how) => {
      for (const f of list) {
        if (hits.some((h) => h.exchange === e && h.name === f.name)) continue;
        hits.push({ exchange: e, name: f.name, how: how + f.how, host: e.host, method: e.method, url: e.url, status: e.status });
      }
    };
    add(search.in(whole), '');
    try {
      const plain = decoded(whole, e.headers['content-encoding']);
      if (plain !== whole) add(search.in(plain), 'decompressed, ');
      if (e.status === 206) {
        const all = pieces.add(`${e.host} ${e.url}`, e.headers, plain);
        if (all) add(search.in(all), 'put together, ');
      }
    } catch (err) {
      if (e.ended && !e.unread) unread.push((e.unread = `${e.method} https://${e.host}${e.url}: ${err.message}`));
    }
  }

  function read(r, known) {
    r.secrets = known;
    try {
      for (const [side, b] of r.queue.splice(0)) r.tls.push(side, b);
      const all = r.tls.read();
      if (r.over) r.http.end();
      return all;
    } catch (err) {
      r.failed = err.message;
      unread.push(`connection to ${r.target}: ${err.message}`);
      return true;
    }
  }

  /** Reads what was recorded so far. A client may write its secrets a moment after it used them. */
  async function scan() {
    for (const end = Date.now() + 3000; ; await new Promise((r) => setTimeout(r, 20))) {
      const known = secrets();
      const waiting = recordings.filter((r) => !r.failed && !read(r, known) && r.tls.sides.server.pending.length > 5 && locked(r));
      if (!waiting.length) break;
      if (Date.now() < end) continue;
      for (const r of waiting) unread.push((r.failed = `connection to ${r.target}: no secrets were logged for it`));
      break;
    }
    for (const r of recordings) {
      for (const e of r.exchanges) examine(r, e);
      exchanges.push(...r.exchanges.slice(r.seen));
      r.seen = r.exchanges.length;
    }
    return hits;
  }

  /**
   * Whether a whole record waits for its secret; the rest of one may still be on its way. A client that
   * sent nothing but its hello has left before the handshake was over, and can read nothing.
   */
  const locked = (r) => {
    const { server, client } = r.tls.sides;
    const left = r.over && client.pending.length === 0;
    return !left && server.pending.length >= 5 + server.pending.readUInt16BE(3);
  };

  return {
    port,
    /** Where the marker arrived, so far: [{ name, how, host, method, url, status }]. */
    hits: scan,
    /** Everything that was answered, after a scan. */
    exchanges,
    /** What could not be read. It must be empty, or the tap proves nothing. */
    unread,
    /** Requests to other places than localhost. */
    refused,
    /** How much was seen. */
    counts: () => ({
      connections: recordings.length,
      exchanges: exchanges.length,
      bytes: recordings.reduce((n, r) => n + r.server, 0),
      searched: exchanges.reduce((n, e) => n + (e.looked || 0), 0),
    }),
    /** A TLS connection of this process, through the tap. */
    async connect({ host, port: to, ca, servername = host, alpn = ['http/1.1'], ...more }) {
      const socket = dial(port, '127.0.0.1');
      socket.write(`CONNECT ${host}:${to} HTTP/1.1\r\nHost: ${host}:${to}\r\n\r\n`);
      await new Promise((done, fail) => {
        socket.once('error', fail);
        socket.once('data', (b) => (/^HTTP\/1.1 200/.test(b) ? done() : fail(new Error(String(b)))));
      });
      const tls = tlsConnect({ socket, servername, ca, ALPNProtocols: alpn, minVersion: 'TLSv1.3', ...more });
      tls.on('keylog', (line) => own.push(String(line)));
      await new Promise((done, fail) => tls.once('secureConnect', done).once('error', fail));
      tls.on('error', () => tls.destroy());
      return tls;
    },
    close() {
      for (const s of sockets) s.destroy();
      proxy.close();
    },
  };
}
