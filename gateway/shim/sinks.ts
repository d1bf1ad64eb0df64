// Constructors and functions that take an address.

import type { Context, Scope } from './context';
import { hookConstructor, hookMethod } from './hook';
import { create } from './natives';
import { trusted } from './trusted';

/** Hooks the address-taking functions of a realm. */
export function installSinks(ctx: Context, scope: Scope): void {
  const { win } = scope;
  const text = (args: any[]) => {
    if (args.length) args[0] = ctx.urls.url('' + args[0]);
  };
  const script = (args: any[]) => {
    if (args.length) args[0] = trusted(win, args[0], ctx.urls.url);
  };

  hookConstructor(win, 'WebSocket', text);
  hookConstructor(win, 'EventSource', (args) => {
    text(args);
    if (!ctx.urls.sibling('' + args[0])) return;
    const forced = create(args[1] && typeof args[1] === 'object' ? args[1] : null);
    forced.withCredentials = true;
    args[1] = forced;
  });
  hookConstructor(win, 'Audio', text);
  hookConstructor(win, 'Worker', script);
  hookConstructor(win, 'SharedWorker', script);

  const container = (win as any).ServiceWorkerContainer;
  hookMethod(container && container.prototype, 'register', (pass, _self, args) => {
    script(args);
    const o = args[1];
    if (o && typeof o === 'object' && o.scope !== undefined) {
      const mapped = create(o);
      mapped.scope = ctx.urls.url('' + o.scope);
      args[1] = mapped;
    }
    return pass();
  });
  const worklet = (win as any).Worklet;
  const first = (pass: () => any, _self: any, args: any[]) => {
    text(args);
    return pass();
  };
  hookMethod(worklet && worklet.prototype, 'addModule', first);
  hookMethod(win.Navigator.prototype, 'sendBeacon', first);
}
