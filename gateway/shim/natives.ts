// The browser's own functions, kept before any code of the page runs. The script calls these
// only, so that a page (or a library) that replaces a method later changes nothing here. They
// come from the first realm and work on objects of every same-origin realm.

type Fn = (...args: any[]) => any;

export const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
export const create = Object.create as (proto: object | null) => any;

/** Turns a method into a function that takes its receiver first. */
export function uncurry(method: Fn): (self: unknown, ...args: any[]) => any {
  return (self, ...args) => apply(method, self, args);
}

/** The getter of an accessor property, receiver first. It throws for a receiver of another class. */
export function getter(proto: object, name: string): (self: unknown) => any {
  const d = getOwnPropertyDescriptor(proto, name);
  return uncurry(d!.get!);
}

export const NativeURL = URL;
export const NativeHeaders = Headers;
export const NativeRequest = Request;
export const NativePromise = Promise;
export const NativeProxy = Proxy;
export const NativeEvent = Event;
export const NativeProgress = ProgressEvent;
export const NativeCustomEvent = CustomEvent;
export const NativeBlob = Blob;
export const NativeObserver = MutationObserver;
export const NativeDecoder = TextDecoder;
export const NativePerformance = window.PerformanceObserver as typeof PerformanceObserver | undefined;
export const watchEntries = NativePerformance ? uncurry(NativePerformance.prototype.observe) : () => undefined;
export const entriesOf = NativePerformance ? uncurry(PerformanceObserverEntryList.prototype.getEntries) : () => [];
export const entryName: (e: unknown) => string = NativePerformance ? getter(PerformanceEntry.prototype, 'name') : () => '';
export const entryKind: (e: unknown) => string = NativePerformance ? getter(PerformanceResourceTiming.prototype, 'initiatorType') : () => '';

export const parse = JSON.parse;
export const stringify = JSON.stringify;

export const url = {
  href: getter(URL.prototype, 'href'),
  host: getter(URL.prototype, 'host'),
  origin: getter(URL.prototype, 'origin'),
  protocol: getter(URL.prototype, 'protocol'),
};

export const str = {
  indexOf: uncurry(String.prototype.indexOf),
  lower: uncurry(String.prototype.toLowerCase),
  slice: uncurry(String.prototype.slice),
};
export const exec: (re: RegExp, s: string) => RegExpExecArray | null = uncurry(RegExp.prototype.exec);
export const push = uncurry(Array.prototype.push);

export const map = {
  get: uncurry(Map.prototype.get),
  set: uncurry(Map.prototype.set),
  has: uncurry(Map.prototype.has),
  delete: uncurry(Map.prototype.delete),
  size: getter(Map.prototype, 'size'),
};
export const weak = {
  get: uncurry(WeakMap.prototype.get),
  set: uncurry(WeakMap.prototype.set),
  has: uncurry(WeakMap.prototype.has),
};

export const then = uncurry(Promise.prototype.then);
export const listen = uncurry(EventTarget.prototype.addEventListener);
export const dispatch: (target: EventTarget, e: Event) => boolean = uncurry(EventTarget.prototype.dispatchEvent);
export const ev = {
  prevent: uncurry(Event.prototype.preventDefault),
  stop: uncurry(Event.prototype.stopImmediatePropagation),
  path: uncurry(Event.prototype.composedPath),
};

export const el = {
  getAttr: uncurry(Element.prototype.getAttribute),
  setAttr: uncurry(Element.prototype.setAttribute),
  closest: uncurry(Element.prototype.closest),
  matches: uncurry(Element.prototype.matches),
  name: getter(Element.prototype, 'localName'),
  query: uncurry(Element.prototype.querySelectorAll),
  queryDoc: uncurry(Document.prototype.querySelectorAll),
  queryFragment: uncurry(DocumentFragment.prototype.querySelectorAll),
  create: uncurry(Document.prototype.createElement) as (d: Document, name: string) => HTMLElement,
  append: uncurry(Node.prototype.appendChild),
  remove: uncurry(Element.prototype.remove),
  attachShadow: uncurry(Element.prototype.attachShadow) as (e: Element, o: ShadowRootInit) => ShadowRoot,
};

export const response = {
  status: getter(Response.prototype, 'status'),
  headers: getter(Response.prototype, 'headers'),
  clone: uncurry(Response.prototype.clone),
  text: uncurry(Response.prototype.text),
};
export const header: (h: Headers, name: string) => string | null = uncurry(Headers.prototype.get);
export const setHeader: (h: Headers, name: string, value: string) => void = uncurry(Headers.prototype.set);

const nativeFetch = window.fetch;
export const fetchNative = (input: string, init: RequestInit): Promise<Response> =>
  apply(nativeFetch, window, [input, init]);
const nativeBeacon = Navigator.prototype.sendBeacon;
export const beacon = (to: string, body: Blob): boolean => apply(nativeBeacon, navigator, [to, body]);
const nativeTimeout = window.setTimeout;
export const later = (f: () => void, ms: number): number => apply(nativeTimeout, window, [f, ms]);
const nativeClear = window.clearTimeout;
export const unlater = (id: number): void => apply(nativeClear, window, [id]);
export const now: () => number = Date.now;

/** The error a browser gives when a person or a policy refuses. */
export const refusal = (text: string): DOMException => new DOMException(text, 'NotAllowedError');
const nativeReject = Promise.reject;
const nativeResolve = Promise.resolve;
export const resolved = <T>(value: T): Promise<T> => apply(nativeResolve, NativePromise, [value]) as Promise<T>;
export const reject = (why: unknown): Promise<never> => apply(nativeReject, NativePromise, [why]);
