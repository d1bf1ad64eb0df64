// File system pickers: writing to a file that the person chose is a save, reading one an upload.
// The origin's private file system is nobody's disk and stays free.

import type { Context, Scope } from './context';
import type { Control } from './config';
import { hookMethod } from './hook';
import { apply, refusal, reject } from './natives';

/** Hooks the pickers of a realm; browsers without them have nothing to hook. */
export function installPickers(ctx: Context, scope: Scope): void {
  const win = scope.win as any;
  const said = 'Stopped by your organisation.';
  const gate = (control: Control, type: string) => (pass: () => any, _self: any, args: any[]) => {
    const name = args[0] && typeof args[0].suggestedName === 'string' ? args[0].suggestedName : undefined;
    return ctx.stops(win, control, type, { via: 'picker', name }) ? reject(refusal(said)) : pass();
  };
  hookMethod(win, 'showSaveFilePicker', gate('savePicker', 'save'));
  hookMethod(win, 'showOpenFilePicker', gate('upload', 'upload'));
  hookMethod(win, 'showDirectoryPicker', (pass, self, args) => {
    const write = !!args[0] && args[0].mode === 'readwrite';
    const control = write || ctx.blocks('savePicker') ? 'savePicker' : 'upload';
    return gate(control, write ? 'save' : 'upload')(pass, self, args);
  });

  // Handles also come from drops, from IndexedDB and by message.
  const handle = win.FileSystemFileHandle;
  const storage = win.StorageManager && win.StorageManager.prototype.getDirectory;
  if (!handle || !storage) return;
  hookMethod(handle.prototype, 'createWritable', async (pass, self) => {
    if (!ctx.watches('savePicker')) return pass();
    const own: any = await apply(storage, win.navigator.storage, []);
    const inside = await own.resolve(self);
    if (!inside && ctx.stops(win, 'savePicker', 'save', { via: 'handle', name: self.name })) throw refusal(said);
    return pass();
  });
}
