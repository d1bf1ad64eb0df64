// Files on their way into the page: pickers, drops, pastes. The gateway decides on the bytes of an
// upload; this tells the person before anything is chosen.

import type { Context, Scope } from './context';
import { hookMethod } from './hook';
import { ev, listen, weak } from './natives';
import { inPath } from './observe';
import type { Detail } from './report';

/** Count, sum of sizes, first type and name of a list of files. */
export function filesDetail(files: FileList, via: string): Detail {
  let bytes = 0;
  for (let i = 0; i < files.length; i++) bytes += files[i].size;
  const first = files[0];
  return { via, count: files.length, bytes, mime: first && first.type, name: first && first.name };
}

const isPicker = (node: any): boolean => !!node && node.localName === 'input' && node.type === 'file';

/** Hooks file inputs and drops of a realm. */
export function installUpload(ctx: Context, scope: Scope): void {
  const { win } = scope;
  const heard = new WeakMap<object, boolean>();

  // Blocked where the picker would open, so that nobody chooses a file in vain.
  scope.on('click', (e: Event) => {
    const input = ctx.blocks('upload') && inPath(e, 'input');
    if (isPicker(input) && ctx.stops(win, 'upload', 'upload', { via: 'picker' })) {
      ev.prevent(e);
      ev.stop(e);
    }
  });
  const open = (pass: () => any, self: any) => {
    if (!isPicker(self) || !ctx.watches('upload')) return pass();
    if (ctx.blocks('upload') && ctx.stops(win, 'upload', 'upload', { via: 'picker' })) return undefined;
    // An input that is in no document tells no window of its change.
    if (!self.isConnected && !weak.has(heard, self)) {
      weak.set(heard, self, true);
      listen(self, 'change', chosen, true);
    }
    return pass();
  };
  hookMethod(win.HTMLInputElement.prototype, 'showPicker', open);
  // click() is inherited; an own method on inputs keeps the other elements' calls untouched.
  hookMethod(win.HTMLElement.prototype, 'click', open);

  function chosen(e: Event): void {
    const input = ev.path(e)[0] as HTMLInputElement;
    if (!isPicker(input) || !input.files || !input.files.length) return;
    if (ctx.stops(win, 'upload', 'upload', filesDetail(input.files, 'input'))) {
      input.value = '';
      ev.prevent(e);
      ev.stop(e);
    }
  }
  scope.on('change', chosen);
  scope.on('input', (e: Event) => {
    // "input" comes first and would show the files to the page.
    const input = ev.path(e)[0] as HTMLInputElement;
    if (ctx.blocks('upload') && isPicker(input) && input.files && input.files.length) ev.stop(e);
  });
  scope.on('drop', (e: DragEvent) => {
    const files = e.dataTransfer && e.dataTransfer.files;
    if (files && files.length && ctx.stops(win, 'upload', 'upload', filesDetail(files, 'drop'))) {
      ev.prevent(e);
      ev.stop(e);
    }
  });
}
