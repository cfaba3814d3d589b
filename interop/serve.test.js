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

// Much of it is waiting, so the browsers take it side by side.
describe('rill serve', { concurrency: 2 }, () => {
  for (const name of ['chromium', 'firefox']) {
    describe(name, { concurrency: 1 }, () => {
      let server;
      let browser;
      before(async () => {
        await mkdir(SHOTS, { recursive: true });
        server = await serve();
        browser = await launch(name);
      }, { timeout: 60_000 });
      after(async () => {
        await browser?.close();
        await server?.stop();
      });

      test('connects with trickle and answers an echo', { timeout: 60_000 }, async () => {
        const { page, complaints, requests } = await open(browser, server.url);
        await connected(page, 1);
        assert.deepEqual(await trickleSeen(page), { browser: 'true', rill: 'true' });
        await echo(page, `Grüße from ${name} <b>&amp;`);
        for (const side of ['browser', 'rill']) await pairsShown(page, side, 1);
        await run(page);
        await stopped(page);
        await shoot(page, name);
        assert.deepEqual(complaints, []);
        assert.deepEqual(requests.filter(url => /^(http|ws)/.test(url) && !isOwn(url, server)), []);
        await page.close();
      });

      test('restarts ICE from either side', { timeout: 60_000 }, async () => {
        const { page, complaints } = await open(browser, server.url);
        await connected(page, 1);
        await echo(page, 'before');
        await restart(page, 'browser', 1);
        await restart(page, 'rill', 2);
        for (const side of ['browser', 'rill']) await pairsShown(page, side, 3);
        await echo(page, 'after');
        assert.equal(await text(page, '#problem'), '');
        await page.screenshot({ path: `${SHOTS}${name}-restarts.png`, fullPage: true });
        assert.deepEqual(complaints, []);
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
        await restart(page, 'rill', 1);
        await echo(page, 'all at once, again');
        await page.screenshot({ path: `${SHOTS}${name}-without-trickle.png`, fullPage: true });
        assert.deepEqual(complaints, []);
        await page.close();
      });
    });
  }
});

/** The table of a side has a pair of this generation that was checked and carries the data. */
async function pairsShown(page, side, generation) {
  await page.waitForFunction((side, generation) => {
    const row = document.querySelector(`#pairs-${side} [data-generation="${generation}"] .selected`);
    // Responses received; Firefox keeps no other count.
    return row?.dataset.state === 'succeeded' && / \/ [1-9]/.test(row.querySelector('.responses').textContent);
  }, PATIENCE, side, generation);
}

/** A throughput run to its end: something has arrived at rill. */
async function run(page) {
  await page.select('#run-direction', 'toRill');
  await page.click('#run-start');
  await runs(page, 1);
  assert.ok(await mean(page, 'toRill') > 0);
  const line = await page.$eval('#run-plot .line.toRill', path => path.getAttribute('d'));
  assert.ok(line.split('L').length > 5, line);
}

/** A second run, stopped before its time: kept all the same, and the first one beside it. */
async function stopped(page) {
  await page.select('#run-direction', 'fromRill');
  await page.select('#run-size', '16384');
  await page.click('#run-start');
  await page.waitForFunction(() => Number(document.querySelector('#rate-fromRill').textContent) > 0, PATIENCE);
  await page.click('#run-stop');
  await runs(page, 2);
  assert.ok(await mean(page, 'fromRill') > 0);
  assert.match(await text(page, '#runs tr:first-child'), /^2\. rill → browser 16\sKiB, \d\.\d s/);
  assert.equal(await page.$$eval('#run-plot .line.before', lines => lines.length), 1);
}

function runs(page, count) {
  return page.waitForFunction(count => document.querySelectorAll('#runs tr').length === count, PATIENCE, count);
}

/** MB/s of the last run. */
async function mean(page, way) {
  return Number(await text(page, `#runs tr:first-child [data-mean=${way}]`));
}

/** An ICE restart by one side, the session's `count`th: new ufrags, a new pair, the same channel. */
async function restart(page, by, count) {
  const before = await ufrags(page);
  const opened = await channelEvents(page);
  await page.click(`#restart-${by}`);
  await page.waitForFunction(count => document.querySelector('#restart-result').dataset.count === count, PATIENCE, String(count));
  const after = await ufrags(page);
  for (const side of ['browser', 'rill']) {
    assert.equal(after[side].length, before[side].length + 1, `${side}: ${after[side]}`);
  }
  assert.deepEqual(await channelEvents(page), opened, 'no channel was opened or closed');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.state), 'connected');
}

/** The ufrags that each side's steps name. */
function ufrags(page) {
  return page.$$eval('#events [data-ufrag]', steps => {
    const of = side => [...new Set(steps.filter(({ dataset }) => dataset.side === side).map(({ dataset }) => dataset.ufrag))];
    return { browser: of('browser'), rill: of('rill') };
  });
}

function channelEvents(page) {
  return page.$$eval('#events [data-kind=channel] .text', steps => steps.map(({ textContent }) => textContent));
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
