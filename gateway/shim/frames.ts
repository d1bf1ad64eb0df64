// Windows that no response of the gateway made: about:blank and srcdoc frames, and popups written
// to by script. They get the same hooks, from the document that made them.

import type { Realm, Scope } from './context';
import { hookMethod, hookProperty } from './hook';
import { el, ev, getPrototypeOf, getter, listen, weak } from './natives';

const inner = getter(HTMLIFrameElement.prototype, 'contentWindow');

/** Follows a realm's frames and popups; `install` is called once a realm. */
export interface Frames {
  /** Installs in a window if it is of this origin, made by script, and not installed yet. */
  enter(w: unknown): void;
  /** A frame element appeared. */
  frame(f: Element): void;
  /** Sees the frames of a document or shadow tree load. */
  follow(root: Node): void;
}

/** Makes the follower. `seen` marks realms by the one object that is theirs for life: their Window.prototype. */
export function newFrames(install: (win: Realm) => void, redo: (win: Realm) => void): Frames {
  const seen = new WeakMap<object, boolean>();

  function enter(w: unknown): void {
    const win = w as Realm;
    try {
      // Throws for another origin. A page that the gateway served has the script of its own.
      const address = win.document.URL;
      const key = getPrototypeOf(win as object);
      if (!key || win === window) return;
      if (weak.has(seen, key)) return redo(win);
      if (address !== 'about:blank' && address !== 'about:srcdoc' && address.slice(0, 5) !== 'blob:') return;
      weak.set(seen, key, true);
      install(win);
    } catch {
      // fail open: another origin's window can't be entered, and is that origin's own to guard
    }
  }

  function loaded(e: Event): void {
    const w = ev.path(e)[0].contentWindow;
    if (w) enter(w);
  }

  return {
    enter,
    frame(f) {
      if (el.name(f) === 'iframe') enter(inner(f));
    },
    // Ahead of the page's own listeners, which are on the frame itself.
    follow(root) {
      listen(root, 'load', loaded, true);
    },
  };
}

/** Hooks the getters that hand out a frame's window, so that none is handed out bare. */
export function installFrames({ win }: Scope, frames: Frames): void {
  const window = (pass: () => any) => {
    const w = pass();
    if (w) frames.enter(w);
    return w;
  };
  const document = (pass: () => any) => {
    const d: Document | null = pass();
    if (d && d.defaultView) frames.enter(d.defaultView);
    return d;
  };
  for (const type of ['HTMLIFrameElement', 'HTMLFrameElement', 'HTMLObjectElement']) {
    const proto = (win as any)[type] && (win as any)[type].prototype;
    hookProperty(proto, 'contentWindow', undefined, window);
    hookProperty(proto, 'contentDocument', undefined, document);
    hookMethod(proto, 'getSVGDocument', document);
  }
}
