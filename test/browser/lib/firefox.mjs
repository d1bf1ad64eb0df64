// Firefox, through puppeteer-core and WebDriver BiDi.

import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { nssProfile } from './nss.mjs';

const executable = process.env.FIREFOX_BIN || '/usr/bin/firefox-esr';

/** Everything through the tap; names below localhost go around a proxy unless told otherwise. */
const proxied = (port) => ({
  'network.proxy.type': 1,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': port,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': port,
  'network.proxy.no_proxies_on': '',
  'network.proxy.allow_hijacking_localhost': true,
  'network.dns.disablePrefetch': true,
});

export async function launchFirefox(dir, { authorities, clients = [], tap, keylog, downloadDir }) {
  if (!existsSync(executable)) throw new Error(`no Firefox at ${executable}; set FIREFOX_BIN`);
  nssProfile(dir, authorities, clients);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable,
    headless: true,
    userDataDir: dir,
    env: { ...process.env, HOME: dir, ...(keylog ? { SSLKEYLOGFILE: keylog } : {}) },
    defaultViewport: null,
    extraPrefsFirefox: {
      'security.default_personal_cert': clients.length ? 'Select Automatically' : 'Ask Every Time',
      'browser.download.folderList': 2,
      'browser.download.dir': downloadDir,
      'browser.download.useDownloadDir': true,
      'browser.download.always_ask_before_handling_new_types': false,
      'browser.download.manager.showWhenStarting': false,
      'dom.events.testing.asyncClipboard': true, // read the clipboard without a question
      'dom.disable_open_during_load': false,
      'network.http.http3.enable': false,
      'network.prefetch-next': true, // as people have it
      ...(tap ? proxied(tap.port) : {}),
    },
  });
  const received = [];
  const watch = (page) => {
    page.on('response', (r) => {
      const entry = { url: r.url(), status: r.status(), headers: r.headers(), body: undefined };
      entry.done = r.buffer().then(
        (b) => (entry.body = b),
        () => undefined, // redirects, downloads and cut transfers have none to show
      );
      received.push(entry);
    });
  };
  browser.on('targetcreated', async (t) => {
    const page = await t.page().catch(() => null);
    if (page) watch(page);
  });

  return {
    name: 'firefox',
    received: async () => {
      await Promise.all(received.map((e) => e.done));
      return received;
    },
    version: async () => (await browser.version()).replace(/^firefox\//i, 'Firefox '),
    settled: async () => undefined,
    cookies: () => browser.cookies(),
    forget: async (domain) => browser.deleteCookie(...(await browser.cookies()).filter((c) => `.${domain}`.endsWith(`.${c.domain.replace(/^\./, '')}`))),
    grant: async () => undefined,
    page: async () => wrap(await browser.newPage()),
    pages: async () => (await browser.pages()).map(wrap),
    close: async () => {
      const late = setTimeout(() => browser.process()?.kill('SIGKILL'), 15_000);
      await browser.close().finally(() => clearTimeout(late));
    },
  };
}

function wrap(page) {
  return {
    raw: page,
    goto: (url) => navigate(page, url),
    url: () => page.url(),
    evaluate: (fn, arg) => page.evaluate(fn, arg),
    init: (fn, arg) => page.evaluateOnNewDocument(fn, arg),
    click: (selector) => page.click(selector),
    fill: async (selector, text) => {
      await page.focus(selector);
      await page.$eval(selector, (e) => e.select && e.select());
      await page.keyboard.type(text);
    },
    press: async (keys) => {
      const parts = keys.split('+');
      const last = parts.pop();
      for (const k of parts) await page.keyboard.down(k);
      await page.keyboard.press(last);
      for (const k of parts.reverse()) await page.keyboard.up(k);
    },
    waitFor: (what, arg, ms = 20_000) =>
      typeof what === 'string' ? page.waitForSelector(what, { timeout: ms }) : page.waitForFunction(what, { timeout: ms, polling: 50 }, arg),
    files: async (selector, paths) => (await page.$(selector)).uploadFile(...[].concat(paths)),
    screenshot: (path, whole = false) => page.screenshot({ path, fullPage: whole }),
    media: undefined, // BiDi has no command for it yet
    cdp: undefined,
    close: () => page.close(),
  };
}

/**
 * Navigates by the protocol's own command. The library's goto never ends in a page from which a file
 * was downloaded: it waits for the end of that navigation first, and there is none.
 */
async function navigate(page, url, ms = 30_000) {
  let status = 0;
  const see = (r) => {
    if (r.frame() === page.mainFrame() && r.request().isNavigationRequest()) status = r.status();
  };
  page.on('response', see);
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`${url} was not loaded in ${ms} ms`)), ms)));
  try {
    await Promise.race([page.mainFrame().browsingContext.navigate(url, 'complete'), late]);
  } finally {
    clearTimeout(timer);
    page.off('response', see);
  }
  return status;
}
