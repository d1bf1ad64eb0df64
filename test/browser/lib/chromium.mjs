// Chromium, through playwright-core. One launch is one profile in a home folder of its own.

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { nssProfile } from './nss.mjs';

const executable = process.env.CHROMIUM_BIN || '/usr/bin/chromium';

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/**
 * Chromium chooses a client certificate without asking only where a policy says so, and it reads
 * policies from /etc/chromium alone. The browser gets a folder of ours there, in a mount namespace
 * of its own; the machine's stays as it is.
 */
function withPolicies(dir, policies) {
  const etc = join(dir, 'etc');
  mkdirSync(join(etc, 'policies', 'managed'), { recursive: true });
  writeFileSync(join(etc, 'policies', 'managed', 'test.json'), JSON.stringify(policies));
  const unshare = process.getuid() === 0 ? ['unshare', '-m'] : ['unshare', '-Urm'];
  try {
    execFileSync(unshare[0], [...unshare.slice(1), 'mount', '--bind', etc, '/etc/chromium'], { stdio: 'pipe' });
  } catch (e) {
    throw new Error(`a client certificate in Chromium needs mount namespaces and /etc/chromium: ${e.stderr || e.message}`);
  }
  const script = join(dir, 'chromium.sh');
  writeFileSync(script, `#!/bin/sh\nexec ${unshare.join(' ')} sh -c 'mount --bind "${etc}" /etc/chromium && exec "${executable}" "$@"' sh "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

export async function launchChromium(dir, { authorities, clients = [], clientHosts = [], tap, keylog, downloadDir, features = [] }) {
  if (!existsSync(executable)) throw new Error(`no Chromium at ${executable}; set CHROMIUM_BIN`);
  nssProfile(join(dir, '.pki', 'nssdb'), authorities, clients);
  const policies = { AutoSelectCertificateForUrls: clientHosts.map((h) => JSON.stringify({ pattern: `https://${h}`, filter: {} })) };
  const own = features.length ? [...flags, `--enable-features=${features.join(',')}`] : flags;
  const context = await chromium.launchPersistentContext(join(dir, 'profile'), {
    executablePath: clients.length ? withPolicies(dir, policies) : executable,
    // Names below localhost go around a proxy unless told otherwise.
    args: tap ? [...own, `--proxy-server=127.0.0.1:${tap.port}`, '--proxy-bypass-list=<-loopback>'] : own,
    headless: true,
    env: { ...process.env, HOME: dir, ...(keylog ? { SSLKEYLOGFILE: keylog } : {}) },
    acceptDownloads: true,
  });
  const received = [];
  const saving = [];
  const pages = new Set();

  const watch = (page) => {
    if (pages.has(page)) return;
    pages.add(page);
    page.on('download', (d) => saving.push(d.saveAs(join(downloadDir, d.suggestedFilename())).catch(() => undefined)));
  };
  context.on('page', watch);
  context.pages().forEach(watch);
  context.on('response', (r) => {
    const entry = { url: r.url(), status: r.status(), headers: r.headers(), body: undefined };
    entry.done = r.body().then(
      (b) => (entry.body = b),
      () => undefined, // redirects, downloads and cut transfers have none to show
    );
    received.push(entry);
  });

  return {
    name: 'chromium',
    received: async () => {
      await Promise.all(received.map((e) => e.done));
      return received;
    },
    version: async () => `Chromium ${context.browser()?.version() ?? (await context.pages()[0].evaluate(() => /Chrome\/([\d.]+)/.exec(navigator.userAgent)[1]))}`,
    settled: () => Promise.all(saving),
    cookies: () => context.cookies(),
    drop: (cookie) => context.clearCookies({ name: cookie }),
    forget: (domain) => Promise.all([domain, domain.slice(domain.indexOf('.')), domain.slice(domain.indexOf('.') + 1)].map((d) => context.clearCookies({ domain: d }))),
    grant: (origin, names) => context.grantPermissions(names, { origin }),
    page: async () => wrap(await context.newPage(), context),
    pages: async () => context.pages().map((p) => wrap(p, context)),
    close: () => context.close(),
  };
}

function wrap(page, context) {
  return {
    raw: page,
    goto: async (url) => {
      const r = await page.goto(url);
      return r ? r.status() : 0;
    },
    url: () => page.url(),
    evaluate: (fn, arg) => page.evaluate(fn, arg),
    init: (fn, arg) => page.addInitScript(fn, arg),
    click: (selector) => page.click(selector, { timeout: 20_000 }),
    fill: (selector, text) => page.fill(selector, text),
    press: (keys) => page.keyboard.press(keys),
    waitFor: (what, arg, ms = 20_000) =>
      typeof what === 'string' ? page.waitForSelector(what, { timeout: ms, state: 'attached' }) : page.waitForFunction(what, arg, { timeout: ms, polling: 50 }),
    files: (selector, paths) => page.setInputFiles(selector, paths),
    screenshot: (path, whole = false) => page.screenshot({ path, fullPage: whole }),
    media: (features) => page.emulateMedia(features),
    cdp: () => context.newCDPSession(page),
    close: () => page.close(),
  };
}
