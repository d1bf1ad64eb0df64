// What the subjects share in one document: configuration, mapping, reports, notices.

import type { Config, Control } from './config';
import type { Live } from './hook';
import { listen, push } from './natives';
import type { Detail, Reporter } from './report';
import type { Notices } from './notice';
import type { URLMap } from './urlmap';

/** A realm: a window's set of globals. An about:blank or srcdoc frame has one of its own. */
export type Realm = Window & typeof globalThis;

/** A realm the script is installed in, and its listeners on the window. */
export interface Scope extends Live {
  win: Realm;
  /** Listens on the window, before the page's own listeners (`late`: after most of them). */
  on(type: string, heard: (e: any) => void, late?: boolean): void;
  /** Listens again: document.open() takes every listener away. Doubles are ignored by the browser. */
  relisten(): void;
}

export interface Context {
  cfg: Config;
  urls: URLMap;
  report: Reporter;
  notices: Notices;
  /**
   * Asks what was decided about an action, reports it, and tells the person when it is stopped.
   * True means: don't let it happen.
   */
  stops(realm: Realm, control: Control, type: string, detail?: Detail): boolean;
  /** Whether anything at all is reported or stopped for a control. */
  watches(control: Control): boolean;
  /** Whether a control stops actions now; nothing is reported. */
  blocks(control: Control): boolean;
}

/** Makes the scope of a window. */
export function newScope(win: Realm): Scope {
  const list: [string, (e: any) => void, boolean][] = [];
  const scope: Scope = {
    win,
    live: true,
    on(type, heard, late = false) {
      const guarded = (e: any) => {
        if (scope.live) heard(e);
      };
      push(list, [type, guarded, !late]);
      listen(win, type, guarded, !late);
    },
    relisten() {
      for (let i = 0; i < list.length; i++) listen(win, list[i][0], list[i][1], list[i][2]);
    },
  };
  return scope;
}

/** Puts the context together. */
export function newContext(cfg: Config, urls: URLMap, report: Reporter, notices: Notices): Context {
  const mode = (control: Control) => cfg.controls[control] || 'allow';
  const blocks = (control: Control) => mode(control) === 'block' || mode(control) === 'override';
  return {
    cfg,
    urls,
    report,
    notices,
    watches: (control) => mode(control) !== 'allow',
    blocks,
    stops(realm, control, type, detail) {
      if (mode(control) === 'allow') return false;
      const blocked = blocks(control);
      const show = blocked ? notices.control(realm, control, mode(control) === 'override') : undefined;
      report.add({ type, control, blocked, detail }, show);
      return blocked;
    },
  };
}
