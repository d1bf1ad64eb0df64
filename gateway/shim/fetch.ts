// fetch and Request: addresses mapped, credentials forced to sibling hosts, refusals noticed.

import type { Context, Scope } from './context';
import { hookConstructor, hookMethod } from './hook';
import { NativeHeaders, create, fetchNative, getter, header, response, setHeader, str, then } from './natives';
import { asked, noticeProblem, stepUp } from './problem';

const request = {
  url: getter(Request.prototype, 'url'),
  credentials: getter(Request.prototype, 'credentials'),
  headers: getter(Request.prototype, 'headers'),
  referrer: getter(Request.prototype, 'referrer'),
  policy: getter(Request.prototype, 'referrerPolicy'),
};

/**
 * Added to Accept when the page asked for no credentials and the script sends them all the same,
 * so that the gateway knows the session and gives the app none of its cookies. A parameter of a
 * header that needs no preflight; the gateway takes it off (accept.go).
 */
export const mark = 'application/vnd.referee.anonymous;q=0';

/** The address when the value is a Request of any realm. */
function requestURL(value: unknown): string | undefined {
  try {
    return request.url(value);
  } catch {
    return undefined; // not a Request: the getter checks the class
  }
}

/** Changes the arguments of fetch or of Request in place. Each is turned into text once, like the browser does. */
function prepare(ctx: Context, args: any[]): void {
  if (!args.length) return;
  let address = requestURL(args[0]);
  const from = address === undefined ? undefined : (args[0] as Request);
  if (address === undefined) args[0] = address = ctx.urls.url('' + args[0]);
  const sibling = ctx.urls.sibling(address);
  const init = args[1];
  const given = init !== null && (typeof init === 'object' || typeof init === 'function') ? init : undefined;
  const asked = (given && given.credentials) || (from ? request.credentials(from) : 'same-origin');
  // The page's own host gets credentials unless the page says otherwise; without any, the gateway would not know the session.
  if (sibling ? asked === 'include' : asked !== 'omit' || !ctx.urls.own(address)) return;
  const headers = new NativeHeaders((given && given.headers) || (from ? request.headers(from) : undefined));
  setHeader(headers, 'Accept', (header(headers, 'Accept') || '*/*') + ', ' + mark);
  const forced = create(given || null);
  forced.credentials = 'include';
  forced.headers = headers;
  if (from && !given) {
    // A second argument resets these, and without one the page kept them.
    const referrer = request.referrer(from);
    if (referrer !== 'about:client') forced.referrer = referrer;
    forced.referrerPolicy = request.policy(from);
  }
  args[1] = forced;
}

/**
 * Shows a refusal that Referee sent in place of the answer; the page gets the answer untouched. A request that waits for a
 * step-up is made again when the person has confirmed, and the page gets that answer alone.
 */
function look(ctx: Context, scope: Scope, r: Response, modal: boolean, again: () => Promise<Response>): Response | Promise<Response> {
  if (response.status(r) < 400) return r;
  const type = header(response.headers(r), 'Content-Type');
  if (!type || str.indexOf(type, 'application/problem+json') !== 0) return r;
  return then(
    response.text(response.clone(r)),
    (text: string) => {
      noticeProblem(ctx, scope.win, text, modal);
      const p = stepUp(ctx, text);
      if (!p || !p.watch) return r;
      const to = p.resume;
      return then(ctx.confirmed(p.watch), (yes: boolean) => {
        if (!yes) return r;
        return to ? fetchNative(to, { method: 'POST', mode: 'cors', credentials: 'include' }) : again();
      });
    },
    () => r,
  );
}

/** Hooks fetch and Request. */
export function installFetch(ctx: Context, scope: Scope): void {
  hookConstructor(scope.win, 'Request', (args) => prepare(ctx, args));
  hookMethod(scope.win, 'fetch', (pass, _self, args) => {
    prepare(ctx, args);
    const modal = asked(scope.win);
    return then(pass(), (r: Response) => look(ctx, scope, r, modal, () => pass()));
  });
}
