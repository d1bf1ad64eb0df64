// Dragging out of the window. Drags inside the app (cards on a board) go on: they start from an
// element that says draggable="true" and is no picture.

import type { Context, Scope } from './context';
import { hookMethod } from './hook';
import { el, ev, str } from './natives';

const pictures = 'img,canvas,video,svg,picture,image';

/** Hooks drags of a realm. */
export function installDrag(ctx: Context, scope: Scope): void {
  const { win } = scope;

  // Late: after the page has put in what it wants to be dragged.
  scope.on(
    'dragstart',
    (e: DragEvent) => {
      if (!ctx.watches('dragOut') || e.defaultPrevented) return;
      const node = ev.path(e)[0] as any;
      const element: Element | null = node && node.nodeType === 1 ? node : node && node.parentElement;
      const data = e.dataTransfer;
      const types = data ? data.types : [];
      const file = types.indexOf('DownloadURL') >= 0 || types.indexOf('Files') >= 0;
      const own = !!element && !!el.closest(element, '[draggable=true]') && !el.matches(element, pictures);
      if (own && !file) return;
      if (ctx.stops(win, 'dragOut', 'drag', { via: file ? 'file' : own ? 'element' : 'selection', mime: types[0] })) ev.prevent(e);
    },
    true,
  );

  // The one type that makes a drag into a file on the desktop.
  const isFile = (type: unknown) => str.lower('' + type) === 'downloadurl';
  hookMethod(win.DataTransfer.prototype, 'setData', (pass, _self, args) =>
    isFile(args[0]) && ctx.stops(win, 'dragOut', 'drag', { via: 'file' }) ? undefined : pass(),
  );
  hookMethod(win.DataTransferItemList.prototype, 'add', (pass, _self, args) =>
    args.length > 1 && isFile(args[1]) && ctx.stops(win, 'dragOut', 'drag', { via: 'file' }) ? null : pass(),
  );
}
