// The drivers themselves: what they trust, whom they show a certificate, what they see arrive.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { newAuthority } from './lib/authority.mjs';
import { browsers, launch, until } from './lib/driver.mjs';

const dir = mkdtempSync(join(tmpdir(), 'referee-driver-'));
let ours;
let device;
let good;
let strange;

/** Asks for a client certificate and says whose it got. */
async function listen(pair) {
  const server = createServer(
    { key: readFileSync(pair.key), cert: readFileSync(pair.cert), ca: readFileSync(ours.file), requestCert: true, rejectUnauthorized: false },
    (q, s) => {
      const who = q.socket.getPeerCertificate()?.subject?.CN || 'nobody';
      if (q.url === '/packed') {
        s.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Encoding': 'gzip' });
        return s.end(gzipSync('canary in a packed body'));
      }
      if (q.url === '/file') {
        s.writeHead(200, { 'Content-Type': 'application/zip', 'Content-Disposition': 'attachment; filename="f.zip"' });
        return s.end('file bytes');
      }
      s.writeHead(200, { 'Content-Type': 'text/html' });
      return s.end(`<!doctype html><title>t</title><p id=who>${who}</p><a id=file href=/file>file</a>`);
    },
  );
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  return { server, url: `https://device.acme.gate.localhost:${server.address().port}/` };
}

before(async () => {
  ours = newAuthority(dir);
  device = ours.client('device', 'laptop-17');
  good = await listen(ours.server('gate', ['*.acme.gate.localhost']));
  const other = join(dir, 'other');
  mkdirSync(other);
  strange = await listen(newAuthority(other).server('gate', ['*.acme.gate.localhost']));
});
after(() => {
  for (const { server } of [good, strange]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(dir, { recursive: true, force: true });
});

async function using(name, options, run) {
  const browser = await launch(name, { authorities: [ours.file], ...options });
  try {
    await run(browser, await browser.page());
  } finally {
    await browser.close();
  }
}
const who = (page) => page.evaluate(() => document.querySelector('#who').textContent);

describe('drivers', { concurrency: browsers.length }, () => {
  for (const name of browsers) {
    describe(name, { concurrency: 1 }, () => {
      test('trusts the given authority and no other', { timeout: 60_000 }, () =>
        using(name, {}, async (browser, page) => {
          assert.equal(await page.goto(good.url), 200);
          assert.equal(await who(page), 'nobody');
          await assert.rejects(page.goto(strange.url), /ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER|MOZILLA_PKIX|unknown/i);
        }),
      );

      test('shows its client certificate, sees bodies and files arrive', { timeout: 60_000 }, () =>
        using(name, { clients: [device], clientHosts: ['[*.]gate.localhost'] }, async (browser, page) => {
          await page.goto(good.url);
          assert.equal(await who(page), 'laptop-17');
          await page.evaluate(() => fetch('/packed').then((r) => r.text()));
          const seen = await until(async () => (await browser.received()).find((r) => r.url.endsWith('/packed')), 'the response');
          assert.equal(String(seen.body), 'canary in a packed body');
          await page.click('#file');
          const file = await until(async () => (await browser.downloads()).find((f) => f.name === 'f.zip' && f.bytes.length), 'the file');
          assert.equal(String(file.bytes), 'file bytes');
        }),
      );
    });
  }
});
