// Refusals that the gateway sends in place of an answer (RFC 9457, type "urn:referee:…").

import type { Config } from './config';
import type { Context, Realm } from './context';
import { NativePromise, NativeURL, fetchNative, later, now, parse, response, str, then, url } from './natives';

/** The members of a problem document that a notice uses (problem.go is the other end). */
export interface Problem {
  type: string;
  title?: string;
  detail?: string;
  /** Reference code for a helpdesk. */
  code?: string;
  /** Page on the broker where an exception is asked for. */
  requestUrl?: string;
  /** Page on the broker where a reason is given, or a stronger sign-in done, to go on. */
  confirmUrl?: string;
  /** Where to ask how the step-up stands that the request waits for. */
  watch?: string;
  /** Address that sends the kept request again, once the step-up is done. */
  resume?: string;
  /** Nothing is shown: background requests of the app that nobody asked for. */
  silent?: boolean;
}

/** Whether a person has just done something in a window; asked when a request starts, not when it ends. */
export function asked(win: Realm): boolean {
  const activation = (win.navigator as any).userActivation;
  return !activation || activation.isActive;
}

/** Shows a refusal when it is one of Referee's. `modal`: of something the person asked for. */
export function noticeProblem(ctx: Context, win: Realm, text: string, modal: boolean): void {
  let p: Problem;
  try {
    p = parse(text);
  } catch {
    return; // some other server's answer, cut short
  }
  if (!p || typeof p.type !== 'string' || str.indexOf(p.type, 'urn:referee:') !== 0 || p.silent) return;
  ctx.notices.problem(win, p, modal);
}

/** Whether an answer of this media type waits for a step-up (problem.go). */
export const waits = (type: string): boolean => str.indexOf(type, '; referee=stepup') > 0;

/** A refusal that a step-up undoes: the request waits for it. Undefined for every other text. */
export function stepUp(ctx: Context, text: string): Problem | undefined {
  let p: Problem;
  try {
    p = parse(text);
  } catch {
    return undefined;
  }
  return p && p.type === 'urn:referee:stepup' && mapped(ctx.cfg, p.watch) && (!p.resume || mapped(ctx.cfg, p.resume)) ? p : undefined;
}

/** Only mapped hosts of this session: an app's own answer must not make the script ask elsewhere. */
export function mapped(cfg: Config, address: string | undefined): boolean {
  try {
    const at: string = (address && url.origin(new NativeURL(address))) || '';
    if (at === cfg.origin) return true;
    for (const k in cfg.hosts) if (at === 'https://' + cfg.hosts[k]) return true;
  } catch {
    // not an address
  }
  return false;
}

const askEvery = 1500; // ms
const waitMost = 15 * 60_000; // ms, as long as the gateway keeps a request

/**
 * Waits until the person has confirmed at the broker; false when that took too long or came to nothing. What the page
 * could answer here in the gateway's place would change nothing: the request that follows is decided by the gateway.
 */
export function granted(watch: string): Promise<boolean> {
  const until = now() + waitMost;
  return new NativePromise<boolean>((resolve) => {
    const ask = (): void => {
      if (now() > until) return resolve(false);
      const answered = then(fetchNative(watch, { mode: 'cors', credentials: 'include', cache: 'no-store' }), (r: Response) =>
        response.status(r) === 200 ? response.text(r) : '',
      );
      then(
        answered,
        (text: string) => {
          const state = text && parse(text).state;
          if (state === 'granted') return resolve(true);
          if (state === 'ended') return resolve(false);
          later(ask, askEvery);
        },
        () => later(ask, askEvery),
      );
    };
    later(ask, askEvery);
  });
}
