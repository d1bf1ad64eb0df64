// The tap: that it finds what arrived, in whatever form, and admits what it could not read.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, connect as h2connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { newAuthority } from './lib/authority.mjs';
import { browsers, launch } from './lib/driver.mjs';
import { startTap } from './tap/tap.mjs';

const marker = 'MARKER-77aa01';
const text = `front ${marker}.report. and what follows it\n`.repeat(3);
const dir = mkdtempSync(join(tmpdir(), 'referee-tap-'));
let authority;
let server;
let port;

/** A ZIP entry as an archive has it, enough to be looked into. */
function zip(name, data) {
  const packed = deflateRawSync(data);
  const head = Buffer.alloc(30);
  head.write('PK\x03\x04', 'latin1');
  head.writeUInt16LE(8, 8);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, Buffer.from(name), packed]);
}

const answers = {
  '/plain': [{}, text],
  '/gzip': [{ 'content-encoding': 'gzip' }, gzipSync(text)],
  '/br': [{ 'content-encoding': 'br' }, brotliCompressSync(text)],
  '/twice': [{ 'content-encoding': 'gzip, br' }, brotliCompressSync(gzipSync(text))],
  '/zip': [{ 'content-type': 'application/zip' }, zip('a.txt', text)],
  '/base64-0': [{}, JSON.stringify({ b: Buffer.from(text).toString('base64') })],
  '/base64-1': [{}, JSON.stringify({ b: Buffer.from(`x${text}`).toString('base64') })],
  '/base64-2': [{}, JSON.stringify({ b: Buffer.from(`xy${text}`).toString('base64') })],
  '/utf16': [{}, Buffer.from(text, 'utf16le')],
  '/hex': [{}, Buffer.from(text).toString('hex')],
  '/gzip-file': [{ 'content-type': 'application/gzip' }, gzipSync(text)],
  '/broken': [{ 'content-encoding': 'br' }, 'this is no brotli'],
  '/other': [{}, 'nothing here'],
  '/': [{ 'content-type': 'text/html' }, '<!doctype html><title>t</title>'],
};

before(async () => {
  authority = newAuthority(dir);
  const pair = authority.server('gate', ['*.gate.localhost']);
  server = createSecureServer({ key: readFileSync(pair.key), cert: readFileSync(pair.cert), allowHTTP1: true }, (q, s) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(q.headers.range || '');
    const [headers, body] = answers[q.url.split('?')[0]] || [{}, 'not there'];
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      s.writeHead(206, { 'content-range': `bytes ${from}-${to}/${body.length}` });
      return s.end(body.slice(from, to + 1));
    }
    s.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-long': 'ü~!@#$%^&*()'.replace('ü', 'u').repeat(40), ...headers });
    return s.end(body);
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  port = server.address().port;
});
after(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

async function using(run) {
  const tap = await startTap({ keylog: join(dir, 'none'), marker });
  try {
    await run(tap, (alpn) => tap.connect({ host: 'a.gate.localhost', port, ca: readFileSync(authority.file), alpn }));
  } finally {
    tap.close();
  }
}

async function get1(socket, path, more = '') {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a.gate.localhost\r\n${more}\r\n`);
  let all = Buffer.alloc(0);
  for (;;) {
    const b = await new Promise((r) => socket.once('data', r));
    all = Buffer.concat([all, b]);
    if (/\r\n0\r\n\r\n$/.test(all.toString('latin1'))) return;
    const length = /content-length: (\d+)/i.exec(all.toString('latin1'));
    if (length && all.length - all.indexOf('\r\n\r\n') - 4 >= Number(length[1])) return;
  }
}

const get2 = (session, path, more = {}) =>
  new Promise((done, fail) => {
    const s = session.request({ ':path': path, ...more });
    s.on('error', fail);
    s.on('end', done);
    s.resume();
  });

const carrying = Object.keys(answers).filter((p) => !['/broken', '/other', '/'].includes(p));

describe('tap', () => {
  test('finds a marker in every form over HTTP/1.1', { timeout: 30_000 }, () =>
    using(async (tap, connect) => {
      const socket = await connect(['http/1.1']);
      for (const path of carrying) {
        const before = (await tap.hits()).length;
        await get1(socket, path);
        const found = (await tap.hits()).slice(before);
        assert.ok(found.length, path);
        assert.ok(found.every((h) => h.url === path && h.status === 200), path);
      }
      assert.equal((await tap.hits()).find((h) => h.url === '/plain').name, 'report');
      assert.deepEqual(tap.unread, []);
    }),
  );

  test('finds it over HTTP/2, with addresses', { timeout: 30_000 }, () =>
    using(async (tap, connect) => {
      const socket = await connect(['h2']);
      const session = h2connect(`https://a.gate.localhost:${port}`, { createConnection: () => socket });
      await Promise.all(carrying.map((p) => get2(session, p)));
      const hits = await tap.hits();
      assert.deepEqual(new Set(hits.map((h) => h.url)), new Set(carrying));
      assert.deepEqual(new Set(hits.map((h) => `${h.method} ${h.host}`)), new Set([`GET a.gate.localhost:${port}`]));
      assert.equal(tap.exchanges[0].headers['set-cookie'], 'a=1, b=2');
      assert.equal(tap.exchanges[0].headers['x-long'], 'u~!@#$%^&*()'.repeat(40));
      assert.deepEqual(tap.unread, []);
      session.destroy();
    }),
  );

  test('puts ranges together, down to single bytes', { timeout: 30_000 }, () =>
    using(async (tap, connect) => {
      const socket = await connect(['h2']);
      const session = h2connect(`https://a.gate.localhost:${port}`, { createConnection: () => socket });
      for (let at = 0; at < 40; at++) {
        assert.equal((await tap.hits()).length, 0, `after ${at} bytes`);
        if (at === 6 + marker.length) break;
        await get2(session, '/plain', { range: `bytes=${at}-${at}` });
        if (at === 6 + marker.length - 1) {
          assert.equal((await tap.hits()).length, 1);
          break;
        }
      }
      session.destroy();
    }),
  );

  test('says what it could not read', { timeout: 30_000 }, () =>
    using(async (tap, connect) => {
      const socket = await connect(['http/1.1']);
      await get1(socket, '/broken');
      await get1(socket, '/other');
      assert.deepEqual(await tap.hits(), []);
      assert.equal(tap.unread.length, 1);
      assert.match(tap.unread[0], /\/broken/);
    }),
  );

  for (const name of browsers) {
    test(`reads all that ${name} receives`, { timeout: 60_000 }, async () => {
      const keylog = join(dir, `${name}.keys`);
      const tap = await startTap({ keylog, marker });
      const browser = await launch(name, { authorities: [authority.file], tap, keylog });
      try {
        const page = await browser.page();
        await page.goto(`https://a.gate.localhost:${port}/`);
        assert.deepEqual(await tap.hits(), []);
        for (const path of ['/plain', '/gzip', '/br', '/zip']) {
          await page.evaluate((p) => fetch(p).then((r) => r.arrayBuffer()), path);
          assert.ok((await tap.hits()).some((h) => h.url === path), path);
        }
        assert.deepEqual(tap.unread, []);
        assert.ok(tap.counts().searched > 300);
      } finally {
        await browser.close();
        tap.close();
      }
    });
  }
});
