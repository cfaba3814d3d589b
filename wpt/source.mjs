// What a test file of web-platform-tests asks a page to load, without a parser of HTML: these files
// are regular enough for one expression.

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

const PARTS =
  /<!--.*?-->|<script\b(?<script>[^>]*)>(?<code>.*?)<\/script>|<title\b[^>]*>(?<title>.*?)<\/title>|<(?<tag>[a-z]\w*)\b(?<attributes>[^>]*)>/gis;
const ATTRIBUTE = /([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

/**
 * Reads `file`, a path inside the checkout at `root`. `scripts` are in order, each either
 * `{ path }` inside the checkout or `{ code, line }`; `elements` are the others, with attributes.
 */
export function readTest(root, file) {
  const text = readFileSync(posix.join(root, file), 'utf8');
  return file.endsWith('.js') ? readScript(file, text) : readPage(file, text);
}

function readPage(file, text) {
  const test = { title: '', scripts: [], elements: [] };
  for (const { index, groups } of text.matchAll(PARTS)) {
    if (groups.script !== undefined) {
      const { src } = attributes(groups.script);
      const line = text.slice(0, index).split('\n').length;
      test.scripts.push(src === undefined ? { code: groups.code, line } : { path: resolve(file, src) });
    } else if (groups.title !== undefined) {
      test.title = groups.title;
    } else if (groups.tag !== undefined) {
      test.elements.push({ tag: groups.tag.toLowerCase(), ...attributes(groups.attributes) });
    }
  }
  return test;
}

/** `*.window.js`, whose page web-platform-tests' server writes from comments at its top. */
function readScript(file, text) {
  const meta = [...text.matchAll(/^\/\/ META: (\w+)=(.*)$/gm)].map(([, key, value]) => [key, value.trim()]);
  const all = (wanted) => meta.filter(([key]) => key === wanted).map(([, value]) => value);
  const scripts = ['/resources/testharness.js', '/resources/testharnessreport.js', ...all('script')];
  return {
    title: all('title')[0] ?? '',
    scripts: [...scripts.map((src) => ({ path: resolve(file, src) })), { path: file }],
    elements: all('timeout').map((content) => ({ tag: 'meta', name: 'timeout', content })),
  };
}

function attributes(text) {
  const found = {};
  for (const [, name, ...values] of text.matchAll(ATTRIBUTE)) {
    found[name.toLowerCase()] = values.find((value) => value !== undefined);
  }
  return found;
}

function resolve(file, src) {
  const [path] = src.split(/[?#]/);
  return path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(file), path);
}

/** Whether the harness gives this test a minute instead of ten seconds. */
export function isLong(test) {
  return test.elements.some(({ tag, name, content }) => tag === 'meta' && name === 'timeout' && content === 'long');
}
