// Copy, cut and paste: keyboard, menu, execCommand (all of them events) and the Clipboard interface.

import type { Context, Scope } from './context';
import type { Control } from './config';
import { hookMethod } from './hook';
import { ev, refusal, reject } from './natives';
import type { Detail } from './report';
import { filesDetail } from './upload';

/** How much is selected, in characters; the text itself goes nowhere. */
function selected(win: Window): number {
  const field = win.document.activeElement as HTMLInputElement | null;
  try {
    if (field && typeof field.selectionStart === 'number') return (field.selectionEnd || 0) - field.selectionStart;
  } catch {
    // Input types without a selection throw; the page's own selection is meant then.
  }
  return String(win.getSelection() || '').length;
}

/** Hooks the clipboard of a realm. */
export function installClipboard(ctx: Context, scope: Scope): void {
  const { win } = scope;

  const out = (control: Control) => (e: ClipboardEvent) => {
    if (!ctx.watches(control)) return;
    if (ctx.stops(win, control, control, { via: 'event', length: selected(win) })) halt(e);
  };
  scope.on('copy', out('copy'));
  scope.on('cut', out('cut'));
  scope.on('paste', (e: ClipboardEvent) => {
    const data = e.clipboardData;
    const files = data && data.files;
    if (files && files.length && ctx.stops(win, 'upload', 'upload', filesDetail(files, 'paste'))) return halt(e);
    if (!ctx.watches('paste')) return;
    const length = data ? data.getData('text/plain').length : 0;
    if (ctx.stops(win, 'paste', 'paste', { via: 'event', length })) halt(e);
  });
  // Keyboards of telephones insert without a paste event.
  scope.on('beforeinput', (e: InputEvent) => {
    if (e.inputType === 'insertFromPaste' && ctx.blocks('paste') && !e.defaultPrevented) halt(e);
  });

  const clipboard = (win as any).Clipboard;
  const api = (control: Control, detail: (args: any[]) => Detail) => (pass: () => any, _self: any, args: any[]) =>
    ctx.stops(win, control, control, detail(args)) ? reject(refusal('Stopped by your organisation.')) : pass();
  const proto = clipboard && clipboard.prototype;
  hookMethod(proto, 'writeText', api('copy', (args) => ({ via: 'api', length: String(args[0]).length })));
  hookMethod(proto, 'write', api('copy', (args) => ({ via: 'api', count: (args[0] && args[0].length) || 0, mime: itemTypes(args[0]) })));
  hookMethod(proto, 'readText', api('paste', () => ({ via: 'api' })));
  hookMethod(proto, 'read', api('paste', () => ({ via: 'api' })));
}

/** Ends an event here: the page's own handlers don't see it either. */
function halt(e: Event): void {
  ev.prevent(e);
  ev.stop(e);
}

function itemTypes(items: any): string | undefined {
  const first = items && items[0];
  return first && first.types && first.types.length ? String(first.types[0]) : undefined;
}
