// Browsers, with the settings they come with.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import puppeteer from 'puppeteer-core';

const PROGRAMS = {
  chromium: process.env.RILL_CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.RILL_FIREFOX ?? '/usr/bin/firefox-esr',
};

/** Starts a browser that nobody sees. */
export function launch(name) {
  // Chromium's sandbox refuses to run as root.
  const args = name === 'chromium' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return puppeteer.launch({
    browser: name === 'chromium' ? 'chrome' : name,
    executablePath: PROGRAMS[name],
    headless: true,
    args,
  });
}

/** Starts the browser; each connection lives in a page of its own. */
export async function browser(name) {
  const site = await serveEndpoint();
  const program = await launch(name);
  return {
    version: (await program.version()).replace(/^\D*/, ''),
    async connect({ onEvent, onEnd }) {
      const page = await program.newPage();
      await page.goto(site.url);
      await page.waitForFunction('window.perform !== undefined');
      relayEvents(page, onEvent).catch(() => onEnd('its page was closed'));
      const log = [];
      page.on('console', message => log.push(message.text()));
      return {
        log,
        async perform(command) {
          const { error, ...result } = await page.evaluate(c => window.perform(c), command);
          if (error !== undefined) throw new Error(error);
          return result;
        },
        close: () => page.close(),
      };
    },
    async close() {
      await program.close();
      site.close();
    },
  };
}

/** Asks the page for what has happened, again and again, until it is closed. */
async function relayEvents(page, onEvent) {
  for (;;) {
    const events = await page.evaluate(() => window.events());
    events.forEach(onEvent);
  }
}

const PAGE = `<!doctype html><title>endpoint</title><script type="module">
  import { Endpoint } from '/endpoint.js';
  let endpoint;
  let happened = [];
  let tell = () => {};
  const emit = event => { happened.push(event); tell(); };
  window.events = async () => {
    if (happened.length === 0) await new Promise(resolve => { tell = resolve; });
    return happened.splice(0);
  };
  window.perform = async command => {
    try {
      if (command.do !== 'create') return { ...await endpoint.perform(command) };
      const { configuration } = command;
      endpoint = new Endpoint(RTCPeerConnection, emit, { configuration });
      return {};
    } catch (error) {
      return { error: error.name + ': ' + error.message };
    }
  };
</script>`;

async function serveEndpoint() {
  const script = await readFile(new URL('./endpoint.js', import.meta.url));
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/endpoint.js' ? ['text/javascript', script] : ['text/html', PAGE];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
