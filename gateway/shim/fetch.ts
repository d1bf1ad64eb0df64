// fetch and Request: addresses mapped, credentials forced to sibling hosts, refusals noticed.

import type { Context, Scope } from './context';
import { hookConstructor, hookMethod } from './hook';
import { NativeHeaders, create, getter, header, response, setHeader, str, then } from './natives';
import { asked, noticeProblem } from './problem';

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
  if (!ctx.urls.sibling(address)) return;
  const init = args[1];
  const given = init !== null && (typeof init === 'object' || typeof init === 'function') ? init : undefined;
  const asked = (given && given.credentials) || (from ? request.credentials(from) : 'same-origin');
  if (asked === 'include') return;
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

/** Shows a refusal that Referee sent in place of the answer; the page gets the answer untouched. */
function look(ctx: Context, scope: Scope, r: Response, modal: boolean): void {
  if (response.status(r) < 400) return;
  const type = header(response.headers(r), 'Content-Type');
  if (!type || str.indexOf(type, 'application/problem+json') !== 0) return;
  then(response.text(response.clone(r)), (text: string) => noticeProblem(ctx, scope.win, text, modal), () => undefined);
}

/** Hooks fetch and Request. */
export function installFetch(ctx: Context, scope: Scope): void {
  hookConstructor(scope.win, 'Request', (args) => prepare(ctx, args));
  hookMethod(scope.win, 'fetch', (pass, _self, args) => {
    prepare(ctx, args);
    const modal = asked(scope.win);
    const answer = pass();
    then(answer, (r: Response) => look(ctx, scope, r, modal), () => undefined);
    return answer;
  });
}
