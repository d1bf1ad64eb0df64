// Replacing functions so that nothing shows: a Proxy keeps name, length, prototype, statics,
// instanceof, subclassing and toString of what it stands in front of.

import { NativeProxy, apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } from './natives';

type Fn = (...args: any[]) => any;

/** Called instead of the function; `args` may be changed in place and handed to `pass`. */
export type Trap = (pass: (args?: any[]) => any, self: any, args: any[]) => any;

/** Traps work while this is true; a frame's are switched off when its own document brings its own. */
export interface Live {
  live: boolean;
}

let owner: Live = { live: true };

/** Runs `install`; every trap it sets belongs to `to`. */
export function hooksOf(to: Live, install: () => void): void {
  const before = owner;
  owner = to;
  try {
    install();
  } finally {
    owner = before;
  }
}

function proxied(fn: Fn, trap: Trap): Fn {
  const whose = owner;
  return new NativeProxy(fn, {
    __proto__: null,
    apply: (target: Fn, self: any, args: any[]) => {
      const pass = (a?: any[]) => apply(target, self, a || args);
      return whose.live ? trap(pass, self, args) : pass();
    },
  } as ProxyHandler<Fn>);
}

/** The object on the prototype chain that holds a property, as browsers differ in where it is. */
function holder(obj: object | null | undefined, name: string): object | undefined {
  for (let o = obj; o; o = getPrototypeOf(o)) if (getOwnPropertyDescriptor(o, name)) return o;
  return undefined;
}

/** Puts a trap in front of a method. A browser without the method is left without it. */
export function hookMethod(obj: object | null | undefined, name: string, trap: Trap): void {
  const at = holder(obj, name);
  const d = at && getOwnPropertyDescriptor(at, name);
  if (!at || !d || typeof d.value !== 'function' || !(d.configurable || d.writable)) return;
  d.value = proxied(d.value, trap);
  defineProperty(at, name, d);
}

/** Puts traps in front of an accessor's halves. */
export function hookProperty(proto: object | null | undefined, name: string, set?: Trap, get?: Trap): void {
  const d = proto && getOwnPropertyDescriptor(proto, name);
  if (!proto || !d || !d.configurable) return;
  if (set && d.set) d.set = proxied(d.set, set);
  if (get && d.get) d.get = proxied(d.get, get);
  defineProperty(proto, name, d);
}

/** Puts a trap in front of a constructor; `args` is changed in place, `made` is shown each new object first. */
export function hookConstructor(win: any, name: string, trap: (args: any[]) => void, made?: (object: any) => void): void {
  const d = getOwnPropertyDescriptor(win, name);
  if (!d || typeof d.value !== 'function' || !d.configurable) return;
  const whose = owner;
  const wrapped = new NativeProxy(d.value, {
    __proto__: null,
    construct: (target: Fn, args: any[], newTarget: Fn) => {
      if (whose.live) trap(args);
      const object = construct(target, args, newTarget);
      if (whose.live && made) made(object);
      return object;
    },
  } as ProxyHandler<Fn>);
  const proto = d.value.prototype;
  d.value = wrapped;
  defineProperty(win, name, d);
  const back = proto && getOwnPropertyDescriptor(proto, 'constructor');
  if (back && back.configurable) {
    back.value = wrapped;
    defineProperty(proto, 'constructor', back);
  }
}
