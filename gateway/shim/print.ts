// Print: the page's own button, the keyboard, the browser's menu (which shows a blank sheet).

import type { Context, Realm, Scope } from './context';
import { hookMethod } from './hook';
import { ev, now, str } from './natives';

/** Hooks printing in a realm. */
export function installPrint(ctx: Context, scope: Scope): void {
  const { win } = scope;
  let told = 0;

  // One print is a key press, a call and an event: one fact.
  function stops(via: string): boolean {
    if (now() - told < 1000) return ctx.blocks('print');
    told = now();
    return ctx.stops(win, 'print', 'print', { via });
  }

  hookMethod(win, 'print', (pass) => (stops('api') ? undefined : pass()));
  hookMethod(win.Document.prototype, 'execCommand', (pass, _self, args) =>
    str.lower('' + args[0]) === 'print' && stops('command') ? false : pass(),
  );

  scope.on('keydown', (e: KeyboardEvent) => {
    if (!(e.ctrlKey || e.metaKey) || e.altKey || (e.key !== 'p' && e.key !== 'P')) return;
    // The app still hears the key: some have a print view of their own, or another use for it.
    if (ctx.blocks('print') && stops('key')) ev.prevent(e);
  });
  scope.on('beforeprint', () => cover(ctx, win, stops('menu')));
  cover(ctx, win, ctx.blocks('print'));
}

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Gives the printed page one sentence in place of its content. Adopted sheets need no CSP source. */
function cover(ctx: Context, win: Realm, blocked: boolean): void {
  const doc = win.document;
  const adopted = doc.adoptedStyleSheets;
  if (!adopted) return; // a browser from before 2023: the hooks above are all there is
  let sheet = sheets.get(doc);
  const there = !!sheet && adopted.indexOf(sheet) >= 0;
  if (there === blocked) return;
  if (!blocked) {
    doc.adoptedStyleSheets = adopted.filter((s) => s !== sheet);
    return;
  }
  if (!sheet) {
    sheets.set(doc, (sheet = new win.CSSStyleSheet()));
    const said = (ctx.cfg.texts.printed || '').replace(/["\\\n\r\f]/g, ' ');
    sheet.replaceSync(
      '@media print{html>*{display:none!important}' +
        `html::before{content:"${said}"!important;display:block!important;font:14pt sans-serif!important;color:#000!important}}`,
    );
  }
  doc.adoptedStyleSheets = [...adopted, sheet];
}
