// Pictures taken of a canvas. Reported, never stopped: charts and editors need it, and a screen
// can always be photographed. Small canvases are skipped, which are tests of the browser.

import type { Context, Scope } from './context';
import { hookMethod } from './hook';
import { now } from './natives';

const every = 10_000; // ms between reports
const smallest = 100; // pixels a side

/** Hooks canvas exports of a realm. */
export function installCanvas(ctx: Context, { win }: Scope): void {
  let last = 0;
  const seen = (pass: () => any, self: any) => {
    const big = self && self.width >= smallest && self.height >= smallest;
    if (big && now() - last > every && ctx.watches('blobDownload')) {
      last = now();
      ctx.report.add({ type: 'canvas', detail: { via: 'canvas', length: self.width * self.height } });
    }
    return pass();
  };
  hookMethod(win.HTMLCanvasElement.prototype, 'toBlob', seen);
  hookMethod(win.HTMLCanvasElement.prototype, 'toDataURL', seen);
}
