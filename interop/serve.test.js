// `rill serve` as its user sees it: the page, in both browsers with the settings they come with.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './peers/browser.js';

const PROGRAM = process.env.RILL_BIN ?? fileURLToPath(new URL('../target/release/rill', import.meta.url));
const SHOTS = fileURLToPath(new URL('shots/', import.meta.url));
const PATIENCE = { timeout: 30_000 };

for (const [name, program] of [['chromium', 'chrome'], ['firefox', 'firefox']]) {
  describe(`rill serve in ${name}`, () => {
    let server;
    let browser;
    before(async () => {
      await mkdir(SHOTS, { recursive: true });
      server = await serve();
      browser = await launch(program);
    }, { timeout: 60_000 });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test('connects with trickle and answers an echo', { timeout: 60_000 }, async () => {
      const { page, complaints, requests } = await open(browser, server.url);
      await connected(page, 1);
      assert.deepEqual(await trickleSeen(page), { browser: 'true', rill: 'true' });
      assert.match(await text(page, '[data-pair=rill]'), /→/);
      await echo(page, `Grüße from ${name} <b>&amp;`);
      await shoot(page, name);
      assert.deepEqual(complaints, []);
      assert.deepEqual(requests.filter(url => /^(http|ws)/.test(url) && !isOwn(url, server)), []);
      await page.close();
    });

    test('connects without trickle when the switch is off', { timeout: 60_000 }, async () => {
      const { page, complaints } = await open(browser, server.url);
      await connected(page, 1);
      await page.click('#trickle');
      await connected(page, 2);
      assert.equal(await page.evaluate(() => document.documentElement.dataset.trickle), 'off');
      assert.equal((await trickleSeen(page)).rill, 'false');
      await echo(page, 'all at once');
      await page.screenshot({ path: `${SHOTS}${name}-without-trickle.png`, fullPage: true });
      assert.deepEqual(complaints, []);
      await page.close();
    });
  });
}

async function serve() {
  const child = spawn(PROGRAM, ['serve', '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const listening = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const { event, url } = JSON.parse(line);
      if (event === 'listening') return url;
    }
    throw new Error(`${PROGRAM} ended before it listened`);
  })();
  const url = await Promise.race([listening, ended.then(() => listening)]);
  // What it reports of its sessions must not fill the pipe.
  child.stdout.resume();
  return {
    url,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function isOwn(url, server) {
  return new URL(url).host === new URL(server.url).host;
}

async function open(browser, url) {
  const page = await browser.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', message => {
    if (['error', 'warn', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('request', request => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

async function connected(page, session) {
  await page.waitForFunction(session => {
    const { dataset } = document.documentElement;
    return dataset.session === session && dataset.state === 'connected';
  }, PATIENCE, String(session));
}

async function trickleSeen(page) {
  const [browser, rill] = [
    await text(page, '[data-can-trickle=browser]'),
    await text(page, '[data-can-trickle=rill]'),
  ];
  return { browser, rill };
}

async function echo(page, message) {
  await page.$eval('#echo-input', input => { input.value = ''; });
  await page.type('#echo-input', message);
  await page.click('#echo-send');
  await page.waitForFunction(
    message => document.querySelector('#echo-result').dataset.text === message,
    PATIENCE,
    message,
  );
  assert.ok((await text(page, '#echo-result')).includes(message));
}

function text(page, selector) {
  return page.$eval(selector, element => element.textContent);
}

/** Wide and narrow; light and dark where the browser lets itself be asked. */
async function shoot(page, name) {
  for (const width of [1280, 400]) {
    await page.setViewport({ width, height: 900 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `at ${width} px the page is ${overflow} px too wide`);
    for (const scheme of name === 'chromium' ? ['light', 'dark'] : ['default']) {
      if (scheme !== 'default') {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      }
      await page.screenshot({ path: `${SHOTS}${name}-${width}-${scheme}.png`, fullPage: true });
    }
  }
}
