// Refusals that the gateway sends in place of an answer (RFC 9457, type "urn:referee:…").

import type { Context, Realm } from './context';
import { parse, str } from './natives';

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
