// What the subjects share in one document: configuration, mapping, reports, notices.

import type { Config, Control } from './config';
import type { Live } from './hook';
import { create, listen, push, resolved, then } from './natives';
import { granted, mapped } from './problem';
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
  /** Waits for a step-up; true once it is done, when what is open now is known and no notice asks for it any more. */
  confirmed(watch: string | undefined): Promise<boolean>;
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
export function newContext(cfg: Config, urls: URLMap, report: Reporter, notices: Notices, refresh: () => Promise<void>): Context {
  const mode = (control: Control) => cfg.controls[control] || 'allow';
  const blocks = (control: Control) => mode(control) === 'block' || mode(control) === 'override';
  const waiting = create(null) as Record<string, Promise<boolean>>;

  function confirmed(watch: string | undefined): Promise<boolean> {
    if (!watch || !mapped(cfg, watch)) return resolved(false);
    // Once for all that wait for the same one.
    return (waiting[watch] ||= then(granted(watch), (yes: boolean) => {
      delete waiting[watch];
      if (!yes) return false;
      notices.settled();
      return then(refresh(), () => true);
    }));
  }

  return {
    confirmed,
    cfg,
    urls,
    report,
    notices,
    watches: (control) => mode(control) !== 'allow',
    blocks,
    stops(realm, control, type, detail) {
      if (mode(control) === 'allow') return false;
      const blocked = blocks(control);
      if (!blocked) report.add({ type, control, blocked, detail });
      else {
        const show = notices.control(realm, control);
        report.add({ type, control, blocked, detail }, (told) => {
          show(told);
          then(confirmed(told.way.watch), (yes: boolean) => {
            if (yes) notices.again(realm);
          });
        });
      }
      return blocked;
    },
  };
}
