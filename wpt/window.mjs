// The few parts of a window that the tests of `webrtc/` touch, around Node's own globals.

import { trackSources } from './tracks.mjs';

/** Makes `globalThis` the window of a page that shows `test`, the file at `file`. */
export function openWindow(file, test) {
  const target = new EventTarget();
  const methods = ['addEventListener', 'removeEventListener', 'dispatchEvent'];
  define(Object.fromEntries(methods.map((name) => [name, target[name].bind(target)])));
  define({ self: globalThis, window: globalThis, parent: globalThis, top: globalThis, opener: null });
  define(trackSources());
  define({
    location: new URL(file, 'https://web-platform.test/'),
    document: documentOf(test),
    navigator: { userAgent: 'rill' },
    isSecureContext: true,
    FileReader,
  });
  process.on('uncaughtException', (error) => {
    fire('error', { error, message: String(error?.message ?? error) });
  });
  process.on('unhandledRejection', (reason, promise) => fire('unhandledrejection', { reason, promise }));
}

/** Fires an event at the window, at its handler attribute too. */
export function fire(type, members = {}) {
  const event = Object.assign(new Event(type, { cancelable: true }), members);
  dispatchEvent(event);
  if (typeof globalThis[`on${type}`] === 'function') globalThis[`on${type}`](event);
}

function define(members) {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}

/** Reads a Blob as the one member that is used does. */
class FileReader extends EventTarget {
  result = null;
  error = null;
  onload = null;
  onerror = null;

  readAsArrayBuffer(blob) {
    blob.arrayBuffer().then(
      (buffer) => this.#end('load', { result: buffer }),
      (error) => this.#end('error', { error }),
    );
  }

  #end(type, outcome) {
    Object.assign(this, outcome);
    const event = new Event(type);
    this.dispatchEvent(event);
    this[`on${type}`]?.(event);
  }
}

function documentOf(test) {
  const scripts = test.scripts.map(({ path }) => element('script', { src: path ? `/${path}` : '' }));
  const title = element('title', { firstChild: { data: test.title } });
  const elements = test.elements.map(({ tag, ...attributes }) => element(tag, attributes));
  const all = [title, ...scripts, ...elements];
  const tagged = (tag) => all.filter(({ localName }) => localName === tag);
  return Object.assign(element('#document'), {
    title: test.title,
    readyState: 'loading',
    body: tagged('body')[0] ?? element('body'),
    documentElement: tagged('html')[0] ?? element('html'),
    getElementsByTagName: tagged,
    getElementById: (id) => all.find((one) => one.id === id) ?? null,
    querySelector: () => null,
    querySelectorAll: () => [],
    createElement: (tag) => (tag === 'canvas' ? canvas() : element(tag)),
    createElementNS: (_namespace, tag) => element(tag),
    createTextNode: (data) => ({ data }),
  });
}

function canvas() {
  return Object.assign(Object.create(HTMLCanvasElement.prototype), { localName: 'canvas' });
}

/** An element that takes children and attributes and shows nothing. */
function element(localName, members = {}) {
  return Object.assign(new EventTarget(), {
    localName,
    childNodes: [],
    style: {},
    appendChild(child) {
      this.childNodes.push(child);
      return child;
    },
    removeChild(child) {
      this.childNodes = this.childNodes.filter((other) => other !== child);
      return child;
    },
    setAttribute(name, value) {
      this[name] = value;
    },
    ...members,
  });
}
