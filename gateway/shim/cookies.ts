// document.cookie and cookieStore: no cookie gets a Domain, so none reaches a sibling host.
// The gateway's jar gives siblings what they are due.

import type { Scope } from './context';
import { hookMethod, hookProperty } from './hook';
import { apply, create } from './natives';

const domain = /;\s*domain\s*(=[^;]*)?(?=;|$)/gi;
const replace = String.prototype.replace;

/** Hooks the ways in which script sets a cookie. */
export function installCookies({ win }: Scope): void {
  hookProperty(win.Document.prototype, 'cookie', (pass, _self, args) => {
    args[0] = apply(replace, '' + args[0], [domain, '']);
    return pass();
  });
  const store = (win as any).CookieStore;
  const bare = (pass: () => any, _self: any, args: any[]) => {
    if (args[0] && typeof args[0] === 'object') {
      args[0] = create(args[0]);
      args[0].domain = null;
    }
    return pass();
  };
  hookMethod(store && store.prototype, 'set', bare);
  hookMethod(store && store.prototype, 'delete', bare);
}
