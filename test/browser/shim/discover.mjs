// Hosts that a page asks and the app's table doesn't have are told, once each.

import { until } from '../lib/driver.mjs';

export default {
  async 'tells of hosts that the table lacks, however the page came to ask them'(t) {
    const forgotten = t.server.origin('forgotten-example');
    await t.open();
    await t.page.evaluate(async (origin) => {
      const img = document.createElement('img');
      img.src = origin + '/picture.png';
      document.body.append(img);
      for (let i = 0; i < 3; i++) await fetch('https://for' + origin.slice('https://for'.length) + '/late?' + i, { mode: 'no-cors' }).catch(() => {});
      await fetch('https://app.example/echo?known');
      await fetch('/echo?own');
    }, forgotten);
    const name = new URL(forgotten).host;
    await until(() => t.server.events().find((e) => e.type === 'host' && e.detail.name === name), 'the host');
    await t.page.evaluate(() => document.dispatchEvent(new ClipboardEvent('copy', { bubbles: true })));
    const seen = t.server.events().filter((e) => e.type === 'host');
    t.assert.deepEqual(seen.map((e) => e.detail.name), [name]);
    t.assert.match(seen[0].detail.via, /^(img|fetch)$/);
    t.assert.ok(!seen[0].times);
  },
};
